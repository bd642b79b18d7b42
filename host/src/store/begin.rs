//! The beginning of an attempt: `sending` is committed before the first byte leaves (rule T3). Called by the pipeline only.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use serde::Serialize;

use super::instant::{after, to_millis};
use super::rows::json;
use super::sql::{Connection, query};
use super::{Conflict, Database, Fence, Store, StoreError, TransferId};
use crate::domain::{TransferEvent, TransferState};

/// An attempt that is to be begun, if the claim still holds (rule T5).
#[derive(Serialize)]
pub(super) struct Beginning {
    id: i64,
    fence: i64,
    /// Unix time, in milliseconds.
    at: i64,
    lease_until: i64,
    digest: String,
}

impl Store {
    /// Commits `sending` with the digest of the adapter that will send. The lease starts anew, so that it is longer than the call; one that ends
    /// later, because another host has noticed that the time jumped forward, stays. Refused with a stale fence (rule T5).
    pub async fn begin_attempt(
        &self,
        id: TransferId,
        fence: Fence,
        now: Timestamp,
        lease: Duration,
        adapter_digest: String,
    ) -> Result<(), StoreError> {
        let (at, lease_until) = (to_millis(now), to_millis(after(now, lease)));
        let beginning = Beginning { id: id.0, fence: fence.0, at, lease_until, digest: adapter_digest };
        let begun = match &self.database {
            Database::Postgres(postgres) => self.noted(postgres.begin(beginning).await)?,
            Database::Sqlite(_) => self.write(move |connection| begin(connection, beginning).boxed()).await?,
        };
        if begun { Ok(()) } else { Err(Conflict::StaleFence.into()) }
    }
}

async fn begin(connection: &mut Connection, beginning: Beginning) -> Result<bool, StoreError> {
    let Beginning { id, fence, at, lease_until, digest } = beginning;
    let (from, to) = states()?;
    let begun = query(
        "UPDATE transfers SET state = $1, attempts = attempts + 1, unknown_since = NULL, updated_at = $2, lease_until = max(lease_until, $3), \
         due_at = max(lease_until, $3) WHERE lease_until IS NOT NULL AND id = $4 AND fence = $5 AND state = $6",
    );
    let begun = begun.bind(to.as_str()).bind(at).bind(lease_until).bind(id).bind(fence).bind(from.as_str());
    if begun.execute(connection).await? == 0 {
        return Ok(false);
    }
    query(
        "INSERT INTO attempts (transfer, number, kind, started_at, adapter_digest) \
         SELECT id, attempts + lookups, 'send', $1, $2 FROM transfers WHERE id = $3",
    )
    .bind(at)
    .bind(digest)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(true)
}

/// Begins several in one statement of PostgreSQL; tells which of them.
pub(super) fn begin_together<'c>(
    connection: &'c mut Connection,
    beginnings: &'c [Arc<Beginning>],
) -> BoxFuture<'c, Result<Vec<bool>, StoreError>> {
    async move {
        let (from, to) = states()?;
        let begun = query(
            "WITH begun AS (UPDATE transfers t SET state = $1, attempts = t.attempts + 1, unknown_since = NULL, updated_at = b.at, \
             lease_until = greatest(t.lease_until, b.lease_until), due_at = greatest(t.lease_until, b.lease_until) \
             FROM json_to_recordset($2::json) AS b (id bigint, fence bigint, at bigint, lease_until bigint, digest text) \
             WHERE t.lease_until IS NOT NULL AND t.id = b.id AND t.fence = b.fence AND t.state = $3 \
             RETURNING t.id, t.attempts, t.lookups, b.at, b.digest) \
             INSERT INTO attempts (transfer, number, kind, started_at, adapter_digest) \
             SELECT id, attempts + lookups, 'send', at, digest FROM begun RETURNING transfer",
        );
        let rows: Vec<_> = beginnings.iter().map(Arc::as_ref).collect();
        let begun = begun.bind(to.as_str()).bind(json("attempts", &rows)?).bind(from.as_str()).all(connection).await?;
        let begun = begun.iter().map(|row| row.number("transfer")).collect::<Result<Vec<i64>, _>>()?;
        Ok(beginnings.iter().map(|beginning| begun.contains(&beginning.id)).collect())
    }
    .boxed()
}

fn states() -> Result<(TransferState, TransferState), StoreError> {
    Ok((TransferState::Queued, TransferState::Queued.after(TransferEvent::AttemptBegan)?))
}
