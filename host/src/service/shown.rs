//! A known value as it is shown, with its provenance (rule F1).

use std::sync::Arc;

use jiff::Timestamp;
use serde::ser::Error;
use serde::{Serialize, Serializer};

use crate::cache::Entry;
use crate::domain::{Failure, Fresh, Source};

/// Serializes as [`Fresh`]. What is shown from the cache as it was kept is written as JSON once, and copied from then on: a page of fifty
/// items is little more than their texts.
#[derive(Clone, Debug)]
pub enum Shown<V> {
    /// As it was kept.
    Kept(Kept<V>),
    /// For this request only.
    Own(Fresh<V>),
}

/// An entry that holds a value.
#[derive(Clone, Debug)]
pub struct Kept<V> {
    entry: Arc<Entry<V>>,
    source: Source,
}

impl<V> Shown<V> {
    /// The entry's value, or its failure.
    pub(super) fn kept(entry: Arc<Entry<V>>, source: Source) -> Result<Self, Failure> {
        match &entry.answer {
            Ok(_) => Ok(Self::Kept(Kept { entry, source })),
            Err(failure) => Err(failure.clone()),
        }
    }

    /// None only of an entry that holds a failure, which is never shown.
    pub fn value(&self) -> Option<&V> {
        match self {
            Self::Kept(kept) => kept.entry.answer.as_ref().ok(),
            Self::Own(fresh) => Some(&fresh.value),
        }
    }

    pub fn source(&self) -> Source {
        match self {
            Self::Kept(kept) => kept.source,
            Self::Own(fresh) => fresh.source,
        }
    }

    /// When the value was determined.
    pub fn as_of(&self) -> Timestamp {
        match self {
            Self::Kept(kept) => kept.entry.shown_as_of(),
            Self::Own(fresh) => fresh.as_of,
        }
    }

    /// Until when it counts as fresh.
    pub fn fresh_until(&self) -> Timestamp {
        match self {
            Self::Kept(kept) => kept.entry.fresh_until(),
            Self::Own(fresh) => fresh.fresh_until,
        }
    }
}

impl<V: Serialize> Serialize for Shown<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Kept(Kept { entry, source }) if *source == entry.fresh_source() => {
                entry.json().map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Kept(Kept { entry, source }) => entry.shown(*source).map_err(S::Error::custom)?.serialize(serializer),
            Self::Own(fresh) => fresh.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cache::Lifetime;
    use crate::domain::{Availability, Extensions, FailureCode, Unit};
    use rust_decimal::Decimal;

    fn entry<V>(answer: Result<V, Failure>, as_of: Option<Timestamp>) -> Arc<Entry<V>> {
        let lifetime = Lifetime { fresh: Duration::from_secs(60), stale: Duration::ZERO };
        Arc::new(Entry::new(answer, as_of.unwrap_or_default(), as_of, lifetime))
    }

    #[derive(Debug, Serialize)]
    struct Value {
        sku: &'static str,
    }

    #[test]
    fn f1_what_is_copied_reads_as_what_is_written_anew() {
        let entry = entry(Ok(Value { sku: "A" }), None);
        for source in [Source::Cached, Source::Stale, Source::Live] {
            let written = Fresh { value: Value { sku: "A" }, source, as_of: entry.as_of(), fresh_until: entry.fresh_until() };
            let written = serde_json::to_string(&written).unwrap();
            for _ in 0..2 {
                assert_eq!(serde_json::to_string(&Shown::kept(Arc::clone(&entry), source).unwrap()).unwrap(), written);
            }
        }
    }

    #[test]
    fn f1_when_a_value_was_determined_is_said_once() {
        let at = "2026-11-25T10:00:00Z".parse::<Timestamp>().unwrap();
        let value = Availability {
            sku: "A".into(),
            location: None,
            available: Decimal::TEN,
            unit: Unit::one(),
            unlimited: false,
            schedule: vec![],
            lead_time_days: None,
            as_of: Some(at),
            ext: Extensions::new(),
        };
        let shown = Shown::kept(entry(Ok(value), Some(at)), Source::Cached).unwrap();
        let text = serde_json::to_string(&shown).unwrap();
        assert_eq!(text.matches("as_of").count(), 1, "{text}");
    }

    #[test]
    fn a_failure_is_not_shown_as_a_value() {
        let failure = Failure::new(FailureCode::NotFound, "no such item");
        assert_eq!(Shown::<Value>::kept(entry(Err(failure.clone()), None), Source::Cached).unwrap_err(), failure);
        assert_eq!(Shown::kept(entry(Ok("x"), None), Source::Cached).unwrap().source(), Source::Cached);
    }
}
