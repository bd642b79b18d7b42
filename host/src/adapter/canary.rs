//! The trial of a new generation: both generations' reads are counted while it lasts, and [`judge`] says what they come to. Decides only;
//! `slot` acts.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Adapter;
use crate::config::CanaryConfig;

/// A share of failed reads that is always forgiven, so that one hiccup of the back end does not decide.
const FORGIVEN_FAILURES: f64 = 0.02;
/// A difference of the medians that is always forgiven, so that noise does not decide.
const FORGIVEN_LATENCY: Duration = Duration::from_millis(10);
/// Fewer reads than these have no median.
const ENOUGH_FOR_A_MEDIAN: usize = 10;
/// Fewer reads than these do not end a trial early.
const ENOUGH_TO_END_EARLY: u64 = 10;
/// Latencies kept per side; the first ones of a trial are as good as any.
const MAX_SAMPLES: usize = 4_096;

/// A generation on trial.
pub(super) struct Trial {
    pub canary: Arc<Adapter>,
    pub config: CanaryConfig,
    began: Instant,
    new: Tally,
    old: Tally,
}

/// Whose read it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arm {
    New,
    Old,
}

/// What a trial comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    Promote(String),
    /// With the reason.
    BackOut(String),
}

impl Trial {
    pub(super) fn new(canary: Arc<Adapter>) -> Self {
        let config = canary.config.canary.clone();
        Self { canary, config, began: Instant::now(), new: Tally::default(), old: Tally::default() }
    }

    /// Whether the new generation takes the read with that number. Spreads evenly, and not in step with anything periodic.
    pub(super) fn takes(&self, number: u32) -> bool {
        const GOLDEN: u32 = 0x9E37_79B9;
        u64::from(number.wrapping_mul(GOLDEN)) * 100 < u64::from(self.config.share_percent) << 32
    }

    pub(super) fn count(&self, arm: Arm, failed: bool, took: Duration) {
        let tally = match arm {
            Arm::New => &self.new,
            Arm::Old => &self.old,
        };
        tally.0.lock().count(failed, took);
    }

    pub(super) fn verdict(&self) -> Verdict {
        let traps = self.canary.record.traps();
        judge(&self.config, self.began.elapsed(), traps, &self.new.0.lock().clone(), &self.old.0.lock().clone())
    }
}

#[derive(Debug, Default)]
struct Tally(Mutex<Counts>);

#[derive(Clone, Debug, Default)]
struct Counts {
    calls: u64,
    failures: u64,
    took: Vec<Duration>,
}

impl Counts {
    fn count(&mut self, failed: bool, took: Duration) {
        self.calls += 1;
        self.failures += u64::from(failed);
        if self.took.len() < MAX_SAMPLES {
            self.took.push(took);
        }
    }

    /// Of all reads, between 0 and 1.
    fn failure_ratio(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.failures as f64 / self.calls as f64 }
    }

    fn median(&self) -> Option<Duration> {
        let mut took = self.took.clone();
        let middle = took.len() / 2;
        (took.len() >= ENOUGH_FOR_A_MEDIAN).then(|| *took.select_nth_unstable(middle).1)
    }
}

/// A trap decides at once; worse figures decide when there are enough of them; the end of the trial decides the rest.
fn judge(config: &CanaryConfig, elapsed: Duration, traps: u64, new: &Counts, old: &Counts) -> Verdict {
    if traps > 0 {
        return Verdict::BackOut(format!("it broke down or ran into a limit in {traps} of its calls"));
    }
    let over = elapsed >= config.trial() || new.calls >= config.trial_calls;
    if !over && new.calls < ENOUGH_TO_END_EARLY {
        return Verdict::GoOn;
    }
    if let Some(reason) = more_failures(config, new, old).or_else(|| slower(config, new, old)) {
        return Verdict::BackOut(reason);
    }
    if !over {
        return Verdict::GoOn;
    }
    Verdict::Promote(format!("{} reads, {} failed (the old one: {}, {})", new.calls, new.failures, old.calls, old.failures))
}

fn more_failures(config: &CanaryConfig, new: &Counts, old: &Counts) -> Option<String> {
    let allowed = (old.failure_ratio() * config.max_failure_factor).max(FORGIVEN_FAILURES);
    let text = || format!("{} of its {} reads failed, {} of {} of the old one's", new.failures, new.calls, old.failures, old.calls);
    (new.failure_ratio() > allowed).then(text)
}

fn slower(config: &CanaryConfig, new: &Counts, old: &Counts) -> Option<String> {
    let (new, old) = (new.median()?, old.median()?);
    let allowed = old.mul_f64(config.max_latency_factor).max(old + FORGIVEN_LATENCY);
    (new > allowed).then(|| format!("its median read takes {new:.1?}, the old one's {old:.1?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const TRIAL: Duration = Duration::from_secs(30);

    fn counts(calls: u64, failures: u64, each: Duration) -> Counts {
        let mut counts = Counts::default();
        (0..calls).for_each(|number| counts.count(number < failures, each));
        counts
    }

    fn verdict(elapsed: Duration, traps: u64, new: &Counts, old: &Counts) -> Verdict {
        judge(&CanaryConfig::default(), elapsed, traps, new, old)
    }

    fn is_backed_out(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::BackOut(_))
    }

    #[test]
    fn a_trap_ends_the_trial_at_once() {
        assert!(is_backed_out(&verdict(MS, 1, &counts(1, 1, MS), &counts(9, 0, MS))));
    }

    #[test]
    fn as_good_as_the_old_one_is_promoted_after_its_reads_or_its_time() {
        let (few, enough) = (counts(5, 0, MS), counts(50, 0, MS));
        assert_eq!(verdict(MS, 0, &few, &enough), Verdict::GoOn);
        assert!(matches!(verdict(MS, 0, &enough, &counts(450, 0, MS)), Verdict::Promote(_)));
        assert!(matches!(verdict(TRIAL, 0, &few, &enough), Verdict::Promote(_)));
        assert!(matches!(verdict(TRIAL, 0, &counts(0, 0, MS), &counts(0, 0, MS)), Verdict::Promote(_)));
    }

    #[test]
    fn more_failures_than_the_old_one_back_it_out_early_and_at_the_end() {
        assert!(is_backed_out(&verdict(MS, 0, &counts(10, 3, MS), &counts(90, 0, MS))));
        assert!(is_backed_out(&verdict(TRIAL, 0, &counts(2, 1, MS), &counts(20, 1, MS))));
    }

    #[test]
    fn a_back_end_that_fails_both_alike_is_not_held_against_the_new_one() {
        assert!(matches!(verdict(TRIAL, 0, &counts(20, 10, MS), &counts(180, 90, MS)), Verdict::Promote(_)));
        assert!(matches!(verdict(TRIAL, 0, &counts(50, 1, MS), &counts(450, 0, MS)), Verdict::Promote(_)));
    }

    #[test]
    fn a_slower_median_backs_it_out_but_noise_does_not() {
        assert!(is_backed_out(&verdict(MS, 0, &counts(10, 0, 100 * MS), &counts(90, 0, 40 * MS))));
        assert!(matches!(verdict(TRIAL, 0, &counts(20, 0, 8 * MS), &counts(180, 0, MS)), Verdict::Promote(_)));
    }
}
