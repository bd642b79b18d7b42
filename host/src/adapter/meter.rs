//! Guest CPU time of one call: the time between entering the guest and leaving it, without what the host does for it and without waiting.

use std::time::{Duration, Instant};

use wasmtime::CallHook;

/// Counts while the guest runs.
#[derive(Debug)]
pub(super) struct Meter {
    budget: Duration,
    spent: Duration,
    entered: Option<Instant>,
}

impl Meter {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, spent: Duration::ZERO, entered: None }
    }

    /// To be told of every crossing between guest and host.
    pub(super) fn cross(&mut self, crossing: CallHook) {
        match crossing {
            CallHook::CallingWasm | CallHook::ReturningFromHost => self.entered = Some(Instant::now()),
            CallHook::ReturningFromWasm | CallHook::CallingHost => {
                self.spent += self.entered.take().map(|entered| entered.elapsed()).unwrap_or_default();
            }
        }
    }

    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent >= self.budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_the_host_is_not_the_guests() {
        let mut meter = Meter::new(Duration::ZERO);
        meter.cross(CallHook::CallingWasm);
        meter.cross(CallHook::CallingHost);
        let spent = meter.spent();
        meter.cross(CallHook::ReturningFromWasm);
        assert_eq!(meter.spent(), spent);
        assert!(meter.is_spent());
    }
}
