//! The breaker of one side as a pure state machine: closed, open until an instant, half-open with few trial calls. Knows neither tasks nor
//! locks; time and dice are given to it. Used by `breaker` only.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::signal::Signal;
use super::window::Window;
use crate::config::BreakerConfig;

/// What a turned-away caller is told to wait at least, so that nobody spins at the instant of a trial.
pub(super) const LEAST_WAIT: Duration = Duration::from_millis(500);

/// What the breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Closed,
    HalfOpen,
    Open,
}

/// Why it is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Start,
    FailuresInARow,
    FailureShare,
    TrapsInARow,
    TrapShare,
    TrialFailed,
    TimeOver,
    Heartbeat,
    TrialsPassed,
    ByHand,
}

impl Why {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::FailuresInARow => "failures in a row",
            Self::FailureShare => "share of failures",
            Self::TrapsInARow => "traps of the adapter in a row",
            Self::TrapShare => "share of the adapter's traps",
            Self::TrialFailed => "a trial call failed",
            Self::TimeOver => "time for a trial",
            Self::Heartbeat => "the back end answers its health probe",
            Self::TrialsPassed => "the trial calls succeeded",
            Self::ByHand => "by hand",
        }
    }
}

/// A person's word, which no failure changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Open,
    Closed,
}

/// Permission for one call, of the state that gave it: what comes after a change of state says nothing about the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

#[derive(Clone, Debug)]
enum Phase {
    Closed { sick_row: u32, trap_row: u32, window: Window },
    Open { until: Timestamp, beat_at: Timestamp },
    HalfOpen { under_way: u32, passed: u32 },
}

#[derive(Clone, Debug)]
pub(super) struct Machine {
    config: BreakerConfig,
    phase: Phase,
    held: Option<Held>,
    why: Why,
    /// Rises with every change of state.
    epoch: u64,
    /// Openings since it was last closed.
    trips: u32,
}

impl Machine {
    pub(super) fn new(config: BreakerConfig) -> Self {
        let phase = closed(&config);
        Self { config, phase, held: None, why: Why::Start, epoch: 0, trips: 0 }
    }

    pub(super) fn state(&self) -> State {
        match (self.held, &self.phase) {
            (Some(Held::Closed), _) | (None, Phase::Closed { .. }) => State::Closed,
            (Some(Held::Open), _) | (None, Phase::Open { .. }) => State::Open,
            (None, Phase::HalfOpen { .. }) => State::HalfOpen,
        }
    }

    pub(super) fn why(&self) -> Why {
        self.why
    }

    /// Failures and traps in a row, while closed.
    pub(super) fn rows(&self) -> (u32, u32) {
        match self.phase {
            Phase::Closed { sick_row, trap_row, .. } => (sick_row, trap_row),
            _ => (0, 0),
        }
    }

    /// How long a call would have to wait; nothing when it may go.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        match (self.held, &self.phase) {
            (Some(Held::Open), _) => Some(self.config.open_max()),
            (Some(Held::Closed), _) | (None, Phase::Closed { .. }) => None,
            (None, Phase::Open { until, .. }) => {
                left(*until, now, longest(self.config.open_max())).map(|left| left.max(LEAST_WAIT))
            }
            (None, Phase::HalfOpen { under_way, passed }) => {
                (under_way.saturating_add(*passed) >= self.config.half_open_calls).then_some(LEAST_WAIT)
            }
        }
    }

    /// Lets a call go, or says how long to wait. Every ticket must come back to [`Machine::record`].
    pub(super) fn admit(&mut self, now: Timestamp) -> Result<Ticket, Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        if self.held.is_none() {
            if matches!(self.phase, Phase::Open { .. }) {
                self.half_open(Why::TimeOver);
            }
            if let Phase::HalfOpen { under_way, .. } = &mut self.phase {
                *under_way += 1;
            }
        }
        Ok(Ticket(self.epoch))
    }

    /// What came of a call. Ignored when the state has changed since it was admitted.
    pub(super) fn record(&mut self, ticket: Ticket, signal: Signal, now: Timestamp, dice: u64) {
        if ticket.0 != self.epoch || self.held.is_some() {
            return;
        }
        match &mut self.phase {
            Phase::Closed { sick_row, trap_row, window } => {
                count_rows(signal, sick_row, trap_row);
                window.count(now, signal);
                // An answer opens nothing, even when it makes the calls enough for the share of failures to count.
                let failed = matches!(signal, Signal::Sick | Signal::Trapped);
                if failed && let Some(why) = self.reason_to_open(now) {
                    self.trip(why, now, dice);
                }
            }
            Phase::HalfOpen { under_way, passed } => {
                *under_way = under_way.saturating_sub(1);
                *passed += u32::from(signal == Signal::Fine);
                let all_passed = *passed >= self.config.half_open_calls;
                if matches!(signal, Signal::Sick | Signal::Trapped) {
                    self.trip(Why::TrialFailed, now, dice);
                } else if all_passed {
                    self.close(Why::TrialsPassed);
                }
            }
            Phase::Open { .. } => {}
        }
    }

    /// Leave for one health probe of the back end, when it is open and the probe is due.
    pub(super) fn beat_due(&self, now: Timestamp) -> Option<Ticket> {
        let Phase::Open { beat_at, .. } = &self.phase else { return None };
        let is_due = self.held.is_none() && left(*beat_at, now, self.config.heartbeat()).is_none();
        is_due.then_some(Ticket(self.epoch))
    }

    /// What the health probe said: when the back end answers it, real calls are tried early. Otherwise the next probe follows, and real
    /// calls are tried at their time all the same: a probe that is broken itself must not keep a sound back end away.
    pub(super) fn beat(&mut self, ticket: Ticket, signal: Signal, now: Timestamp) {
        if ticket.0 != self.epoch || self.held.is_some() {
            return;
        }
        let next = after(now, self.config.heartbeat());
        if let Phase::Open { beat_at, .. } = &mut self.phase {
            *beat_at = next;
            if signal == Signal::Fine {
                self.half_open(Why::Heartbeat);
            }
        }
    }

    /// Holds it open or closed, or gives it back to its own rules: what was held open begins with trials, all else is closed.
    pub(super) fn hold(&mut self, held: Option<Held>) {
        let was = std::mem::replace(&mut self.held, held);
        match (was, held) {
            (None, None) => {}
            (Some(Held::Open), None) => self.half_open(Why::ByHand),
            _ => self.close(Why::ByHand),
        }
    }

    fn reason_to_open(&self, now: Timestamp) -> Option<Why> {
        let Phase::Closed { sick_row, trap_row, window } = &self.phase else { return None };
        let tally = window.tally(now);
        let share = |failed: u32| {
            let of_hundred = u64::from(failed) * 100;
            failed > 0
                && tally.calls >= self.config.min_calls
                && of_hundred >= u64::from(tally.calls) * u64::from(self.config.failure_percent)
        };
        [
            (*sick_row >= self.config.consecutive_failures, Why::FailuresInARow),
            (*trap_row >= self.config.consecutive_failures, Why::TrapsInARow),
            (share(tally.sick), Why::FailureShare),
            (share(tally.trapped), Why::TrapShare),
        ]
        .into_iter()
        .find_map(|(holds, why)| holds.then_some(why))
    }

    fn trip(&mut self, why: Why, now: Timestamp, dice: u64) {
        self.trips = self.trips.saturating_add(1);
        let until = after(now, jittered(self.open_time(), dice));
        self.enter(Phase::Open { until, beat_at: after(now, self.config.heartbeat()) }, why);
    }

    fn half_open(&mut self, why: Why) {
        self.enter(Phase::HalfOpen { under_way: 0, passed: 0 }, why);
    }

    fn close(&mut self, why: Why) {
        self.trips = 0;
        self.enter(closed(&self.config), why);
    }

    fn enter(&mut self, phase: Phase, why: Why) {
        (self.phase, self.why) = (phase, why);
        self.epoch += 1;
    }

    /// Doubled with every opening in a row.
    fn open_time(&self) -> Duration {
        let doublings = self.trips.saturating_sub(1).min(20);
        self.config.open().saturating_mul(1 << doublings).min(self.config.open_max())
    }
}

fn closed(config: &BreakerConfig) -> Phase {
    Phase::Closed { sick_row: 0, trap_row: 0, window: Window::new(config.window()) }
}

/// A guest that ran to its end is no trap; a trap says nothing about the back end.
fn count_rows(signal: Signal, sick_row: &mut u32, trap_row: &mut u32) {
    match signal {
        Signal::Fine => (*sick_row, *trap_row) = (0, 0),
        Signal::Neutral => {}
        Signal::Sick => (*sick_row, *trap_row) = (*sick_row + 1, 0),
        Signal::Trapped => *trap_row += 1,
    }
}

/// Time until an instant that was at most so far ahead when it was set; nothing when it has come. When it is further ahead now, the clock
/// was set back, which must not keep a breaker open: then it has come as well.
fn left(instant: Timestamp, now: Timestamp, most: Duration) -> Option<Duration> {
    let left = Duration::try_from(instant.duration_since(now)).unwrap_or_default();
    (!left.is_zero() && left <= most).then_some(left)
}

/// 80 to 120 %, so that several hosts do not try again in step.
fn jittered(wait: Duration, dice: u64) -> Duration {
    let percent = 80 + u32::try_from(dice % 41).unwrap_or_default();
    wait.saturating_mul(percent) / 100
}

/// What [`jittered`] makes of it at most.
fn longest(wait: Duration) -> Duration {
    wait.saturating_mul(120) / 100
}

fn after(instant: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
