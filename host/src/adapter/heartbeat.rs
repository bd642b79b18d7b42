//! Asks sick back ends for their health: while a breaker of the live generation is open, `health.probe` of that side is called every so often,
//! and real calls are tried again as soon as it succeeds. One task per adapter; it ends with the adapters.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Adapter;
use super::breaker::Beat;
use super::live_call::LiveCall;
use super::operation::{Lane, Operation, Probe};
use super::slot::Slot;

/// How often the task looks whether a probe is due.
const LOOK: Duration = Duration::from_millis(100);
/// Longest time that a health probe may take.
const PROBE_TIME: Duration = Duration::from_secs(5);

/// Starts the task of one adapter, whichever generation of it is live.
pub(super) fn start(slot: &Arc<Slot>) {
    tokio::spawn(watch(Arc::downgrade(slot)));
}

async fn watch(slot: Weak<Slot>) {
    while let Some(live) = slot.upgrade().map(|slot| slot.live()) {
        if live.description().supports(Probe::NAME) {
            for due in live.breakers().beats() {
                beat(&live, due).await;
            }
        }
        drop(live);
        sleep(LOOK).await;
    }
}

/// The probe takes neither a place nor a permission of the breaker: it must come through when nothing else does.
pub(super) async fn beat(adapter: &Adapter, beat: Beat) {
    let context = Probe::context(format!("heartbeat-{}-{}", adapter.name(), beat.side.as_str()), PROBE_TIME);
    let ends = Instant::now() + PROBE_TIME;
    let call = LiveCall::new(&adapter.given, Lane::Read, super::trace(&context), ends);
    let outcome = adapter.run(&context, &Probe { side: beat.side }, &call).await;
    tracing::debug!(adapter = %adapter.name(), side = beat.side.as_str(), healthy = outcome.is_ok(), "heartbeat");
    adapter.breakers().beaten(beat, &outcome);
}
