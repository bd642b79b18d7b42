//! A cached answer and how it stands at an instant.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::Lifetime;
use super::moment::Moment;
use crate::domain::{Failure, FailureCode, Fresh, Source, Standing};

/// An answer of the back end: a value, or a failure that is remembered.
#[derive(Clone, Debug)]
pub struct Entry<V> {
    pub answer: Result<V, Failure>,
    as_of: Moment,
    fresh_until: Moment,
    asked_at: Moment,
    kept_until: Moment,
    proven_at: Moment,
    pub(super) must_ask: bool,
    /// Another host was given it.
    pub is_shared: bool,
    /// The value as it is shown from the cache, once it was.
    json: OnceLock<Box<RawValue>>,
    standing: Standing,
    pub origin: Origin,
}

/// How the back end came to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was asked and did not say as of when: `as_of` is when it was asked, by our clock.
    Asked,
    /// It was asked, and `as_of` is its own word.
    Dated,
    /// It pushed it (rule F12): `asked_at` is when that arrived, `as_of` its own word.
    Pushed,
}

/// How an entry stands at an instant.
#[derive(Clone, Debug)]
pub enum Lookup<V> {
    Fresh(Arc<Entry<V>>),
    /// May be shown while a refresh runs.
    Stale(Arc<Entry<V>>),
    /// Must be asked; may be shown only if the back end does not answer.
    Expired(Arc<Entry<V>>),
    Miss,
}

impl<V> Entry<V> {
    /// An answer asked at `asked_at`. Its age counts from the question, so that it is never taken for newer than it is.
    pub fn new(answer: Result<V, Failure>, asked_at: Timestamp, as_of: Option<Timestamp>, lifetime: Lifetime) -> Self {
        let later = |by: Duration| SignedDuration::try_from(by).ok().and_then(|by| asked_at.checked_add(by).ok());
        Self {
            must_ask: lifetime.fresh.is_zero() || answer.is_err(),
            answer,
            origin: if as_of.is_some() { Origin::Dated } else { Origin::Asked },
            as_of: as_of.map_or(asked_at, |as_of| as_of.min(asked_at)).into(),
            asked_at: asked_at.into(),
            proven_at: asked_at.into(),
            is_shared: false,
            fresh_until: later(lifetime.fresh).unwrap_or(Timestamp::MAX).into(),
            kept_until: later(lifetime.kept_for()).unwrap_or(Timestamp::MAX).into(),
            json: OnceLock::new(),
            standing: Standing::default(),
        }
    }

    /// The same, found in the shared cache.
    #[must_use]
    pub fn shared_at(self, proven_at: Timestamp) -> Self {
        Self { proven_at: proven_at.into(), is_shared: true, ..self }
    }

    /// Where the value comes from that a question brought.
    pub(super) fn source_of_asked(&self, now: Timestamp) -> Source {
        match self.is_shared {
            false => Source::Live,
            true if now < self.fresh_until() => Source::Cached,
            true => Source::Stale,
        }
    }

    /// Of a question that ended without an answer: a defect of ours, reported as such rather than left waiting.
    pub fn lost() -> Arc<Self> {
        let failure = Failure::new(FailureCode::Unavailable, "the answer was lost in the host");
        Arc::new(Self::new(Err(failure), Timestamp::UNIX_EPOCH, None, Lifetime::default()))
    }

    /// Believed for as long as whoever said it.
    pub fn said_by(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }

    pub(super) fn is_believed(&self) -> bool {
        self.standing.is_good()
    }

    /// A value that the back end pushed. Its age counts from what the back end says, so that a late one is not fresh for longer.
    pub fn pushed(value: V, arrived_at: Timestamp, as_of: Timestamp, lifetime: Lifetime) -> Self {
        let aged = Self::new(Ok(value), as_of.min(arrived_at), None, lifetime);
        Self { asked_at: arrived_at.into(), proven_at: arrived_at.into(), as_of: as_of.into(), origin: Origin::Pushed, ..aged }
    }

    /// When the value was determined: the back end's word, or when it was asked.
    pub fn as_of(&self) -> Timestamp {
        self.as_of.get()
    }

    pub fn asked_at(&self) -> Timestamp {
        self.asked_at.get()
    }

    pub fn fresh_until(&self) -> Timestamp {
        self.fresh_until.get()
    }

    /// From then on it is as if it had never been known.
    pub fn kept_until(&self) -> Timestamp {
        self.kept_until.get()
    }

    /// When it was known last that nobody has invalidated it: when it was asked, or when the shared cache had it.
    pub(super) fn proven_at(&self) -> Timestamp {
        self.proven_at.get()
    }

    /// Whose word it is while it is fresh.
    pub fn fresh_source(&self) -> Source {
        if self.origin == Origin::Pushed { Source::Pushed } else { Source::Cached }
    }

    /// What the back end knew then is in the answer.
    pub fn knows_until(&self) -> Timestamp {
        if self.origin == Origin::Pushed { self.shown_as_of() } else { self.asked_at() }
    }

    /// Never later than ours, whatever the back end's clock says.
    pub fn shown_as_of(&self) -> Timestamp {
        self.as_of.min(self.asked_at).get()
    }

    pub fn lookup(self: Arc<Self>, now: Timestamp) -> Lookup<V> {
        if now < self.fresh_until() {
            Lookup::Fresh(self)
        } else if now >= self.kept_until() {
            Lookup::Miss
        } else if self.must_ask {
            Lookup::Expired(self)
        } else {
            Lookup::Stale(self)
        }
    }
}

impl<V> Entry<V> {
    /// The value with its provenance (rule F1).
    pub fn shown(&self, source: Source) -> Result<Fresh<&V>, &Failure> {
        let value = self.answer.as_ref()?;
        Ok(Fresh { value, source, as_of: self.shown_as_of(), fresh_until: self.fresh_until() })
    }
}

impl<V: Clone> Entry<V> {
    /// The same, to be changed.
    pub fn to_fresh(&self, source: Source) -> Result<Fresh<V>, Failure> {
        let Fresh { value, source, as_of, fresh_until } = self.shown(source).map_err(Failure::clone)?;
        Ok(Fresh { value: value.clone(), source, as_of, fresh_until })
    }
}

impl<V: Serialize> Entry<V> {
    /// The value with its provenance as JSON, shown from the cache. Written at the first time.
    pub fn json(&self) -> Result<&RawValue, String> {
        if let Some(json) = self.json.get() {
            return Ok(json);
        }
        let shown = self.shown(self.fresh_source()).map_err(|failure| failure.message.clone())?;
        let json = to_raw_value(&shown).map_err(|cause| cause.to_string())?;
        Ok(self.json.get_or_init(|| json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fresh: u64) -> Arc<Entry<u8>> {
        let lifetime = Lifetime { fresh: Duration::from_secs(fresh), stale: Duration::from_secs(60) };
        Arc::new(Entry::new(Ok(1), Timestamp::UNIX_EPOCH, None, lifetime))
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
    }

    #[test]
    fn f1_a_value_is_fresh_until_its_time_and_stale_from_then_on() {
        assert!(matches!(entry(10).lookup(at(9)), Lookup::Fresh(_)));
        assert!(matches!(entry(10).lookup(at(10)), Lookup::Stale(_)));
    }

    #[test]
    fn f11_what_the_shared_cache_had_is_not_live() {
        assert_eq!(entry(10).source_of_asked(at(0)), Source::Live);
        let shared = Entry::clone(&entry(10)).shared_at(at(5));
        assert_eq!((shared.source_of_asked(at(9)), shared.source_of_asked(at(10))), (Source::Cached, Source::Stale));
        assert_eq!(shared.asked_at(), at(0), "its age counts from the question");
    }

    #[test]
    fn f3_a_value_that_expires_at_once_is_asked_live() {
        assert!(matches!(entry(0).lookup(at(0)), Lookup::Expired(_)));
    }

    #[test]
    fn a_value_that_is_too_old_to_be_shown_is_as_if_it_had_never_been_known() {
        assert!(matches!(entry(10).lookup(at(69)), Lookup::Stale(_)));
        assert!(matches!(entry(10).lookup(at(70)), Lookup::Miss));
    }

    #[test]
    fn f12_a_pushed_value_ages_from_the_back_ends_word_and_is_never_shown_as_newer_than_it_is() {
        let lifetime = Lifetime { fresh: Duration::from_secs(10), stale: Duration::ZERO };
        let late = Entry::pushed(1, at(8), at(3), lifetime);
        assert_eq!(
            (late.fresh_until(), late.asked_at(), late.fresh_source(), late.knows_until()),
            (at(13), at(8), Source::Pushed, at(3))
        );
        let ahead = Entry::pushed(1, at(8), at(20), lifetime);
        assert_eq!((ahead.fresh_until(), ahead.to_fresh(Source::Pushed).unwrap().as_of, ahead.as_of()), (at(18), at(8), at(20)));
    }

    #[test]
    fn f1_a_back_end_clock_ahead_of_ours_does_not_make_a_value_newer() {
        let lifetime = Lifetime { fresh: Duration::from_secs(1), stale: Duration::ZERO };
        assert_eq!(Entry::new(Ok(1), at(5), Some(at(99)), lifetime).as_of(), at(5));
        assert_eq!(Entry::new(Ok(1), at(5), Some(at(2)), lifetime).as_of(), at(2));
    }

    #[test]
    fn p12_a_cached_availability_takes_no_more_than_is_planned_for_it() {
        let key = size_of::<crate::cache::AvailabilityKey>();
        let entry = size_of::<Entry<crate::domain::Availability>>();
        assert!(key <= 40 && entry <= 256, "key {key}, entry {entry} bytes");
    }
}
