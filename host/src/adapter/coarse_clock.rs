//! The clocks of a guest. They go in whole milliseconds: enough for an adapter, and too coarse to time the processor's caches, which the host
//! shares with its guests.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The smallest step of either clock.
const STEP: Duration = Duration::from_millis(1);

/// The time of day.
pub(super) struct CoarseWallClock;

/// Time since the instance was made.
pub(super) struct CoarseMonotonicClock {
    began: Instant,
}

impl CoarseMonotonicClock {
    pub(super) fn start() -> Self {
        Self { began: Instant::now() }
    }
}

impl HostWallClock for CoarseWallClock {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        in_steps(since)
    }
}

impl HostMonotonicClock for CoarseMonotonicClock {
    fn resolution(&self) -> u64 {
        nanoseconds(STEP)
    }

    fn now(&self) -> u64 {
        nanoseconds(in_steps(self.began.elapsed()))
    }
}

fn in_steps(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}

/// Enough for five centuries.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_in_whole_milliseconds() {
        assert_eq!(in_steps(Duration::new(7, 1_999_999)), Duration::from_millis(7_001));
        assert_eq!(CoarseWallClock.now().subsec_nanos() % 1_000_000, 0);
        let clock = CoarseMonotonicClock::start();
        assert_eq!((clock.now() % clock.resolution(), clock.resolution()), (0, 1_000_000));
    }
}
