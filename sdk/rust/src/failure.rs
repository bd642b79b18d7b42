//! Constructors for failures, one per code of the contract.
//!
//! `Failure::rejected("Not enough in stock").line("10").detail("SHORT")`

use crate::types::Failure;
use std::time::Duration;

/// The codes that the host knows.
pub mod code {
    pub const UNAVAILABLE: &str = "unavailable";
    pub const TIMEOUT: &str = "timeout";
    pub const OUTCOME_UNKNOWN: &str = "outcome-unknown";
    pub const THROTTLED: &str = "throttled";
    pub const AUTH: &str = "auth";
    pub const REJECTED: &str = "rejected";
    pub const NOT_FOUND: &str = "not-found";
    pub const CONFLICT: &str = "conflict";
    pub const INVALID_RESPONSE: &str = "invalid-response";
    pub const INVALID_REQUEST: &str = "invalid-request";
    pub const UNSUPPORTED: &str = "unsupported";

    pub const ALL: [&str; 11] = [
        UNAVAILABLE,
        TIMEOUT,
        OUTCOME_UNKNOWN,
        THROTTLED,
        AUTH,
        REJECTED,
        NOT_FOUND,
        CONFLICT,
        INVALID_RESPONSE,
        INVALID_REQUEST,
        UNSUPPORTED,
    ];
}

impl Failure {
    /// Any code; prefer the named constructors.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Failure { code: code.into(), message: message.into(), ..Failure::default() }
    }

    /// The request was certainly not processed.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(code::UNAVAILABLE, message)
    }

    /// A read took too long.
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(code::TIMEOUT, message)
    }

    /// A write may or may not have been taken.
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::new(code::OUTCOME_UNKNOWN, message)
    }

    /// The back end asked us to slow down; it did not process the request.
    pub fn throttled(message: impl Into<String>) -> Self {
        Self::new(code::THROTTLED, message)
    }

    /// The back end does not accept the operator's credentials.
    pub fn auth(message: impl Into<String>) -> Self {
        Self::new(code::AUTH, message)
    }

    /// A business refusal; the message may be shown to the customer.
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(code::REJECTED, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(code::NOT_FOUND, message)
    }

    /// The document exists already; `number` is the back end's number of it.
    pub fn conflict(message: impl Into<String>, number: impl Into<String>) -> Self {
        Self::new(code::CONFLICT, message).detail(number)
    }

    /// The back end answered nonsense. Not for writes that were answered with success: those are `outcome_unknown`.
    pub fn invalid_response(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_RESPONSE, message)
    }

    /// The request cannot be sent as it is.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_REQUEST, message)
    }

    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(code::UNSUPPORTED, message)
    }

    /// For operators: the back end's own code and text.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The line that it concerns.
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.line = Some(line.into());
        self
    }

    /// How long the back end asked us to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// For a request that carried nothing of the operation: what failed is not the operation itself, so nothing is in doubt.
    #[must_use]
    pub fn of_a_read(self) -> Self {
        if self.is(code::OUTCOME_UNKNOWN) { Failure { code: code::UNAVAILABLE.to_owned(), ..self } } else { self }
    }

    /// One of the codes in [`code`].
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}
