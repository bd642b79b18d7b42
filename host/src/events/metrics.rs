//! Metrics of the event log and of those who listen to it.

use metrics::{counter, gauge};

const STREAMS: &str = "ordergate_event_streams";
const ENDED: &str = "ordergate_event_streams_ended_total";
const SHED: &str = "ordergate_event_streams_shed_total";

pub(super) fn describe() {
    metrics::describe_gauge!(STREAMS, "Streams of events that are open on this host");
    metrics::describe_counter!(ENDED, "Streams of events that have ended, by reason");
    metrics::describe_counter!(SHED, "Streams of events that were refused, by the limit that was in the way");
    gauge!(STREAMS).set(0.0);
    for reason in ["final", "expired", "slow", "stopping", "listener"] {
        counter!(ENDED, "reason" => reason).increment(0);
    }
    for limit in ["max_streams", "max_streams_per_account"] {
        counter!(SHED, "limit" => limit).increment(0);
    }
}

pub(super) fn open(streams: usize) {
    gauge!(STREAMS).set(u32::try_from(streams).map_or(f64::INFINITY, f64::from));
}

pub(super) fn ended(reason: &'static str) {
    counter!(ENDED, "reason" => reason).increment(1);
}

pub(super) fn shed(limit: &'static str) {
    counter!(SHED, "limit" => limit).increment(1);
}
