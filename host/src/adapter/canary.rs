//! The trial of a new generation: both generations' reads are counted while it lasts, and [`judge`] says what they come to. Decides only;
//! `slot` acts.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Adapter;
use crate::config::CanaryConfig;

/// A share of failed reads that is always forgiven, so that one hiccup of the back end does not decide.
pub(super) const FORGIVEN_FAILURES: f64 = 0.02;
/// A difference of the medians that is always forgiven, so that noise does not decide.
const FORGIVEN_LATENCY: Duration = Duration::from_millis(10);
/// Not timed: the first reads of a generation open its connections and touch its code for the first time.
const WARM_UP: u64 = 5;
/// Fewer timed reads than these have no median.
const ENOUGH_FOR_A_MEDIAN: usize = 20;
/// Fewer reads than these do not end a trial early.
const ENOUGH_TO_END_EARLY: u64 = 10;
/// A new generation that fails more than this is not promoted, however many the old one fails: counted is only what the old one answered, so
/// one that is as flaky as the old one stays below it.
pub(super) const MOST_FAILURES: f64 = 0.5;
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

/// What a read says of the new generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Answered,
    /// The old one did better.
    Failed,
    /// It took its half of the time, and the old one did not answer in the rest.
    Late,
    /// Neither answers.
    Nothing,
}

impl Told {
    /// As in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::Failed | Self::Late => "failed",
            Self::Nothing => "unanswered",
        }
    }
}

/// What a trial comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    /// Its time is over and nothing is known yet: it goes on, for that reason.
    Extend(String),
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

    pub(super) fn count_new(&self, told: Told, took: Duration) {
        self.new.0.lock().count(told, took);
    }

    pub(super) fn count_old(&self, in_trouble: bool, took: Duration) {
        self.old.0.lock().count(if in_trouble { Told::Failed } else { Told::Answered }, took);
    }

    pub(super) fn verdict(&self) -> Verdict {
        let traps = self.canary.record.traps();
        let (new, old) = (self.new.0.lock().clone(), self.old.0.lock().clone());
        judge(&self.config, self.began.elapsed(), traps, new, &old)
    }
}

#[derive(Debug, Default)]
struct Tally(Mutex<Counts>);

#[derive(Clone, Debug, Default)]
struct Counts {
    /// Reads that tell something.
    calls: u64,
    failures: u64,
    late: u64,
    unanswered: u64,
    took: Vec<Duration>,
}

impl Counts {
    fn count(&mut self, told: Told, took: Duration) {
        match told {
            Told::Late => self.late += 1,
            Told::Nothing => self.unanswered += 1,
            Told::Answered | Told::Failed => {
                self.calls += 1;
                self.failures += u64::from(told == Told::Failed);
                if self.calls > WARM_UP && self.took.len() < MAX_SAMPLES {
                    self.took.push(took);
                }
            }
        }
    }

    /// Late reads count as failed, unless the old one fails half of its own as well: then the back end is down, and they tell nothing.
    fn beside(mut self, old: &Self) -> Self {
        let late = std::mem::take(&mut self.late);
        if old.failure_ratio() < MOST_FAILURES {
            self.calls += late;
            self.failures += late;
        } else {
            self.unanswered += late;
        }
        self
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

/// A trap decides at once; more failures decide when there are enough of them; the end of the trial decides the rest, latency too. While the
/// back end answers neither, nothing is known, and the trial goes on.
fn judge(config: &CanaryConfig, elapsed: Duration, traps: u64, new: Counts, old: &Counts) -> Verdict {
    if traps > 0 {
        return Verdict::BackOut(format!("it broke down or ran into a limit in {traps} of its calls"));
    }
    let new = new.beside(old);
    let over = elapsed >= config.trial() || new.calls >= config.trial_calls;
    if !over && new.calls < ENOUGH_TO_END_EARLY {
        return Verdict::GoOn;
    }
    if let Some(reason) = more_failures(config, &new, old) {
        return Verdict::BackOut(reason);
    }
    if !over {
        return Verdict::GoOn;
    }
    let enough = config.trial_calls.min(ENOUGH_TO_END_EARLY);
    if new.unanswered > 0 && new.calls < enough {
        return Verdict::Extend(unknown(&new, enough));
    }
    match slower(config, &new, old) {
        Some(reason) => Verdict::BackOut(reason),
        None => Verdict::Promote(as_good(&new, old)),
    }
}

fn unknown(new: &Counts, enough: u64) -> String {
    format!(
        "its time is over, but {} of its reads were answered by neither version and {} say too little: the trial goes on until \
         {enough} are answered, or somebody promotes it or rolls it back",
        new.unanswered, new.calls
    )
}

fn as_good(new: &Counts, old: &Counts) -> String {
    if new.calls == 0 {
        return "no read came while it was on trial".into();
    }
    format!("{} reads, {} failed (the old one: {}, {})", new.calls, new.failures, old.calls, old.failures)
}

fn more_failures(config: &CanaryConfig, new: &Counts, old: &Counts) -> Option<String> {
    let allowed = (old.failure_ratio() * config.max_failure_factor).clamp(FORGIVEN_FAILURES, MOST_FAILURES);
    let text =
        || format!("{} of its {} reads failed, {} of {} of the old one's", new.failures, new.calls, old.failures, old.calls);
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
        let told = |number| if number < failures { Told::Failed } else { Told::Answered };
        (0..calls).for_each(|number| counts.count(told(number), each));
        counts
    }

    fn verdict(elapsed: Duration, traps: u64, new: &Counts, old: &Counts) -> Verdict {
        judge(&CanaryConfig::default(), elapsed, traps, new.clone(), old)
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

    fn and(told: Told, times: u64, counts: &Counts) -> Counts {
        let mut counts = counts.clone();
        (0..times).for_each(|_| counts.count(told, MS));
        counts
    }

    #[test]
    fn a_trial_whose_reads_nobody_answers_goes_on_until_enough_are_answered() {
        let down = counts(90, 90, MS);
        for (answered, told) in [(0, Told::Nothing), (9, Told::Nothing), (0, Told::Late)] {
            let new = and(told, 30, &counts(answered, 0, MS));
            assert!(matches!(verdict(100 * TRIAL, 0, &new, &down), Verdict::Extend(_)), "{answered} {told:?}");
        }
        let back = and(Told::Nothing, 30, &counts(10, 0, MS));
        assert!(matches!(verdict(2 * TRIAL, 0, &back, &down), Verdict::Promote(_)));
    }

    #[test]
    fn a_version_that_answers_nothing_is_not_promoted_because_the_old_one_answers_half() {
        assert!(is_backed_out(&verdict(TRIAL, 0, &and(Told::Nothing, 10, &counts(10, 10, MS)), &counts(180, 90, MS))));
        assert!(is_backed_out(&verdict(TRIAL, 0, &and(Told::Nothing, 90, &counts(10, 10, MS)), &counts(180, 162, MS))));
    }

    #[test]
    fn a_version_that_leaves_the_old_one_no_time_is_backed_out_while_the_back_end_is_up() {
        assert!(is_backed_out(&verdict(TRIAL, 0, &and(Told::Late, 10, &counts(0, 0, MS)), &counts(90, 0, MS))));
    }

    #[test]
    fn a_slower_median_backs_it_out_at_the_end_but_noise_and_a_slow_first_read_do_not() {
        assert!(is_backed_out(&verdict(MS, 0, &counts(50, 0, 100 * MS), &counts(450, 0, 40 * MS))));
        assert!(matches!(verdict(TRIAL, 0, &counts(30, 0, 8 * MS), &counts(270, 0, MS)), Verdict::Promote(_)));
        assert!(matches!(verdict(TRIAL, 0, &counts(5, 0, 1000 * MS), &counts(270, 0, MS)), Verdict::Promote(_)));
    }
}
