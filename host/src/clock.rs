//! Wall-clock time. Everything that compares instants asks a [`Clock`], so that tests can set the time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// Tells the time: the system's, or one that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<Mutex<Timestamp>>>,
}

impl Clock {
    /// The system's wall clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `start` until [`Clock::advance`] is called.
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: Some(Arc::new(Mutex::new(start))) }
    }

    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(time) => *time.lock(),
            None => Timestamp::now(),
        }
    }

    /// Moves a manual clock forward; a system clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(time) = &self.manual {
            let mut time = time.lock();
            *time = time.saturating_add(by).unwrap_or(*time);
        }
    }
}
