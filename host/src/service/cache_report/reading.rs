//! How a read would be answered now, and why, in words. Pure; `cache/reads.rs` does the same to real reads.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::PURPOSES;
use crate::cache::{Demand, Entry, Lookup, Outdated};
use crate::config::{AvailabilityFreshness, PriceFreshness};
use crate::domain::Purpose;
use crate::service::catalog::demand;

/// How a read with a purpose would be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    pub purpose: Purpose,
    pub answered: Answered,
    /// A sentence.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// At once, as fresh.
    Cached,
    /// At once, while it is asked again.
    Stale,
    /// By the back end.
    Live,
    /// With the problem `not_cached`.
    NotAsked,
}

/// How what is known stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Nothing,
    Fresh {
        until: Timestamp,
    },
    /// May be shown while it is asked again.
    Stale {
        since: Timestamp,
    },
    /// A value that must be asked again.
    Expired {
        since: Timestamp,
    },
    /// A failure that is not remembered any more.
    Forgotten {
        since: Timestamp,
    },
    Marked {
        at: Timestamp,
    },
    /// A value whose invalidation may have been missed.
    Doubted,
    /// The back end does not want it to be cached.
    Withheld,
}

/// What of a policy decides whether a read asks.
pub struct Switches {
    call_on_miss: bool,
    write_back: bool,
    bypass: Vec<String>,
}

impl From<&AvailabilityFreshness> for Switches {
    fn from(policy: &AvailabilityFreshness) -> Self {
        Self { call_on_miss: policy.call_on_miss, write_back: policy.write_back, bypass: policy.bypass.clone() }
    }
}

impl From<&PriceFreshness> for Switches {
    fn from(policy: &PriceFreshness) -> Self {
        Self { call_on_miss: policy.call_on_miss, write_back: policy.write_back, bypass: Vec::new() }
    }
}

impl Known {
    pub fn of<V>(entry: &Arc<Entry<V>>, outdated: Option<Outdated>, is_doubted: bool, now: Timestamp) -> Self {
        if let Some(outdated) = outdated.filter(|outdated| outdated.includes(entry)) {
            return Self::Marked { at: outdated.at() };
        }
        let (is_value, since) = (entry.answer.is_ok(), entry.fresh_until());
        match Arc::clone(entry).lookup(now) {
            Lookup::Fresh(_) | Lookup::Stale(_) if is_doubted && is_value => Self::Doubted,
            Lookup::Fresh(_) => Self::Fresh { until: since },
            Lookup::Stale(_) => Self::Stale { since },
            Lookup::Expired(_) | Lookup::Miss if is_value => Self::Expired { since },
            Lookup::Expired(_) | Lookup::Miss => Self::Forgotten { since },
        }
    }
}

/// One for each purpose.
pub fn readings(known: &Known, policy: &Switches) -> Vec<Reading> {
    let read = |purpose| {
        let (answered, mut why) = match demand(purpose) {
            Demand::Live => (Answered::Live, "a checkout is always asked live".to_owned()),
            _ => browsing(known, policy.call_on_miss),
        };
        if answered == Answered::Live && !policy.write_back {
            why += "; what the back end answers is not kept (write_back = false)";
        }
        if answered != Answered::Live && !policy.bypass.is_empty() {
            why += &format!("; live for the delivery method {}", policy.bypass.join(", "));
        }
        Reading { purpose, answered, why }
    };
    PURPOSES.into_iter().map(read).collect()
}

fn browsing(known: &Known, call_on_miss: bool) -> (Answered, String) {
    let asked_again = "and is shown while it is asked again";
    let (answered, why) = match known {
        Known::Fresh { until } => return (Answered::Cached, format!("it is fresh until {until:.0}")),
        Known::Stale { since } => return (Answered::Stale, format!("it was fresh until {since:.0} {asked_again}")),
        Known::Expired { since } if !call_on_miss => (Answered::Stale, format!("it was fresh until {since:.0} {asked_again}")),
        Known::Expired { since } => (
            Answered::Live,
            format!("it was fresh until {since:.0} and must be asked then; it is shown only while the back end is down"),
        ),
        Known::Doubted if !call_on_miss => (
            Answered::Stale,
            "an invalidation may have been missed while the shared cache was away; it is asked again".to_owned(),
        ),
        Known::Doubted => (
            Answered::Live,
            "an invalidation may have been missed while the shared cache was away; it is shown only while the back end is down"
                .to_owned(),
        ),
        Known::Forgotten { since } => (Answered::Live, format!("it was remembered until {since:.0}")),
        Known::Marked { at } => (Answered::Live, format!("it was invalidated at {at:.0}")),
        Known::Withheld => (Answered::Live, "the back end does not want it to be cached".to_owned()),
        Known::Nothing => (Answered::Live, "nothing is cached".to_owned()),
    };
    if answered == Answered::Live && !call_on_miss {
        return (Answered::NotAsked, format!("{why}, and only a checkout asks (call_on_miss = false)"));
    }
    (answered, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switches(call_on_miss: bool) -> Switches {
        Switches { call_on_miss, write_back: true, bypass: Vec::new() }
    }

    fn browse(known: Known, call_on_miss: bool) -> (Answered, String) {
        let reading = readings(&known, &switches(call_on_miss)).remove(0);
        (reading.answered, reading.why)
    }

    #[test]
    fn each_state_says_how_a_read_is_answered_and_why() {
        let at = Timestamp::UNIX_EPOCH;
        for (known, answered, words) in [
            (Known::Nothing, Answered::Live, "nothing is cached"),
            (Known::Fresh { until: at }, Answered::Cached, "it is fresh until 1970-01-01T00:00:00Z"),
            (Known::Stale { since: at }, Answered::Stale, "shown while it is asked again"),
            (Known::Expired { since: at }, Answered::Live, "only while the back end is down"),
            (Known::Forgotten { since: at }, Answered::Live, "it was remembered until"),
            (Known::Marked { at }, Answered::Live, "it was invalidated at 1970-01-01T00:00:00Z"),
            (Known::Doubted, Answered::Live, "may have been missed"),
            (Known::Withheld, Answered::Live, "does not want it to be cached"),
        ] {
            let (by, why) = browse(known, true);
            assert_eq!(by, answered, "{why}");
            assert!(why.contains(words), "{why}");
        }
    }

    #[test]
    fn what_is_not_asked_is_shown_when_it_is_known_and_else_not_answered() {
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(browse(Known::Nothing, false).0, Answered::NotAsked);
        assert_eq!(browse(Known::Marked { at }, false).0, Answered::NotAsked);
        assert_eq!(browse(Known::Expired { since: at }, false).0, Answered::Stale);
    }

    #[test]
    fn a_checkout_is_live_and_the_switches_are_told() {
        let policy = Switches { call_on_miss: true, write_back: false, bypass: vec!["pickup".into()] };
        let readings = readings(&Known::Fresh { until: Timestamp::UNIX_EPOCH }, &policy);
        assert!(readings[0].why.ends_with("; live for the delivery method pickup"), "{}", readings[0].why);
        assert_eq!((readings[2].purpose, readings[2].answered), (Purpose::Checkout, Answered::Live));
        assert!(readings[2].why.contains("not kept"), "{}", readings[2].why);
    }
}
