//! Which answers a mark makes unusable. Pure.

use jiff::Timestamp;

use super::Entry;
use super::entry::Origin;

/// Three ends, each of its own kind of time: ours for what was asked and for when a push arrived, the back end's for what it told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// What was asked until then.
    pub asked_until: Timestamp,
    /// What was pushed and arrived until then.
    pub arrived_until: Timestamp,
    /// What was pushed as of before then, by the back end's clock.
    pub told_before: Timestamp,
}

impl Outdated {
    pub const NOTHING: Self = Self { asked_until: Timestamp::MIN, arrived_until: Timestamp::MIN, told_before: Timestamp::MIN };

    /// Whatever was there at `at`: somebody says so who knows nothing of the back end's time.
    pub fn until(at: Timestamp) -> Self {
        Self { asked_until: at, arrived_until: at, ..Self::NOTHING }
    }

    /// The back end told at its time `as_of` that something has changed: what it told earlier, and what was asked until `asked_until`.
    pub fn changed(as_of: Timestamp, asked_until: Timestamp) -> Self {
        Self { asked_until, told_before: as_of, ..Self::NOTHING }
    }

    /// The back end told a value: what was asked until then is not as new, while other pushed values stand by themselves.
    pub fn asked(until: Timestamp) -> Self {
        Self { asked_until: until, ..Self::NOTHING }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            asked_until: self.asked_until.max(other.asked_until),
            arrived_until: self.arrived_until.max(other.arrived_until),
            told_before: self.told_before.max(other.told_before),
        }
    }

    /// When it was said, as far as that is known: the latest of our own times.
    pub fn at(&self) -> Timestamp {
        self.asked_until.max(self.arrived_until)
    }

    /// Whether an answer must not be used.
    pub fn includes<V>(&self, entry: &Entry<V>) -> bool {
        match entry.origin {
            Origin::Asked | Origin::Dated => entry.asked_at() <= self.asked_until,
            Origin::Pushed => entry.asked_at() <= self.arrived_until || entry.as_of() < self.told_before,
        }
    }
}
