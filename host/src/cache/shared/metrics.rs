//! What is counted of the shared cache.

use std::time::Duration;

use serde::Serialize;

use super::names::Kind;

/// Whether an invalidation has reached the other hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The server has it: every host that it can reach was told, and the others ask anew when they come back.
    Everyone,
    /// The server cannot be reached: they are told as soon as it can be, if this host lives so long.
    Later,
}

pub(super) fn describe() {
    attached(false);
    for kind in Kind::ALL {
        for outcome in ["hit", "stale", "miss"] {
            metrics::counter!("ordergate_shared_cache_reads_total", "kind" => kind.as_str(), "outcome" => outcome).increment(0);
        }
    }
}

pub(super) fn attached(is_attached: bool) {
    metrics::gauge!("ordergate_shared_cache_attached").set(if is_attached { 1.0 } else { 0.0 });
}

/// `attached`, `failed` or `lost`.
pub(super) fn connection(outcome: &'static str) {
    metrics::counter!("ordergate_shared_cache_connections_total", "outcome" => outcome).increment(1);
}

pub(super) fn rested() {
    metrics::counter!("ordergate_shared_cache_rests_total").increment(1);
}

pub(super) fn look_up_took(time: Duration) {
    metrics::histogram!("ordergate_shared_cache_look_up_seconds").record(time);
}

/// How so many items were answered, or why they were not.
pub(super) fn read(kind: Kind, outcome: &'static str, items: usize) {
    metrics::counter!("ordergate_shared_cache_reads_total", "kind" => kind.as_str(), "outcome" => outcome)
        .increment(items as u64);
}

pub(super) fn written(kind: Kind, outcome: &'static str) {
    metrics::counter!("ordergate_shared_cache_writes_total", "kind" => kind.as_str(), "outcome" => outcome).increment(1);
}

/// Another host has invalidated something.
pub(super) fn heard(kind: Kind) {
    metrics::counter!("ordergate_shared_cache_invalidations_heard_total", "kind" => kind.as_str()).increment(1);
}

pub(super) fn told(told: Told) -> Told {
    let outcome = if told == Told::Everyone { "told" } else { "later" };
    metrics::counter!("ordergate_shared_cache_invalidations_total", "outcome" => outcome).increment(1);
    told
}
