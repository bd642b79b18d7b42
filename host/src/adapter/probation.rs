//! The watch over a generation after it has become live (`canary.watch_secs`): a trial sees reads of the catalog only, so whether checkouts, transfers
//! and pushes work shows only now. Counted is what is the adapter's own fault, whatever its back end does; [`judge`] says what it comes to.
//! Decides only; `slot` acts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Adapter;
use super::canary::{FORGIVEN_FAILURES, MOST_FAILURES};
use super::operation::Lane;
use super::record::{Runs, RunsByLane};
use crate::config::CanaryConfig;

/// Fewer faults than these in a lane decide nothing: one strange document is no reason to go back.
const ENOUGH_FAULTS: u64 = 3;

/// What a generation is held against while it is watched.
pub(super) struct Probation {
    config: CanaryConfig,
    began: Instant,
    /// When the watch ends.
    pub until: Timestamp,
    /// What it had done on trial.
    until_then: RunsByLane,
    /// What the one before it had done until then.
    old: RunsByLane,
}

/// What the watch comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    GoOn,
    /// Its time is over and nothing was wrong.
    Over,
    /// With the reason.
    GoBack(String),
}

impl Probation {
    /// From now on; nothing when the operator wants no watch.
    pub(super) fn begin(new: &Adapter, old: &Adapter, now: Timestamp) -> Option<Self> {
        let config = new.config.canary.clone();
        let watch = SignedDuration::try_from(config.watch()).ok().filter(|watch| watch.is_positive())?;
        let until = now.saturating_add(watch).unwrap_or(Timestamp::MAX);
        Some(Self { config, began: Instant::now(), until, until_then: new.record.runs(), old: old.record.runs() })
    }

    pub(super) fn finding(&self, new: &Adapter) -> Finding {
        let since = new.record.runs().since(&self.until_then);
        judge(&self.config, self.began.elapsed(), &since, &self.old)
    }
}

fn judge(config: &CanaryConfig, elapsed: Duration, new: &RunsByLane, old: &RunsByLane) -> Finding {
    let mut lanes = new.each().into_iter().zip(old.each());
    match lanes.find_map(|((lane, new), (_, old))| worse(config, lane, new, old)) {
        Some(reason) => Finding::GoBack(reason),
        None if elapsed >= config.watch() => Finding::Over,
        None => Finding::GoOn,
    }
}

/// Lane by lane: a thousand reads that work do not make up for orders that do not.
fn worse(config: &CanaryConfig, lane: Lane, new: Runs, old: Runs) -> Option<String> {
    let allowed = (old.fault_ratio() * config.max_failure_factor).clamp(FORGIVEN_FAILURES, MOST_FAILURES);
    let is_worse = new.faults >= ENOUGH_FAULTS && new.fault_ratio() > allowed;
    let (lane, Runs { calls, faults }) = (lane.as_str(), new);
    let before = format!("{} of {} before", old.faults, old.calls);
    is_worse.then(|| format!("{faults} of {calls} {lane} calls failed by the adapter's own fault since it is live ({before})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn transfers(calls: u64, faults: u64) -> RunsByLane {
        RunsByLane { transfer: Runs { calls, faults }, ..RunsByLane::default() }
    }

    fn found(elapsed: Duration, new: &RunsByLane, old: &RunsByLane) -> Finding {
        judge(&CanaryConfig::default(), elapsed, new, old)
    }

    #[test]
    fn a_few_faults_go_on_and_enough_of_them_go_back_at_once() {
        let none = RunsByLane::default();
        assert_eq!(found(SECOND, &transfers(2, 2), &none), Finding::GoOn);
        let reason = "3 of 3 transfer calls failed by the adapter's own fault since it is live (0 of 0 before)";
        assert_eq!(found(SECOND, &transfers(3, 3), &none), Finding::GoBack(reason.into()));
    }

    #[test]
    fn reads_that_work_do_not_make_up_for_orders_that_do_not() {
        let new = RunsByLane { read: Runs { calls: 100_000, faults: 0 }, ..transfers(10, 3) };
        assert!(matches!(found(SECOND, &new, &transfers(10, 0)), Finding::GoBack(_)));
    }

    #[test]
    fn as_many_faults_as_before_are_not_held_against_it() {
        assert_eq!(found(SECOND, &transfers(100, 10), &transfers(1_000, 60)), Finding::GoOn);
        assert!(matches!(found(SECOND, &transfers(100, 13), &transfers(1_000, 60)), Finding::GoBack(_)));
        assert_eq!(found(SECOND, &transfers(1_000, 20), &transfers(1_000, 0)), Finding::GoOn, "2 % are forgiven");
        assert!(matches!(found(SECOND, &transfers(10, 6), &transfers(10, 10)), Finding::GoBack(_)), "a half never is");
    }

    #[test]
    fn the_watch_ends_with_its_time_and_a_bad_end_is_still_bad() {
        let (watch, none) = (CanaryConfig::default().watch(), RunsByLane::default());
        assert_eq!(found(watch, &transfers(5, 0), &none), Finding::Over);
        assert!(matches!(found(watch, &transfers(5, 5), &none), Finding::GoBack(_)));
    }
}
