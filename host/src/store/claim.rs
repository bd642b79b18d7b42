//! Claims: which transfer goes next and who holds it (rules T3, T5, T6). Called by the pipeline only.

use std::time::Duration;

use futures::future::FutureExt;
use jiff::Timestamp;

use super::columns::transfer_columns;
use super::instant::after;
use super::left_out::claimable;
use super::sql::{Connection, Row, query};
use super::time::put_right;
use super::{Claimed, Conflict, Document, Fence, LeftOut, Store, StoreError, Transfer, TransferId, rows};
use crate::domain::{Reference, TransferEvent, TransferState};

impl Store {
    /// Claims up to `limit` due transfers until `now + lease`. Of each account only the oldest unsettled one can be claimed (rule T6).
    /// One that was left in `sending` by a worker whose lease ran out comes as `unknown` (rule T3). What is left out stays where it is.
    pub async fn claim_due(
        &self,
        now: Timestamp,
        limit: usize,
        lease: Duration,
        left_out: &LeftOut,
    ) -> Result<Vec<Claimed>, StoreError> {
        let (lease_until, left_out) = (after(now, lease), left_out.to_json()?);
        let claims = self.write(move |connection| claim(connection, now, limit, lease_until, left_out).boxed()).await?;
        // The documents are read outside the writer's transaction: what is sent of them changes under its claim only, or by hand while parked.
        let references: Vec<_> = claims.iter().map(|(transfer, _)| transfer.reference.clone()).collect();
        let documents = match self.documents_to_send(&references).await {
            Ok(documents) => documents,
            Err(error) => {
                self.free(claims).await?;
                return Err(error);
            }
        };
        let find = |transfer: &Transfer| documents.iter().find(|document| document.reference == transfer.reference).cloned();
        Ok(claims
            .into_iter()
            .map(|(transfer, fence)| Claimed { document: find(&transfer), transfer, fence, claimed_at: now })
            .collect())
    }

    /// Documents of claimed transfers. One that this build cannot read is left out, and its transfer is told apart below: it must not stop
    /// those of other accounts.
    async fn documents_to_send(&self, references: &[Reference]) -> Result<Vec<Document>, StoreError> {
        match self.documents(references).await {
            Err(StoreError::Corrupt { .. }) => {}
            answer => return answer,
        }
        let mut readable = Vec::with_capacity(references.len());
        for reference in references {
            match self.document(reference).await {
                Ok(document) => readable.extend(document),
                Err(StoreError::Corrupt { what, reason }) => {
                    tracing::error!(%reference, what, reason, "a document cannot be read by this build");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(readable)
    }

    /// Gives claims back that nothing was done with.
    async fn free(&self, claims: Vec<(Transfer, Fence)>) -> Result<(), StoreError> {
        self.write(move |connection| {
            async move {
                for (transfer, fence) in claims {
                    query("UPDATE transfers SET lease_until = NULL, due_at = updated_at WHERE id = $1 AND fence = $2")
                        .bind(transfer.id.0)
                        .bind(fence.0)
                        .execute(connection)
                        .await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Ends all claims of a host that died: `sending` becomes `unknown` (rule T3), the others can be claimed at once. For the start of the
    /// only host on this database, and makes right what depends on the time; where several share it, claims are other hosts' and end with their leases. Returns how many transfers
    /// were freed.
    pub async fn recover(&self, now: Timestamp) -> Result<u64, StoreError> {
        if self.is_shared() {
            return Ok(0);
        }
        self.write(move |connection| recover(connection, now).boxed()).await
    }

    /// When the next transfer is due, or the earliest lease ends, of those that are not left out.
    pub async fn next_due(&self, left_out: &LeftOut) -> Result<Option<Timestamp>, StoreError> {
        let [in_hand, looking_up, sending] = left_out.to_json()?;
        let mut connection = self.read().await?;
        let due = query("SELECT min(due_at) AS due_at FROM transfers WHERE ").push(claimable(connection.dialect()));
        due.bind(in_hand).bind(looking_up).bind(sending).one(&mut connection).await?.optional_instant("due_at")
    }
}

async fn claim(
    connection: &mut Connection,
    now: Timestamp,
    limit: usize,
    lease_until: Timestamp,
    [in_hand, looking_up, sending]: [String; 3],
) -> Result<Vec<(Transfer, Fence)>, StoreError> {
    let dialect = connection.dialect();
    // What another host is just claiming or recording is passed over, not waited for. Chosen once, before anything is changed.
    let claimed = query("WITH due AS MATERIALIZED (SELECT id FROM transfers WHERE ")
        .push(claimable(dialect))
        .push(" AND due_at <= $4 ORDER BY due_at, id LIMIT $6")
        .push(dialect.choose("", " FOR UPDATE SKIP LOCKED"))
        .push(") UPDATE transfers SET fence = fence + 1, lease_until = $5, due_at = $5, updated_at = $4 WHERE id IN (SELECT id FROM due)")
        .push(concat!(" RETURNING ", transfer_columns!("")))
        .bind(in_hand)
        .bind(looking_up)
        .bind(sending)
        .bind(now)
        .bind(lease_until)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all(connection)
        .await?;
    let mut claims = Vec::with_capacity(claimed.len());
    for row in &claimed {
        let Some(mut transfer) = readable(row) else { continue };
        if transfer.state == TransferState::Sending {
            lose_outcome(connection, &mut transfer, now).await?;
        }
        claims.push((transfer, Fence(row.number("fence")?)));
    }
    claims.sort_by_key(|(transfer, _)| transfer.id);
    Ok(claims)
}

/// A row that this build cannot read (written by a newer one) keeps its lease and is tried again after it: it must not stop the others.
fn readable(row: &Row) -> Option<Transfer> {
    rows::transfer(row).inspect_err(|error| tracing::error!(%error, "a transfer cannot be read by this build")).ok()
}

/// Its worker died or hangs: it may or may not have been taken.
async fn lose_outcome(connection: &mut Connection, transfer: &mut Transfer, now: Timestamp) -> Result<(), StoreError> {
    transfer.state = transfer.state.after(TransferEvent::OutcomeLost)?;
    transfer.unknown_since = Some(now);
    query("UPDATE transfers SET state = $1, unknown_since = $2 WHERE id = $3")
        .bind(transfer.state.as_str())
        .bind(now)
        .bind(transfer.id.0)
        .execute(connection)
        .await?;
    query("UPDATE attempts SET outcome = $1 WHERE transfer = $2 AND ended_at IS NULL AND outcome IS NULL")
        .bind(transfer.state.as_str())
        .bind(transfer.id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The transfer, if this claim on it still holds (rule T5).
pub(super) async fn held(connection: &mut Connection, id: TransferId, fence: Fence) -> Result<Transfer, StoreError> {
    let transfer = query(concat!(
        "SELECT lease_until, ",
        transfer_columns!(""),
        " FROM transfers WHERE id = $1 AND fence = $2 AND lease_until IS NOT NULL"
    ));
    let transfer = transfer.push(connection.dialect().choose("", " FOR UPDATE"));
    let row = transfer.bind(id.0).bind(fence.0).optional(connection).await?.ok_or(Conflict::StaleFence)?;
    rows::transfer(&row)
}

async fn recover(connection: &mut Connection, now: Timestamp) -> Result<u64, StoreError> {
    // Nobody knows what the clock did while no host ran.
    put_right(connection, now).await?;
    let claimed = query(concat!("SELECT ", transfer_columns!(""), " FROM transfers WHERE turn = 1 AND lease_until IS NOT NULL"));
    let claimed = claimed.all(connection).await?;
    for row in &claimed {
        let Some(mut transfer) = readable(row) else { continue };
        if transfer.state == TransferState::Sending {
            lose_outcome(connection, &mut transfer, now).await?;
        }
        // The rise of the fence shuts out a worker that is somehow still alive.
        query("UPDATE transfers SET lease_until = NULL, fence = fence + 1, due_at = $1, updated_at = $1 WHERE id = $2")
            .bind(now)
            .bind(transfer.id.0)
            .execute(connection)
            .await?;
    }
    Ok(claimed.len() as u64)
}
