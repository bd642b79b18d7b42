//! Wall-clock time. Everything that compares instants asks a [`Clock`], so that tests can set the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

/// Tells the time: the system's, that of something which several hosts share, or one that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    time: Time,
}

#[derive(Clone, Debug, Default)]
enum Time {
    #[default]
    System,
    /// What was told, and when by a clock that no one sets.
    Followed(Arc<Mutex<(Timestamp, Instant)>>),
    Manual(Arc<watch::Sender<Timestamp>>),
}

/// How long a followed clock goes by itself before it should be followed again.
const CLOSE: Duration = Duration::from_secs(1);

impl Clock {
    /// The system's wall clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `start` until [`Clock::advance`] is called.
    pub fn manual(start: Timestamp) -> Self {
        Self { time: Time::Manual(Arc::new(watch::Sender::new(start))) }
    }

    /// A clock that is set by another, whose time is `now`. The system's time is of no account: hosts that follow the same clock agree on the
    /// time, and nothing jumps when somebody sets a host's.
    pub fn followed(now: Timestamp) -> Self {
        Self { time: Time::Followed(Arc::new(Mutex::new((now, Instant::now())))) }
    }

    pub fn now(&self) -> Timestamp {
        match &self.time {
            Time::System => Timestamp::now(),
            Time::Followed(told) => {
                let (told, at) = *told.lock();
                later(told, at.elapsed())
            }
            Time::Manual(time) => *time.borrow(),
        }
    }

    /// Sets a clock that follows another; any other is left alone.
    pub fn follow(&self, now: Timestamp) {
        if let Time::Followed(told) = &self.time {
            *told.lock() = (now, Instant::now());
        }
    }

    /// Whether it needs no following, or was followed just now.
    pub fn is_followed_closely(&self) -> bool {
        match &self.time {
            Time::Followed(told) => told.lock().1.elapsed() < CLOSE,
            Time::System | Time::Manual(_) => true,
        }
    }

    /// Moves a manual clock forward; any other is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Time::Manual(time) = &self.time {
            time.send_modify(|time| *time = time.saturating_add(by).unwrap_or(*time));
        }
    }

    /// Waits so long; with a manual clock, until it was moved so far.
    pub async fn sleep(&self, wait: Duration) {
        let Time::Manual(time) = &self.time else { return tokio::time::sleep(wait).await };
        let end = later(*time.borrow(), wait);
        // Ends with an error only when the clock is gone, which this one outlives.
        let _ = time.subscribe().wait_for(|now| *now >= end).await;
    }
}

fn later(instant: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_followed_clock_goes_on_from_what_it_was_told() {
        let told: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
        let clock = Clock::followed(told);
        let first = clock.now();
        assert!(first >= told && clock.now() >= first);
        let back = told - SignedDuration::from_hours(1);
        clock.follow(back);
        assert!(clock.now() >= back && clock.now() < told, "it goes by whom it follows, not by itself");
    }
}
