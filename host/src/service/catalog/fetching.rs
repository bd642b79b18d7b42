//! How items are answered that this host does not know: by the shared cache (rule F11), else by one call of the adapter. What comes of it
//! is kept here and there.

use std::hash::Hash;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Asking, Catalog, Question};
use crate::adapter::operation::Operation;
use crate::cache::{Entry, Keyed, Known, Lifetime, Lookup, Shelf, Shelved, Ticket, Urgency, Weigh};
use crate::domain::{CallContext, Failure, FailureCode, Standing};

/// An answer that comes back from the shared cache may seem older by the time that it took to look for it.
const SAME_ANSWER: SignedDuration = SignedDuration::from_secs(1);

/// What the two reads say for themselves of items and answers.
pub(in crate::service) trait Answers: Send + Sync {
    type Key;
    type Item;
    type Value;

    /// The keys under which an answer may be known, the one that answers most first.
    fn keys(&self, key: &Self::Key, item: &Self::Item) -> Vec<Self::Key>;
    /// The key under which an answer is to be known.
    fn key_for(&self, key: Self::Key, item: &Self::Item, answer: &Result<Self::Value, Failure>) -> Self::Key;
    /// Whether a value answers an item: one about anything else is believed of nobody.
    fn fits(&self, value: &Self::Value, item: &Self::Item) -> bool;
    /// A value that does not fit was answered by the back end.
    fn refused(&self) -> Failure;
    /// When the back end determined a value.
    fn as_of(&self, value: &Self::Value) -> Option<Timestamp>;
    /// How long an answer is kept; nothing: not at all.
    fn lifetime(&self, item: &Self::Item, answer: &Result<Self::Value, Failure>, asked_at: Timestamp) -> Option<Lifetime>;
}

/// What is known of an item before its back end is asked.
struct Place<K, V> {
    /// Needs no asking.
    settled: Option<Arc<Entry<V>>>,
    /// To be shown when the back end is down.
    fallback: Option<(K, Arc<Entry<V>>)>,
    ticket: Option<Ticket>,
}

impl<K, V> Default for Place<K, V> {
    fn default() -> Self {
        Self { settled: None, fallback: None, ticket: None }
    }
}

impl<K, V> Catalog<K, V>
where
    K: Clone + Hash + Eq + Weigh + Keyed + Send + Sync + 'static,
    V: Clone + Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// An entry for each item, in order: of the shared cache where it has a fresh one and the question is none of billing, else of one call.
    pub(in crate::service) async fn fetch<I: Clone + Send + Sync, O: Operation<Reply = Vec<Result<V, Failure>>>>(
        &self,
        asking: Asking<'_>,
        items: Vec<(K, Question<I>)>,
        answers: &impl Answers<Key = K, Item = I, Value = V>,
        operation: impl FnOnce(Vec<I>) -> O,
    ) -> Vec<Arc<Entry<V>>> {
        let begun_at = self.clock.now();
        let mut places = match &self.shelf {
            Some(shelf) => self.look_up(shelf, asking, &items, answers).await,
            None => items.iter().map(|_| Place::default()).collect(),
        };
        let is_missing = |place: &Place<K, V>| place.settled.is_none();
        let missing: Vec<_> =
            items.into_iter().zip(&places).filter(|(_, place)| is_missing(place)).map(|(item, _)| item).collect();
        if !missing.is_empty() {
            let (answered, standing) = self.ask(asking, &missing, operation, answers).await;
            let open = places.iter_mut().filter(|place| is_missing(place));
            for ((place, (key, question)), answer) in open.zip(missing).zip(answered) {
                let ticket = place.ticket.take();
                let entry = self.keep(asking, key, &question.item, (answer, &standing), begun_at, ticket, answers);
                let is_down = entry.answer.as_ref().is_err_and(Failure::is_outage);
                let fallback = place.fallback.take().filter(|_| is_down).map(|(key, fallback)| {
                    self.memory.remember(&key, Arc::clone(&fallback));
                    fallback
                });
                place.settled = fallback.or(Some(entry));
            }
        }
        // One for each, whatever happens: an answer must never be taken for the next item's.
        places.into_iter().map(|place| place.settled.unwrap_or_else(Entry::lost)).collect()
    }

    /// What the shared cache has of each item, in order.
    pub(in crate::service) async fn known_elsewhere<I: Send + Sync>(
        &self,
        asking: Asking<'_>,
        items: &[(K, Question<I>)],
        answers: &impl Answers<Key = K, Item = I, Value = V>,
    ) -> Vec<Option<Arc<Entry<V>>>> {
        let Some(shelf) = &self.shelf else { return items.iter().map(|_| None).collect() };
        let places = self.look_up(shelf, asking, items, answers).await;
        let known = |place: Place<K, V>| {
            place.settled.or_else(|| {
                let (key, stale) = place.fallback?;
                self.memory.remember(&key, Arc::clone(&stale));
                Some(stale)
            })
        };
        places.into_iter().map(known).collect()
    }

    async fn look_up<I: Send + Sync>(
        &self,
        shelf: &Shelf<K, V>,
        asking: Asking<'_>,
        items: &[(K, Question<I>)],
        answers: &impl Answers<Key = K, Item = I, Value = V>,
    ) -> Vec<Place<K, V>> {
        let is_shared = asking.urgency != Urgency::Live;
        let keys = |(key, question): &(K, Question<I>)| if is_shared { answers.keys(key, &question.item) } else { Vec::new() };
        let keys: Vec<Vec<K>> = items.iter().map(keys).collect();
        let wanted: Vec<_> = items.iter().zip(&keys).map(|((key, _), keys)| (key, keys.iter().collect())).collect();
        let shelved = shelf.look_up(asking.reader.adapter().facts(), &wanted).await;
        let places = shelved.into_iter().zip(items).map(|(shelved, (key, question))| {
            let has_ticket = shelved.ticket.is_some();
            let place = self.judge(shelved, &asking.reader.standing(), key, &question.item, answers);
            if is_shared && has_ticket {
                let outcome = match &place {
                    Place { settled: Some(_), .. } => "hit",
                    Place { fallback: Some(_), .. } => "stale",
                    _ => "miss",
                };
                shelf.count(outcome);
            }
            place
        });
        places.collect()
    }

    /// By this host's policy: how long another's holds does not matter. What other hosts were told, the same version told them, so it is believed
    /// as long.
    fn judge<I>(
        &self,
        shelved: Shelved<V>,
        standing: &Standing,
        key: &K,
        item: &I,
        answers: &impl Answers<Key = K, Item = I, Value = V>,
    ) -> Place<K, V> {
        let mut place = Place { ticket: shelved.ticket, ..Place::default() };
        let Some(proven_at) = place.ticket.as_ref().map(|ticket| ticket.taken_at) else { return place };
        let fitting =
            shelved.known.into_iter().filter(|known| known.answer.as_ref().map_or(true, |value| answers.fits(value, item)));
        let is_withheld = self.uncacheable.includes(&key.dimensions(), self.clock.now());
        for Known { answer, asked_at, as_of } in fitting.filter(|_| !is_withheld) {
            let Some(lifetime) = answers.lifetime(item, &answer, asked_at) else { continue };
            let key = answers.key_for(key.clone(), item, &answer);
            let entry = Arc::new(Entry::new(answer, asked_at, as_of, lifetime).shared_at(proven_at).said_by(standing.clone()));
            // What this host has asked since is newer, even where it is not fresh any more.
            let is_older = |known: &Entry<V>| known.asked_at().duration_since(entry.asked_at()) > SAME_ANSWER;
            if self.memory.get(&key).is_some_and(|known| is_older(&known)) {
                continue;
            }
            match Arc::clone(&entry).lookup(self.clock.now()) {
                Lookup::Fresh(_) => {
                    self.memory.remember(&key, Arc::clone(&entry));
                    place.settled = Some(entry);
                    return place;
                }
                Lookup::Stale(_) | Lookup::Expired(_) if entry.answer.is_ok() => {
                    place.fallback = place.fallback.or(Some((key, entry)))
                }
                _ => {}
            }
        }
        place
    }

    /// Makes an entry of an answer; remembers it, for other hosts too, when it has a lifetime, and as long as who said it is believed.
    #[expect(clippy::too_many_arguments, reason = "all that an answer has to do with")]
    fn keep<I>(
        &self,
        asking: Asking<'_>,
        key: K,
        item: &I,
        (answer, standing): (Result<V, Failure>, &Standing),
        begun_at: Timestamp,
        ticket: Option<Ticket>,
        answers: &impl Answers<Key = K, Item = I, Value = V>,
    ) -> Arc<Entry<V>> {
        let asked_at = ticket.as_ref().map_or(begun_at, |ticket| ticket.taken_at);
        let as_of = answer.as_ref().ok().and_then(|value| answers.as_of(value));
        let lifetime = answers.lifetime(item, &answer, asked_at).map(|lifetime| match (&self.shelf, &ticket) {
            // Nobody would tell that it was invalidated.
            (Some(shelf), None) => lifetime.fresh_for_at_most(shelf.fresh_without_ticket()),
            _ => lifetime,
        });
        let key = answers.key_for(key, item, &answer);
        let entry = Entry::new(answer, asked_at, as_of, lifetime.unwrap_or_default());
        let entry = Arc::new(entry.said_by(standing.clone()));
        if lifetime.is_some() && !self.uncacheable.includes(&key.dimensions(), begun_at) {
            self.memory.remember(&key, Arc::clone(&entry));
            if let (Some(shelf), Some(ticket)) = (&self.shelf, ticket) {
                shelf.put(asking.reader.adapter().facts(), &key, ticket, &entry, as_of);
            }
        }
        entry
    }

    /// Asks for all items in one call: one answer each, in order. When the call fails, every item has. The context is that of the first
    /// asker, with the store's whole deadline, because others may have joined. With the standing of the generation that answered.
    async fn ask<I: Clone + Send + Sync, O: Operation<Reply = Vec<Result<V, Failure>>>>(
        &self,
        asking: Asking<'_>,
        items: &[(K, Question<I>)],
        operation: impl FnOnce(Vec<I>) -> O,
        answers: &impl Answers<Key = K, Item = I, Value = V>,
    ) -> (Vec<Result<V, Failure>>, Standing) {
        let everything_failed = |failure: Failure| items.iter().map(|_| Err(failure.clone())).collect();
        let (Some((_, first)), Some(shop)) = (items.first(), self.shops.get(asking.store)) else {
            let gone = Failure::new(FailureCode::Unavailable, "there is no such store any more");
            return (everything_failed(gone), Standing::default());
        };
        let context = CallContext { deadline: shop.config.read_deadline(), ..CallContext::clone(&first.asker) };
        let operation = operation(items.iter().map(|(_, question)| question.item.clone()).collect());
        let believe = |value: V, item: &I| if answers.fits(&value, item) { Ok(value) } else { Err(answers.refused()) };
        let believe_each = |replies: O::Reply| {
            let pairs = replies.into_iter().zip(items);
            pairs.map(|(answer, (_, question))| answer.and_then(|value| believe(value, &question.item))).collect()
        };
        let (answered, standing) = asking.reader.call(&context, &operation, believe_each).await;
        (answered.unwrap_or_else(everything_failed), standing)
    }
}
