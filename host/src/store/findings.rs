//! What a person must look at although the back end has answered (rules T9, T10), and what they decide about it. The same is found once,
//! however often it is seen.

use futures::future::FutureExt;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::capture::{Route, insert_transfer};
use super::decisions::{Asks, in_the_way};
use super::desk::note;
use super::rows::{json, parse};
use super::sql::{Connection, Row, query};
use super::taken::no_other;
use super::{CaptureOutcome, Conflict, Deed, Instruction, Store, StoreError, Transfer};
use crate::domain::{
    AccountNumber, AdapterName, BackendNumber, Evidence, Finding, FindingAction, FindingReason, FindingState, Reference,
    StoreName, TransferOperation, TransferState,
};

/// Who finds what the host finds, in the audit log.
const HOST: &str = "ordergate";

/// A finding as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFinding {
    pub id: i64,
    /// The document that it is about.
    pub reference: Reference,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    pub finding: Finding,
    pub state: FindingState,
    pub found_at: Timestamp,
    /// When it was still so.
    pub seen_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

impl StoredFinding {
    /// What a person may do about it now. A quote is ended by its customer or its seller.
    pub fn allowed_actions(&self) -> &'static [FindingAction] {
        match self.state {
            FindingState::Open if self.reference.is_quote() => &[FindingAction::Accept],
            FindingState::Open => self.finding.reason.allowed_actions(),
            _ => &[],
        }
    }
}

/// Which findings to list. Those that are absent do not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Empty for all.
    pub states: Vec<FindingState>,
    pub reason: Option<FindingReason>,
    pub store: Option<StoreName>,
    pub reference: Option<Reference>,
    /// Only those with a higher id.
    pub after: i64,
    pub limit: u32,
}

const COLUMNS: &str =
    "SELECT id, reference, store, account, adapter, reason, state, evidence, found_at, seen_at, closed_at FROM findings";

impl Store {
    /// Findings, oldest first.
    pub async fn findings(&self, filter: FindingFilter) -> Result<Vec<StoredFinding>, StoreError> {
        let mut wanted = query(COLUMNS).push(" WHERE id > ").push_bind(filter.after);
        if !filter.states.is_empty() {
            wanted = wanted.push(" AND state IN ").push_list(filter.states.iter().map(|state| state.as_str().to_owned()));
        }
        if let Some(reason) = filter.reason {
            wanted = wanted.push(" AND reason = ").push_bind(reason.as_str());
        }
        if let Some(store) = filter.store {
            wanted = wanted.push(" AND store = ").push_bind(store.to_string());
        }
        if let Some(reference) = filter.reference {
            wanted = wanted.push(" AND reference = ").push_bind(reference.to_string());
        }
        let wanted = wanted.push(" ORDER BY id LIMIT ").push_bind(filter.limit);
        wanted.all(&mut self.read().await?).await?.iter().map(stored).collect()
    }

    /// One finding.
    pub async fn finding(&self, id: i64) -> Result<Option<StoredFinding>, StoreError> {
        let row = query(COLUMNS).push(" WHERE id = $1").bind(id).optional(&mut self.read().await?).await?;
        row.as_ref().map(stored).transpose()
    }

    /// Does what a person decided about an open finding; audited. A cancellation is queued in the same transaction.
    pub async fn settle_finding(&self, id: i64, action: FindingAction, deed: Deed) -> Result<StoredFinding, StoreError> {
        let settled = self.write(move |connection| settle(connection, id, action, deed).boxed()).await?;
        self.tell_other_hosts(&settled.reference);
        Ok(settled)
    }
}

/// Keeps what was found about the document of a reference. Tells whether it is news: it was not known, or was gone.
pub(super) async fn raise(
    connection: &mut Connection,
    about: &Route<'_>,
    finding: &Finding,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let evidence = json("evidence", &finding.evidence)?;
    let digest = digest(&evidence);
    let inserted = query(
        "INSERT INTO findings (reference, store, account, adapter, reason, state, evidence, digest, found_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $8) ON CONFLICT (reference, reason, digest) DO NOTHING",
    )
    .bind(about.reference.to_string())
    .bind(about.store.to_string())
    .bind(about.account.to_string())
    .bind(about.adapter.to_string())
    .bind(finding.reason.as_str())
    .bind(evidence)
    .bind(digest.clone())
    .bind(at)
    .execute(connection)
    .await?;
    let is_news = inserted == 1 || seen_again(connection, about.reference, finding.reason, &digest, at).await?;
    if is_news {
        touch(connection, about.reference, at).await?;
        let deed = Deed { actor: HOST.to_owned(), reason: finding.reason.as_str().to_owned(), adapter_digest: None, at };
        note(connection, about.reference.to_string(), "finding", Some(summary(finding)), deed).await?;
    }
    Ok(is_news)
}

/// Closes what a comparison of a document did not find any more.
pub(super) async fn close_what_is_gone(
    connection: &mut Connection,
    reference: &Reference,
    found: &[Finding],
    at: Timestamp,
) -> Result<u64, StoreError> {
    let digests: Vec<_> =
        found.iter().map(|finding| json("evidence", &finding.evidence).map(|text| digest(&text))).collect::<Result<_, _>>()?;
    let gone = query(
        "UPDATE findings SET state = 'gone', closed_at = $1 WHERE reference = $2 AND state = 'open' AND reason <> 'amended'",
    )
    .bind(at)
    .bind(reference.to_string());
    let gone = if digests.is_empty() { gone } else { gone.push(" AND digest NOT IN ").push_list(digests) };
    gone.execute(connection).await
}

/// What came of a cancellation settles the findings that asked for it, or that it makes pointless.
pub(super) async fn follow(
    connection: &mut Connection,
    transfer: &Transfer,
    state: TransferState,
    at: Timestamp,
) -> Result<(), StoreError> {
    if transfer.operation != TransferOperation::CancelOrder {
        return Ok(());
    }
    let statement = match state {
        TransferState::Confirmed | TransferState::Linked => {
            "UPDATE findings SET state = 'cancelled', closed_at = $1 WHERE id = $2 AND state = 'cancelling' \
             OR reference = $3 AND reason IN ('amended', 'differs') AND state IN ('open', 'cancelling')"
        }
        // The back end did not do it: somebody has to think again.
        TransferState::Rejected | TransferState::Abandoned => {
            "UPDATE findings SET state = 'open', closed_at = NULL, seen_at = $1 WHERE state IN ('cancelling', 'cancelled') AND (id = $2 OR id IN \
             (SELECT id FROM findings WHERE reference = $3 AND state = 'cancelling'))"
        }
        _ => return Ok(()),
    };
    query(statement)
        .bind(at)
        .bind(transfer.instruction.finding.unwrap_or_default())
        .bind(transfer.reference.to_string())
        .execute(connection)
        .await
        .map(drop)
}

async fn seen_again(
    connection: &mut Connection,
    reference: &Reference,
    reason: FindingReason,
    digest: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let known = "WHERE reference = $2 AND reason = $3 AND digest = $4";
    let seen = query("UPDATE findings SET seen_at = $1 ").push(known);
    seen.bind(at).bind(reference.to_string()).bind(reason.as_str()).bind(digest).execute(connection).await?;
    let reopened =
        query("UPDATE findings SET state = 'open', found_at = $1, closed_at = NULL ").push(known).push(" AND state = 'gone'");
    Ok(reopened.bind(at).bind(reference.to_string()).bind(reason.as_str()).bind(digest).execute(connection).await? == 1)
}

async fn settle(connection: &mut Connection, id: i64, action: FindingAction, deed: Deed) -> Result<StoredFinding, StoreError> {
    let row = query(COLUMNS).push(" WHERE id = $1").bind(id).optional(connection).await?;
    if let (Some(row), FindingAction::Cancel) = (&row, action) {
        nobody_cancels(connection, &stored(row)?).await?;
    }
    let lock = connection.dialect().choose("", " FOR UPDATE");
    // The document first, as whoever records what came of a transfer does: so nobody waits in a circle.
    query("SELECT reference FROM documents WHERE reference = (SELECT reference FROM findings WHERE id = $1)")
        .push(lock)
        .bind(id)
        .optional(connection)
        .await?;
    let row = query(COLUMNS).push(" WHERE id = $1").push(lock).bind(id).optional(connection).await?;
    let mut found = row.as_ref().map(stored).transpose()?.ok_or_else(|| StoreError::NotFound(format!("finding {id}")))?;
    if found.state != FindingState::Open || !found.allowed_actions().contains(&action) {
        return Err(Conflict::FindingNotOpen { id, state: found.state, reason: found.finding.reason }.into());
    }
    found.state = match action {
        FindingAction::Accept => FindingState::Accepted,
        FindingAction::Cancel => FindingState::Cancelling,
    };
    found.closed_at = (action == FindingAction::Accept).then_some(deed.at);
    // Before the decision, which is told with the time of its document.
    touch(connection, &found.reference, deed.at).await?;
    query("UPDATE findings SET state = $1, closed_at = $2 WHERE id = $3")
        .bind(found.state.as_str())
        .bind(found.closed_at)
        .bind(id)
        .execute(connection)
        .await?;
    match action {
        FindingAction::Cancel => cancel(connection, &found, &deed).await?,
        FindingAction::Accept => renumber(connection, &found).await?,
    }
    let done = format!("{} ({}: {})", id, found.finding.reason.as_str(), summary(&found.finding));
    let verb = if action == FindingAction::Accept { "accept finding" } else { "cancel finding" };
    note(connection, found.reference.to_string(), verb, Some(done), deed).await?;
    Ok(found)
}

/// A document that the back end has under another number gets that number.
async fn renumber(connection: &mut Connection, found: &StoredFinding) -> Result<(), StoreError> {
    let Evidence { differences, numbers } = &found.finding.evidence;
    let (true, [number]) = (differences.iter().any(|difference| difference.kind == "number"), &numbers[..]) else {
        return Ok(());
    };
    no_other(connection, &found.reference, &found.adapter, number).await?;
    query("UPDATE documents SET backend_number = $1 WHERE reference = $2")
        .bind(number.to_string())
        .bind(found.reference.to_string())
        .execute(connection)
        .await
        .map(drop)
}

/// The numbers that a person cancels because of a finding: the order's, or those that came to be beside it.
fn cancelled_numbers(found: &StoredFinding) -> &[BackendNumber] {
    let numbers = &found.finding.evidence.numbers[..];
    match found.finding.reason {
        FindingReason::Doubled => numbers.get(1..).unwrap_or_default(),
        _ => numbers.get(..1).unwrap_or_default(),
    }
}

/// Refused while somebody else has asked for it, such as the customer. Until the end of the transaction nobody does.
async fn nobody_cancels(connection: &mut Connection, found: &StoredFinding) -> Result<(), StoreError> {
    for number in cancelled_numbers(found) {
        // What is another order of ours is not there twice, whatever a list said.
        no_other(connection, &found.reference, &found.adapter, number).await?;
        let asks = Asks { operation: TransferOperation::CancelOrder, number: Some(number), seen_since: None };
        let other = in_the_way(connection, &found.adapter, &found.account, asks).await?;
        if let Some(CaptureOutcome::UnderWay { reference, .. }) = other {
            return Err(Conflict::CancelledByAnother { number: number.to_string(), by: reference.to_string() }.into());
        }
    }
    Ok(())
}

/// Asks the back end to cancel the order, or those that came to be beside it. The latter are not ours: each has a reference of its own.
async fn cancel(connection: &mut Connection, found: &StoredFinding, deed: &Deed) -> Result<(), StoreError> {
    for number in cancelled_numbers(found) {
        let is_own = found.finding.reason != FindingReason::Doubled;
        let reference = if is_own { found.reference.clone() } else { Reference::new_order() };
        let instruction = Instruction {
            number: Some(number.clone()),
            reason: Some(deed.reason.clone()),
            finding: Some(found.id),
            ..Instruction::default()
        };
        let route = Route { reference: &reference, store: &found.store, account: &found.account, adapter: &found.adapter };
        insert_transfer(connection, &route, TransferOperation::CancelOrder, &instruction, deed.at).await?;
    }
    Ok(())
}

/// What a customer sees of the document may be another thing now.
pub(super) async fn touch(connection: &mut Connection, reference: &Reference, at: Timestamp) -> Result<(), StoreError> {
    query("UPDATE documents SET updated_at = $1, version = version + 1 WHERE reference = $2")
        .bind(at)
        .bind(reference.to_string())
        .execute(connection)
        .await
        .map(drop)
}

/// In one line, without what a back end wrote.
fn summary(finding: &Finding) -> String {
    let differences = finding.evidence.differences.iter().map(|difference| {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let line = difference.line.as_ref().map(|line| format!("line {line} ")).unwrap_or_default();
        format!("{line}{} {} → {}", difference.kind, of(&difference.from), of(&difference.to))
    });
    let numbers = finding.evidence.numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let numbers = (!numbers.is_empty()).then(|| format!("number {numbers}"));
    // A line of the audit log is not for a back end to begin.
    numbers.into_iter().chain(differences).collect::<Vec<_>>().join("; ").replace(char::is_control, " ")
}

fn digest(evidence: &str) -> String {
    Sha256::digest(evidence).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn stored(row: &Row) -> Result<StoredFinding, StoreError> {
    let (reason, state) = (row.text("reason")?, row.text("state")?);
    let unreadable = |name: &str| StoreError::Corrupt { what: "finding", reason: format!("{name:?} is not known to this build") };
    let evidence: Evidence = parse("evidence", &row.text("evidence")?)?;
    Ok(StoredFinding {
        id: row.number("id")?,
        reference: row.text("reference")?.into(),
        store: row.text("store")?.into(),
        account: row.text("account")?.into(),
        adapter: row.text("adapter")?.into(),
        finding: Finding { reason: FindingReason::parse(&reason).ok_or_else(|| unreadable(&reason))?, evidence },
        state: FindingState::parse(&state).ok_or_else(|| unreadable(&state))?,
        found_at: row.instant("found_at")?,
        seen_at: row.instant("seen_at")?,
        closed_at: row.optional_instant("closed_at")?,
    })
}
