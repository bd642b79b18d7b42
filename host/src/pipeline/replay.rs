//! One attempt or look-up of a transfer, played again with another version of its adapter, before a person sends it again (rule T11). The adapter maps
//! what would be sent now; what was kept of the earlier attempt answers. Nothing leaves the host and nothing is written.

use std::sync::Arc;

use super::adapters::LiveAdapter;
use super::backend::Backend;
use super::decide::Case;
use crate::adapter::{Adapter, Tape};
use crate::clock::Clock;
use crate::config::TransferConfig;
use crate::domain::TransferEvent::AttemptBegan;
use crate::domain::{BackendNumber, Exchange, Failure, Side, TransferState};
use crate::store::{Attempt, AttemptKind, Claimed, Document, Fence, Outcome, Taken, Transfer};

/// What a transfer would have come to.
#[derive(Debug)]
pub struct Replayed {
    pub state: TransferState,
    /// The back end's number, when it was taken or found.
    pub number: Option<BackendNumber>,
    pub failure: Option<Failure>,
    /// What the adapter asked, and what it was answered.
    pub exchanges: Vec<Exchange>,
}

/// Plays an attempt again. Fails when the adapter takes no call at all.
pub async fn replay(
    adapter: Arc<Adapter>,
    transfer: Transfer,
    document: Option<Document>,
    attempt: &Attempt,
    config: &TransferConfig,
) -> Result<Replayed, Failure> {
    // As it was then: a reservation that has ended since was still held.
    let now = attempt.started_at;
    let backend = LiveAdapter::at(adapter, Clock::manual(now));
    let (looks_up, side) = match attempt.kind {
        AttemptKind::Send => (false, Side::Write),
        AttemptKind::LookUp => (true, Side::Read),
    };
    let before = if looks_up { TransferState::Unknown } else { TransferState::Queued };
    let claimed = Claimed { transfer: Transfer { state: before, ..transfer }, document, fence: Fence(0), claimed_at: now };
    let mut leave = backend.enter(side, config.deadline()).await?;
    let exchanges = leave.exchanges();
    let leave = leave.replaying(Tape::new(attempt.exchanges.clone()));
    let traits = backend.traits();
    let case = Case { transfer: &claimed.transfer, traits: Some(&traits), config, started_at: now, ended_at: now, dice: 0 };
    let outcome = if looks_up {
        case.after_look_up(backend.look_up(leave, &claimed, config.deadline()).await)
    } else {
        case.after_attempt(backend.attempt(leave, &claimed, config.deadline()).await)
    };
    Ok(Replayed {
        state: state_after(before, &outcome),
        number: outcome.taken.as_ref().and_then(Taken::number).cloned(),
        failure: outcome.failure,
        exchanges: exchanges.taken(),
    })
}

/// The state machine is asked as if it had happened; it knows every move that a case makes.
fn state_after(before: TransferState, outcome: &Outcome) -> TransferState {
    let began = (before == TransferState::Queued).then_some(AttemptBegan);
    let events = began.iter().chain(&outcome.events);
    events.fold(before, |state, event| state.after(*event).unwrap_or(state))
}
