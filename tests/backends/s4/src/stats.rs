//! What came: requests by method and resource, faults by name.

use parking_lot::Mutex;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Stats(Mutex<Counts>);

#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Counts {
    /// By method and path below the service root, without keys: `POST API_SALES_ORDER_SRV/A_SalesOrder`. Parts of a batch count too.
    requests: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
}

impl Stats {
    pub(crate) fn request(&self, method: &str, path: &str) {
        let plain = path.split(['(', '?']).next().unwrap_or_default();
        *self.0.lock().requests.entry(format!("{method} {plain}")).or_default() += 1;
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
