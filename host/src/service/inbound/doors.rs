//! Where pushes come in: one for each adapter that takes them. A reload puts others in their place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::COME_BACK;
use super::apply::MESSAGES;
use super::ledger::Ledger;
use super::seen::Seen;
use super::sender::Forged;
use crate::config::InboundConfig;
use crate::domain::{AdapterName, Pace, Rate};
use crate::service::ServiceError;

/// A refused sender is logged at most once in so many seconds: whoever knocks without end fills no disk.
const LOG_EVERY_SECS: i64 = 10;

type Configured = BTreeMap<AdapterName, Arc<InboundConfig>>;

pub(in crate::service) struct Doors(ArcSwap<BTreeMap<AdapterName, Arc<Door>>>);

pub(in crate::service) struct Door {
    pub(super) config: Arc<InboundConfig>,
    pub(super) pace: Pace,
    pub(super) places: Arc<Semaphore>,
    pub(super) seen: Seen,
    pub(super) ledger: Arc<Ledger>,
    refusals: Refusals,
}

#[derive(Default)]
struct Refusals {
    since_logged: AtomicU64,
    logged_at: AtomicI64,
}

impl Doors {
    pub(in crate::service) fn new(configured: &Configured) -> Self {
        Self(ArcSwap::from_pointee(doors(configured, &BTreeMap::new())))
    }

    /// From now on these. What was seen stays seen, and noted.
    pub(in crate::service) fn replace(&self, configured: &Configured) {
        self.0.store(Arc::new(doors(configured, &self.0.load())));
    }

    pub(in crate::service) fn of(&self, adapter: &AdapterName) -> Option<Arc<Door>> {
        self.0.load().get(adapter).cloned()
    }
}

fn doors(configured: &Configured, before: &BTreeMap<AdapterName, Arc<Door>>) -> BTreeMap<AdapterName, Arc<Door>> {
    let door = |(name, config): (&AdapterName, &Arc<InboundConfig>)| {
        let seen = before.get(name).map_or_else(|| Seen::new(config.tolerance()), |door| door.seen.with(config.tolerance()));
        let ledger = before.get(name).map(|door| Arc::clone(&door.ledger)).unwrap_or_default();
        let pace = Pace::new(Rate::per_sec(config.max_per_sec), Instant::now());
        let places = Arc::new(Semaphore::new(config.max_concurrent));
        (name.clone(), Arc::new(Door { config: Arc::clone(config), pace, places, seen, ledger, refusals: Refusals::default() }))
    };
    configured.iter().map(door).collect()
}

impl Door {
    pub(super) fn count(&self, adapter: &AdapterName, outcome: &'static str) {
        metrics::counter!(MESSAGES, "adapter" => adapter.to_string(), "outcome" => outcome).increment(1);
    }

    /// There is no place for it now. `limit`: what was in the way.
    pub(super) fn shed(&self, adapter: &AdapterName, limit: &'static str, now: Timestamp) -> ServiceError {
        self.count(adapter, "shed");
        self.ledger.turned_away(limit, now);
        tracing::debug!(adapter = %adapter, limit, "a pushed message was turned away");
        ServiceError::Overloaded(COME_BACK)
    }

    pub(super) fn refuse(&self, adapter: &AdapterName, forged: Forged, now: Timestamp) -> ServiceError {
        self.count(adapter, forged.as_str());
        self.ledger.turned_away(forged.as_str(), now);
        let Refusals { since_logged, logged_at } = &self.refusals;
        let (messages, last) = (since_logged.fetch_add(1, Ordering::Relaxed) + 1, logged_at.load(Ordering::Relaxed));
        let is_due = now.as_second().saturating_sub(last) >= LOG_EVERY_SECS;
        if is_due && logged_at.compare_exchange(last, now.as_second(), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            since_logged.store(0, Ordering::Relaxed);
            tracing::warn!(adapter = %adapter, reason = %forged, messages, "pushed messages are refused: their sender is not proven");
        }
        ServiceError::Forged
    }
}
