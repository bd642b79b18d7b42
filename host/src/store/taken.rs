//! What the back end's answer changes in our documents.

use jiff::Timestamp;

use super::lock::{Lock, lock};
use super::rows::json;
use super::sql::{Connection, query};
use super::{Conflict, DocumentKind, Observed, StoreError, Taken, Transfer};
use crate::domain::{AdapterName, Amendment, BackendNumber, QuoteStatus, Reference, TransferOperation, TransferState};

/// Brings a confirmed transfer's document, and the quote that it settles, up to what the back end said.
pub(super) async fn apply(
    connection: &mut Connection,
    transfer: &Transfer,
    taken: &Taken,
    at: Timestamp,
) -> Result<(), StoreError> {
    match transfer.operation {
        TransferOperation::SubmitOrder | TransferOperation::SubmitQuote => carry(connection, transfer, taken, at).await,
        TransferOperation::AcceptQuote => {
            carry(connection, transfer, taken, at).await?;
            settle_quote(connection, transfer, QuoteStatus::Ordered, at).await
        }
        TransferOperation::CounterQuote => {
            carry(connection, transfer, taken, at).await?;
            settle_quote(connection, transfer, QuoteStatus::Countered, at).await
        }
        TransferOperation::CancelOrder | TransferOperation::DeclineQuote | TransferOperation::WithdrawQuote => {
            let Some(observed) = observed(taken) else { return Ok(()) };
            for reference in about(connection, transfer).await? {
                set_status(connection, &reference, &observed, at).await?;
            }
            Ok(())
        }
        TransferOperation::ReleaseReservation => Ok(()),
    }
}

/// [`set_status`] by a reading that began at that time: a slow one does not bring back what was true before.
pub(super) async fn observe(
    connection: &mut Connection,
    reference: &Reference,
    observed: &Observed,
    asked_at: Timestamp,
) -> Result<bool, StoreError> {
    let known =
        query("SELECT updated_at FROM documents WHERE reference = $1").push(connection.dialect().choose("", " FOR UPDATE"));
    let Some(known) = known.bind(reference.to_string()).optional(connection).await? else { return Ok(false) };
    if known.instant("updated_at")? > asked_at {
        return Ok(false);
    }
    set_status(connection, reference, observed, asked_at).await
}

/// Sets the business status as the back end said it, unless the document is a quote that is final (rule Q4). Tells whether anything
/// changed; a reference that is not ours changes nothing.
async fn set_status(
    connection: &mut Connection,
    reference: &Reference,
    observed: &Observed,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let row =
        query("SELECT kind, status FROM documents WHERE reference = $1").bind(reference.to_string()).optional(connection).await?;
    let Some(row) = row else { return Ok(false) };
    let (kind, status) = (row.text("kind")?, row.optional_text("status")?);
    let is_quote = kind == DocumentKind::Quote.as_str();
    if is_quote && status.as_deref().map(QuoteStatus::parse).is_some_and(QuoteStatus::is_final) {
        return Ok(false);
    }
    let changed = query(
        "UPDATE documents SET status = $2, raw_status = $3, revision = coalesce($4, revision), updated_at = $5, version = version + 1 \
         WHERE reference = $1 AND (status, raw_status, revision) IS DISTINCT FROM ($2, $3, coalesce($4, revision))",
    )
    .bind(reference.to_string())
    .bind(observed.status.clone())
    .bind(observed.raw_status.clone())
    .bind(observed.revision.clone())
    .bind(at)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Refused when a number is another document's of ours, in whichever store: one there is not two here. Quotes that answer each other share one.
/// Until the end of the transaction nobody else gets it.
pub(super) async fn no_other(
    connection: &mut Connection,
    reference: &Reference,
    adapter: &AdapterName,
    number: &BackendNumber,
) -> Result<(), StoreError> {
    lock(connection, Lock::Number { adapter, number: number.as_str() }).await?;
    let kind = DocumentKind::of(reference);
    let other = query(
        "SELECT reference FROM documents WHERE backend_number = $1 AND kind = $2 AND adapter = $3 AND reference <> $4 \
         AND (parent IS NULL OR parent <> $4) AND reference NOT IN (\
         WITH RECURSIVE answered (reference) AS (SELECT parent FROM documents WHERE reference = $4 UNION \
         SELECT d.parent FROM documents d JOIN answered a ON d.reference = a.reference) \
         SELECT reference FROM answered WHERE reference IS NOT NULL)",
    )
    .bind(number.to_string())
    .bind(kind.as_str())
    .bind(adapter.to_string())
    .bind(reference.to_string())
    .optional(connection)
    .await?;
    let Some(other) = other else { return Ok(()) };
    Err(Conflict::NumberTaken { number: number.to_string(), by: other.text("reference")? }.into())
}

/// Gives the document that a transfer carried its number and status.
async fn carry(connection: &mut Connection, transfer: &Transfer, taken: &Taken, at: Timestamp) -> Result<(), StoreError> {
    let (number, amendments): (&BackendNumber, &[Amendment]) = match taken {
        Taken::Order(accepted) => (&accepted.number, &accepted.amendments),
        Taken::Quote(received) => (&received.number, &[]),
        Taken::Released => return Ok(()),
    };
    let Some(observed) = observed(taken) else { return Ok(()) };
    query(
        "UPDATE documents SET backend_number = $1, status = $2, raw_status = $3, revision = $4, amendments = $5, updated_at = $6, compared_at = $6, \
         version = version + 1 WHERE reference = $7",
    )
    .bind(number.to_string())
    .bind(observed.status)
    .bind(observed.raw_status)
    .bind(observed.revision)
    .bind(json("amendments", amendments)?)
    .bind(at)
    .bind(transfer.reference.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// What its transfer has left without the back end's word for it is compared with the back end later, too: it may have it after all.
pub(super) async fn compare_from(
    connection: &mut Connection,
    transfer: &Transfer,
    state: TransferState,
    at: Timestamp,
) -> Result<(), StoreError> {
    if !matches!(state, TransferState::Rejected | TransferState::Parked | TransferState::Linked | TransferState::Abandoned) {
        return Ok(());
    }
    let carried = query("UPDATE documents SET compared_at = $1 WHERE reference = $2 AND transfer = $3");
    carried.bind(at).bind(transfer.reference.to_string()).bind(transfer.id.0).execute(connection).await.map(drop)
}

/// Sets the status of the quote that an acceptance or a counter-offer answers, when it came through us.
async fn settle_quote(
    connection: &mut Connection,
    transfer: &Transfer,
    status: QuoteStatus,
    at: Timestamp,
) -> Result<(), StoreError> {
    let observed = Observed { status: status.as_str().to_owned(), raw_status: None, revision: None };
    for quote in about(connection, transfer).await? {
        if quote != transfer.reference {
            set_status(connection, &quote, &observed, at).await?;
        }
    }
    Ok(())
}

/// Our documents that a transfer acts on: its own, and those that have the number which it names, in whichever store. Quotes that answer each
/// other share one.
pub(super) async fn about(connection: &mut Connection, transfer: &Transfer) -> Result<Vec<Reference>, StoreError> {
    let named = query("SELECT reference FROM documents WHERE reference = $1 OR backend_number = $2 AND kind = $3 AND adapter = $4 AND account = $5")
        .bind(transfer.reference.to_string())
        .bind(transfer.instruction.number.as_ref().map(ToString::to_string))
        .bind(DocumentKind::named_by(transfer.operation).as_str())
        .bind(transfer.adapter.to_string())
        .bind(transfer.account.to_string());
    // Everyone in one order, so that nobody waits in a circle.
    let named = named.push(" ORDER BY reference").all(connection).await?;
    named.iter().map(|row| Ok(row.text("reference")?.into())).collect()
}

fn observed(taken: &Taken) -> Option<Observed> {
    let (status, raw_status, revision) = match taken {
        Taken::Order(accepted) => (accepted.status.as_str(), &accepted.raw_status, None),
        Taken::Quote(received) => (received.status.as_str(), &received.raw_status, received.revision.clone()),
        Taken::Released => return None,
    };
    Some(Observed { status: status.to_owned(), raw_status: raw_status.clone(), revision })
}
