//! What most attempts come to, in few statements of PostgreSQL however many they are: the back end has taken a new order, and there is nothing
//! else to be written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use serde::Serialize;
use serde_json::json;

use crate::domain::{AccountNumber, AdapterName, Reference, StoreName, TransferEvent, TransferOperation, TransferState};
use crate::store::instant::to_millis;
use crate::store::lock::{Lock, lock_all};
use crate::store::rows;
use crate::store::sql::{Connection, Row, query};
use crate::store::{Counts, DocumentKind, Fence, Outcome, StoreError, Taken, TransferId};

/// An order that was taken in the attempt that is under way.
#[derive(Serialize)]
pub(in crate::store) struct Confirmation {
    id: i64,
    fence: i64,
    number: String,
    status: &'static str,
    raw_status: Option<String>,
    amendments: String,
    exchanges: Option<String>,
    counted: i64,
    /// Unix time, in milliseconds.
    due_at: i64,
    ended_at: i64,
}

impl Confirmation {
    /// Nothing when there is more, or something else, to be written.
    pub(super) fn of(id: TransferId, fence: Fence, outcome: &Outcome) -> Result<Option<Self>, StoreError> {
        let Outcome { events, taken, finding: None, failure: None, due_at, counts, exchanges, ended_at, .. } = outcome else {
            return Ok(None);
        };
        let (Some(Taken::Order(accepted)), [TransferEvent::Taken]) = (taken, &events[..]) else { return Ok(None) };
        Ok(Some(Self {
            id: id.0,
            fence: fence.0,
            number: accepted.number.to_string(),
            status: accepted.status.as_str(),
            raw_status: accepted.raw_status.clone(),
            amendments: rows::json("amendments", &accepted.amendments)?,
            exchanges: (!exchanges.is_empty()).then(|| rows::json("exchanges", exchanges)).transpose()?,
            counted: i64::from(*counts == Counts::Counted),
            due_at: to_millis(*due_at),
            ended_at: to_millis(*ended_at),
        }))
    }
}

/// Whose transfer it is.
struct Line {
    reference: Reference,
    store: StoreName,
    account: AccountNumber,
    adapter: AdapterName,
}

/// Records what can be recorded so, and tells of which references; the others are as they were, and why is found out where they are recorded
/// by themselves.
pub(in crate::store) fn confirm_together<'c>(
    connection: &'c mut Connection,
    confirmations: &'c [Arc<Confirmation>],
) -> BoxFuture<'c, Result<Vec<Option<Reference>>, StoreError>> {
    async move {
        let mut lines = held(connection, confirmations).await?;
        let confirmed: Vec<_> = confirmations.iter().map(Arc::as_ref).filter(|one| lines.contains_key(&one.id)).collect();
        if !confirmed.is_empty() {
            write(connection, &confirmed).await?;
            pass_turns_on(connection, lines.values()).await?;
        }
        Ok(confirmations.iter().map(|one| lines.remove(&one.id).map(|line| line.reference)).collect())
    }
    .boxed()
}

/// The transfers of which the claim still holds (rule T5), that bring a new order, and whose number is no other order's. They are locked in one
/// order, so that nobody waits in a circle.
async fn held(connection: &mut Connection, confirmations: &[Arc<Confirmation>]) -> Result<HashMap<i64, Line>, StoreError> {
    let wanted: Vec<_> =
        confirmations.iter().map(|one| json!({"id": one.id, "fence": one.fence, "number": one.number})).collect();
    let held = query(
        "SELECT t.id, t.reference, t.store, t.account, t.adapter, c.number FROM transfers t \
         JOIN json_to_recordset($1::json) AS c (id bigint, fence bigint, number text) ON t.id = c.id AND t.fence = c.fence \
         WHERE t.lease_until IS NOT NULL AND t.state = $2 AND t.operation = $3 ORDER BY t.id FOR UPDATE OF t",
    );
    let held = held.bind(rows::json("transfers", &wanted)?).bind(TransferState::Sending.as_str());
    let held = held.bind(TransferOperation::SubmitOrder.as_str()).all(connection).await?;
    let held = held.iter().map(|row| Ok((row.number("id")?, row.text("number")?, line(row)?)));
    let mut held = held.collect::<Result<Vec<_>, StoreError>>()?;
    let taken = numbers_of_others(connection, &held).await?;
    let mut numbers = HashSet::new();
    held.retain(|(id, number, line)| !taken.contains(id) && numbers.insert((line.adapter.clone(), number.clone())));
    Ok(held.into_iter().map(|(id, _, line)| (id, line)).collect())
}

/// Those whose number another order has. Until the end of the transaction nobody else gets one of the numbers.
async fn numbers_of_others(connection: &mut Connection, held: &[(i64, String, Line)]) -> Result<HashSet<i64>, StoreError> {
    lock_all(connection, held.iter().map(|(_, number, line)| Lock::Number { adapter: &line.adapter, number })).await?;
    let wanted: Vec<_> = held
        .iter()
        .map(|(id, number, line)| json!({"id": id, "number": number, "adapter": line.adapter, "reference": line.reference}))
        .collect();
    let taken = query(
        "SELECT c.id FROM json_to_recordset($1::json) AS c (id bigint, number text, adapter text, reference text) WHERE EXISTS \
         (SELECT 1 FROM documents d WHERE d.backend_number = c.number AND d.kind = $2 AND d.adapter = c.adapter \
         AND d.reference <> c.reference)",
    );
    let taken = taken.bind(rows::json("numbers", &wanted)?).bind(DocumentKind::Order.as_str()).all(connection).await?;
    taken.iter().map(|row| row.number("id")).collect()
}

fn line(row: &Row) -> Result<Line, StoreError> {
    Ok(Line {
        reference: row.text("reference")?.into(),
        store: row.text("store")?.into(),
        account: row.text("account")?.into(),
        adapter: row.text("adapter")?.into(),
    })
}

/// The documents before the transfers: a move, once it is written, is told with what the back end said.
async fn write(connection: &mut Connection, confirmed: &[&Confirmation]) -> Result<(), StoreError> {
    let (state, confirmed) = (TransferState::Sending.after(TransferEvent::Taken)?, rows::json("confirmations", confirmed)?);
    query(
        "WITH confirmed AS (SELECT * FROM json_to_recordset($1::json) AS c \
         (id bigint, number text, status text, raw_status text, amendments text, exchanges text, ended_at bigint)), \
         timeline AS (UPDATE attempts a SET ended_at = c.ended_at, outcome = $2, failure = NULL, exchanges = c.exchanges \
         FROM confirmed c WHERE a.transfer = c.id AND a.ended_at IS NULL AND a.outcome IS NULL) \
         UPDATE documents d SET backend_number = c.number, status = c.status, raw_status = c.raw_status, revision = NULL, \
         amendments = c.amendments, updated_at = c.ended_at, compared_at = c.ended_at, version = d.version + 1 \
         FROM confirmed c JOIN transfers t ON t.id = c.id WHERE d.reference = t.reference",
    )
    .bind(confirmed.clone())
    .bind(state.as_str())
    .execute(connection)
    .await?;
    query(
        "UPDATE transfers t SET state = $1, spent = t.spent + c.counted, due_at = c.due_at, lease_until = NULL, unknown_since = NULL, \
         last_failure = NULL, updated_at = c.ended_at, turn = NULL \
         FROM json_to_recordset($2::json) AS c (id bigint, counted bigint, due_at bigint, ended_at bigint) WHERE t.id = c.id",
    )
    .bind(state.as_str())
    .bind(confirmed)
    .execute(connection)
    .await
    .map(drop)
}

/// The next transfer of each line is in turn (rule T6).
async fn pass_turns_on(connection: &mut Connection, lines: impl Iterator<Item = &Line> + Clone) -> Result<(), StoreError> {
    let locks = lines.clone().map(|Line { store, account, adapter, .. }| Lock::Line { store, account, adapter });
    lock_all(connection, locks).await?;
    let lines: Vec<_> =
        lines.map(|line| json!({"store": line.store, "account": line.account, "adapter": line.adapter})).collect();
    query(
        "UPDATE transfers SET turn = 1 WHERE id IN (SELECT (SELECT n.id FROM transfers n WHERE n.store = l.store \
         AND n.account = l.account AND n.adapter = l.adapter AND n.turn IS NOT NULL AND n.operation <> 'release-reservation' \
         ORDER BY n.id LIMIT 1) FROM json_to_recordset($1::json) AS l (store text, account text, adapter text))",
    )
    .bind(rows::json("lines", &lines)?)
    .execute(connection)
    .await
    .map(drop)
}
