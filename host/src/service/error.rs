//! Why a use case did not do what it was asked. Texts may be shown to the caller; causes stay in the log.

use std::time::Duration;

use crate::domain::{Failure, LineDifference, Reference, TransferOperation};
use crate::store::StoreError;

/// One field or line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer into the request, such as `/lines/0/quantity`.
    pub pointer: String,
    pub detail: String,
}

impl FieldProblem {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("the request names no account")]
    AccountRequired,
    #[error("there is no such store: {0:?}")]
    StoreUnknown(Option<String>),
    #[error("the request is not valid")]
    Invalid(Vec<FieldProblem>),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the checkout is unknown, abandoned, or another account's")]
    CheckoutUnknown,
    #[error("the checkout was used by order {0}")]
    CheckoutUsed(Reference),
    /// Others changed it while it was checked again.
    #[error("the checkout is being changed")]
    CheckoutBusy,
    /// The back end is down, and nothing usable is known about the prices of these lines (rule C6).
    #[error("the back end is down, and not every price is known")]
    PricesUnknown { lines: Vec<FieldProblem>, retry_after: Option<Duration> },
    /// The order says something else than the seal (rule C2).
    #[error("the order contradicts its checkout")]
    Contradiction(Vec<FieldProblem>),
    /// The price changed since the customer agreed (rule C3).
    #[error("prices have changed since the checkout")]
    PriceChanged { differences: Vec<LineDifference>, payable: crate::domain::Money },
    #[error("the quote has another revision now: {current}")]
    RevisionStale { current: String },
    #[error("a document that is {status} does not allow to {action}")]
    ActionNotAllowed { action: &'static str, status: String },
    #[error("{} of it ({reference}) is under way, or was answered in the meantime", operation.as_str())]
    ActionUnderWay { operation: TransferOperation, reference: Reference },
    #[error("order {0} accepts this quote already")]
    QuoteAccepted(Reference),
    #[error("the idempotency key was used with another request")]
    KeyReused,
    #[error("a request with this idempotency key is still running")]
    KeyInUse,
    #[error("the cursor is not one that this API returned")]
    CursorInvalid,
    /// The back end's arithmetic or answer is not believed (rules C5, H3).
    #[error("the back end's answer contradicts itself: {0}")]
    ContractViolation(String),
    #[error("there is no adapter {name}; there are: {known}")]
    AdapterUnknown { name: String, known: String },
    /// The old version serves on. Each problem's pointer is its place in the configuration.
    #[error("the new version of the adapter is refused")]
    AdapterRefused(Vec<FieldProblem>),
    /// A decision about an adapter that it does not allow now.
    #[error("{0}")]
    AdapterConflict(String),
    /// Nothing of it was applied. Each problem's pointer is its place in the configuration.
    #[error("the configuration is refused")]
    ConfigRefused(Vec<FieldProblem>),
    #[error("nothing can be pushed to the adapter {0}")]
    NoInbound(String),
    /// A pushed message whose sender is not proven.
    #[error("the sender of the message is not proven")]
    Forged,
    /// The adapter cannot read a pushed message.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// There is no place for it; come back after so long.
    #[error("there is no place for it now")]
    Overloaded(std::time::Duration),
    /// The caller has as many streams of events for this account as it may.
    #[error("the caller has too many streams of events")]
    TooManyStreams,
    #[error(transparent)]
    Backend(#[from] Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
}
