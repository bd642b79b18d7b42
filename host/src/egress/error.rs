//! Why a request brought no reply, and what the adapter is told about it. No text here holds a credential or an internal address.

use super::address::AddressRefusal;
use super::headers::HeaderRefusal;
use super::path::PathRefusal;
use crate::domain::{Failure, FailureCode};

/// A request without a reply.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EgressError {
    #[error("no endpoint {0:?} is bound for this adapter")]
    Unbound(String),
    #[error("{0:?} is no method that an adapter may use")]
    Method(String),
    #[error(transparent)]
    Path(#[from] PathRefusal),
    #[error(transparent)]
    Header(#[from] HeaderRefusal),
    /// Which address it was is for the log only: an adapter need not know where a name leads.
    #[error("the address of the endpoint is refused")]
    Address(#[source] AddressRefusal),
    #[error("the call has spent its requests")]
    TooManyRequests,
    #[error("the endpoint's credential was not accepted: {0}")]
    Credential(String),
    /// Nothing of the request has left, or not enough of it to be acted on.
    #[error("the request was not delivered: {0}")]
    NotDelivered(String),
    /// It left, in whole or in part, and no reply came.
    #[error("the reply was lost: {cause}")]
    Lost { cause: String, effect: Effect },
    #[error("no reply within {within_ms} ms ({stage})")]
    TimedOut { stage: &'static str, within_ms: u128, effect: Effect },
    #[error("the reply is larger than {limit} bytes")]
    TooLarge { limit: usize, effect: Effect },
    #[error("the replies of this call are together larger than they may be")]
    TooLargeTogether { effect: Effect },
    #[error("all calls of this adapter together hold as much as they may")]
    Crowded { effect: Effect },
    /// What an earlier call met, played again: nothing was sent.
    #[error("{}", .0.message)]
    Kept(Box<Failure>),
    /// A call that is made again asks otherwise than when it was kept.
    #[error("it asks otherwise than then: {0}")]
    Strays(String),
}

/// What a request can have done to the back end by its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// GET and HEAD.
    None,
    Change,
}

impl EgressError {
    /// Why the host itself refused to send, as a metric label; nothing when it tried.
    pub fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Unbound(_) => Some("endpoint"),
            Self::Method(_) => Some("method"),
            Self::Path(_) => Some("path"),
            Self::Header(_) => Some("header"),
            Self::Address(_) => Some("address"),
            Self::TooManyRequests => Some("requests"),
            _ => None,
        }
    }

    /// The limit of the call that was in the way, by its option.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooManyRequests => Some("egress_requests"),
            Self::TooLarge { .. } => Some("reply_bytes"),
            Self::TooLargeTogether { .. } => Some("reply_total_bytes"),
            Self::Crowded { .. } => Some("memory_total_bytes"),
            _ => None,
        }
    }

    /// Whether it left, in whole or in part, so that the back end may have acted on it.
    pub fn may_have_been_taken(&self) -> bool {
        matches!(self, Self::Kept(failure) if failure.code == FailureCode::OutcomeUnknown)
            || matches!(
                self,
                Self::Lost { .. }
                    | Self::TimedOut { .. }
                    | Self::TooLarge { .. }
                    | Self::TooLargeTogether { .. }
                    | Self::Crowded { .. }
            )
    }

    /// What only the host's log says of it.
    pub fn hidden_cause(&self) -> Option<&dyn std::error::Error> {
        std::error::Error::source(self)
    }

    fn code(&self) -> FailureCode {
        match self {
            Self::Unbound(_) | Self::Method(_) | Self::Path(_) | Self::Header(_) | Self::Address(_) | Self::Strays(_) => {
                FailureCode::InvalidRequest
            }
            Self::Kept(failure) => failure.code,
            Self::TooManyRequests | Self::Crowded { effect: Effect::None } => FailureCode::Throttled,
            Self::Credential(_) => FailureCode::Auth,
            Self::NotDelivered(_) => FailureCode::Unavailable,
            Self::Lost { effect: Effect::Change, .. }
            | Self::TimedOut { effect: Effect::Change, .. }
            | Self::TooLarge { effect: Effect::Change, .. }
            | Self::TooLargeTogether { effect: Effect::Change }
            | Self::Crowded { effect: Effect::Change } => FailureCode::OutcomeUnknown,
            Self::Lost { effect: Effect::None, .. } => FailureCode::Unavailable,
            Self::TimedOut { effect: Effect::None, .. } => FailureCode::Timeout,
            Self::TooLarge { effect: Effect::None, .. } | Self::TooLargeTogether { effect: Effect::None } => {
                FailureCode::InvalidResponse
            }
        }
    }
}

impl From<&EgressError> for Failure {
    fn from(error: &EgressError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: EgressError) -> FailureCode {
        Failure::from(&error).code
    }

    #[test]
    fn t4_a_lost_change_has_an_unknown_outcome_and_a_lost_read_does_not() {
        let lost = |effect| code(EgressError::Lost { cause: String::new(), effect });
        let late = |effect| code(EgressError::TimedOut { stage: "first byte", within_ms: 1, effect });
        let large = |effect| code(EgressError::TooLarge { limit: 1, effect });
        assert_eq!([lost(Effect::Change), late(Effect::Change), large(Effect::Change)], [FailureCode::OutcomeUnknown; 3]);
        assert_eq!(lost(Effect::None), FailureCode::Unavailable);
        assert_eq!(late(Effect::None), FailureCode::Timeout);
        assert_eq!(large(Effect::None), FailureCode::InvalidResponse);
    }

    #[test]
    fn an_adapter_is_not_told_which_address_was_refused() {
        let refusal = AddressRefusal::Private([10, 1, 2, 3].into());
        assert_eq!(Failure::from(&EgressError::Address(refusal)).message, "the address of the endpoint is refused");
    }

    #[test]
    fn a_request_that_was_not_delivered_is_unavailable_whatever_its_method() {
        assert_eq!(code(EgressError::NotDelivered(String::new())), FailureCode::Unavailable);
    }
}
