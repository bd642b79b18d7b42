//! The transfer axis: moving a captured order or quote to the back end (rules T1 to T7). The only place where its moves are decided.
//!
//! ```text
//! captured → queued → sending → confirmed
//!                        ├→ rejected            business refusal; final
//!                        ├→ queued              not delivered: back off, try again
//!                        └→ unknown             may or may not have been taken
//! unknown → (found) confirmed · (proved absent) queued · (cannot tell) parked
//! queued/unknown → parked (attempts spent) → (CSR) queued, or unknown when it may have been taken · linked (confirmed by hand) · abandoned
//! ```

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransferState {
    /// Committed with the document, before anything else happened.
    Captured,
    /// Waiting for its turn or for its back-off to end.
    Queued,
    /// An attempt was committed to begin; bytes may have left.
    Sending,
    /// May or may not have been taken: must be looked up before anything is sent again.
    Unknown,
    Confirmed,
    /// The back end refused it for a business reason.
    Rejected,
    /// Gave up; a person must decide.
    Parked,
    /// Confirmed by hand.
    Linked,
    /// Given up by hand.
    Abandoned,
}

/// What happened to a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferEvent {
    Enqueued,
    /// An attempt begins; committed before the first byte leaves (rule T3).
    AttemptBegan,
    /// The back end has it.
    Taken,
    Refused,
    /// The attempt certainly did not reach the back end.
    NotDelivered,
    /// The attempt may have reached the back end, or the host died in it.
    OutcomeLost,
    /// A look-up found it.
    Found,
    /// A look-up proved that it is not there.
    ProvedAbsent,
    /// It cannot be told whether it is there, or the attempts are spent.
    GaveUp,
    Resent,
    /// A person wants it sent again, and it may have been taken: it is looked up first.
    ResentInDoubt,
    LinkedByHand,
    AbandonedByHand,
}

/// A move that the state machine does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transfer that is {from:?} cannot take {event:?}")]
pub struct IllegalMove {
    pub from: TransferState,
    pub event: TransferEvent,
}

impl TransferState {
    pub const ALL: [Self; 9] = [
        Self::Captured,
        Self::Queued,
        Self::Sending,
        Self::Unknown,
        Self::Confirmed,
        Self::Rejected,
        Self::Parked,
        Self::Linked,
        Self::Abandoned,
    ];

    /// The state after an event, or a refusal.
    pub fn after(self, event: TransferEvent) -> Result<Self, IllegalMove> {
        use TransferEvent as E;
        Ok(match (self, event) {
            (Self::Captured, E::Enqueued) => Self::Queued,
            (Self::Queued, E::AttemptBegan) => Self::Sending,
            (Self::Sending, E::Taken) => Self::Confirmed,
            // Also before anything is sent: it is seen to have been overtaken.
            (Self::Queued | Self::Sending, E::Refused) => Self::Rejected,
            (Self::Sending, E::NotDelivered) => Self::Queued,
            (Self::Sending, E::OutcomeLost) => Self::Unknown,
            (Self::Unknown, E::Found) => Self::Confirmed,
            (Self::Unknown, E::ProvedAbsent) => Self::Queued,
            (Self::Queued | Self::Unknown, E::GaveUp) => Self::Parked,
            (Self::Parked, E::Resent) => Self::Queued,
            (Self::Parked, E::ResentInDoubt) => Self::Unknown,
            (Self::Parked, E::LinkedByHand) => Self::Linked,
            (Self::Parked, E::AbandonedByHand) => Self::Abandoned,
            (from, event) => return Err(IllegalMove { from, event }),
        })
    }

    /// Nothing moves it on any more, unless a person does.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Confirmed | Self::Rejected | Self::Parked | Self::Linked | Self::Abandoned)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Parked => "parked",
            Self::Linked => "linked",
            Self::Abandoned => "abandoned",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// What a transfer asks of the back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransferOperation {
    SubmitOrder,
    CancelOrder,
    SubmitQuote,
    /// Turns an offered quote into an order; the document is that order.
    AcceptQuote,
    DeclineQuote,
    WithdrawQuote,
    /// A counter-offer to an offered quote.
    CounterQuote,
    /// Gives stock back that was held for an order which came to nothing (rule C4).
    ReleaseReservation,
}

impl TransferOperation {
    pub const ALL: [Self; 8] = [
        Self::SubmitOrder,
        Self::CancelOrder,
        Self::SubmitQuote,
        Self::AcceptQuote,
        Self::DeclineQuote,
        Self::WithdrawQuote,
        Self::CounterQuote,
        Self::ReleaseReservation,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SubmitOrder => "submit-order",
            Self::CancelOrder => "cancel-order",
            Self::SubmitQuote => "submit-quote",
            Self::AcceptQuote => "accept-quote",
            Self::DeclineQuote => "decline-quote",
            Self::WithdrawQuote => "withdraw-quote",
            Self::CounterQuote => "counter-quote",
            Self::ReleaseReservation => "release-reservation",
        }
    }

    /// Whether it brings an order to the back end.
    pub fn carries_order(self) -> bool {
        matches!(self, Self::SubmitOrder | Self::AcceptQuote)
    }

    /// Whether it brings a document to the back end; the others act on one that is there.
    pub fn carries_document(self) -> bool {
        self.carries_order() || matches!(self, Self::SubmitQuote | Self::CounterQuote)
    }

    /// Done twice it does no harm, and left undone nobody needs to decide about it (a reservation ends by itself). It is given up, not
    /// parked, and lines up with nobody.
    pub fn is_best_effort(self) -> bool {
        self == Self::ReleaseReservation
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == name)
    }
}

/// What the pipeline does after a failed attempt or look-up. Decided from (code, operation, de-duplication class) in `adapter/error.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Final business refusal.
    Reject,
    /// Certainly not taken: send again after a back-off.
    SendAgain,
    /// May have been taken: look up first.
    LookUp,
    /// Exists already under the number in the failure's detail.
    AlreadyThere,
    /// No further attempt can help.
    Park,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENTS: [TransferEvent; 13] = [
        TransferEvent::Enqueued,
        TransferEvent::AttemptBegan,
        TransferEvent::Taken,
        TransferEvent::Refused,
        TransferEvent::NotDelivered,
        TransferEvent::OutcomeLost,
        TransferEvent::Found,
        TransferEvent::ProvedAbsent,
        TransferEvent::GaveUp,
        TransferEvent::Resent,
        TransferEvent::ResentInDoubt,
        TransferEvent::LinkedByHand,
        TransferEvent::AbandonedByHand,
    ];

    proptest! {
        #[test]
        fn t4_after_a_lost_outcome_nothing_is_sent_before_a_proof_of_absence_or_a_person(choices in prop::collection::vec(0usize..13, 1..60)) {
            let mut state = TransferState::Captured;
            let mut may_be_taken = false;
            for choice in choices {
                let event = EVENTS[choice];
                let Ok(next) = state.after(event) else { continue };
                match event {
                    TransferEvent::OutcomeLost => may_be_taken = true,
                    TransferEvent::ProvedAbsent | TransferEvent::Resent => may_be_taken = false,
                    TransferEvent::AttemptBegan => prop_assert!(!may_be_taken),
                    _ => {}
                }
                state = next;
            }
        }

        #[test]
        fn final_states_never_move(choice in 0usize..13) {
            for state in [TransferState::Confirmed, TransferState::Rejected, TransferState::Linked, TransferState::Abandoned] {
                prop_assert!(state.after(EVENTS[choice]).is_err());
            }
        }
    }

    #[test]
    fn t3_a_host_that_dies_while_sending_leaves_unknown_never_queued() {
        assert_eq!(TransferState::Sending.after(TransferEvent::OutcomeLost), Ok(TransferState::Unknown));
        assert!(TransferState::Sending.after(TransferEvent::Enqueued).is_err());
    }

    #[test]
    fn states_and_operations_survive_their_names() {
        assert!(TransferState::ALL.into_iter().all(|state| TransferState::parse(state.as_str()) == Some(state)));
        assert!(
            TransferOperation::ALL.into_iter().all(|operation| TransferOperation::parse(operation.as_str()) == Some(operation))
        );
    }
}
