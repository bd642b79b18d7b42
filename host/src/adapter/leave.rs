//! Leave for one call: a place in its lane, and then the breaker's permission. Taken just before the call by `Adapter`, or earlier by the
//! pipeline, which begins no attempt that would be turned away.

use std::time::Duration;

use tokio::time::Instant;

use super::breaker::Pass;
use super::bulkhead::Slot;
use super::exchanges::Exchanges;
use super::operation::Lane;
use super::tape::Tape;
use super::{Adapter, metrics};
use crate::domain::{Failure, Side};
use crate::egress::LeavesBy;

/// Both are given back when it is dropped.
pub struct Leave {
    pub(super) pass: Pass,
    pub(super) lane: Lane,
    /// When the host gives up on the call.
    pub(super) ends: Instant,
    /// No request of it leaves later; counted from here, whatever happens before the call begins.
    pub(super) leaves_by: LeavesBy,
    /// What the call will say to its back end, when somebody wants to keep it.
    pub(super) exchanges: Option<Exchanges>,
    /// What answers in the place of the back end.
    pub(super) tape: Option<Tape>,
    _slot: Slot,
}

impl Adapter {
    /// Leave for one call, which then ends within `deadline` from now. Browsing cannot take an order's place. Fails as `throttled` when no
    /// place is free in time, and at once as `unavailable` while the breaker of that side is open; both say when to come back.
    pub async fn enter(&self, lane: Lane, side: Side, deadline: Duration) -> Result<Leave, Failure> {
        let began = Instant::now();
        let ends = began + deadline.min(self.given.limits.wall());
        let leaves_by = LeavesBy::at(ends);
        let slot = self.bulkhead.enter(lane, ends).await;
        metrics::queued(self.name(), lane.as_str(), began.elapsed());
        let slot = slot.map_err(|shed| {
            metrics::limit_hit(self.name(), shed.limit);
            shed.failure
        })?;
        let pass = if lane == Lane::Inbound { Pass::free(&self.breakers, side) } else { self.breakers.admit(side)? };
        Ok(Leave { pass, lane, ends, leaves_by, exchanges: None, tape: None, _slot: slot })
    }
}

impl Leave {
    /// What the call with it will have said to its back end.
    pub fn exchanges(&mut self) -> Exchanges {
        self.exchanges.get_or_insert_default().clone()
    }

    /// Nothing that the call with it asks leaves the host: what was kept of an earlier call answers.
    pub fn replaying(self, tape: Tape) -> Self {
        Self { tape: Some(tape), ..self }
    }
}
