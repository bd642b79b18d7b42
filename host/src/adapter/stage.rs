//! What a call is given on the bench in place of the host's own: clocks whose readings are kept, randomness from a seed, a scratch memory of its
//! own. So it can be made again exactly. Calls of customers have none of this.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use super::coarse_clock::{CoarseMonotonicClock, CoarseWallClock};
use super::session::Sessions;

/// Readings that are kept of one call; a guest that looks at the clock more often cannot be made again.
const MOST_READINGS: usize = 10_000;

/// Random bytes before they repeat.
const RANDOM_BYTES: u64 = 4_096;

pub(super) struct Stage {
    pub sessions: Arc<Sessions>,
    pub readings: Arc<Readings>,
    /// How far the guest's time of day is ahead.
    pub ahead: Duration,
    pub seed: u64,
}

impl Stage {
    pub(super) fn set(&self, wasi: &mut WasiCtxBuilder) {
        let random = || Deterministic::new(random(self.seed));
        wasi.secure_random(random())
            .insecure_random(random())
            .insecure_random_seed(u128::from(self.seed))
            .wall_clock(StagedWallClock { readings: Arc::clone(&self.readings), ahead: self.ahead })
            .monotonic_clock(StagedMonotonicClock { readings: Arc::clone(&self.readings), live: CoarseMonotonicClock::start() });
    }
}

fn random(seed: u64) -> Vec<u8> {
    (0..RANDOM_BYTES / 32).flat_map(|block| Sha256::digest(format!("{seed} {block}"))).collect()
}

/// What a call read from clocks, in its order; or what another one read before.
#[derive(Debug, Default)]
pub(super) struct Readings {
    made: Mutex<Vec<u64>>,
    told: Option<Mutex<VecDeque<u64>>>,
}

impl Readings {
    pub(super) fn told(readings: Vec<u64>) -> Self {
        Self { told: Some(Mutex::new(readings.into())), ..Self::default() }
    }

    /// What is read now: the live value, or what was read then. When more is read than then, time goes on from the last reading.
    pub(super) fn read(&self, live: u64) -> u64 {
        let mut made = self.made.lock();
        let value = match &self.told {
            None => live,
            Some(told) => told.lock().pop_front().unwrap_or_else(|| made.last().map_or(live, |last| last.saturating_add(1))),
        };
        if made.len() < MOST_READINGS {
            made.push(value);
        }
        value
    }

    pub(super) fn made(&self) -> Vec<u64> {
        self.made.lock().clone()
    }
}

struct StagedWallClock {
    readings: Arc<Readings>,
    ahead: Duration,
}

impl HostWallClock for StagedWallClock {
    fn resolution(&self) -> Duration {
        CoarseWallClock.resolution()
    }

    fn now(&self) -> Duration {
        let live = u64::try_from(CoarseWallClock.now().as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.readings.read(live)) + self.ahead
    }
}

struct StagedMonotonicClock {
    readings: Arc<Readings>,
    live: CoarseMonotonicClock,
}

impl HostMonotonicClock for StagedMonotonicClock {
    fn resolution(&self) -> u64 {
        self.live.resolution()
    }

    fn now(&self) -> u64 {
        self.readings.read(self.live.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_is_made_again_reads_the_same_times() {
        let first = Readings::default();
        let read: Vec<_> = [5, 9, 12].map(|live| first.read(live)).to_vec();
        let again = Readings::told(first.made());
        assert_eq!([100, 200, 300].map(|live| again.read(live)).to_vec(), read);
        assert_eq!(again.read(400), 13, "time goes on");
    }

    #[test]
    fn randomness_is_that_of_the_seed() {
        assert_eq!(random(7), random(7));
        assert_ne!(random(7), random(8));
    }
}
