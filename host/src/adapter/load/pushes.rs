//! Whoever may be pushed to must be able to read it: found out when it is loaded, not at the first push.

use super::error::{LoadCause, LoadError, LoadProblem, problem};
use crate::adapter::operation::{Operation, Translate};
use crate::adapter::{Adapter, Adapters};
use crate::domain::AdapterName;

impl Adapters {
    /// Refuses adapters that are loaded, named here, and read no pushed messages.
    pub fn check_pushes<'a>(&self, configured: impl Iterator<Item = &'a AdapterName>) -> Result<(), LoadError> {
        let loaded = configured.filter_map(|name| self.get(name));
        let problems: Vec<_> = loaded.filter_map(|adapter| adapter.problem_of_pushes()).collect();
        if problems.is_empty() { Ok(()) } else { Err(LoadError { problems }) }
    }
}

impl Adapter {
    /// Why nothing may be pushed to it, when it reads no pushed messages.
    pub fn problem_of_pushes(&self) -> Option<LoadProblem> {
        let (name, version) = (self.description.name.clone(), self.description.version.clone());
        let refused = || problem(format!("adapters.{}.inbound", self.name()), LoadCause::ReadsNoPushes { name, version });
        (!self.description.supports(Translate::NAME)).then(refused)
    }
}
