//! An answer as it is kept in the shared cache: JSON with a format version. What cannot be read is as if it were not there. Pure.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cache::Entry;
use crate::domain::Failure;

/// Rises when an older host could misread what a newer one writes; it is part of every key, so that each finds its own. A new field that an
/// older host may ignore does not raise it.
pub(super) const FORMAT: u32 = 1;

/// How far another host's clock may be ahead before its answers are left alone.
const MAX_SKEW_SECS: i64 = 5;

#[derive(Serialize, Deserialize)]
struct Record<V, F> {
    #[serde(rename = "format")]
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<V>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<F>,
    as_of: Timestamp,
    asked_at: Timestamp,
    fresh_until: Timestamp,
    kept_until: Timestamp,
    must_ask: bool,
}

pub(super) fn write<V: Serialize>(entry: &Entry<V>) -> serde_json::Result<Vec<u8>> {
    let (value, failure) = match &entry.answer {
        Ok(value) => (Some(value), None),
        Err(failure) => (None, Some(failure)),
    };
    let Entry { as_of, asked_at, fresh_until, kept_until, must_ask, .. } = *entry;
    serde_json::to_vec(&Record { format: FORMAT, value, failure, as_of, asked_at, fresh_until, kept_until, must_ask })
}

/// Milliseconds that an entry is worth keeping; nothing when it is too old already.
pub(super) fn keep_ms<V>(entry: &Entry<V>, now: Timestamp) -> Option<u64> {
    u64::try_from(entry.kept_until.duration_since(now).as_millis()).ok().filter(|left| *left > 0)
}

/// What another host wrote. Nothing when it makes no sense here: another format, neither value nor failure or both, times that cannot be.
pub(super) fn read<V: DeserializeOwned>(text: &[u8], now: Timestamp) -> Option<Entry<V>> {
    let record: Record<V, Failure> = serde_json::from_slice(text).ok()?;
    let answer = match (record.value, record.failure) {
        (Some(value), None) => Ok(value),
        (None, Some(failure)) => Err(failure),
        _ => return None,
    };
    let Record { format, as_of, asked_at, fresh_until, kept_until, must_ask, .. } = record;
    let from_the_future = asked_at.duration_since(now).as_secs() > MAX_SKEW_SECS;
    let in_order = as_of <= asked_at && asked_at <= fresh_until && fresh_until <= kept_until;
    (format == FORMAT && in_order && !from_the_future && now < kept_until)
        .then_some(Entry { answer, as_of, asked_at, fresh_until, kept_until, must_ask })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;
    use serde_json::{Value, json};

    use super::*;
    use crate::cache::Lifetime;
    use crate::domain::FailureCode;

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
    }

    fn entry(answer: Result<u32, Failure>) -> Entry<u32> {
        let lifetime = Lifetime { fresh: Duration::from_secs(10), stale: Duration::from_secs(50) };
        Entry::new(answer, at(100), Some(at(90)), lifetime)
    }

    #[test]
    fn f11_an_answer_reads_as_it_was_written() {
        for answer in [Ok(7), Err(Failure::new(FailureCode::NotFound, "no such item"))] {
            let read: Entry<u32> = read(&write(&entry(answer.clone())).unwrap(), at(101)).unwrap();
            assert_eq!(read.answer, answer);
            assert_eq!((read.as_of, read.asked_at, read.fresh_until, read.kept_until), (at(90), at(100), at(110), at(160)));
        }
    }

    #[test]
    fn f11_it_is_kept_as_long_as_it_may_be_shown_and_not_longer() {
        assert_eq!(keep_ms(&entry(Ok(1)), at(100)), Some(60_000));
        assert_eq!(keep_ms(&entry(Ok(1)), at(160)), None);
        assert!(read::<u32>(&write(&entry(Ok(1))).unwrap(), at(160)).is_none());
    }

    #[test]
    fn f11_what_makes_no_sense_is_as_if_it_were_not_there() {
        let good: Value = serde_json::from_slice(&write(&entry(Ok(1))).unwrap()).unwrap();
        let changed = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            read::<u32>(changed.to_string().as_bytes(), at(101)).is_some()
        };
        assert!(changed("a_field_of_a_newer_host", json!({"x": 1})));
        assert!(!changed("format", json!(2)));
        assert!(!changed("value", json!("text")));
        assert!(!changed("value", json!(null)));
        assert!(!changed("failure", json!({"code": "not-found", "message": ""})));
        assert!(!changed("asked_at", json!("2999-01-01T00:00:00Z")));
        assert!(!changed("fresh_until", json!("1969-01-01T00:00:00Z")));
        for text in ["", "{", "null", "[]", "\u{0}"] {
            assert!(read::<u32>(text.as_bytes(), at(101)).is_none(), "{text:?}");
        }
    }
}
