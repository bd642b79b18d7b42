//! `[rates]`: how often one client may call (rule A1).

use std::time::Duration;

use serde::Deserialize;

use super::Limit;
use crate::domain::Rate;

/// Calls of one client beyond its rate are answered with 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RatesConfig {
    /// Calls of one API key in a second. It is a whole shop: this keeps one that has gone astray from taking the others' place.
    pub service_per_sec: u32,
    /// Calls of one customer's tokens in a second.
    pub customer_per_sec: u32,
    /// Calls of one customer's tokens that are under way at the same time: whoever sends slowly takes only so many places of the port.
    pub customer_at_once: usize,
    /// Seconds for which calls that were not made are saved up: so many seconds' calls may come at once.
    pub saved_secs: u32,
    /// Wrong credentials from one address in a minute; then it is answered with 429, whatever it sends.
    pub wrong_credentials_per_min: u32,
    /// Customers whose calls are counted, and addresses whose wrong credentials are; beyond that, those that were heard of least are forgotten.
    pub max_clients: usize,
}

impl Default for RatesConfig {
    fn default() -> Self {
        Self {
            service_per_sec: 5_000,
            customer_per_sec: 20,
            customer_at_once: 32,
            saved_secs: 5,
            wrong_credentials_per_min: 60,
            max_clients: 100_000,
        }
    }
}

/// Most calls in a second that a rate can allow: as good as no limit.
pub(super) const MOST_PER_SEC: u32 = 1_000_000;

impl RatesConfig {
    /// Of an API key, which may have a rate of its own.
    pub fn service(&self, own: Option<u32>) -> Rate {
        self.calls(own.unwrap_or(self.service_per_sec))
    }

    pub fn customer(&self) -> Rate {
        self.calls(self.customer_per_sec)
    }

    /// Of wrong credentials from one address; a minute's may come at once.
    pub fn wrong_credentials(&self) -> Rate {
        let minute = Duration::from_secs(60);
        Rate { count: self.wrong_credentials_per_min, per: minute, saved: minute }
    }

    fn calls(&self, per_sec: u32) -> Rate {
        Rate { count: per_sec, per: Duration::from_secs(1), saved: Duration::from_secs(self.saved_secs.into()) }
    }

    /// Every option.
    pub fn limits(&self) -> [Limit; 6] {
        let most = u64::from(MOST_PER_SEC);
        [
            Limit::new("service_per_sec", self.service_per_sec.into(), 1, most),
            Limit::new("customer_per_sec", self.customer_per_sec.into(), 1, most),
            Limit::new("customer_at_once", self.customer_at_once as u64, 1, most),
            Limit::new("saved_secs", self.saved_secs.into(), 1, 60),
            Limit::new("wrong_credentials_per_min", self.wrong_credentials_per_min.into(), 1, most),
            Limit::new("max_clients", self.max_clients as u64, 100, 10_000_000),
        ]
    }
}
