//! An order or quote as it is shown: what we captured, what the back end says, and where the transfer stands.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    AccountNumber, AdapterName, BackendNumber, BusinessStatus, OrderDocument, QuoteAction, QuoteDocument, QuoteStatus, Reference,
    StoreName, TransferState,
};
use crate::store::{Document, Transfer};

/// Where a shown document comes from (rules F1, H2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Read from the back end for this request.
    Live,
    /// What the back end said last; it does not answer now.
    Stale,
    /// Only we have it so far.
    Captured,
}

/// Where a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferSummary {
    pub state: TransferState,
    pub attempts: u32,
    pub next_attempt_at: Option<Timestamp>,
    /// Shown to the customer only for a refusal.
    pub message: Option<String>,
}

impl TransferSummary {
    pub(super) fn captured() -> Self {
        Self { state: TransferState::Captured, attempts: 0, next_attempt_at: None, message: None }
    }
}

impl From<&Transfer> for TransferSummary {
    fn from(transfer: &Transfer) -> Self {
        let refused = transfer.state == TransferState::Rejected;
        Self {
            state: transfer.state,
            attempts: transfer.attempts,
            next_attempt_at: (!transfer.state.is_settled()).then_some(transfer.due_at),
            message: transfer.last_failure.as_ref().filter(|_| refused).map(|failure| failure.message.clone()),
        }
    }
}

/// An order of the caller. At least one of `captured` and `backend` is there.
#[derive(Clone, Debug)]
pub struct OrderRecord {
    pub store: StoreName,
    pub adapter: AdapterName,
    pub captured: Option<Document>,
    pub backend: Option<OrderDocument>,
    pub transfer: Option<TransferSummary>,
    pub provenance: Provenance,
    pub as_of: Timestamp,
}

impl OrderRecord {
    pub fn reference(&self) -> Option<&Reference> {
        let captured = self.captured.as_ref().map(|document| &document.reference);
        captured.or_else(|| self.backend.as_ref()?.reference.as_ref())
    }

    pub fn number(&self) -> Option<&BackendNumber> {
        let backend = self.backend.as_ref().map(|document| &document.number);
        backend.or_else(|| self.captured.as_ref()?.backend_number.as_ref())
    }

    pub fn account(&self) -> Option<&AccountNumber> {
        let captured = self.captured.as_ref().map(|document| &document.account);
        captured.or_else(|| self.backend.as_ref().map(|document| &document.account))
    }

    pub fn placed_at(&self) -> Timestamp {
        let captured = self.captured.as_ref().map(|document| document.captured_at);
        captured.or_else(|| self.backend.as_ref().map(|document| document.placed_at)).unwrap_or(self.as_of)
    }

    pub fn status(&self) -> Option<BusinessStatus> {
        let backend = self.backend.as_ref().map(|document| document.status);
        backend.or_else(|| self.captured.as_ref()?.order_status())
    }

    /// What the customer may do (rule Q5).
    pub fn allowed_actions(&self) -> Vec<&'static str> {
        let with_backend = self.number().is_some();
        let cancellable = self.status().is_some_and(BusinessStatus::is_cancellable);
        if with_backend && cancellable { vec!["cancel"] } else { Vec::new() }
    }
}

/// A quote of the caller. At least one of `captured` and `backend` is there.
#[derive(Clone, Debug)]
pub struct QuoteRecord {
    pub store: StoreName,
    pub adapter: AdapterName,
    pub captured: Option<Document>,
    pub backend: Option<QuoteDocument>,
    pub transfer: Option<TransferSummary>,
    pub provenance: Provenance,
    pub as_of: Timestamp,
    /// The status now: an offer may have expired since the back end said it (rule Q1).
    pub status: QuoteStatus,
    /// When the offer ends, as an instant (rule Q1).
    pub expires_at: Option<Timestamp>,
}

impl QuoteRecord {
    pub fn reference(&self) -> Option<&Reference> {
        let captured = self.captured.as_ref().map(|document| &document.reference);
        captured.or_else(|| self.backend.as_ref()?.reference.as_ref())
    }

    pub fn number(&self) -> Option<&BackendNumber> {
        let backend = self.backend.as_ref().map(|document| &document.number);
        backend.or_else(|| self.captured.as_ref()?.backend_number.as_ref())
    }

    pub fn account(&self) -> Option<&AccountNumber> {
        let captured = self.captured.as_ref().map(|document| &document.account);
        captured.or_else(|| self.backend.as_ref().map(|document| &document.account))
    }

    pub fn placed_at(&self) -> Timestamp {
        let captured = self.captured.as_ref().map(|document| document.captured_at);
        captured.or_else(|| self.backend.as_ref().map(|document| document.placed_at)).unwrap_or(self.as_of)
    }

    /// What the customer may do (rule Q5): nothing before the back end has it.
    pub fn allowed_actions(&self) -> &'static [QuoteAction] {
        if self.number().is_some() { self.status.allowed_actions() } else { &[] }
    }
}

/// One page of a merged list.
#[derive(Clone, Debug)]
pub struct DocumentPage<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
    pub provenance: Provenance,
    pub as_of: Timestamp,
}
