//! Rules of `[cache.shared]`.

use super::Checker;
use crate::config::Config;

impl Checker<'_, '_> {
    pub(super) fn shared_cache(&mut self, config: &Config) {
        let Some(shared) = &config.cache.shared else { return };
        for limit in shared.limits() {
            self.limit(&["cache", "shared"], &limit);
        }
        for (option, code, message) in shared.problems() {
            self.report(&["cache", "shared", option], code, message);
        }
        if let Some(roots) = shared.roots.as_ref().map(|roots| config.folder().join(roots)).filter(|roots| !roots.is_file()) {
            self.report(&["cache", "shared", "roots"], "C016", format!("there is no file {}", roots.display()));
        }
    }
}
