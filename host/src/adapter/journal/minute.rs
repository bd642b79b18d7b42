//! What all calls of an adapter may log in a minute. Each call has a share of its own, but a busy shop has thousands of calls, and a log that fills
//! a disk takes the host down.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(in super::super) struct Minute {
    most: usize,
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    since: Instant,
    bytes: usize,
    is_full: bool,
}

/// Whether a line may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    There,
    /// For the first time in this minute.
    NoMore,
    None,
}

impl Minute {
    pub(in super::super) fn new(most: usize) -> Self {
        Self { most, spent: Mutex::new(Spent { since: Instant::now(), bytes: 0, is_full: false }) }
    }

    pub(super) fn take(&self, bytes: usize, now: Instant) -> Room {
        let mut spent = self.spent.lock();
        if now.saturating_duration_since(spent.since) >= MINUTE {
            *spent = Spent { since: now, bytes: 0, is_full: false };
        }
        match spent.bytes.checked_add(bytes).filter(|bytes| *bytes <= self.most) {
            Some(bytes) => {
                spent.bytes = bytes;
                Room::There
            }
            None if std::mem::replace(&mut spent.is_full, true) => Room::None,
            None => Room::NoMore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_room_for_so_much_and_says_once_that_it_is_full() {
        let (minute, now) = (Minute::new(100), Instant::now());
        let took = [60, 60, 40, 1, 1].map(|bytes| minute.take(bytes, now));
        assert_eq!(took, [Room::There, Room::NoMore, Room::There, Room::None, Room::None]);
        assert_eq!(minute.take(100, now + MINUTE), Room::There);
        assert_eq!(minute.take(1, now + MINUTE), Room::NoMore, "told anew");
    }
}
