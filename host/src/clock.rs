//! Wall-clock time. Everything that compares instants asks a [`Clock`], so that tests can set the time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Tells the time: the system's, or one that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<watch::Sender<Timestamp>>>,
}

impl Clock {
    /// The system's wall clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `start` until [`Clock::advance`] is called.
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: Some(Arc::new(watch::Sender::new(start))) }
    }

    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(time) => *time.borrow(),
            None => Timestamp::now(),
        }
    }

    /// Moves a manual clock forward; a system clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(time) = &self.manual {
            time.send_modify(|time| *time = time.saturating_add(by).unwrap_or(*time));
        }
    }

    /// Waits so long; with a manual clock, until it was moved so far.
    pub async fn sleep(&self, wait: Duration) {
        let Some(time) = &self.manual else { return tokio::time::sleep(wait).await };
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let end = time.borrow().saturating_add(wait).unwrap_or(Timestamp::MAX);
        // Ends with an error only when the clock is gone, which this one outlives.
        let _ = time.subscribe().wait_for(|now| *now >= end).await;
    }
}
