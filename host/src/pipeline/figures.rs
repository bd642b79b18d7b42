//! The pipeline's metrics, and the housekeeping that runs at their pace.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::domain::TransferState;
use crate::store::{Outcome, Store, StoreError, Transfer};

/// How often the gauges are brought up to date.
pub(super) const PACE: Duration = Duration::from_secs(5);

/// Most checkouts whose stock is given back at once.
const RELEASES: u32 = 200;

/// How often what is no longer needed is deleted.
const PRUNING: SignedDuration = SignedDuration::from_hours(1);

/// Counts one recorded outcome.
pub(super) fn settle(transfer: &Transfer, state: TransferState, outcome: &Outcome) {
    let operation = transfer.operation.as_str();
    metrics::counter!("ordergate_transfers_total", "operation" => operation, "outcome" => state.as_str()).increment(1);
    if state == TransferState::Confirmed {
        let waited = outcome.ended_at.duration_since(transfer.created_at).as_secs_f64();
        metrics::histogram!("ordergate_transfer_seconds", "operation" => operation).record(waited.max(0.0));
    }
}

/// Keeps the gauges up to date and prunes, until it is dropped.
pub(super) async fn keep(store: Store, clock: Clock) {
    let mut pruned = Timestamp::MIN;
    loop {
        let now = clock.now();
        if let Err(error) = gauge(&store, now).await {
            tracing::warn!(%error, "the backlog could not be read");
        }
        match store.release_expired(now, RELEASES).await {
            Ok(0) => {}
            Ok(checkouts) => tracing::info!(checkouts, "stock of checkouts that nobody ordered is given back"),
            Err(error) => tracing::warn!(%error, "stock of checkouts that nobody ordered could not be given back"),
        }
        if now.duration_since(pruned) >= PRUNING {
            pruned = now;
            match store.prune(now).await {
                Ok(rows) => tracing::debug!(rows, "pruned"),
                Err(error) => tracing::warn!(%error, "old answers and seals could not be deleted"),
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; counts stay far below 2^53")]
async fn gauge(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let backlog = store.backlog().await?;
    for (state, number) in backlog.by_state {
        metrics::gauge!("ordergate_transfers_open", "state" => state).set(number as f64);
    }
    for (reason, number) in backlog.findings {
        metrics::gauge!("ordergate_findings_open", "reason" => reason).set(number as f64);
    }
    let age = backlog.oldest_waiting.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
    metrics::gauge!("ordergate_transfer_oldest_waiting_seconds").set(age);
    Ok(())
}
