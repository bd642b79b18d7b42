//! What the back end's answer changes in our documents.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::instant::to_millis;
use super::rows::json;
use super::{DocumentKind, Observed, StoreError, Taken, Transfer};
use crate::domain::{Amendment, BackendNumber, QuoteStatus, Reference, TransferOperation};

/// Brings a confirmed transfer's document, and the quote that it settles, up to what the back end said.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
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
            observe(connection, &transfer.reference, &observed, at).await.map(drop)
        }
        TransferOperation::ReleaseReservation => Ok(()),
    }
}

/// Sets the business status as the back end said it, unless the document is a quote that is final (rule Q4). Tells whether anything
/// changed; a reference that is not ours changes nothing.
pub(super) async fn observe(
    connection: &mut SqliteConnection,
    reference: &Reference,
    observed: &Observed,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT kind, status FROM documents WHERE reference = ?")
        .bind(reference.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let (kind, status): (String, Option<String>) = (row.try_get("kind")?, row.try_get("status")?);
    let is_quote = kind == DocumentKind::Quote.as_str();
    if is_quote && status.as_deref().map(QuoteStatus::parse).is_some_and(QuoteStatus::is_final) {
        return Ok(false);
    }
    let changed = sqlx::query(
        "UPDATE documents SET status = ?2, raw_status = ?3, revision = coalesce(?4, revision), updated_at = ?5, version = version + 1 \
         WHERE reference = ?1 AND (status, raw_status, revision) IS NOT (?2, ?3, coalesce(?4, revision))",
    )
    .bind(reference.to_string())
    .bind(observed.status.clone())
    .bind(observed.raw_status.clone())
    .bind(observed.revision.clone())
    .bind(to_millis(at))
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Gives the document that a transfer carried its number and status.
async fn carry(connection: &mut SqliteConnection, transfer: &Transfer, taken: &Taken, at: Timestamp) -> Result<(), StoreError> {
    let (number, amendments): (&BackendNumber, &[Amendment]) = match taken {
        Taken::Order(accepted) => (&accepted.number, &accepted.amendments),
        Taken::Quote(received) => (&received.number, &[]),
        Taken::Released => return Ok(()),
    };
    let Some(observed) = observed(taken) else { return Ok(()) };
    sqlx::query(
        "UPDATE documents SET backend_number = ?, status = ?, raw_status = ?, revision = ?, amendments = ?, updated_at = ?, \
         version = version + 1 WHERE reference = ?",
    )
    .bind(number.to_string())
    .bind(observed.status)
    .bind(observed.raw_status)
    .bind(observed.revision)
    .bind(json("amendments", amendments)?)
    .bind(to_millis(at))
    .bind(transfer.reference.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets the status of the quote that an acceptance or a counter-offer answers, when it came through us.
async fn settle_quote(
    connection: &mut SqliteConnection,
    transfer: &Transfer,
    status: QuoteStatus,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(number) = &transfer.instruction.number else { return Ok(()) };
    let quote: Option<String> = sqlx::query_scalar(
        "SELECT reference FROM documents WHERE backend_number = ? AND kind = 'quote' AND store = ? AND adapter = ?",
    )
    .bind(number.to_string())
    .bind(transfer.store.to_string())
    .bind(transfer.adapter.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(quote) = quote else { return Ok(()) };
    let observed = Observed { status: status.as_str().to_owned(), raw_status: None, revision: None };
    observe(connection, &quote.into(), &observed, at).await.map(drop)
}

fn observed(taken: &Taken) -> Option<Observed> {
    let (status, raw_status, revision) = match taken {
        Taken::Order(accepted) => (accepted.status.as_str(), &accepted.raw_status, None),
        Taken::Quote(received) => (received.status.as_str(), &received.raw_status, received.revision.clone()),
        Taken::Released => return None,
    };
    Some(Observed { status: status.to_owned(), raw_status: raw_status.clone(), revision })
}
