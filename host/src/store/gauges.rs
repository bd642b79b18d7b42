//! Figures for metrics and readiness, and pruning of what is no longer needed.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures::future::FutureExt;
use jiff::Timestamp;

use super::lock::{Lock, try_lock};
use super::sql::{Connection, Dialect, query};
use super::{ANSWERS_KEPT, Store, StoreError, rows, uncacheable};
use crate::domain::{CheckoutId, FindingReason, TransferState, Withheld};

/// How much work waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Transfers by state, for the states `captured`, `queued`, `sending`, `unknown` and `parked`; and those that are `held`, which count as nothing else.
    pub by_state: BTreeMap<&'static str, u64>,
    /// When the oldest transfer was captured that is neither settled nor parked.
    pub oldest_waiting: Option<Timestamp>,
    /// Findings that wait for a person, by reason.
    pub findings: BTreeMap<&'static str, u64>,
}

/// Attempts of one transfer that are kept for the timeline: a week-long outage makes thousands.
const ATTEMPTS_KEPT: i64 = 200;

impl Store {
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        // Every open state is there, with 0 when none waits: a gauge that vanishes looks like one that stands still.
        let open = TransferState::ALL.into_iter().filter(|state| !state.is_settled() || *state == TransferState::Parked);
        let mut by_state: BTreeMap<_, _> = open.map(|state| (state.as_str(), 0)).collect();
        let mut connection = self.read().await?;
        let counted = query(
            "SELECT state, count(*) AS number FROM transfers WHERE turn IS NOT NULL GROUP BY state \
             UNION ALL SELECT 'parked', count(*) FROM transfers WHERE state = 'parked'",
        )
        .all(&mut connection)
        .await?;
        for row in &counted {
            by_state.insert(rows::state(row, "state")?.as_str(), row.number("number")?);
        }
        let held = query("SELECT count(DISTINCT reference) AS number FROM holds").one(&mut connection).await?;
        by_state.insert("held", held.number("number")?);
        let oldest = query("SELECT min(created_at) AS oldest FROM transfers WHERE turn IS NOT NULL").one(&mut connection).await?;
        let mut findings: BTreeMap<_, _> = FindingReason::ALL.into_iter().map(|reason| (reason.as_str(), 0)).collect();
        let open = query("SELECT reason, count(*) AS number FROM findings WHERE state IN ('open', 'cancelling') GROUP BY reason");
        for row in &open.all(&mut connection).await? {
            if let Some(reason) = FindingReason::parse(&row.text("reason")?) {
                findings.insert(reason.as_str(), row.number("number")?);
            }
        }
        Ok(Backlog { by_state, oldest_waiting: oldest.optional_instant("oldest")?, findings })
    }

    /// Goes once through a transaction as orders do: fails when the database does not answer. After one has failed something is written as
    /// well: a full disk can still be read.
    pub async fn probe(&self) -> Result<(), StoreError> {
        if !self.is_doubtful.load(Ordering::Relaxed) {
            let look = "SELECT count(*) AS number FROM seals WHERE id = ''";
            return self.write(move |connection| async move { query(look).one(connection).await.map(drop) }.boxed()).await;
        }
        let id = CheckoutId::generate().to_string();
        self.write(move |connection| write_and_forget(connection, id).boxed()).await?;
        self.is_doubtful.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Deletes idempotency answers older than [`ANSWERS_KEPT`], unused seals that expired before that, what ended long ago of what must not be
    /// cached, and of each transfer all attempts but the first and the latest 200. Returns how many rows.
    pub async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.saturating_sub(ANSWERS_KEPT).unwrap_or(Timestamp::MIN);
        let remembered_from = now.saturating_sub(Withheld::REMEMBERED).unwrap_or(Timestamp::MIN);
        self.write(move |connection| {
            async move {
                // One host at a time, and it may take its time.
                if !try_lock(connection, Lock::Pruning).await? {
                    return Ok(0);
                }
                if connection.dialect() == Dialect::Postgres {
                    connection.run("SET LOCAL statement_timeout = 0").await?;
                }
                let answers = query("DELETE FROM answers WHERE created_at < $1").bind(before).execute(connection).await?;
                let seals = query("DELETE FROM seals WHERE used_by IS NULL AND expires_at < $1");
                let seals = seals.bind(before).execute(connection).await?;
                let attempts = query(
                    "DELETE FROM attempts WHERE number > 1 AND number <= \
                     (SELECT t.attempts + t.lookups - $1 FROM transfers t WHERE t.id = attempts.transfer) \
                     AND transfer IN (SELECT id FROM transfers WHERE attempts + lookups > $1)",
                );
                let attempts = attempts.bind(ATTEMPTS_KEPT).execute(connection).await?;
                let uncacheable = uncacheable::prune(connection, remembered_from).await?;
                Ok(answers + seals + attempts + uncacheable)
            }
            .boxed()
        })
        .await
    }
}

async fn write_and_forget(connection: &mut Connection, id: String) -> Result<(), StoreError> {
    query("INSERT INTO seals (id, payload, expires_at) VALUES ($1, '', 0)").bind(id.clone()).execute(connection).await?;
    query("DELETE FROM seals WHERE id = $1").bind(id).execute(connection).await.map(drop)
}
