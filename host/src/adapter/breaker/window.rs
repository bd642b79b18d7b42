//! Calls of the last seconds, counted in ten slices of time that are reused as time goes on. Used by the breaker's machine only.

use std::time::Duration;

use jiff::Timestamp;

use super::signal::Signal;

const SLICES: usize = 10;

/// What the window holds at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub calls: u32,
    pub sick: u32,
    pub trapped: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Window {
    slice_ms: i64,
    slices: Vec<(i64, Tally)>,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        let slice_ms = i64::try_from(length.as_millis()).unwrap_or(i64::MAX) / SLICES as i64;
        Self { slice_ms: slice_ms.max(1), slices: vec![(i64::MIN, Tally::default()); SLICES] }
    }

    /// A call that says nothing about the back end is not counted.
    pub(super) fn count(&mut self, now: Timestamp, signal: Signal) {
        if signal == Signal::Neutral {
            return;
        }
        let number = self.number(now);
        let Some(slice) = usize::try_from(number.rem_euclid(SLICES as i64)).ok().and_then(|index| self.slices.get_mut(index))
        else {
            return;
        };
        if slice.0 != number {
            *slice = (number, Tally::default());
        }
        slice.1.calls += 1;
        slice.1.sick += u32::from(signal == Signal::Sick);
        slice.1.trapped += u32::from(signal == Signal::Trapped);
    }

    pub(super) fn tally(&self, now: Timestamp) -> Tally {
        let newest = self.number(now);
        let oldest = newest.saturating_sub(SLICES as i64 - 1);
        let counted = self.slices.iter().filter(|(number, _)| (oldest..=newest).contains(number));
        counted.fold(Tally::default(), |sum, (_, slice)| Tally {
            calls: sum.calls + slice.calls,
            sick: sum.sick + slice.sick,
            trapped: sum.trapped + slice.trapped,
        })
    }

    fn number(&self, now: Timestamp) -> i64 {
        now.as_millisecond().div_euclid(self.slice_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn calls_leave_the_window_when_they_are_too_old() {
        let mut window = Window::new(Duration::from_secs(10));
        let at = |secs: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        window.count(at(0), Signal::Sick);
        window.count(at(5), Signal::Fine);
        window.count(at(5), Signal::Trapped);
        window.count(at(5), Signal::Neutral);
        assert_eq!(window.tally(at(9)), Tally { calls: 3, sick: 1, trapped: 1 });
        assert_eq!(window.tally(at(10)), Tally { calls: 2, sick: 0, trapped: 1 });
        assert_eq!(window.tally(at(15)), Tally::default());
        window.count(at(15), Signal::Fine);
        assert_eq!(window.tally(at(15)), Tally { calls: 1, ..Tally::default() });
    }
}
