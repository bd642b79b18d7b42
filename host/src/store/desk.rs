//! What a person does with a parked transfer (rule T11, thin), and the append-only audit log.

use futures::future::FutureExt;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::columns::transfer_columns;
use super::lock::{Lock, lock};
use super::sql::{Connection, Row, query};
use super::{Conflict, Store, StoreError, Transfer, findings, holds, hurry, pricing, release, rows, taken};
use crate::domain::{BackendNumber, Money, Reference, TransferEvent, TransferState};

/// Who does something by hand, and why. Both are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub actor: String,
    pub reason: String,
    /// SHA-256 of the adapter that it concerns, as it is live now.
    pub adapter_digest: Option<String>,
    pub at: Timestamp,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: String,
    /// `resend`, `link`, `abandon`, `hold`, `release`, `edit`, or what was done with a finding or an adapter.
    pub action: String,
    pub reference: Reference,
    pub reason: String,
    pub detail: Option<String>,
    pub adapter_digest: Option<String>,
}

impl Store {
    /// Queues the parked transfer of a reference again, with a fresh count of attempts and its whole time. One that may have been taken is
    /// looked up before it is sent. One that waits to be tried again is tried at once.
    pub async fn resend(&self, reference: &Reference, deed: Deed) -> Result<Transfer, StoreError> {
        self.by_hand(reference, Action::Resend, deed).await
    }

    /// The same of an order whose price rose beyond its limit: it may cost what the back end asked last (rule C6), which is what was seen.
    pub async fn resend_at_price(&self, reference: &Reference, seen: Decimal, deed: Deed) -> Result<Transfer, StoreError> {
        self.by_hand(reference, Action::AcceptPrice(seen), deed).await
    }

    /// Confirms the parked transfer of a reference with the number that the back end has for it; refused when that is another order's of
    /// ours. The audit log says when nobody has looked whether it is there.
    pub async fn link(
        &self,
        reference: &Reference,
        number: BackendNumber,
        unchecked: bool,
        deed: Deed,
    ) -> Result<Transfer, StoreError> {
        self.by_hand(reference, Action::Link { number, unchecked }, deed).await
    }

    /// Gives the parked transfer of a reference up.
    pub async fn abandon(&self, reference: &Reference, deed: Deed) -> Result<Transfer, StoreError> {
        self.by_hand(reference, Action::Abandon, deed).await
    }

    /// Writes a deed down that is about something else than a document, such as `adapters/erp`.
    pub async fn note_deed(
        &self,
        subject: &str,
        action: &'static str,
        detail: Option<String>,
        deed: Deed,
    ) -> Result<(), StoreError> {
        let subject = subject.to_owned();
        self.write(move |connection| note(connection, subject, action, detail, deed).boxed()).await
    }

    /// The audit log of a reference, oldest first.
    pub async fn audit_of(&self, reference: &Reference) -> Result<Vec<AuditEntry>, StoreError> {
        let entries = query(
            "SELECT at, actor, action, reference, reason, detail, adapter_digest FROM audit WHERE reference = $1 ORDER BY id",
        )
        .bind(reference.to_string());
        entries.all(&mut self.read().await?).await?.iter().map(audit_entry).collect()
    }

    async fn by_hand(&self, reference: &Reference, action: Action, deed: Deed) -> Result<Transfer, StoreError> {
        let document = reference.clone();
        let transfer = self.write(move |connection| act(connection, document, action, deed).boxed()).await?;
        self.tell_other_hosts(reference);
        Ok(transfer)
    }
}

enum Action {
    Resend,
    AcceptPrice(Decimal),
    Link { number: BackendNumber, unchecked: bool },
    Abandon,
}

impl Action {
    fn name(&self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::AcceptPrice(_) => "resend at the new price",
            Self::Link { .. } => "link",
            Self::Abandon => "abandon",
        }
    }

    fn event(&self, transfer: &Transfer) -> TransferEvent {
        match self {
            Self::Resend | Self::AcceptPrice(_) if transfer.unknown_since.is_some() => TransferEvent::ResentInDoubt,
            Self::Resend | Self::AcceptPrice(_) => TransferEvent::Resent,
            Self::Link { .. } => TransferEvent::LinkedByHand,
            Self::Abandon => TransferEvent::AbandonedByHand,
        }
    }
}

async fn act(connection: &mut Connection, reference: Reference, action: Action, deed: Deed) -> Result<Transfer, StoreError> {
    let mut transfer = match action {
        Action::Abandon => given_up(connection, &reference).await?,
        Action::Resend => match parked_transfer(connection, &reference).await {
            Err(StoreError::Conflict(not_parked @ Conflict::NotParked { .. })) => {
                let waiting = hurry::waiting(connection, &reference).await?.ok_or(not_parked)?;
                return hurry::at_once(connection, waiting, deed).await;
            }
            parked => parked?,
        },
        _ => parked_transfer(connection, &reference).await?,
    };
    transfer.state = transfer.state.after(action.event(&transfer))?;
    transfer.updated_at = deed.at;
    if matches!(action, Action::Resend | Action::AcceptPrice(_)) {
        (transfer.spent, transfer.due_at) = (0, deed.at);
        transfer.resent_at = Some(deed.at);
    }
    // Before the move, which is told with the number.
    if let Action::Link { number, .. } = &action {
        link_document(connection, &transfer, number, &deed).await?;
    }
    lock(connection, Lock::Line { store: &transfer.store, account: &transfer.account, adapter: &transfer.adapter }).await?;
    // A resent transfer lines up again; when its account has none under way, it is in turn (rule T6).
    query(
        "UPDATE transfers SET state = $1, spent = $2, due_at = $3, unknown_since = $4, updated_at = $5, resent_at = $8, turn = \
         CASE WHEN NOT $6 THEN NULL \
         WHEN operation = 'release-reservation' OR NOT EXISTS (SELECT 1 FROM transfers o WHERE o.store = transfers.store \
         AND o.account = transfers.account AND o.adapter = transfers.adapter AND o.turn IS NOT NULL \
         AND o.operation <> 'release-reservation') THEN 1 ELSE 0 END WHERE id = $7",
    )
    .bind(transfer.state.as_str())
    .bind(transfer.spent)
    .bind(transfer.due_at)
    .bind(transfer.unknown_since)
    .bind(deed.at)
    .bind(!transfer.state.is_settled())
    .bind(transfer.id.0)
    .bind(transfer.resent_at)
    .execute(connection)
    .await?;
    release::follow(connection, &transfer, transfer.state, None, deed.at).await?;
    findings::follow(connection, &transfer, transfer.state, deed.at).await?;
    taken::compare_from(connection, &transfer, transfer.state, deed.at).await?;
    let detail = match &action {
        Action::Link { number, unchecked: false } => Some(format!("number {number}")),
        Action::Link { number, unchecked: true } => Some(format!("number {number}, unchecked")),
        Action::AcceptPrice(seen) => Some(accepted(pricing::accept(connection, &reference, *seen, deed.at).await?)),
        Action::Resend | Action::Abandon => None,
    };
    write_audit(connection, &transfer, action.name(), detail, deed).await?;
    Ok(transfer)
}

/// What is abandoned: a parked transfer, or one that a person holds, which is parked by that. Nobody else is at work on that one.
async fn given_up(connection: &mut Connection, reference: &Reference) -> Result<Transfer, StoreError> {
    if holds::end_all(connection, reference).await? == 0 {
        return parked_transfer(connection, reference).await;
    }
    let (mut held, _) = holds::carrier(connection, reference).await?;
    held.state = held.state.after(TransferEvent::GaveUp)?;
    Ok(held)
}

pub(super) async fn parked_transfer(connection: &mut Connection, reference: &Reference) -> Result<Transfer, StoreError> {
    let all = query(concat!("SELECT ", transfer_columns!(""), " FROM transfers WHERE reference = $1 ORDER BY id"))
        .bind(reference.to_string());
    let all = all.push(connection.dialect().choose("", " FOR UPDATE"));
    let transfers: Vec<_> = all.all(connection).await?.iter().map(rows::transfer).collect::<Result<_, _>>()?;
    let newest = transfers.iter().rfind(|transfer| !transfer.operation.is_best_effort());
    let Some(newest) = newest else { return Err(StoreError::NotFound(reference.to_string())) };
    let newest_state = newest.state;
    let parked = transfers.into_iter().find(|transfer| transfer.state == TransferState::Parked);
    parked.ok_or_else(|| Conflict::NotParked { reference: reference.to_string(), state: newest_state }.into())
}

/// The back end's number, for a document that has none yet (a parked cancellation's order has one). One document there is not two of ours.
async fn link_document(
    connection: &mut Connection,
    parked: &Transfer,
    number: &BackendNumber,
    deed: &Deed,
) -> Result<(), StoreError> {
    let Transfer { adapter, reference, .. } = parked;
    if parked.operation.carries_document() {
        lock(connection, Lock::Number { adapter, number: number.as_str() }).await?;
        taken::no_other(connection, &parked.reference, &parked.adapter, number).await?;
    }
    query(
        "UPDATE documents SET backend_number = $1, updated_at = $2, version = version + 1 WHERE reference = $3 AND backend_number IS NULL",
    )
    .bind(number.to_string())
    .bind(deed.at)
    .bind(reference.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn accepted((agreed, now): (Option<Money>, Money)) -> String {
    agreed.map_or_else(|| format!("{now} instead of no price"), |agreed| format!("{now} instead of {agreed}"))
}

pub(super) async fn write_audit(
    connection: &mut Connection,
    transfer: &Transfer,
    action: &'static str,
    detail: Option<String>,
    deed: Deed,
) -> Result<(), StoreError> {
    query("INSERT INTO audit (at, actor, action, reference, transfer, reason, detail, adapter_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(deed.at)
        .bind(deed.actor)
        .bind(action)
        .bind(transfer.reference.to_string())
        .bind(transfer.id.0)
        .bind(deed.reason)
        .bind(detail)
        .bind(deed.adapter_digest)
        .execute(connection)
        .await?;
    Ok(())
}

/// No transfer has the number 0.
pub(super) async fn note(
    connection: &mut Connection,
    subject: String,
    action: &'static str,
    detail: Option<String>,
    deed: Deed,
) -> Result<(), StoreError> {
    query("INSERT INTO audit (at, actor, action, reference, transfer, reason, detail, adapter_digest) VALUES ($1, $2, $3, $4, 0, $5, $6, $7)")
        .bind(deed.at)
        .bind(deed.actor)
        .bind(action)
        .bind(subject)
        .bind(deed.reason)
        .bind(detail)
        .bind(deed.adapter_digest)
        .execute(connection)
        .await?;
    Ok(())
}

fn audit_entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        at: row.instant("at")?,
        actor: row.text("actor")?,
        action: row.text("action")?,
        reference: row.text("reference")?.into(),
        reason: row.text("reason")?,
        detail: row.optional_text("detail")?,
        adapter_digest: row.optional_text("adapter_digest")?,
    })
}
