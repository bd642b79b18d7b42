//! One call in flight: what it may spend, whose it is, and what is known of it after its instance is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::exchanges::Exchanges;
use super::given::Given;
use super::journal::Journal;
use super::leave::Leave;
use super::limits::Refusal;
use super::meter::Meter;
use super::operation::Lane;
use super::shadow::WithheldRequest;
use super::stage::Stage;
use super::tape::Tape;
use crate::config::LimitsConfig;
use crate::egress::{Budget, Held, LeavesBy, Trace, Traffic};

/// Shared by the runtime, which outlives the instance, and the instance, which a trap or timeout ends.
pub(super) struct LiveCall {
    pub ends: Instant,
    pub budget: Budget,
    /// Memory that it holds.
    pub held: Arc<Held>,
    pub meter: Meter,
    pub trace: Trace,
    pub journal: Arc<Journal>,
    /// Keeps the first request instead of sending any, when the call is a rehearsal.
    pub withheld: Option<Mutex<Option<WithheldRequest>>>,
    /// Keeps what is said to the back end.
    pub exchanges: Option<Exchanges>,
    /// Answers in the place of the back end, when the call plays an earlier one again.
    pub tape: Option<Tape>,
    /// What it is given in place of the host's own, on the bench.
    pub stage: Option<Stage>,
    observed: Mutex<Observed>,
    limits_hit: Mutex<BTreeSet<&'static str>>,
}

/// What an instance left behind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Observed {
    /// Linear memory and tables at their largest.
    pub memory_bytes: usize,
    pub refused: Option<Refusal>,
}

impl LiveCall {
    pub(super) fn new(given: &Given, lane: Lane, trace: Trace, ends: Instant) -> Arc<Self> {
        Arc::new(Self::by(given, lane, trace, ends, LeavesBy::at(ends)))
    }

    /// The call that there is leave for.
    pub(super) fn with(given: &Given, trace: Trace, leave: &Leave) -> Arc<Self> {
        let (exchanges, tape) = (leave.exchanges.clone(), leave.tape.clone());
        Arc::new(Self { exchanges, tape, ..Self::by(given, leave.lane, trace, leave.ends, leave.leaves_by) })
    }

    /// A call on the bench.
    pub(super) fn staged(given: &Given, lane: Lane, trace: Trace, ends: Instant, stage: Stage) -> Arc<Self> {
        Arc::new(Self { stage: Some(stage), ..Self::by(given, lane, trace, ends, LeavesBy::at(ends)) })
    }

    /// With a time after which no request leaves, counted from before.
    fn by(given: &Given, lane: Lane, trace: Trace, ends: Instant, leaves_by: LeavesBy) -> Self {
        let limits = if lane == Lane::Inbound { &offline(&given.limits) } else { &given.limits };
        let call = Self::with_limits(given, limits, lane, trace, ends);
        let budget = call.budget.leaving_by(leaves_by);
        Self { budget, ..call }
    }

    /// A call that sends nothing: its first request is kept (`withheld`), and every request fails.
    pub(super) fn rehearsal(given: &Given, lane: Lane, trace: Trace, ends: Instant) -> Arc<Self> {
        Arc::new(Self { withheld: Some(Mutex::default()), ..Self::with_limits(given, &given.limits, lane, trace, ends) })
    }

    /// A call that may not send anything: preparation and description (interfaces `lifecycle` and `descriptor`).
    pub(super) fn offline(given: &Given, ends: Instant) -> Arc<Self> {
        Arc::new(Self::with_limits(
            given,
            &offline(&given.limits),
            Lane::Read,
            Trace { request_id: "load".into(), trace_parent: None },
            ends,
        ))
    }

    fn with_limits(given: &Given, limits: &LimitsConfig, lane: Lane, trace: Trace, ends: Instant) -> Self {
        let journal = Arc::new(Journal::new(given.name.clone(), trace.request_id.clone(), limits, Arc::clone(&given.log)));
        let held = Arc::new(given.holdings.share(traffic(lane)));
        let budget = Budget::new(limits, replies_by(ends), traffic(lane)).holding(Arc::clone(&held));
        let meter = Meter::new(limits.cpu());
        let (observed, limits_hit) = (Mutex::default(), Mutex::default());
        Self {
            ends,
            budget,
            held,
            meter,
            trace,
            journal,
            withheld: None,
            exchanges: None,
            tape: None,
            stage: None,
            observed,
            limits_hit,
        }
    }

    /// Notes that a limit was in the way of the call, by its option.
    pub(super) fn ran_into(&self, limit: &'static str) {
        self.limits_hit.lock().insert(limit);
    }

    /// Every limit that was in the way of the call, once.
    pub(super) fn limits_hit(&self) -> BTreeSet<&'static str> {
        let mut hit = self.limits_hit.lock().clone();
        hit.extend(self.journal.limits_hit());
        hit
    }

    pub(super) fn observe(&self, observed: Observed) {
        *self.observed.lock() = observed;
    }

    pub(super) fn observed(&self) -> Observed {
        *self.observed.lock()
    }
}

/// No request.
fn offline(limits: &LimitsConfig) -> LimitsConfig {
    LimitsConfig { egress_requests: 0, ..limits.clone() }
}

fn traffic(lane: Lane) -> Traffic {
    match lane {
        Lane::Read | Lane::Inbound => Traffic::Read,
        Lane::Checkout => Traffic::Checkout,
        Lane::Transfer => Traffic::Transfer,
    }
}

/// Replies must be there a little before the call ends, so that the adapter can still say what it knows.
fn replies_by(ends: Instant) -> Instant {
    let left = ends.saturating_duration_since(Instant::now());
    ends.checked_sub((left / 20).min(Duration::from_millis(100))).unwrap_or(ends)
}
