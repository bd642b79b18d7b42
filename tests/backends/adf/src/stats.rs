//! What came: requests by method and resource, faults by name.

use parking_lot::Mutex;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Stats(Mutex<Counts>);

#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Counts {
    /// By method and the resource's name: `POST salesOrdersForOrderHub`; what has a key ends with `/*`.
    requests: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
}

impl Stats {
    pub(crate) fn request(&self, method: &str, resource: &str) {
        *self.0.lock().requests.entry(format!("{method} {resource}")).or_default() += 1;
    }

    pub(crate) fn fault(&self, name: &str) {
        *self.0.lock().faults.entry(name.to_owned()).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> Counts {
        self.0.lock().clone()
    }

    pub(crate) fn clear(&self) {
        *self.0.lock() = Counts::default();
    }
}
