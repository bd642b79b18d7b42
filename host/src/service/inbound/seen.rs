//! Messages that came before. Their sender repeats one when it missed the answer, and so may somebody who listened: it is answered, and done once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// Most that are remembered; the oldest are forgotten first. What is applied twice then changes nothing: the newest wins anyway.
const MAX: usize = 100_000;

type Key = [u8; 32];

/// Remembers ids for as long as a signature over them is good.
#[derive(Clone)]
pub(super) struct Seen {
    ids: Arc<Mutex<Ids>>,
    /// Twice the tolerance: a timestamp may be as far in the future as in the past.
    good_for: SignedDuration,
}

#[derive(Default)]
struct Ids {
    /// Whether it was done.
    by_id: HashMap<Key, bool>,
    oldest_first: VecDeque<(Timestamp, Key)>,
}

/// Whether a message came before.
pub(super) enum Sight {
    First(UnderWay),
    UnderWay,
    Before,
}

/// The message is being worked on. It has not come at all when this is dropped before it is done.
pub(super) struct UnderWay {
    ids: Arc<Mutex<Ids>>,
    key: Key,
    done: bool,
}

impl Seen {
    pub(super) fn new(tolerance: std::time::Duration) -> Self {
        let good_for = SignedDuration::try_from(tolerance.saturating_mul(2)).unwrap_or(SignedDuration::MAX);
        Self { ids: Arc::default(), good_for }
    }

    /// The same memory with another time.
    pub(super) fn with(&self, tolerance: std::time::Duration) -> Self {
        Self { ids: Arc::clone(&self.ids), ..Self::new(tolerance) }
    }

    pub(super) fn begin(&self, id: &str, now: Timestamp) -> Sight {
        let key: Key = Sha256::digest(id).into();
        let mut ids = self.ids.lock();
        ids.forget(now.saturating_sub(self.good_for).unwrap_or(Timestamp::MIN));
        match ids.by_id.get(&key) {
            Some(true) => Sight::Before,
            Some(false) => Sight::UnderWay,
            None => {
                ids.by_id.insert(key, false);
                ids.oldest_first.push_back((now, key));
                Sight::First(UnderWay { ids: Arc::clone(&self.ids), key, done: false })
            }
        }
    }
}

impl Ids {
    fn forget(&mut self, until: Timestamp) {
        while self.oldest_first.front().is_some_and(|(at, _)| *at < until) || self.oldest_first.len() > MAX {
            let Some((_, key)) = self.oldest_first.pop_front() else { return };
            self.by_id.remove(&key);
        }
    }
}

impl UnderWay {
    pub(super) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut ids = self.ids.lock();
        if !self.done {
            ids.by_id.remove(&self.key);
        } else if let Some(done) = ids.by_id.get_mut(&self.key) {
            *done = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn f12_a_message_is_done_once_and_one_that_failed_may_come_again() {
        let (seen, at) = (Seen::new(Duration::from_secs(60)), |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs));
        let Sight::First(first) = seen.begin("a", at(0)) else { panic!("it is new") };
        assert!(matches!(seen.begin("a", at(1)), Sight::UnderWay));
        drop(first);
        let Sight::First(second) = seen.begin("a", at(2)) else { panic!("the first one failed") };
        second.done();
        assert!(matches!(seen.begin("a", at(120)), Sight::Before));
        assert!(matches!(seen.begin("b", at(120)), Sight::First(_)));
        assert!(matches!(seen.begin("a", at(125)), Sight::First(_)), "its signature is not good any more");
    }
}
