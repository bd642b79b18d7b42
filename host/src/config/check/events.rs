//! Rules of `[events]`.

use super::Checker;
use crate::config::EventsConfig;

/// Longest `source`.
const MAX_SOURCE: usize = 255;

impl Checker<'_, '_> {
    pub(super) fn events(&mut self, events: &EventsConfig) {
        let source = &events.source;
        let is_reference = !source.is_empty()
            && source.len() <= MAX_SOURCE
            && source.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
        if !is_reference {
            let message = "must be a URI or the beginning of a path, such as \"https://orders.example.com\" or \"/ordergate\"";
            self.report(&["events", "source"], "C060", message);
        }
    }
}
