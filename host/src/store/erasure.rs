//! Erasing a customer (rule A3): what people wrote and where they live goes from every payload; references, times, states, amounts and who did
//! what stay. Nothing on its way is touched: an order must not lose its address before the back end has it.

use futures::future::FutureExt;

use super::answers::GONE;
use super::columns::transfer_columns;
use super::desk::note;
use super::held::give_up_seal;
use super::rows::{self, json, parse};
use super::sql::{Connection, Query, Row, query};
use super::{Conflict, Deed, DocumentKind, Store, StoreError, Transfer};
use crate::domain::{
    AccountNumber, Amendment, ERASED, Evidence, Failure, Order, QuoteRequest, Reference, Seal, StoreName, TransferState,
};

/// Whose data are erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub store: StoreName,
    pub account: AccountNumber,
}

impl Customer {
    /// As the audit log names it.
    fn subject(&self) -> String {
        format!("customers/{}", self.account)
    }
}

/// A transfer that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    pub reference: Reference,
    /// As it is named in reports.
    pub operation: String,
    pub state: TransferState,
}

/// How much was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Orders and quotes.
    pub documents: u64,
    /// Checkouts that nobody ordered: they are gone, and what was held for them is given back.
    pub checkouts: u64,
    /// Answers to Idempotency-Keys, which stay used.
    pub answers: u64,
    /// Last known lists of the back end.
    pub lists: u64,
}

/// References in one transaction: others write in between.
const AT_ONCE: usize = 100;

/// Most transfers that a refusal names.
const NAMED: usize = 100;

impl Store {
    /// Erases what is known of a customer in one store. Refused with [`Conflict::UnderWay`] while any of their transfers is on its way or
    /// parked; one that comes in between is named in the same way, and what was erased before stays so. To erase again does no harm.
    pub async fn erase(&self, customer: Customer, deed: Deed) -> Result<Erased, StoreError> {
        let whose = customer.clone();
        let audited = deed.clone();
        let (references, mut erased) = self.write(move |connection| begin(connection, whose, audited).boxed()).await?;
        for references in references.chunks(AT_ONCE) {
            let (references, customer, deed) = (references.to_vec(), customer.clone(), deed.clone());
            let part = self.write(move |connection| erase(connection, customer, references, deed).boxed()).await?;
            erased.documents += part.documents;
            erased.answers += part.answers;
        }
        self.forget_deleted().await?;
        Ok(erased)
    }
}

/// Writes down what is going to be done, and erases what belongs to no document.
async fn begin(connection: &mut Connection, customer: Customer, deed: Deed) -> Result<(Vec<String>, Erased), StoreError> {
    let of_customer = |text: &'static str| query(text).bind(customer.store.to_string()).bind(customer.account.to_string());
    refuse_open(of_customer("SELECT reference, operation, state FROM transfers WHERE store = $1 AND account = $2"), connection)
        .await?;
    let detail = Some(format!("store {}", customer.store));
    note(connection, customer.subject(), "erase", detail, deed.clone()).await?;
    let account_of = connection.dialect().choose("json_extract(payload, '$.account')", "payload::json ->> 'account'");
    let store_of = connection.dialect().choose("json_extract(payload, '$.store')", "payload::json ->> 'store'");
    let unused = of_customer("SELECT id FROM seals WHERE used_by IS NULL AND payload <> '' AND ");
    let unused = unused.push(store_of).push(" = $1 AND ").push(account_of).push(" = $2").all(connection).await?;
    let mut checkouts = 0;
    for row in &unused {
        checkouts += u64::from(give_up_seal(connection, row.text("id")?, deed.at).await?);
    }
    let lists = of_customer("DELETE FROM known_lists WHERE store = $1 AND account = $2").execute(connection).await?;
    let references = of_customer("SELECT DISTINCT reference FROM transfers WHERE store = $1 AND account = $2 ORDER BY reference");
    let references = references.all(connection).await?.iter().map(|row| row.text("reference")).collect::<Result<_, _>>()?;
    Ok((references, Erased { checkouts, lists, ..Erased::default() }))
}

async fn erase(
    connection: &mut Connection,
    customer: Customer,
    references: Vec<String>,
    deed: Deed,
) -> Result<Erased, StoreError> {
    let of = |text: &'static str| query(text).push_list(references.iter().cloned());
    // Until the end of the transaction none of them moves.
    let transfers = of(concat!("SELECT ", transfer_columns!(""), " FROM transfers WHERE reference IN "));
    let transfers = transfers.push(connection.dialect().choose("", " FOR UPDATE")).all(connection).await?;
    let transfers: Vec<_> = transfers.iter().map(rows::transfer).collect::<Result<_, _>>()?;
    refuse_open(of("SELECT reference, operation, state FROM transfers WHERE reference IN "), connection).await?;
    for transfer in transfers {
        erase_transfer(connection, transfer).await?;
    }
    let documents =
        of("SELECT reference, kind, seal, payload, amendments FROM documents WHERE reference IN ").all(connection).await?;
    for row in &documents {
        erase_document(connection, row, &customer, deed.clone()).await?;
    }
    for row in &of("SELECT id, evidence FROM findings WHERE reference IN ").all(connection).await? {
        erase_finding(connection, row).await?;
    }
    let answers = query("UPDATE answers SET status = $1, body = '' WHERE reference IN ");
    let answers = answers.bind(GONE).push_list(references.iter().cloned()).execute(connection).await?;
    Ok(Erased { documents: documents.len() as u64, answers, ..Erased::default() })
}

/// Refuses when one of the chosen transfers is not done: on its way, parked, or held. Stock that is being given back names nobody.
async fn refuse_open(chosen: Query, connection: &mut Connection) -> Result<(), StoreError> {
    let open = chosen.push(
        " AND (turn IS NOT NULL OR state IN ('parked', 'queued')) AND operation <> 'release-reservation' ORDER BY reference",
    );
    let open = open.all(connection).await?;
    let transfers: Vec<_> = open.iter().take(NAMED).map(under_way).collect::<Result<_, _>>()?;
    if transfers.is_empty() { Ok(()) } else { Err(Conflict::UnderWay { transfers }.into()) }
}

fn under_way(row: &Row) -> Result<UnderWay, StoreError> {
    Ok(UnderWay {
        reference: row.text("reference")?.into(),
        operation: row.text("operation")?,
        state: rows::state(row, "state")?,
    })
}

async fn erase_transfer(connection: &mut Connection, transfer: Transfer) -> Result<(), StoreError> {
    let mut instruction = transfer.instruction;
    instruction.reason = instruction.reason.map(|_| ERASED.to_owned());
    let failure = transfer.last_failure.map(|failure| json("failure", &failure.erased())).transpose()?;
    query("UPDATE transfers SET instruction = $1, last_failure = $2 WHERE id = $3")
        .bind(json("instruction", &instruction)?)
        .bind(failure)
        .bind(transfer.id.0)
        .execute(connection)
        .await?;
    query("UPDATE attempts SET exchanges = NULL WHERE transfer = $1").bind(transfer.id.0).execute(connection).await?;
    let attempts = query("SELECT number, failure FROM attempts WHERE transfer = $1 AND failure IS NOT NULL").bind(transfer.id.0);
    for row in &attempts.all(connection).await? {
        let failure: Failure = parse("failure", &row.text("failure")?)?;
        query("UPDATE attempts SET failure = $1 WHERE transfer = $2 AND number = $3")
            .bind(json("failure", &failure.erased())?)
            .bind(transfer.id.0)
            .bind(row.number::<i64>("number")?)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn erase_document(connection: &mut Connection, row: &Row, customer: &Customer, deed: Deed) -> Result<(), StoreError> {
    let (reference, payload) = (row.text("reference")?, row.text("payload")?);
    let payload = match DocumentKind::parse(&row.text("kind")?) {
        Some(DocumentKind::Order) => json("order", &parse::<Order>("order", &payload)?.erased())?,
        Some(DocumentKind::Quote) | None => json("quote request", &parse::<QuoteRequest>("quote request", &payload)?.erased())?,
    };
    let amendments: Vec<Amendment> = parse("amendments", &row.text("amendments")?)?;
    let amendments: Vec<_> = amendments.into_iter().map(Amendment::erased).collect();
    query("UPDATE documents SET payload = $1, amendments = $2, principal = $3, updated_at = $4, version = version + 1 WHERE reference = $5")
        .bind(payload)
        .bind(json("amendments", &amendments)?)
        .bind(ERASED)
        .bind(deed.at)
        .bind(reference.clone())
        .execute(connection)
        .await?;
    if let Some(seal) = row.optional_text("seal")? {
        erase_seal(connection, seal).await?;
    }
    // The one change that the audit log allows: who did what stays, and what they wrote about it goes.
    query("UPDATE audit SET reason = $1, detail = CASE WHEN detail IS NULL THEN NULL ELSE $1 END WHERE reference = $2 AND action <> 'erase'")
        .bind(ERASED)
        .bind(reference.clone())
        .execute(connection)
        .await?;
    let noted = query("SELECT count(*) AS number FROM audit WHERE reference = $1 AND action = 'erase'").bind(reference.clone());
    if noted.one(connection).await?.number::<i64>("number")? == 0 {
        note(connection, reference, "erase", Some(customer.subject()), deed).await?;
    }
    Ok(())
}

/// It stays, open or closed, without what the back end wrote about it.
async fn erase_finding(connection: &mut Connection, row: &Row) -> Result<(), StoreError> {
    let evidence: Evidence = parse("evidence", &row.text("evidence")?)?;
    let differences = evidence.differences.into_iter().map(Amendment::erased).collect();
    query("UPDATE findings SET evidence = $1 WHERE id = $2")
        .bind(json("evidence", &Evidence { differences, ..evidence })?)
        .bind(row.number::<i64>("id")?)
        .execute(connection)
        .await?;
    Ok(())
}

/// It stays: from one checkout comes one order (rule C2).
async fn erase_seal(connection: &mut Connection, id: String) -> Result<(), StoreError> {
    let row = query("SELECT payload FROM seals WHERE id = $1").bind(id.clone()).optional(connection).await?;
    let Some(row) = row else { return Ok(()) };
    let seal: Seal = parse("seal", &row.text("payload")?)?;
    query("UPDATE seals SET payload = $1 WHERE id = $2").bind(json("seal", &seal.erased())?).bind(id).execute(connection).await?;
    Ok(())
}
