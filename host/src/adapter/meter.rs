//! CPU time of one call: what its thread spends while its future is being polled, so in the guest and in what the host does for it, but
//! without waiting (for a reply, a timer, a turn on the worker thread, or a processor on a busy machine).

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

use super::ticker::TICKER;

/// Counts while it drives the call.
#[derive(Debug)]
pub(super) struct Meter {
    budget: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Duration,
    /// The thread's CPU time when the poll began that is running now. A poll begins and ends on one thread.
    polling: Option<Duration>,
}

impl State {
    fn polled(&self) -> Duration {
        self.polling.map(|began| thread_cpu_time().saturating_sub(began)).unwrap_or_default()
    }
}

/// CPU time of this thread since it was started. Not the time of day: on a busy machine a thread waits for a processor, and that is no
/// fault of the guest.
fn thread_cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

impl Meter {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, state: Mutex::default() }
    }

    /// Drives a part of the call, and counts what it takes. Everything that runs the guest must run in here.
    pub(super) async fn drive<F: Future>(&self, part: F) -> F::Output {
        let mut part = pin!(part);
        poll_fn(|context| {
            let _running = TICKER.running();
            self.state.lock().polling = Some(thread_cpu_time());
            let polled = part.as_mut().poll(context);
            self.pause();
            polled
        })
        .await
    }

    pub(super) fn spent(&self) -> Duration {
        let state = self.state.lock();
        state.spent + state.polled()
    }

    /// What it has taken since it was last given the thread.
    pub(super) fn turn(&self) -> Duration {
        self.state.lock().polled()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent() >= self.budget
    }

    fn pause(&self) {
        let mut state = self.state.lock();
        let polled = state.polled();
        state.spent += polled;
        state.polling = None;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_millis(30);

    fn work() {
        let began = thread_cpu_time();
        while thread_cpu_time() - began < LONG {
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
    fn a_turn_ends_when_the_thread_is_given_back() {
        let meter = Meter::new(Duration::MAX);
        let mut turns = Box::pin(meter.drive(async {
            work();
            let first = meter.turn();
            tokio::task::yield_now().await;
            (first, meter.turn())
        }));
        assert_eq!((turns.as_mut().now_or_never(), meter.turn()), (None, Duration::ZERO));
        let (first, second) = turns.now_or_never().unwrap();
        assert!(first >= LONG && second < LONG, "{first:?} {second:?}");
    }

    #[test]
    fn a_thread_that_waits_for_a_processor_costs_nothing() {
        let meter = Meter::new(LONG);
        meter.drive(async { std::thread::sleep(2 * LONG) }).now_or_never();
        assert!(!meter.is_spent(), "{:?}", meter.spent());
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
