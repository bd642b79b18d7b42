//! CPU time of one call: the time that its future is being polled, so in the guest and in what the host does for it, but without waiting
//! (for a reply, a timer, or a turn on the worker thread).

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Counts while it drives the call.
#[derive(Debug)]
pub(super) struct Meter {
    budget: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Duration,
    /// When the poll began that is running now.
    polling: Option<Instant>,
}

impl Meter {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, state: Mutex::default() }
    }

    /// Drives a part of the call, and counts what it takes. Everything that runs the guest must run in here.
    pub(super) async fn drive<F: Future>(&self, part: F) -> F::Output {
        let mut part = pin!(part);
        poll_fn(|context| {
            self.state.lock().polling = Some(Instant::now());
            let polled = part.as_mut().poll(context);
            self.pause();
            polled
        })
        .await
    }

    pub(super) fn spent(&self) -> Duration {
        let state = self.state.lock();
        state.spent + state.polling.map(|began| began.elapsed()).unwrap_or_default()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent() >= self.budget
    }

    fn pause(&self) {
        let mut state = self.state.lock();
        let polled = state.polling.take().map(|began| began.elapsed()).unwrap_or_default();
        state.spent += polled;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_millis(30);

    fn work() {
        let began = Instant::now();
        while began.elapsed() < LONG {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn what_the_host_does_for_a_guest_is_charged_to_it() {
        let meter = Meter::new(LONG);
        assert!(!meter.is_spent());
        meter.drive(async { work() }).now_or_never();
        assert!(meter.is_spent());
    }

    #[test]
    fn work_is_counted_while_it_goes_on() {
        let meter = Meter::new(LONG);
        let seen = meter.drive(async {
            work();
            meter.is_spent()
        });
        assert_eq!(seen.now_or_never(), Some(true));
    }

    #[test]
    fn waiting_is_not_counted() {
        let meter = Meter::new(Duration::MAX);
        let mut waiting = Box::pin(meter.drive(std::future::pending::<()>()));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        let spent = meter.spent();
        work();
        assert_eq!(meter.spent(), spent);
    }
}
