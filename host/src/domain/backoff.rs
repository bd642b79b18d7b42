//! Back-off: exponential with full jitter, never shorter than the other side asked for (rule T7). Pure; the seed makes tests repeatable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Who asks for more than this is taken to mean something else.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);

/// How long to wait after so many failures: up to `initial_ms`, doubled with each failure, `max_ms` at most; or as long as the other side asks.
pub fn backoff(initial_ms: u64, max_ms: u64, failures: u32, asked: Option<Duration>, dice: u64) -> Duration {
    let doubled = 1_u64.checked_shl(failures).unwrap_or(u64::MAX);
    let cap = initial_ms.saturating_mul(doubled).min(max_ms);
    match asked {
        // A little later than asked, so that not everything that was turned away comes back in the same instant.
        Some(wait) => wait.min(LONGEST_ASKED) + up_to(initial_ms, dice),
        None => up_to(cap, dice),
    }
}

fn up_to(millis: u64, dice: u64) -> Duration {
    Duration::from_millis(dice % millis.saturating_add(1).max(1))
}

/// A seeded source of dice (SplitMix64: good enough to spread retries, no secret depends on it).
#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    pub fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub fn roll(&self) -> u64 {
        let mut mixed = self.0.fetch_add(Self::STEP, Ordering::Relaxed).wrapping_add(Self::STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn t7_a_backoff_never_exceeds_its_cap_and_the_cap_doubles(failures in 0_u32..200, dice: u64) {
            let cap = (500.0 * 2_f64.powi(failures.min(40) as i32)).min(60_000.0);
            prop_assert!(backoff(500, 60_000, failures, None, dice) <= Duration::from_millis(cap as u64));
        }

        #[test]
        fn t7_a_wait_that_the_back_end_asks_for_is_honored(failures in 0_u32..20, asked in 0_u64..3_600, dice: u64) {
            let asked = Duration::from_secs(asked);
            prop_assert!(backoff(500, 60_000, failures, Some(asked), dice) >= asked);
        }
    }

    #[test]
    fn t7_the_jitter_is_full_and_repeatable() {
        let waits = |seed| {
            let dice = Dice::seeded(seed);
            (0..1_000).map(|_| backoff(500, 60_000, 10, None, dice.roll()).as_millis()).collect::<Vec<_>>()
        };
        let first = waits(7);
        assert_eq!(first, waits(7));
        assert_ne!(first, waits(8));
        assert!(first.iter().any(|wait| *wait < 6_000) && first.iter().any(|wait| *wait > 54_000));
    }
}
