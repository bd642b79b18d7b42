//! `[transfer]`: how captured orders and quotes are moved to the back end (rules T4 to T7).

use std::time::Duration;

use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransferConfig {
    /// Transfers at the same time.
    pub concurrency: usize,
    /// After so many attempts that may have reached the back end (or were refused by it for a technical reason) a transfer is parked.
    /// Attempts while it is unavailable or throttles do not count.
    pub max_attempts: u32,
    /// After so much time a transfer is parked. Counted from its capture, or from the moment at which a person queued it again.
    pub max_age_secs: u64,
    /// The first back-off; doubled with every attempt, with full jitter.
    pub backoff_initial_ms: u64,
    pub backoff_max_ms: u64,
    /// How long a worker owns a transfer. A dead host's work is taken over after that.
    pub lease_secs: u64,
    /// How often the store is asked for due transfers when nothing wakes the pipeline.
    pub poll_ms: u64,
    /// Longest time for one attempt or look-up.
    pub deadline_ms: u64,
    /// How long after its outcome was lost a submit may still be at work in the back end. Only a look-up after that (and after the
    /// adapter's propagation delay) can prove that it is not there and allow a resend; finding it counts at any time.
    pub settle_ms: u64,
    /// How long after it was settled an order or quote is first compared with the back end (rule T10); then after twice that, and so on. 0: never.
    pub reconcile_secs: u64,
    /// After so long it is not compared any more.
    pub reconcile_window_secs: u64,
    /// Documents of one round.
    pub reconcile_batch: u32,
}

impl Default for TransferConfig {
    fn default() -> Self {
        Self {
            concurrency: 64,
            max_attempts: 10,
            max_age_secs: 7 * 24 * 3_600,
            backoff_initial_ms: 500,
            backoff_max_ms: 60_000,
            lease_secs: 60,
            poll_ms: 1_000,
            deadline_ms: 20_000,
            settle_ms: 60_000,
            reconcile_secs: 900,
            reconcile_window_secs: 7 * 24 * 3_600,
            reconcile_batch: 50,
        }
    }
}

impl TransferConfig {
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_secs)
    }

    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub fn settle(&self) -> Duration {
        Duration::from_millis(self.settle_ms)
    }

    pub fn reconcile(&self) -> Duration {
        Duration::from_secs(self.reconcile_secs)
    }

    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}
