//! `[adapters.NAME.breaker]`: when an adapter's calls are turned away at once because its back end, or the adapter itself, is sick. The read
//! and the write side each have their own breaker with these numbers.

use std::time::Duration;

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerConfig {
    /// Failures in a row that open it. Traps of the guest are counted by themselves, against the same number.
    pub consecutive_failures: u32,
    /// Share of failed calls in the window, in percent, that opens it.
    pub failure_percent: u32,
    /// Calls that the window must hold before the share counts.
    pub min_calls: u32,
    /// How far back the share looks, in seconds.
    pub window_secs: u64,
    /// How long it stays open the first time, in milliseconds; doubled each time that a trial fails, with jitter.
    pub open_ms: u64,
    /// The longest time that it stays open without a trial, in milliseconds.
    pub open_max_ms: u64,
    /// Calls that are let through to try the back end again; all of them must succeed.
    pub half_open_calls: u32,
    /// How often `health.probe` is asked while it is open, in seconds, where the adapter has that operation.
    pub heartbeat_secs: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            failure_percent: 50,
            min_calls: 20,
            window_secs: 10,
            open_ms: 1_000,
            open_max_ms: 30_000,
            half_open_calls: 2,
            heartbeat_secs: 5,
        }
    }
}

impl BreakerConfig {
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.window_secs)
    }

    pub fn open(&self) -> Duration {
        Duration::from_millis(self.open_ms)
    }

    pub fn open_max(&self) -> Duration {
        Duration::from_millis(self.open_max_ms)
    }

    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_secs)
    }

    /// Every option that cannot work, with what it must be.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let above_zero = [
            ("consecutive_failures", u64::from(self.consecutive_failures)),
            ("min_calls", u64::from(self.min_calls)),
            ("window_secs", self.window_secs),
            ("open_ms", self.open_ms),
            ("half_open_calls", u64::from(self.half_open_calls)),
            ("heartbeat_secs", self.heartbeat_secs),
        ];
        let zeros = above_zero.into_iter().filter(|(_, value)| *value == 0).map(|(key, _)| (key, "must be above 0"));
        let percent = (!(1..=100).contains(&self.failure_percent)).then_some(("failure_percent", "must be 1 to 100"));
        let order = (self.open_ms > self.open_max_ms).then_some(("open_ms", "must not be above open_max_ms"));
        zeros.chain(percent).chain(order).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_that_cannot_work_is_named() {
        assert_eq!(BreakerConfig::default().problems(), []);
        let config = BreakerConfig { failure_percent: 0, half_open_calls: 0, open_ms: 60_000, ..BreakerConfig::default() };
        let keys: Vec<_> = config.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["half_open_calls", "failure_percent", "open_ms"]);
    }
}
