//! An order or quote as it is shown: what we captured, what the back end says, and where the transfer stands.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::BackendDocument;
use crate::domain::{
    AccountNumber, AdapterName, BackendNumber, BusinessStatus, OrderDocument, QuoteAction, QuoteDocument, QuoteStatus, Reference,
    StoreName, TransferOperation, TransferState,
};
use crate::store::{Document, OnHold};

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
    pub on_hold: Option<OnHold>,
    /// Shown to the customer only for a refusal.
    pub message: Option<String>,
}

impl From<&Document> for TransferSummary {
    fn from(document: &Document) -> Self {
        let refused = document.transfer == TransferState::Rejected;
        Self {
            state: document.transfer,
            attempts: document.attempts,
            next_attempt_at: document.next_attempt_at,
            on_hold: document.on_hold.clone(),
            message: document.last_failure.as_ref().filter(|_| refused).map(|failure| failure.message.clone()),
        }
    }
}

/// An order or quote of the caller. At least one of `captured` and `backend` is there.
#[derive(Clone, Debug)]
pub struct Record<T: BackendDocument> {
    pub store: StoreName,
    pub adapter: AdapterName,
    pub captured: Option<Document>,
    pub backend: Option<T>,
    pub provenance: Provenance,
    pub as_of: Timestamp,
    /// The status now; none while the back end has said nothing about an order.
    pub status: Option<T::Status>,
    /// When an offer ends, as an instant (rule Q1).
    pub expires_at: Option<Timestamp>,
    /// What was asked of the back end about it, as long as it has not answered: nothing else can be asked then (rule Q5).
    pub pending: Option<TransferOperation>,
}

pub type OrderRecord = Record<OrderDocument>;
pub type QuoteRecord = Record<QuoteDocument>;

impl<T: BackendDocument> Record<T> {
    /// What only we have, or what we know while the back end does not answer.
    pub(super) fn captured(document: Document) -> Self {
        Self {
            store: document.store.clone(),
            adapter: document.adapter.clone(),
            backend: None,
            provenance: Provenance::Captured,
            as_of: document.updated_at,
            status: document.status.as_deref().map(T::parse_status),
            expires_at: None,
            pending: None,
            captured: Some(document),
        }
    }

    /// Ours, under which the store finds it; another store's is none here.
    pub fn reference(&self) -> Option<&Reference> {
        self.captured.as_ref().map(|document| &document.reference)
    }

    pub fn number(&self) -> Option<&BackendNumber> {
        let backend = self.backend.as_ref().map(|document| document.head().number);
        backend.or_else(|| self.captured.as_ref()?.backend_number.as_ref())
    }

    pub fn account(&self) -> Option<&AccountNumber> {
        let captured = self.captured.as_ref().map(|document| &document.account);
        captured.or_else(|| self.backend.as_ref().map(|document| document.head().account))
    }

    pub fn placed_at(&self) -> Timestamp {
        let captured = self.captured.as_ref().map(|document| document.captured_at);
        captured.or_else(|| self.backend.as_ref().map(|document| document.head().placed_at)).unwrap_or(self.as_of)
    }

    /// The back end has it, and nothing is being asked of it.
    fn takes_actions(&self) -> bool {
        self.number().is_some() && self.pending.is_none()
    }

    /// Where its transfer stands; none when it came through another channel.
    pub fn transfer(&self) -> Option<TransferSummary> {
        self.captured.as_ref().map(TransferSummary::from)
    }
}

impl OrderRecord {
    /// What the customer may do (rule Q5).
    pub fn allowed_actions(&self) -> &'static [&'static str] {
        let cancellable = self.status.is_some_and(BusinessStatus::is_cancellable);
        if cancellable && self.takes_actions() { &["cancel"] } else { &[] }
    }
}

impl QuoteRecord {
    /// A request that the back end has said nothing about is `requested`.
    pub fn quote_status(&self) -> QuoteStatus {
        self.status.unwrap_or(QuoteStatus::Requested)
    }

    /// What the customer may do (rule Q5): nothing before the back end has it.
    pub fn allowed_actions(&self) -> &'static [QuoteAction] {
        if self.takes_actions() { self.quote_status().allowed_actions() } else { &[] }
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
