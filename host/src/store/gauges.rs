//! Figures for metrics and readiness, and pruning of what is no longer needed.

use std::collections::BTreeMap;

use futures::future::FutureExt;
use jiff::Timestamp;
use sqlx::Row;

use super::instant::{from_millis, to_millis};
use super::{ANSWERS_KEPT, Store, StoreError, rows};
use crate::domain::TransferState;

/// How much work waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Transfers by state, for the states `captured`, `queued`, `sending`, `unknown` and `parked`.
    pub by_state: BTreeMap<&'static str, u64>,
    /// When the oldest transfer was captured that is neither settled nor parked.
    pub oldest_waiting: Option<Timestamp>,
}

/// Attempts of one transfer that are kept for the timeline: a week-long outage makes thousands.
const ATTEMPTS_KEPT: i64 = 200;

impl Store {
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        // Every open state is there, with 0 when none waits: a gauge that vanishes looks like one that stands still.
        let open = TransferState::ALL.into_iter().filter(|state| !state.is_settled() || *state == TransferState::Parked);
        let mut by_state: BTreeMap<_, _> = open.map(|state| (state.as_str(), 0)).collect();
        let counted = sqlx::query(
            "SELECT state, count(*) AS number FROM transfers WHERE turn IS NOT NULL GROUP BY state \
             UNION ALL SELECT 'parked', count(*) FROM transfers WHERE state = 'parked'",
        )
        .fetch_all(&self.readers)
        .await?;
        for row in &counted {
            let number: i64 = row.try_get("number")?;
            by_state.insert(rows::state(row, "state")?.as_str(), u64::try_from(number).unwrap_or_default());
        }
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT min(created_at) FROM transfers WHERE turn IS NOT NULL").fetch_one(&self.readers).await?;
        Ok(Backlog { by_state, oldest_waiting: oldest.map(from_millis).transpose()? })
    }

    /// Goes once through the writer and reads one row: fails when the database does not answer.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            async move {
                let _: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Deletes idempotency answers older than [`ANSWERS_KEPT`], unused seals that expired before that, and of each transfer all attempts but
    /// the first and the latest 200. Returns how many rows.
    pub async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = to_millis(now.saturating_sub(ANSWERS_KEPT).unwrap_or(Timestamp::MIN));
        self.write(move |connection| {
            async move {
                let answers =
                    sqlx::query("DELETE FROM answers WHERE created_at < ?").bind(before).execute(&mut *connection).await?;
                let seals = sqlx::query("DELETE FROM seals WHERE used_by IS NULL AND expires_at < ?")
                    .bind(before)
                    .execute(&mut *connection)
                    .await?;
                let attempts = sqlx::query(
                    "DELETE FROM attempts WHERE number > 1 AND number <= \
                     (SELECT t.attempts + t.lookups - ?1 FROM transfers t WHERE t.id = attempts.transfer) \
                     AND transfer IN (SELECT id FROM transfers WHERE attempts + lookups > ?1)",
                )
                .bind(ATTEMPTS_KEPT)
                .execute(connection)
                .await?;
                Ok(answers.rows_affected() + seals.rows_affected() + attempts.rows_affected())
            }
            .boxed()
        })
        .await
    }
}
