//! The clock that interrupts guests. It ticks while guests run, and stands still while none does: a host that answers from its cache, or
//! nothing at all, should not be woken a thousand times a second.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::Duration;

/// How often running guests are interrupted to have their CPU time counted. Short, so that a spinning guest does not hold a worker thread
/// for long; a tick costs one atomic addition.
const TICK: Duration = Duration::from_millis(1);

/// How many ticks without a guest before it stands still: waking it for every call of a busy host would cost more than its ticks.
const LINGER: u32 = 100;

/// The one of the process's engine.
pub(super) static TICKER: Ticker = Ticker::new();

pub(super) struct Ticker {
    /// How often a guest was given a thread, and how often it gave it back.
    begun: AtomicU64,
    ended: AtomicU64,
    stands: AtomicBool,
    thread: OnceLock<Thread>,
}

/// A guest has a thread while this lives.
pub(super) struct Running<'a>(&'a Ticker);

impl Ticker {
    const fn new() -> Self {
        Self { begun: AtomicU64::new(0), ended: AtomicU64::new(0), stands: AtomicBool::new(false), thread: OnceLock::new() }
    }

    /// Ticks from a thread of its own, until `tick` says that it is over: a guest that spins on the worker that drives tokio's timers would
    /// stop a ticker task, and with it the very interruption that should end the spinning.
    pub(super) fn start(&'static self, tick: impl Fn() -> bool + Send + 'static) -> std::io::Result<()> {
        std::thread::Builder::new().name("epoch".into()).spawn(move || self.run(tick)).map(drop)
    }

    /// Called before a guest runs.
    pub(super) fn running(&self) -> Running<'_> {
        // Either this is seen before the ticker stands still, or its standing still is seen here.
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.stands.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
        Running(self)
    }

    fn run(&self, tick: impl Fn() -> bool) {
        let _ = self.thread.set(std::thread::current());
        let (mut idle, mut seen) = (0, 0);
        while tick() {
            std::thread::sleep(TICK);
            let begun = self.begun.load(Ordering::SeqCst);
            idle = if begun == seen && self.is_idle() { idle + 1 } else { 0 };
            seen = begun;
            if idle >= LINGER {
                self.stand();
                idle = 0;
            }
        }
    }

    /// Waits for a guest.
    fn stand(&self) {
        self.stands.store(true, Ordering::SeqCst);
        while self.is_idle() {
            std::thread::park();
        }
        self.stands.store(false, Ordering::SeqCst);
    }

    fn is_idle(&self) -> bool {
        self.ended.load(Ordering::SeqCst) == self.begun.load(Ordering::SeqCst)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the thread away until it is so.
    fn until(is_so: impl Fn() -> bool) {
        let began = std::time::Instant::now();
        while !is_so() {
            assert!(began.elapsed() < Duration::from_secs(30), "it never was");
            std::thread::yield_now();
        }
    }

    #[test]
    fn it_stands_still_when_no_guest_runs_and_ticks_again_for_the_next() {
        static TICKER: Ticker = Ticker::new();
        static TICKS: AtomicU64 = AtomicU64::new(0);
        let ticks = || TICKS.load(Ordering::SeqCst);
        TICKER.start(|| TICKS.fetch_add(1, Ordering::SeqCst) < u64::MAX).unwrap();
        for _ in 0..2 {
            until(|| TICKER.stands.load(Ordering::SeqCst));
            let before = ticks();
            let running = TICKER.running();
            until(|| ticks() >= before + 2 * u64::from(LINGER));
            drop(running);
        }
    }
}
