//! How often something may happen: so much at once, then evenly (the generic cell rate algorithm, ITU-T I.371). One number per pace and one
//! atomic step per event, whoever comes at the same time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many within so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Duration,
    /// What was not used is saved up for so long; never less than for one.
    pub saved: Duration,
}

impl Rate {
    /// So many a second, and as many at once as come in a second.
    pub fn per_sec(count: u32) -> Self {
        Self { count, per: Duration::from_secs(1), saved: Duration::from_secs(1) }
    }
}

/// Keeps to a rate. The time is counted by a clock that nobody can set: one that is set back must not shut everybody out.
#[derive(Debug)]
pub struct Pace {
    /// Nanoseconds that one takes.
    each: u64,
    /// Nanoseconds that may be used ahead of time.
    saved: u64,
    began: Instant,
    /// When all that was let through would have come at an even pace; in nanoseconds since it began.
    even_until: AtomicU64,
}

impl Pace {
    pub fn new(rate: Rate, now: Instant) -> Self {
        let each = nanos(rate.per / rate.count.max(1)).max(1);
        Self { each, saved: nanos(rate.saved).max(each), began: now, even_until: AtomicU64::new(0) }
    }

    /// Lets one more through, or tells how long until the next one may come.
    pub fn take(&self, now: Instant) -> Result<(), Duration> {
        let now = self.since(now);
        let next = |even_until: u64| self.next(even_until, now).ok();
        let taken = self.even_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.map(drop).map_err(|even_until| self.next(even_until, now).err().unwrap_or_default())
    }

    /// Whether one more would be let through.
    pub fn look(&self, now: Instant) -> Result<(), Duration> {
        self.next(self.even_until.load(Ordering::Relaxed), self.since(now)).map(drop)
    }

    fn next(&self, even_until: u64, now: u64) -> Result<u64, Duration> {
        let next = even_until.max(now).saturating_add(self.each);
        let latest = now.saturating_add(self.saved);
        if next <= latest { Ok(next) } else { Err(Duration::from_nanos(next - latest)) }
    }

    fn since(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.began))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn let_through(pace: &Pace, at: Instant, tries: usize) -> usize {
        (0..tries).filter(|_| pace.take(at).is_ok()).count()
    }

    #[test]
    fn a_second_lets_so_many_through_however_they_come() {
        let start = Instant::now();
        let pace = Pace::new(Rate::per_sec(10), start);
        assert_eq!(let_through(&pace, start, 50), 10, "all at once");
        assert_eq!(let_through(&pace, start + Duration::from_millis(99), 5), 0);
        assert_eq!(let_through(&pace, start + Duration::from_millis(250), 5), 2);
        assert_eq!(let_through(&pace, start + Duration::from_secs(60), 50), 10, "what was not used is not saved up for longer");
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_back_and_is_let_through_then() {
        let start = Instant::now();
        let pace = Pace::new(Rate { count: 60, per: Duration::from_secs(60), saved: Duration::from_secs(3) }, start);
        assert_eq!(let_through(&pace, start, 9), 3);
        let wait = pace.take(start + Duration::from_millis(400)).unwrap_err();
        assert_eq!(wait, Duration::from_millis(600));
        assert_eq!(pace.look(start + Duration::from_millis(400)), Err(wait), "being refused costs nothing");
        assert_eq!(pace.look(start + Duration::from_secs(1)), Ok(()));
        assert_eq!(let_through(&pace, start + Duration::from_secs(1), 9), 1);
    }

    #[test]
    fn one_is_always_let_through_however_slow_the_rate() {
        let start = Instant::now();
        let pace = Pace::new(Rate { count: 1, per: Duration::from_secs(60), saved: Duration::ZERO }, start);
        assert_eq!(let_through(&pace, start, 3), 1);
        assert_eq!(let_through(&pace, start + Duration::from_secs(60), 3), 1);
    }

    #[test]
    fn many_at_the_same_time_get_no_more_than_there_is() {
        let start = Instant::now();
        let pace = Pace::new(Rate::per_sec(1_000), start);
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| let_through(&pace, start, 500))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 1_000);
    }
}
