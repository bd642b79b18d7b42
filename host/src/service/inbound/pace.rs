//! How many messages a second: as many at once, then one after the other (the generic cell rate algorithm).

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

const SECOND_MICROS: i64 = 1_000_000;

pub(super) struct Pace {
    /// Microseconds that one message takes.
    each: i64,
    /// When all that was let through would have come at an even pace; Unix time in microseconds.
    even_until: AtomicI64,
}

impl Pace {
    pub(super) fn new(per_sec: u32) -> Self {
        Self { each: SECOND_MICROS / i64::from(per_sec.max(1)), even_until: AtomicI64::new(0) }
    }

    /// Whether one more may come in now.
    pub(super) fn lets_through(&self, now: Timestamp) -> bool {
        let now = now.as_microsecond();
        let next = |even_until: i64| {
            let next = even_until.max(now) + self.each;
            (next <= now + SECOND_MICROS).then_some(next)
        };
        self.even_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn f12_a_second_lets_so_many_through_however_they_come() {
        let (pace, start) = (Pace::new(10), Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000));
        let let_through = |at, tries| (0..tries).filter(|_| pace.lets_through(at)).count();
        assert_eq!(let_through(start, 50), 10, "all at once");
        assert_eq!(let_through(start + SignedDuration::from_millis(99), 5), 0);
        assert_eq!(let_through(start + SignedDuration::from_millis(250), 5), 2);
        assert_eq!(let_through(start + SignedDuration::from_secs(60), 50), 10, "what was not used is not saved up");
    }
}
