//! The answers in memory: by key, bounded by their bytes. When it is full, what is asked rarely goes first.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

use super::entry::Origin;
use super::marks::Marks;
use super::weight::entry_bytes;
use super::{Dimensions, Entry, Keyed, Lookup, Outdated, Reach, Verdict, Weigh};
use crate::clock::Clock;

/// How often entries that are too old to be shown are dropped. They are not found before that either: this only gives memory back.
const SWEEP_SECS: i64 = 60;

/// Answers by key. Cheap to clone.
pub struct Memory<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    entries: Cache<K, Arc<Entry<V>>, Bytes>,
    marks: Marks,
    /// Invalidations of what was asked until then may have been missed. Unix time, in microseconds.
    doubted_until: AtomicI64,
    clock: Clock,
    /// Unix time, in seconds.
    swept_at: AtomicI64,
}

impl<K, V> Clone for Memory<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Clone)]
struct Bytes;

impl<K: Weigh, V: Weigh> Weighter<K, Arc<Entry<V>>> for Bytes {
    fn weight(&self, key: &K, entry: &Arc<Entry<V>>) -> u64 {
        entry_bytes(key, entry) as u64
    }
}

/// Entries with their keys.
pub type Found<K, V> = Vec<(K, Arc<Entry<V>>)>;

impl<K: Clone + Hash + Eq + Weigh + Keyed, V: Weigh> Memory<K, V> {
    /// Keeps at most `max_bytes`, estimated from the size of each key and value.
    pub fn new(max_bytes: u64, clock: &Clock) -> Self {
        let swept_at = AtomicI64::new(clock.now().as_second());
        // No place is taken before there is something to keep.
        let expected = usize::try_from(max_bytes / 512).unwrap_or(usize::MAX);
        let entries = Cache::with_weighter(expected, max_bytes, Bytes);
        Self(Arc::new(Inner {
            entries,
            marks: Marks::default(),
            doubted_until: AtomicI64::new(i64::MIN),
            clock: clock.clone(),
            swept_at,
        }))
    }

    /// What is known, unless it was asked before its item was marked, or is not believed any more.
    pub fn get(&self, key: &K) -> Option<Arc<Entry<V>>> {
        self.0.entries.get(key).filter(|entry| !self.is_outdated(key, entry))
    }

    /// From now on, nothing within `reach` is used that came until `at`.
    pub fn mark(&self, reach: Reach, at: Timestamp) {
        self.outdate(reach, Outdated::until(at));
    }

    /// From now on, what was asked until `at` must be asked again before it is shown; it is shown as stale where the back end does not
    /// answer.
    pub fn doubt(&self, at: Timestamp) {
        self.0.doubted_until.fetch_max(at.as_microsecond(), Ordering::Release);
    }

    /// Whether invalidations of an entry may have been missed.
    pub fn doubted(&self, entry: &Entry<V>) -> bool {
        entry.proven_at().as_microsecond() <= self.0.doubted_until.load(Ordering::Relaxed)
    }

    /// How a known entry stands.
    pub fn standing(&self, entry: Arc<Entry<V>>, now: Timestamp) -> Lookup<V> {
        match entry.lookup(now) {
            Lookup::Fresh(entry) | Lookup::Stale(entry) if self.doubted(&entry) => Lookup::Expired(entry),
            lookup => lookup,
        }
    }

    /// From now on, nothing within `reach` is used that is outdated.
    pub fn outdate(&self, reach: Reach, outdated: Outdated) {
        self.0.marks.put(reach, outdated, self.0.clock.now());
    }

    /// What marks say about a question.
    pub fn outdated(&self, about: &Dimensions<'_>) -> Option<Outdated> {
        self.0.marks.latest(about)
    }

    /// No answer that is left at `now` was asked before.
    pub fn oldest_answer(&self, now: Timestamp) -> Timestamp {
        self.0.marks.oldest_answer(now)
    }

    fn is_outdated(&self, key: &K, entry: &Entry<V>) -> bool {
        !entry.is_believed() || self.outdated(&key.dimensions()).is_some_and(|outdated| outdated.includes(entry))
    }

    /// Whether a value that the back end pushes as of an instant would be the newest under a key (rule F12). `skew`: how far its clock may be
    /// from ours.
    pub fn judge(&self, key: &K, as_of: Timestamp, skew: SignedDuration) -> Verdict {
        let marked = self.outdated(&key.dimensions()).unwrap_or(Outdated::NOTHING);
        let now = self.0.clock.now();
        let known =
            self.0.entries.get(key).filter(|entry| entry.is_believed() && !marked.includes(entry) && now < entry.kept_until());
        let (mut told, mut ours) = (marked.told_before, marked.arrived_until);
        if let Some(entry) = known {
            match entry.origin {
                Origin::Asked => ours = ours.max(entry.asked_at()),
                Origin::Dated | Origin::Pushed => told = told.max(entry.as_of()),
            }
        }
        Verdict::of(as_of, told, ours, skew)
    }

    /// Drops a pushed value that is older than another one about the same.
    pub fn drop_pushed_before(&self, key: &K, as_of: Timestamp) {
        let is_older = |entry: &Arc<Entry<V>>| entry.origin == Origin::Pushed && entry.as_of() < as_of;
        self.0.entries.remove_if(key, is_older);
    }

    /// Entries whose key is as wanted, used or not, at most so many. Looks at every entry.
    pub fn search(&self, most: usize, wanted: impl Fn(&Dimensions<'_>) -> bool) -> Found<K, V> {
        let now = self.0.clock.now();
        let entries = self
            .0
            .entries
            .iter()
            .filter(|(key, entry)| now < entry.kept_until() && entry.is_believed() && wanted(&key.dimensions()));
        entries.take(most).collect()
    }

    /// Drops every entry whose key is as wanted. Looks at each.
    pub fn forget(&self, wanted: impl Fn(&Dimensions<'_>) -> bool) {
        self.0.entries.retain(|key, _| !wanted(&key.dimensions()));
    }

    /// Remembers an entry, unless a newer one is there already, its item was marked while it was asked, or it is not believed any more.
    pub fn remember(&self, key: &K, entry: Arc<Entry<V>>) {
        let (outdated, now) = (self.outdated(&key.dimensions()), self.0.clock.now());
        let is_outdated = |entry: &Entry<V>| !entry.is_believed() || outdated.is_some_and(|outdated| outdated.includes(entry));
        if is_outdated(&entry) {
            return;
        }
        self.0.marks.note_kept(Duration::try_from(entry.kept_until().duration_since(entry.asked_at())).unwrap_or_default());
        let is_newer = |known: &Entry<V>| is_newer(known, &entry, now);
        let decide = |_: &K, known: &mut Arc<Entry<V>>| {
            let stays = is_newer(known) && !is_outdated(known);
            if stays { EntryAction::Retain(()) } else { EntryAction::ReplaceWithGuard }
        };
        match self.0.entries.entry(key, None, decide) {
            EntryResult::Vacant(place) | EntryResult::Replaced(place, _) => {
                // It fails when the place was taken back meanwhile: what is there is as new.
                let _ = place.insert(entry);
            }
            EntryResult::Retained(()) | EntryResult::Removed(..) | EntryResult::Timeout => {}
        }
        self.sweep();
    }

    /// Drops what is too old, when it is time.
    fn sweep(&self) {
        let inner = &self.0;
        let (now, swept_at) = (inner.clock.now(), inner.swept_at.load(Ordering::Relaxed));
        let is_due = now.as_second().saturating_sub(swept_at) >= SWEEP_SECS;
        let is_mine = || inner.swept_at.compare_exchange(swept_at, now.as_second(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due && is_mine() {
            inner.entries.retain(|_, entry| now < entry.kept_until());
        }
    }
}

/// Whether what is known is newer than an answer that comes late. Where the back end dated both, its word alone counts while the newer one is
/// fresh; else one that is asked again soon gives way to one that is good for longer.
fn is_newer<V>(known: &Entry<V>, entry: &Entry<V>, now: Timestamp) -> bool {
    let is_dated = |entry: &Entry<V>| entry.origin != Origin::Asked;
    let both_dated = is_dated(known) && is_dated(entry) && now < known.fresh_until();
    known.as_of() > entry.as_of() && (both_dated || known.fresh_until() > entry.fresh_until())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Lifetime;
    use crate::domain::Standing;

    fn entry(text: &str, clock: &Clock) -> Arc<Entry<String>> {
        let lifetime = Lifetime { fresh: Duration::from_secs(60), stale: Duration::ZERO };
        Arc::new(Entry::new(Ok(text.to_owned()), clock.now(), None, lifetime))
    }

    #[test]
    fn what_was_said_by_whom_nobody_believes_any_more_is_neither_used_nor_kept() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let memory: Memory<u32, String> = Memory::new(100_000, &clock);
        let (bad, good) = (Standing::default(), Standing::default());
        let said = |text: &str, standing: &Standing| Arc::new((*entry(text, &clock)).clone().said_by(standing.clone()));
        let known = |key| memory.get(&key).map(|entry| entry.answer.clone().unwrap());
        memory.remember(&1, said("wrong", &bad));
        memory.remember(&2, said("right", &good));
        bad.withdraw();
        assert_eq!((known(1), known(2).as_deref()), (None, Some("right")));
        assert_eq!(memory.search(10, |_| true).len(), 1);
        memory.remember(&2, said("wrong", &bad));
        memory.remember(&1, said("right", &good));
        assert_eq!((known(1).as_deref(), known(2).as_deref()), (Some("right"), Some("right")));
    }

    #[test]
    fn memory_is_bounded_by_the_bytes_of_what_is_kept_not_by_its_number() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let memory: Memory<u32, String> = Memory::new(100_000, &clock);
        for key in 0..100 {
            memory.remember(&key, entry(&"x".repeat(10_000), &clock));
        }
        let kept = memory.0.entries.len();
        assert!((1..=9).contains(&kept), "{kept} entries of 10 kB in 100 kB");
    }

    #[test]
    fn what_is_too_old_to_be_shown_gives_its_memory_back() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let memory: Memory<u32, String> = Memory::new(100_000, &clock);
        memory.remember(&1, entry("old", &clock));
        clock.advance(SignedDuration::from_secs(61));
        memory.remember(&2, entry("new", &clock));
        assert!(memory.get(&1).is_none() && memory.get(&2).is_some());
    }

    #[test]
    fn f11_what_is_doubted_must_be_asked_and_what_was_asked_or_proven_since_is_not_doubted() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let memory: Memory<u32, String> = Memory::new(100_000, &clock);
        let known = entry("known", &clock);
        assert!(matches!(memory.standing(Arc::clone(&known), clock.now()), Lookup::Fresh(_)));
        memory.doubt(clock.now());
        assert!(matches!(memory.standing(Arc::clone(&known), clock.now()), Lookup::Expired(_)));
        clock.advance(SignedDuration::from_secs(1));
        assert!(matches!(memory.standing(entry("asked since", &clock), clock.now()), Lookup::Fresh(_)));
        let proven = Arc::new(Entry::clone(&known).shared_at(clock.now()));
        assert!(matches!(memory.standing(proven, clock.now()), Lookup::Fresh(_)));
        memory.doubt(Timestamp::UNIX_EPOCH);
        assert!(memory.doubted(&known), "a doubt is not taken back by an older one");
    }

    #[test]
    fn an_older_answer_that_comes_late_does_not_replace_a_newer_one() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let memory: Memory<u32, String> = Memory::new(100_000, &clock);
        let late = entry("older", &clock);
        clock.advance(SignedDuration::from_secs(1));
        memory.remember(&1, entry("newer", &clock));
        memory.remember(&1, late);
        assert_eq!(memory.get(&1).unwrap().answer.as_deref().unwrap(), "newer");
    }

    #[test]
    fn an_answer_that_a_mark_has_outdated_keeps_no_newer_one_out() {
        let memory: Memory<u32, String> = Memory::new(1_000_000, &Clock::manual(Timestamp::UNIX_EPOCH));
        let at = |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        let entry = |text: &str, fresh, asked_at, as_of| {
            let lifetime = Lifetime { fresh: Duration::from_secs(fresh), stale: Duration::ZERO };
            Arc::new(Entry::new(Ok(text.to_owned()), at(asked_at), Some(at(as_of)), lifetime))
        };
        memory.remember(&1, entry("long fresh", 300, 10, 10));
        // The back end determined it a while ago, and it is soon to be asked again.
        memory.remember(&1, entry("short fresh", 15, 11, 5));
        assert_eq!(memory.get(&1).unwrap().answer.as_deref(), Ok("long fresh"));
        memory.mark(Reach::everything("1".into()), at(12));
        memory.remember(&1, entry("short fresh", 15, 13, 5));
        assert_eq!(memory.get(&1).unwrap().answer.as_deref(), Ok("short fresh"));
    }
}
