//! `[adapters.NAME.canary]`: how a new version of an adapter is tried before it serves everyone.

use std::time::Duration;

use serde::Deserialize;

/// How a new version is tried. A share of 0 skips the trial.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CanaryConfig {
    /// Of the reads, in percent. Orders, quotes and checkouts never go to a version on trial.
    pub share_percent: u8,
    /// The trial ends after so many seconds, however few reads there were.
    pub trial_secs: u64,
    /// The trial ends after so many reads by the new version.
    pub trial_calls: u64,
    /// The new version is backed out when its share of failed reads is more than so many times the old one's (and above 2 %).
    pub max_failure_factor: f64,
    /// The new version is backed out when its median latency is more than so many times the old one's (and 10 ms above it).
    pub max_latency_factor: f64,
    /// For so many seconds after it became live, the new version is backed out when more of its calls fail by the adapter's own fault than
    /// `max_failure_factor` allows. 0: it is not watched.
    pub watch_secs: u64,
}

impl Default for CanaryConfig {
    fn default() -> Self {
        Self {
            share_percent: 10,
            trial_secs: 30,
            trial_calls: 50,
            max_failure_factor: 2.0,
            max_latency_factor: 2.0,
            watch_secs: 600,
        }
    }
}

impl CanaryConfig {
    /// A day. What a version does after that has to do with other things than with its being new.
    pub const MAX_WATCH_SECS: u64 = 24 * 60 * 60;

    pub fn trial(&self) -> Duration {
        Duration::from_secs(self.trial_secs)
    }

    pub fn watch(&self) -> Duration {
        Duration::from_secs(self.watch_secs)
    }
}
