//! Query parameters and addresses.

use backend_server::pairs;

use crate::fault::Fault;

/// Query parameters in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(pairs(text))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Fault> {
        let parse = |text: &str| text.parse().map_err(|_| Fault::payload(format!("{name} is no number")));
        self.get(name).map(parse).transpose()
    }

    /// Fails on a parameter that is not among these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Fault::payload(format!("URL request parameter {name} cannot be used in this context"))),
            None => Ok(()),
        }
    }
}
