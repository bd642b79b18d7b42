//! Two breakers per generation of an adapter, for the read and the write side of its back end: calls are turned away at once while that side
//! is sick. Asked by `Adapter` before every run; the pipeline asks before it claims; the heartbeat and operators move them. Never calls the
//! adapter itself.

mod machine;
mod report;
mod signal;
mod window;

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use report::HeldReport;
pub use report::{BreakerReport, BreakersReport};

use super::classify::Classified;
use super::metrics;
use crate::clock::Clock;
use crate::config::BreakerConfig;
use crate::domain::{AdapterName, Failure, FailureCode, Side};
use machine::{Held, Machine, State, Ticket};
use signal::Signal;

/// What an operator wants of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerSetting {
    /// Every call of the side is turned away.
    Open,
    /// Every call goes, whatever fails.
    Closed,
    /// By its own rules.
    Auto,
}

impl BreakerSetting {
    fn held(self) -> Option<Held> {
        match self {
            Self::Open => Some(Held::Open),
            Self::Closed => Some(Held::Closed),
            Self::Auto => None,
        }
    }
}

/// Who moved it by hand, and why.
#[derive(Clone, Debug)]
pub struct Hand {
    pub actor: String,
    pub reason: String,
}

/// Both breakers of one generation of an adapter.
pub struct Breakers {
    adapter: AdapterName,
    read: Mutex<Breaker>,
    write: Mutex<Breaker>,
    clock: Clock,
    /// Rung when calls that were turned away may go again.
    resumed: Arc<Notify>,
}

struct Breaker {
    machine: Machine,
    since: Timestamp,
    held: Option<HeldReport>,
    last_failure: Option<(FailureCode, Timestamp)>,
}

/// Permission for one call. Given back unused when dropped: the caller went away, which says nothing about the back end.
pub(super) struct Pass {
    breakers: Arc<Breakers>,
    side: Side,
    ticket: Option<Ticket>,
}

impl Pass {
    /// For a call that does not reach the back end: nothing is asked and nothing is told.
    pub(super) fn free(breakers: &Arc<Breakers>, side: Side) -> Self {
        Self { breakers: Arc::clone(breakers), side, ticket: None }
    }

    /// Tells what came of the call.
    pub(super) fn record<T>(mut self, outcome: &Result<T, Classified>) {
        if let Some(ticket) = self.ticket.take() {
            let code = outcome.as_ref().err().map(|failed| failed.failure.code);
            self.breakers.record(self.side, ticket, Signal::of(outcome), code);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.breakers.record(self.side, ticket, Signal::Neutral, None);
        }
    }
}

/// Leave for one health probe of an open side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    pub side: Side,
    ticket: Ticket,
}

impl Breakers {
    /// Both closed. `resumed` is rung when calls that were turned away may go again.
    pub(super) fn new(adapter: AdapterName, config: &BreakerConfig, clock: Clock, resumed: Arc<Notify>) -> Self {
        let since = clock.now();
        let breaker = || Mutex::new(Breaker { machine: Machine::new(config.clone()), since, held: None, last_failure: None });
        let (read, write) = (breaker(), breaker());
        Self { adapter, read, write, clock, resumed }
    }

    /// Lets a call go, or turns it away at once.
    pub(super) fn admit(self: &Arc<Self>, side: Side) -> Result<Pass, Failure> {
        let now = self.clock.now();
        let admitted = self.change(side, now, |breaker| breaker.machine.admit(now));
        let pass = |ticket| Pass { breakers: Arc::clone(self), side, ticket: Some(ticket) };
        admitted.map(pass).map_err(|wait| {
            metrics::breaker_refused(&self.adapter, side.as_str());
            let message = format!("the {} side of the back end is not asked while its breaker is open", side.as_str());
            Failure::new(FailureCode::Unavailable, message).with_retry_after(wait)
        })
    }

    /// Whether a call of this side would be turned away now.
    pub(super) fn turns_away(&self, side: Side) -> bool {
        self.of(side).lock().machine.wait(self.clock.now()).is_some()
    }

    /// Moves it by hand.
    pub fn hold(&self, side: Side, setting: BreakerSetting, hand: Hand) {
        let now = self.clock.now();
        let Hand { actor, reason } = hand;
        self.change(side, now, |breaker| {
            breaker.held = (setting != BreakerSetting::Auto).then_some(HeldReport { state: setting, actor, reason, at: now });
            breaker.machine.hold(setting.held());
        });
    }

    /// What a person holds stays held when another generation serves; all else, each generation finds out by itself.
    pub(super) fn take_over(&self, other: &Self) {
        if std::ptr::eq(self, other) {
            return;
        }
        let now = self.clock.now();
        for side in [Side::Read, Side::Write] {
            let held = other.of(side).lock().held.clone();
            self.change(side, now, |breaker| {
                breaker.machine.hold(held.as_ref().and_then(|held| held.state.held()));
                breaker.held = held;
            });
        }
    }

    /// Shows the states of the generation that serves, see `ordergate_breaker_state`.
    pub fn publish(&self) {
        for side in [Side::Read, Side::Write] {
            metrics::breaker_state(&self.adapter, side.as_str(), gauge(self.of(side).lock().machine.state()));
        }
    }

    pub fn report(&self) -> BreakersReport {
        let now = self.clock.now();
        BreakersReport { read: self.read.lock().report(now), write: self.write.lock().report(now) }
    }

    /// The open sides whose back end is to be probed now.
    pub(super) fn beats(&self) -> Vec<Beat> {
        let now = self.clock.now();
        let beat = |side| self.of(side).lock().machine.beat_due(now).map(|ticket| Beat { side, ticket });
        [Side::Read, Side::Write].into_iter().filter_map(beat).collect()
    }

    /// What the health probe of an open side said.
    pub(super) fn beaten(&self, beat: Beat, outcome: &Result<(), Classified>) {
        let now = self.clock.now();
        self.change(beat.side, now, |breaker| breaker.machine.beat(beat.ticket, Signal::of(outcome), now));
    }

    fn record(&self, side: Side, ticket: Ticket, signal: Signal, code: Option<FailureCode>) {
        let now = self.clock.now();
        self.change(side, now, |breaker| {
            if let (Some(code), Signal::Sick | Signal::Trapped) = (code, signal) {
                breaker.last_failure = Some((code, now));
            }
            breaker.machine.record(ticket, signal, now, dice());
        });
    }

    /// Does something to a breaker, and tells everyone when that changed its state.
    fn change<T>(&self, side: Side, now: Timestamp, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breaker = self.of(side).lock();
        let from = breaker.machine.state();
        let result = act(&mut breaker);
        if breaker.machine.state() != from {
            breaker.since = now;
            self.tell(side, from, &breaker);
        }
        result
    }

    /// One line per change of state.
    fn tell(&self, side: Side, from: State, breaker: &Breaker) {
        let (adapter, to, why) = (&self.adapter, breaker.machine.state(), breaker.machine.why().as_str());
        metrics::breaker_moved(adapter, side.as_str(), word(to));
        let (side, from) = (side.as_str(), word(from));
        if to == State::Open {
            let code = breaker.last_failure.map(|(code, _)| code.as_str());
            tracing::warn!(%adapter, side, from, to = word(to), why, code, "breaker opened: calls are turned away");
        } else {
            tracing::info!(%adapter, side, from, to = word(to), why, "breaker lets calls go");
            self.resumed.notify_one();
        }
    }

    fn of(&self, side: Side) -> &Mutex<Breaker> {
        match side {
            Side::Read => &self.read,
            Side::Write => &self.write,
        }
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::HalfOpen => "half-open",
        State::Open => "open",
    }
}

fn gauge(state: State) -> f64 {
    match state {
        State::Closed => 0.0,
        State::HalfOpen => 1.0,
        State::Open => 2.0,
    }
}

/// Spreads the trials of several hosts; nothing secret depends on it.
fn dice() -> u64 {
    uuid::Uuid::now_v7().as_u64_pair().1
}
