//! Figures for metrics and readiness, and pruning of what is no longer needed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Store, StoreError};

/// How much work waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Transfers by state, for the states `captured`, `queued`, `sending`, `unknown` and `parked`.
    pub by_state: BTreeMap<&'static str, u64>,
    /// When the oldest transfer was captured that is neither settled nor parked.
    pub oldest_waiting: Option<Timestamp>,
}

impl Store {
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        todo!()
    }

    /// Answers and reads one row through the writer: whether the database takes writes.
    pub async fn probe(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Deletes idempotency answers older than [`super::ANSWERS_KEPT`] and unused seals that expired before that. Returns how many rows.
    pub async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }
}
