//! Whether a pushed value is the newest (rule F12). Pure.
//!
//! Two instants of the back end's clock can be compared. One of its and one of ours only as far as the clocks agree: what lies between is
//! not decided by guessing, but asked.

use jiff::{SignedDuration, Timestamp};

/// What a pushed value is, compared with what is known. The worst of several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Newest,
    /// Newer or older, nobody can tell: the back end is asked at the next read.
    Unclear,
    Older,
}

impl Verdict {
    /// `told`: the newest that the back end dated itself. `ours`: the newest that we dated. `skew`: how far its clock may be from ours.
    pub fn of(as_of: Timestamp, told: Timestamp, ours: Timestamp, skew: SignedDuration) -> Self {
        let surely_older_before = ours.saturating_sub(skew).unwrap_or(Timestamp::MIN);
        if as_of < told || as_of < surely_older_before {
            Self::Older
        } else if as_of <= ours {
            Self::Unclear
        } else {
            Self::Newest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f12_the_newest_by_the_back_ends_clock_wins_and_what_cannot_be_compared_is_asked() {
        let at = |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        let of = |as_of, told, ours| Verdict::of(at(as_of), at(told), at(ours), SignedDuration::from_secs(60));
        assert_eq!(of(1_001, 1_000, 900), Verdict::Newest);
        assert_eq!(of(1_000, 1_000, 900), Verdict::Newest, "of two at the same time, the one that came last");
        assert_eq!(of(999, 1_000, 900), Verdict::Older);
        assert_eq!(of(1_000, 0, 1_000), Verdict::Unclear);
        assert_eq!(of(940, 0, 1_000), Verdict::Unclear);
        assert_eq!(of(939, 0, 1_000), Verdict::Older);
    }
}
