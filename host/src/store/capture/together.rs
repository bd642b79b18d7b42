//! Captures in few statements, however many they are: a server is waited for at each. Every one is decided by itself; one that fails takes all
//! of them along.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};

use super::queue::{Queued, Route, insert_transfers};
use super::{Capture, CaptureOutcome};
use crate::domain::{CheckoutId, QuoteStatus, Reference, TransferOperation};
use crate::store::answers::{Answer, keep_answers, lock_keys, replay};
use crate::store::decisions::{Asks, in_the_way};
use crate::store::lock::{Lock, lock};
use crate::store::rows::json;
use crate::store::sql::{Connection, query};
use crate::store::{NewDocument, Payload, StoreError};

pub(in crate::store) async fn capture_document(
    connection: &mut Connection,
    capture: Capture,
) -> Result<CaptureOutcome, StoreError> {
    let outcome = capture_documents(connection, &[&capture]).await?.pop();
    outcome.ok_or_else(|| StoreError::Corrupt { what: "capture", reason: "it came to nothing".to_owned() })
}

/// Captures of one line; what became of each, in order.
pub(in crate::store) fn capture_together<'c>(
    connection: &'c mut Connection,
    captures: &'c [Arc<Capture>],
) -> BoxFuture<'c, Result<Vec<CaptureOutcome>, StoreError>> {
    async move { capture_documents(connection, &captures.iter().map(Arc::as_ref).collect::<Vec<_>>()).await }.boxed()
}

async fn capture_documents(connection: &mut Connection, captures: &[&Capture]) -> Result<Vec<CaptureOutcome>, StoreError> {
    let keys: Vec<_> = captures.iter().filter_map(|capture| capture.answer.as_ref()).collect();
    lock_keys(connection, &keys).await?;
    let mut outcomes: Vec<Option<CaptureOutcome>> = vec![None; captures.len()];
    while outcomes.iter().any(Option::is_none) {
        let undecided = captures.iter().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_none());
        capture_apart(connection, undecided.map(|(capture, outcome)| Open { capture, outcome }).collect()).await?;
    }
    Ok(outcomes.into_iter().flatten().collect())
}

/// A capture and what is to be known of it.
struct Open<'a> {
    capture: &'a Capture,
    outcome: &'a mut Option<CaptureOutcome>,
}

/// Decides the first at least. One that has its key or seal in common with an earlier one is left: it is decided by what that one has done.
async fn capture_apart(connection: &mut Connection, mut open: Vec<Open<'_>>) -> Result<(), StoreError> {
    let keys: Vec<&Answer> = open.iter().filter_map(|open| open.capture.answer.as_ref()).collect();
    let mut replayed = replay(connection, &keys).await?.into_iter();
    for open in open.iter_mut().filter(|open| open.capture.answer.is_some()) {
        *open.outcome = replayed.next().flatten();
    }
    let (mut keys, mut seals) = (HashSet::new(), HashSet::new());
    open.retain(|Open { capture, outcome }| {
        let has_own_key = capture.answer.as_ref().is_none_or(|answer| keys.insert((&answer.principal, &answer.key)));
        let has_own_seal = capture.document.seal.as_ref().is_none_or(|seal| seals.insert(seal));
        outcome.is_none() && has_own_key && has_own_seal
    });
    use_seals(connection, &mut open).await?;
    for Open { capture, outcome } in open.iter_mut() {
        **outcome = match accepted_by(connection, capture).await? {
            Some(reference) => Some(CaptureOutcome::QuoteAccepted { reference }),
            None => stands_in_the_way(connection, capture).await?,
        };
    }
    open.retain(|open| open.outcome.is_none());
    insert(connection, &open.iter().map(|open| open.capture).collect::<Vec<_>>()).await?;
    open.into_iter().for_each(|open| *open.outcome = Some(CaptureOutcome::Captured));
    Ok(())
}

/// Marks seals as used; those that another order used before leave the list with that (rule C2).
async fn use_seals(connection: &mut Connection, open: &mut Vec<Open<'_>>) -> Result<(), StoreError> {
    let wanted = open.iter().filter_map(|open| Some((open.capture.document.seal.as_ref()?, &open.capture.document.reference)));
    let rows: Vec<_> = wanted.map(|(seal, by)| vec![seal.to_string().into(), by.to_string().into()]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mark = query("UPDATE seals SET used_by = mark.column2 FROM (VALUES ").push_rows(rows);
    let mark = mark.push(") AS mark WHERE seals.id = mark.column1 AND seals.used_by IS NULL RETURNING id");
    let marked = mark.all(connection).await?.iter().map(|row| row.text("id")).collect::<Result<HashSet<_>, _>>()?;
    let used = |capture: &Capture| capture.document.seal.clone().filter(|seal| !marked.contains(seal.as_str()));
    let mut users = users_of(connection, open.iter().filter_map(|open| used(open.capture)).collect()).await?;
    for Open { capture, outcome } in &mut *open {
        if let Some(seal) = used(capture) {
            let user = users.remove(seal.as_str()).ok_or_else(|| StoreError::NotFound(format!("checkout {seal}")))?;
            **outcome = Some(CaptureOutcome::SealUsed { reference: user.into() });
        }
    }
    open.retain(|open| open.outcome.is_none());
    Ok(())
}

/// The orders that used seals, by seal.
async fn users_of(connection: &mut Connection, seals: Vec<CheckoutId>) -> Result<HashMap<String, String>, StoreError> {
    if seals.is_empty() {
        return Ok(HashMap::new());
    }
    let used = query("SELECT id, used_by FROM seals WHERE used_by IS NOT NULL AND id IN ");
    let rows = used.push_list(seals.iter().map(ToString::to_string)).all(connection).await?;
    rows.iter().map(|row| Ok((row.text("id")?, row.text("used_by")?))).collect()
}

async fn stands_in_the_way(connection: &mut Connection, capture: &Capture) -> Result<Option<CaptureOutcome>, StoreError> {
    let Capture { document, operation, instruction, seen_since, .. } = capture;
    let asks = Asks { operation: *operation, number: instruction.number.as_ref(), seen_since: *seen_since };
    in_the_way(connection, &document.adapter, &document.account, asks).await
}

/// The order that accepts the same quote already, in whichever store: a double click in two windows must not make two orders.
async fn accepted_by(connection: &mut Connection, capture: &Capture) -> Result<Option<Reference>, StoreError> {
    let adapter = &capture.document.adapter;
    let accepted = capture.instruction.number.as_ref().filter(|_| capture.operation == TransferOperation::AcceptQuote);
    let Some(number) = accepted else { return Ok(None) };
    lock(connection, Lock::Number { adapter, number: number.as_str() }).await?;
    let row =
        query("SELECT reference FROM transfers WHERE adapter = $1 AND accepts = $2 AND state NOT IN ('rejected', 'abandoned')")
            .bind(adapter.to_string())
            .bind(number.to_string())
            .optional(connection)
            .await?;
    row.map(|row| Ok(row.text("reference")?.into())).transpose()
}

async fn insert(connection: &mut Connection, captures: &[&Capture]) -> Result<(), StoreError> {
    let queued: Vec<_> = captures.iter().map(|capture| queued(capture)).collect();
    let transfers = insert_transfers(connection, &queued).await?;
    insert_documents(connection, captures, &transfers).await?;
    let answers = captures.iter().filter_map(|capture| Some((capture.answer.as_ref()?, &capture.document.reference, capture.at)));
    keep_answers(connection, answers).await
}

fn queued(capture: &Capture) -> Queued<'_> {
    let NewDocument { reference, store, account, adapter, .. } = &capture.document;
    let route = Route { reference, store, account, adapter };
    Queued { route, operation: capture.operation, instruction: &capture.instruction, at: capture.at }
}

async fn insert_documents(connection: &mut Connection, captures: &[&Capture], transfers: &[i64]) -> Result<(), StoreError> {
    if captures.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(captures.len());
    for (Capture { document, at, .. }, transfer) in captures.iter().zip(transfers) {
        let (payload, status) = match &document.payload {
            Payload::Order(order) => (json("order", order)?, None),
            Payload::Quote(request) => (json("quote request", request)?, Some(QuoteStatus::Requested.as_str())),
        };
        rows.push(vec![
            document.reference.to_string().into(),
            document.payload.kind().as_str().into(),
            document.store.to_string().into(),
            document.account.to_string().into(),
            document.adapter.to_string().into(),
            document.principal.as_str().into(),
            document.seal.as_ref().map(ToString::to_string).into(),
            document.parent.as_ref().map(ToString::to_string).into(),
            (*at).into(),
            payload.into(),
            status.into(),
            (*transfer).into(),
            (*at).into(),
        ]);
    }
    let insert = query(
        "INSERT INTO documents (reference, kind, store, account, adapter, principal, seal, parent, captured_at, payload, status, transfer, \
         updated_at) VALUES ",
    );
    insert.push_rows(rows).execute(connection).await.map(drop)
}
