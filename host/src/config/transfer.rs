//! `[transfer]`: how captured orders and quotes are moved to the back end (rules T4 to T7).

use std::time::Duration;

use serde::Deserialize;

/// The transfer pipeline's settings. Every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransferConfig {
    /// Transfers under way at the same time, over all accounts.
    pub concurrency: usize,
    /// Attempts and look-ups that may fail before a person must decide. One that could not reach the back end (`unavailable`,
    /// `throttled`) does not count: an outage ends, and `max_age_secs` bounds it.
    pub max_attempts: u32,
    /// Age at which a transfer that is not through is parked, in seconds since its capture.
    pub max_age_secs: u64,
    /// First back-off, in milliseconds; doubled with every failure, with full jitter.
    pub backoff_initial_ms: u64,
    /// Longest back-off, in milliseconds. A back end that asks for a longer wait gets it.
    pub backoff_max_ms: u64,
    /// How long a worker may hold a transfer, in seconds. Must be longer than `deadline_ms`.
    pub lease_secs: u64,
    /// Longest time between two looks for due transfers, in milliseconds.
    pub poll_ms: u64,
    /// Longest time for one call to the back end, in milliseconds.
    pub deadline_ms: u64,
}

impl Default for TransferConfig {
    fn default() -> Self {
        Self {
            concurrency: 64,
            max_attempts: 10,
            max_age_secs: 3 * 24 * 60 * 60,
            backoff_initial_ms: 500,
            backoff_max_ms: 60_000,
            lease_secs: 60,
            poll_ms: 1_000,
            deadline_ms: 20_000,
        }
    }
}

impl TransferConfig {
    /// Contradictions, each with the key and the mend; empty when there are none.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        // A call may end late by the time that it takes to record it.
        let needed = self.deadline_ms.saturating_add(5_000);
        if self.lease_secs.saturating_mul(1_000) < needed {
            problems.push(("lease_secs", format!("must be at least deadline_ms + 5 s ({} s)", needed.div_ceil(1_000))));
        }
        if self.concurrency == 0 {
            problems.push(("concurrency", "must be at least 1".to_owned()));
        }
        if self.max_attempts == 0 {
            problems.push(("max_attempts", "must be at least 1".to_owned()));
        }
        if self.backoff_initial_ms == 0 || self.backoff_initial_ms > self.backoff_max_ms {
            problems.push(("backoff_initial_ms", "must be at least 1 and at most backoff_max_ms".to_owned()));
        }
        if self.poll_ms == 0 {
            problems.push(("poll_ms", "must be at least 1".to_owned()));
        }
        problems
    }

    pub fn max_age(&self) -> Duration {
        Duration::from_secs(self.max_age_secs)
    }

    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_secs)
    }

    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_do_not_contradict_each_other() {
        assert_eq!(TransferConfig::default().problems(), vec![]);
    }

    #[test]
    fn t5_a_lease_that_is_shorter_than_a_call_is_refused_by_name() {
        let config = TransferConfig { lease_secs: 20, ..TransferConfig::default() };
        assert_eq!(config.problems(), vec![("lease_secs", "must be at least deadline_ms + 5 s (25 s)".to_owned())]);
    }
}
