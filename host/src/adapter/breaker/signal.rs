//! What one call says about the health of a back end and its adapter. The only place that decides which failures count.

use super::super::classify::{Cause, Classified, TrapKind};
use crate::domain::FailureCode;

/// The verdict of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapter) enum Signal {
    /// The back end answered.
    Fine,
    /// The call says nothing about the back end: it is neither counted nor does it end a row of failures.
    Neutral,
    /// The back end did not answer, or cannot be used.
    Sick,
    /// The guest broke down: the adapter is sick, whatever its back end is.
    Trapped,
}

impl Signal {
    pub(in crate::adapter) fn of<T>(outcome: &Result<T, Classified>) -> Self {
        let Err(failed) = outcome else { return Self::Fine };
        match failed.cause {
            // A slow back end looks like this: a guest that spins is ended by its CPU time first.
            Cause::Trap(TrapKind::Wall) => Self::Sick,
            Cause::Trap(_) => Self::Trapped,
            Cause::Host => Self::Neutral,
            Cause::Adapter => said(failed.failure.code),
        }
    }
}

fn said(code: FailureCode) -> Signal {
    match code {
        FailureCode::Unavailable | FailureCode::Timeout => Signal::Sick,
        // A lost reply is how an outage looks from the write side.
        FailureCode::OutcomeUnknown => Signal::Sick,
        // Every call fails the same way until somebody mends the credential, and many back ends lock a user who keeps trying.
        FailureCode::Auth => Signal::Sick,
        // The back end is alive and protects itself; each caller is told by itself when to come back. Turning everyone away would make of a
        // little service none at all. It may also be the adapter's own budget of requests.
        FailureCode::Throttled => Signal::Neutral,
        // Nonsense about one item must not close the shop for all others; the contract's violations are counted elsewhere.
        FailureCode::InvalidResponse => Signal::Neutral,
        // Found out before the back end was asked.
        FailureCode::InvalidRequest | FailureCode::Unsupported => Signal::Neutral,
        FailureCode::Rejected | FailureCode::NotFound | FailureCode::Conflict => Signal::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Failure;

    fn signal(code: FailureCode, cause: Cause) -> Signal {
        Signal::of::<()>(&Err(Classified { failure: Box::new(Failure::new(code, "")), cause }))
    }

    #[test]
    fn only_failures_that_say_that_the_back_end_is_sick_count() {
        use FailureCode::*;
        for code in [Unavailable, Timeout, OutcomeUnknown, Auth] {
            assert_eq!(signal(code, Cause::Adapter), Signal::Sick, "{code:?}");
        }
        for code in [Rejected, NotFound, Conflict] {
            assert_eq!(signal(code, Cause::Adapter), Signal::Fine, "{code:?}");
        }
        for code in [Throttled, InvalidResponse, InvalidRequest, Unsupported] {
            assert_eq!(signal(code, Cause::Adapter), Signal::Neutral, "{code:?}");
        }
        assert_eq!(Signal::of(&Ok(())), Signal::Fine);
    }

    #[test]
    fn traps_are_the_adapters_sickness_and_waiting_too_long_is_the_back_ends() {
        assert_eq!(signal(FailureCode::Unavailable, Cause::Trap(TrapKind::Abort)), Signal::Trapped);
        assert_eq!(signal(FailureCode::OutcomeUnknown, Cause::Trap(TrapKind::Cpu)), Signal::Trapped);
        assert_eq!(signal(FailureCode::Timeout, Cause::Trap(TrapKind::Wall)), Signal::Sick);
    }

    #[test]
    fn what_the_host_refused_says_nothing_about_the_back_end() {
        assert_eq!(signal(FailureCode::Throttled, Cause::Host), Signal::Neutral);
        assert_eq!(signal(FailureCode::Unavailable, Cause::Host), Signal::Neutral);
    }
}
