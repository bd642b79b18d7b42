//! Why the back end does not do what it was asked: one code, one sentence, the position if there is one. Made by the business modules,
//! turned into a status by `http/answer.rs`.

use serde::Serialize;

/// The vocabulary of `error.code`; the README lists it by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Code {
    BadRequest,
    BadKey,
    NotFound,
    NotLocal,
    BadMethod,
    UnknownOrder,
    UnknownRfq,
    UnknownReservation,
    Short,
    Shipped,
    Stale,
    Expired,
    Closed,
    UnknownCustomer,
    CustomerBlocked,
    UnknownArticle,
    UnknownSite,
    UnknownShipTo,
    UnknownShipping,
    BadCurrency,
    BadQty,
    BadUom,
    BadPrice,
    BadPosition,
    NoPositions,
    TooMany,
    NotOffered,
    /// Only where references must be unique.
    RefTaken,
    NotSaved,
    /// Only from injected faults.
    Internal,
    Unavailable,
    Throttled,
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code:?}: {text}")]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<String>,
    /// Number of the document that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), position: None, no: None }
    }

    pub(crate) fn at(mut self, position: &str) -> Self {
        self.position = Some(position.to_owned());
        self
    }

    pub(crate) fn naming(mut self, no: Option<String>) -> Self {
        self.no = no;
        self
    }
}
