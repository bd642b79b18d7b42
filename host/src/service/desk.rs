//! What operators see and do: backlog, parked transfers (rule T11, thin).

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Commerce, DeskFilter, FindingFilter, FindingReport, HoldReport, LinkTo, Operator, ServiceError};
use crate::domain::{
    AccountNumber, AdapterName, Amendment, BackendNumber, Exchange, Failure, OrderEdit, Reference, StoreName, Terms,
    TransferOperation, TransferState,
};
use crate::store::{Attempt, AttemptKind, AuditEntry, Backlog, Deed, Transfer};

/// Most findings that are shown of one document.
const MOST_FINDINGS: u32 = 100;

/// Everything about one document, for the desk. Without its payload: that is personal.
#[derive(Clone, Debug, Serialize)]
pub struct Dossier {
    pub reference: Reference,
    /// The back end's number.
    pub number: Option<BackendNumber>,
    /// The back end's word.
    pub status: Option<String>,
    /// What an order was taken at without the back end, and what the back end asks (rule C6).
    pub price: Option<Terms>,
    /// What the back end changed while it took an order (rule T9).
    pub amendments: Vec<Amendment>,
    /// What somebody must look at, or had to.
    pub findings: Vec<FindingReport>,
    /// Why it is not sent.
    pub holds: Vec<HoldReport>,
    pub transfers: Vec<TransferReport>,
    pub attempts: Vec<AttemptReport>,
    pub audit: Vec<AuditReport>,
}

/// One piece of work for the back end, and how it goes.
#[derive(Clone, Debug, Serialize)]
pub struct TransferReport {
    pub reference: Reference,
    pub operation: TransferOperation,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    pub state: TransferState,
    pub attempts: u32,
    pub lookups: u32,
    pub next_attempt_at: Option<Timestamp>,
    pub last_failure: Option<Failure>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<Transfer> for TransferReport {
    fn from(transfer: Transfer) -> Self {
        Self {
            reference: transfer.reference,
            operation: transfer.operation,
            store: transfer.store,
            account: transfer.account,
            adapter: transfer.adapter,
            state: transfer.state,
            attempts: transfer.attempts,
            lookups: transfer.lookups,
            next_attempt_at: (!transfer.state.is_settled()).then_some(transfer.due_at),
            last_failure: transfer.last_failure,
            created_at: transfer.created_at,
            updated_at: transfer.updated_at,
        }
    }
}

/// One attempt or look-up.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptReport {
    pub number: u32,
    pub kind: AttemptKind,
    pub started_at: Timestamp,
    /// None while it runs, or when the host died in it.
    pub ended_at: Option<Timestamp>,
    pub adapter_digest: Option<String>,
    /// State of the transfer after it.
    pub outcome: Option<TransferState>,
    pub failure: Option<Failure>,
    /// What was said to the back end, without credentials and what is personal.
    pub exchanges: Vec<Exchange>,
}

impl From<Attempt> for AttemptReport {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            kind: attempt.kind,
            started_at: attempt.started_at,
            ended_at: attempt.ended_at,
            adapter_digest: attempt.adapter_digest,
            outcome: attempt.outcome,
            failure: attempt.failure,
            exchanges: attempt.exchanges,
        }
    }
}

/// Who decided what by hand, and why.
#[derive(Clone, Debug, Serialize)]
pub struct AuditReport {
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub reason: String,
    pub detail: Option<String>,
    /// SHA-256 of the adapter that it concerned.
    pub adapter_digest: Option<String>,
}

impl From<AuditEntry> for AuditReport {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { at, actor, action, reason, detail, adapter_digest, .. } = entry;
        Self { at, actor, action, reason, detail, adapter_digest }
    }
}

/// What a person decides about a parked transfer; `Resend` also of one that waits to be tried again.
#[derive(Clone, Debug)]
pub enum Decision {
    Resend,
    /// Of an order whose price rose beyond its limit: it may cost what the back end asked last, if that is still this.
    ResendAtPrice(Decimal),
    Link(LinkTo),
    Abandon,
}

impl Commerce {
    pub async fn backlog(&self) -> Result<Backlog, ServiceError> {
        Ok(self.inner.store.backlog().await?)
    }

    /// Whether the store takes writes. Never asks a back end: a sick one must not empty the load balancer.
    pub async fn is_ready(&self) -> Result<(), ServiceError> {
        Ok(self.inner.store.probe().await?)
    }

    /// Transfers that wait for a person, oldest first.
    pub async fn waiting(&self, filter: DeskFilter) -> Result<Vec<TransferReport>, ServiceError> {
        Ok(self.inner.store.waiting(filter).await?.into_iter().map(TransferReport::from).collect())
    }

    pub async fn dossier(&self, reference: &Reference) -> Result<Dossier, ServiceError> {
        let store = &self.inner.store;
        let transfers = store.transfers_of(reference).await?;
        if transfers.is_empty() {
            return Err(ServiceError::NotFound("document"));
        }
        // None for an operation on a document that we do not hold.
        let document = store.document(reference).await?;
        Ok(Dossier {
            reference: reference.clone(),
            number: document.as_ref().and_then(|document| document.backend_number.clone()),
            amendments: document.as_ref().map(|document| document.amendments.clone()).unwrap_or_default(),
            findings: self
                .findings(FindingFilter { reference: Some(reference.clone()), limit: MOST_FINDINGS, ..FindingFilter::default() })
                .await?,
            price: document.as_ref().and_then(|document| document.order()?.provisional.clone()),
            status: document.and_then(|document| document.status),
            holds: store.holds_of(reference).await?.into_iter().map(HoldReport::from).collect(),
            transfers: transfers.into_iter().map(TransferReport::from).collect(),
            attempts: store.attempts_of(reference).await?.into_iter().map(AttemptReport::from).collect(),
            audit: store.audit_of(reference).await?.into_iter().map(AuditReport::from).collect(),
        })
    }

    /// Changes a parked order before it is sent again; audited with what changed (rule T11).
    pub async fn edit(&self, reference: &Reference, edit: OrderEdit, operator: Operator) -> Result<TransferReport, ServiceError> {
        let deed = self.deed(reference, operator).await?;
        Ok(self.inner.store.edit(reference, edit, deed).await?.into())
    }

    /// Who does something about a document, and with which adapter it is concerned now.
    pub(super) async fn deed(&self, reference: &Reference, operator: Operator) -> Result<Deed, ServiceError> {
        let transfers = self.inner.store.transfers_of(reference).await?;
        let newest = transfers.last().ok_or(ServiceError::NotFound("document"))?;
        Ok(self.deed_about(&newest.adapter, operator))
    }

    pub(super) fn deed_about(&self, adapter: &AdapterName, operator: Operator) -> Deed {
        let Operator { actor, reason } = operator;
        let adapter_digest = self.inner.adapters.get(adapter).map(|adapter| adapter.digest().to_owned());
        Deed { actor, reason, adapter_digest, at: self.inner.clock.now() }
    }

    /// Does what a person decided; audited with actor and reason.
    pub async fn decide(
        &self,
        reference: &Reference,
        decision: Decision,
        operator: Operator,
    ) -> Result<TransferReport, ServiceError> {
        let deed = self.deed(reference, operator).await?;
        let store = &self.inner.store;
        let transfer = match decision {
            Decision::Resend => store.resend(reference, deed).await?,
            Decision::ResendAtPrice(seen) => store.resend_at_price(reference, seen, deed).await?,
            Decision::Link(to) => self.link(reference, to, deed).await?,
            Decision::Abandon => store.abandon(reference, deed).await?,
        };
        self.inner.pipeline.wake();
        self.follow_decision(reference).await?;
        Ok(transfer.into())
    }
}
