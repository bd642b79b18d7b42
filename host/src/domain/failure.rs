//! What went wrong with an adapter call, in the contract's vocabulary. What happens next is decided in `adapter/error.rs`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Extensions;

/// Which side of a back end an operation touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Read,
    Write,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The documented vocabulary of `failure.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// The request was not delivered.
    Unavailable,
    /// A read took too long.
    Timeout,
    /// A write may or may not have been taken.
    OutcomeUnknown,
    Throttled,
    Auth,
    /// A business refusal; final.
    Rejected,
    NotFound,
    /// It exists already.
    Conflict,
    /// The back end answered nonsense.
    InvalidResponse,
    InvalidRequest,
    Unsupported,
}

impl FailureCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Throttled => "throttled",
            Self::Auth => "auth",
            Self::Rejected => "rejected",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::InvalidResponse => "invalid-response",
            Self::InvalidRequest => "invalid-request",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether the back end told something about what was asked: it has no such thing, or cannot tell at all.
    pub fn is_an_answer(self) -> bool {
        matches!(self, Self::NotFound | Self::Unsupported)
    }

    /// The code that an adapter named. An unknown one is the most careful reading for that side.
    pub fn parse(code: &str, side: Side) -> Self {
        match code {
            "unavailable" => Self::Unavailable,
            "timeout" => Self::Timeout,
            "outcome-unknown" => Self::OutcomeUnknown,
            "throttled" => Self::Throttled,
            "auth" => Self::Auth,
            "rejected" => Self::Rejected,
            "not-found" => Self::NotFound,
            "conflict" => Self::Conflict,
            "invalid-response" => Self::InvalidResponse,
            "invalid-request" => Self::InvalidRequest,
            "unsupported" => Self::Unsupported,
            _ if side == Side::Write => Self::OutcomeUnknown,
            _ => Self::Unavailable,
        }
    }
}

/// A failed operation, as the adapter or the runtime reports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{}: {message}", code.as_str())]
pub struct Failure {
    pub code: FailureCode,
    /// One sentence; for `rejected` it may be shown to the customer.
    pub message: String,
    /// For operators; never leaves through the storefront's API.
    pub detail: Option<String>,
    /// The line that it concerns.
    pub line: Option<String>,
    pub retry_after: Option<Duration>,
    #[serde(default)]
    pub ext: Extensions,
}

impl Failure {
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, line: None, retry_after: None, ext: Extensions::new() }
    }

    /// The back end said nothing about the item or document itself.
    pub fn is_outage(&self) -> bool {
        !matches!(self.code, FailureCode::NotFound | FailureCode::Rejected | FailureCode::InvalidRequest)
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_counts_as_unknown_outcome_for_writes_and_unavailable_for_reads() {
        assert_eq!(FailureCode::parse("from-the-future", Side::Write), FailureCode::OutcomeUnknown);
        assert_eq!(FailureCode::parse("from-the-future", Side::Read), FailureCode::Unavailable);
    }
}
