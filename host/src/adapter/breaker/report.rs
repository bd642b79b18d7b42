//! What operators see of a breaker.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Breaker, BreakerSetting, State, word};
use crate::domain::FailureCode;

/// Both sides of one adapter's back end.
#[derive(Clone, Debug, Serialize)]
pub struct BreakersReport {
    pub read: BreakerReport,
    pub write: BreakerReport,
}

/// One breaker.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerReport {
    /// `closed`, `half-open` or `open`.
    pub state: &'static str,
    /// Why it is in this state.
    pub why: &'static str,
    pub since: Timestamp,
    /// When calls that are turned away now may come again.
    pub retry_at: Option<Timestamp>,
    pub failures_in_a_row: u32,
    pub traps_in_a_row: u32,
    /// The last failure that counted.
    pub last_failure: Option<FailureCode>,
    pub last_failure_at: Option<Timestamp>,
    /// Who holds it open or closed; a restart of the host gives it back to its own rules.
    pub held: Option<HeldReport>,
}

/// A person's word.
#[derive(Clone, Debug, Serialize)]
pub struct HeldReport {
    pub state: BreakerSetting,
    pub actor: String,
    pub reason: String,
    pub at: Timestamp,
}

impl Breaker {
    pub(super) fn report(&self, now: Timestamp) -> BreakerReport {
        let wait = match (&self.held, self.machine.state()) {
            (None, State::Open) => self.machine.wait(now).and_then(|wait| SignedDuration::try_from(wait).ok()),
            _ => None,
        };
        let (failures_in_a_row, traps_in_a_row) = self.machine.rows();
        BreakerReport {
            state: word(self.machine.state()),
            why: self.machine.why().as_str(),
            since: self.since,
            retry_at: wait.and_then(|wait| now.checked_add(wait).ok()),
            failures_in_a_row,
            traps_in_a_row,
            last_failure: self.last_failure.map(|(code, _)| code),
            last_failure_at: self.last_failure.map(|(_, at)| at),
            held: self.held.clone(),
        }
    }
}
