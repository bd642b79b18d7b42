//! What came of a claim: the move of the transfer, its line in the timeline, the document's new status, and the turn of the next
//! transfer of the account (rules T5, T6). Called by the pipeline only.

mod together;

use futures::future::FutureExt;

use super::capture::Route;
use super::claim::held;
use super::lock::{Lock, lock};
use super::rows::json;
use super::sql::{Connection, query};
use super::{Counts, Database, Fence, Outcome, Store, StoreError, Taken, Transfer, TransferId, findings, release, taken};
use crate::domain::{Reference, TransferEvent, TransferState};
pub(super) use together::{Confirmation, confirm_together};

impl Store {
    /// Commits what came of an attempt or look-up and ends the claim. Refused with a stale fence (rule T5), and when the back end said that
    /// it has taken an order or quote under a number that is another one's ([`StoreError::Conflict`]). Returns the new state.
    pub async fn record_outcome(&self, id: TransferId, fence: Fence, outcome: Outcome) -> Result<TransferState, StoreError> {
        if let Database::Postgres(postgres) = &self.database
            && let Some(confirmation) = Confirmation::of(id, fence, &outcome)?
            && let Some(reference) = self.noted(postgres.confirm(confirmation).await)?
        {
            self.tell_other_hosts(&reference);
            return Ok(TransferState::Confirmed);
        }
        let (state, reference) = self.write(move |connection| record(connection, id, fence, outcome).boxed()).await?;
        self.tell_other_hosts(&reference);
        Ok(state)
    }
}

async fn record(
    connection: &mut Connection,
    id: TransferId,
    fence: Fence,
    outcome: Outcome,
) -> Result<(TransferState, Reference), StoreError> {
    let transfer = held(connection, id, fence).await?;
    let state = outcome.events.iter().try_fold(transfer.state, |state, event| state.after(*event))?;
    // One that was found has our reference: its number is its own, whoever had it before.
    if let (Some(number), [TransferEvent::Taken]) = (outcome.taken.as_ref().and_then(Taken::number), &outcome.events[..])
        && transfer.operation.carries_document()
    {
        taken::no_other(connection, &transfer.reference, &transfer.adapter, number).await?;
    }
    let failure = outcome.failure.as_ref().map(|failure| json("failure", failure)).transpose()?;
    write_timeline(connection, &transfer, state, &outcome, failure.as_deref()).await?;
    // The document first: the move, once it is written, is told with what the back end said.
    if let Some(taken) = &outcome.taken {
        taken::apply(connection, &transfer, taken, outcome.ended_at).await?;
    }
    move_on(connection, &transfer, state, &outcome, failure).await?;
    release::follow(connection, &transfer, state, outcome.taken.as_ref(), outcome.ended_at).await?;
    findings::follow(connection, &transfer, state, outcome.ended_at).await?;
    taken::compare_from(connection, &transfer, state, outcome.ended_at).await?;
    if let Some(finding) = &outcome.finding {
        findings::raise(connection, &Route::of(&transfer), finding, outcome.ended_at).await?;
    }
    if state.is_settled() {
        pass_turn_on(connection, &transfer).await?;
    }
    Ok((state, transfer.reference))
}

/// Ends the attempt's line, or adds the look-up's. A claim that did neither (no adapter, too old) leaves no line.
async fn write_timeline(
    connection: &mut Connection,
    transfer: &Transfer,
    state: TransferState,
    outcome: &Outcome,
    failure: Option<&str>,
) -> Result<(), StoreError> {
    let exchanges = if outcome.exchanges.is_empty() { None } else { Some(json("exchanges", &outcome.exchanges)?) };
    let line = match (transfer.state, &outcome.adapter_digest) {
        (TransferState::Sending, _) => query(
            "UPDATE attempts SET ended_at = $1, outcome = $2, failure = $3, exchanges = $4 \
                 WHERE transfer = $5 AND ended_at IS NULL AND outcome IS NULL",
        )
        .bind(outcome.ended_at)
        .bind(state.as_str())
        .bind(failure)
        .bind(exchanges)
        .bind(transfer.id.0),
        (TransferState::Unknown, Some(digest)) => query(
            "INSERT INTO attempts (kind, ended_at, outcome, failure, exchanges, transfer, number, started_at, adapter_digest) \
             VALUES ('look-up', $1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(outcome.ended_at)
        .bind(state.as_str())
        .bind(failure)
        .bind(exchanges)
        .bind(transfer.id.0)
        .bind(transfer.attempts + transfer.lookups + 1)
        .bind(outcome.started_at)
        .bind(digest.clone()),
        _ => return Ok(()),
    };
    line.execute(connection).await?;
    Ok(())
}

async fn move_on(
    connection: &mut Connection,
    transfer: &Transfer,
    state: TransferState,
    outcome: &Outcome,
    failure: Option<String>,
) -> Result<(), StoreError> {
    let looked_up = transfer.state == TransferState::Unknown && outcome.adapter_digest.is_some();
    let unknown_since = match state {
        TransferState::Unknown => Some(transfer.unknown_since.unwrap_or(outcome.ended_at)),
        // Kept while parked: the desk sees how long it has been uncertain.
        TransferState::Parked if outcome.events.contains(&TransferEvent::OutcomeLost) => Some(outcome.ended_at),
        TransferState::Parked => transfer.unknown_since,
        _ => None,
    };
    query(
        "UPDATE transfers SET state = $1, lookups = lookups + $2, spent = spent + $3, due_at = $4, lease_until = NULL, unknown_since = $5, \
         last_failure = CASE WHEN $6 THEN NULL ELSE coalesce($7, last_failure) END, updated_at = $8, \
         turn = CASE WHEN $10 THEN NULL ELSE turn END WHERE id = $9",
    )
    .bind(state.as_str())
    .bind(i64::from(looked_up))
    .bind(i64::from(outcome.counts == Counts::Counted))
    .bind(outcome.due_at)
    .bind(unknown_since)
    .bind(state == TransferState::Confirmed)
    .bind(failure)
    .bind(outcome.ended_at)
    .bind(transfer.id.0)
    .bind(state.is_settled())
    .execute(connection)
    .await?;
    Ok(())
}

/// A transfer that is settled or held, and has no turn any more, lets the next of its account go (rule T6). Each adapter has its own line: a
/// sick quote system must not hold up orders to a healthy one. A release is in no line.
pub(super) async fn pass_turn_on(connection: &mut Connection, gone: &Transfer) -> Result<(), StoreError> {
    if gone.operation.is_best_effort() {
        return Ok(());
    }
    lock(connection, Lock::Line { store: &gone.store, account: &gone.account, adapter: &gone.adapter }).await?;
    query(
        "UPDATE transfers SET turn = 1 WHERE id = \
         (SELECT id FROM transfers WHERE store = $1 AND account = $2 AND adapter = $3 AND turn IS NOT NULL \
         AND operation <> 'release-reservation' ORDER BY id LIMIT 1)",
    )
    .bind(gone.store.to_string())
    .bind(gone.account.to_string())
    .bind(gone.adapter.to_string())
    .execute(connection)
    .await?;
    Ok(())
}
