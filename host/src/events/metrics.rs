//! Metrics of the event log and of those who listen to it.

use metrics::{counter, gauge};

use crate::domain::WebhookName;
use crate::store::WebhookStanding;

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

const ATTEMPTS: &str = "ordergate_webhook_attempts_total";
const WAITING: &str = "ordergate_webhook_waiting";
const PARKED: &str = "ordergate_webhook_parked";
const OLDEST: &str = "ordergate_webhook_oldest_waiting_seconds";
const DISABLED: &str = "ordergate_webhook_disabled";
const MISSED: &str = "ordergate_webhook_missed_total";

pub(super) fn describe_webhooks<'a>(names: impl Iterator<Item = &'a WebhookName>) {
    metrics::describe_counter!(ATTEMPTS, "Attempts to deliver an event, by webhook and outcome");
    metrics::describe_gauge!(WAITING, "Events that wait to be delivered to a webhook");
    metrics::describe_gauge!(PARKED, "Events for a webhook that a person must decide about");
    metrics::describe_gauge!(OLDEST, "How long the oldest event has waited for a webhook");
    metrics::describe_gauge!(DISABLED, "1 when nothing is delivered to a webhook until a person enables it");
    metrics::describe_counter!(MISSED, "Events that were deleted before they could be delivered to a webhook");
    for name in names {
        counter!(MISSED, "webhook" => name.to_string()).increment(0);
        for outcome in ["delivered", "refused", "unreached", "parked", "disabled"] {
            counter!(ATTEMPTS, "webhook" => name.to_string(), "outcome" => outcome).increment(0);
        }
    }
}

pub(super) fn attempted(webhook: &WebhookName, outcome: &'static str) {
    counter!(ATTEMPTS, "webhook" => webhook.to_string(), "outcome" => outcome).increment(1);
}

pub(super) fn missed(webhook: &WebhookName, events: u64) {
    counter!(MISSED, "webhook" => webhook.to_string()).increment(events);
}

/// `age_secs`: of the oldest event that waits.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; counts stay far below 2^53")]
pub(super) fn standing(standing: &WebhookStanding, age_secs: f64) {
    let name = || standing.name.to_string();
    gauge!(WAITING, "webhook" => name()).set(standing.waiting as f64);
    gauge!(PARKED, "webhook" => name()).set(standing.parked as f64);
    gauge!(OLDEST, "webhook" => name()).set(age_secs);
    gauge!(DISABLED, "webhook" => name()).set(if standing.disabled.is_some() { 1.0 } else { 0.0 });
}
