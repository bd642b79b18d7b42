//! The shared cache as one kind of answers sees it: looked up by keys, filled behind the reader's back.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Shared;
use super::metrics::{self, Told};
use super::names::{Kind, whole_key};
use super::server::{Found, Question, Write};
use super::value::{Answer, Unusable, Value, decode, encode};
use crate::cache::{Entry, Keyed, Memory, Reach, Weigh};
use crate::domain::Failure;

/// Answers of one kind in the shared cache. Cheap to clone.
pub struct Shelf<K, V> {
    shared: Shared,
    kind: Kind,
    memory: Memory<K, V>,
}

impl<K, V> Clone for Shelf<K, V> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), kind: self.kind, memory: self.memory.clone() }
    }
}

/// What was found of one item, before its back end is asked.
#[derive(Debug)]
pub struct Shelved<V> {
    /// Answers that another host was given, in the order of the keys.
    pub known: Vec<Known<V>>,
    /// With it, an answer that is asked now can be kept.
    pub ticket: Option<Ticket>,
}

/// An answer that another host was given.
#[derive(Debug)]
pub struct Known<V> {
    pub answer: Result<V, Failure>,
    /// By this host's clock, and never too late.
    pub asked_at: Timestamp,
    /// When the back end determined it, where it says so.
    pub as_of: Option<Timestamp>,
}

/// Says under which versions an answer is asked. What is invalidated from now on does not fit it any more.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// This host's time when it was taken, at the earliest.
    pub taken_at: Timestamp,
    /// The server's.
    at: u64,
    under: [String; 2],
}

impl Ticket {
    /// This host's time when the server's was `asked`; nothing for the future. The age is taken by the server's clock alone: no host's clock
    /// makes an answer younger than it is.
    fn when(&self, asked: u64) -> Option<Timestamp> {
        let age = self.at.checked_sub(asked).and_then(|age| i64::try_from(age).ok())?;
        self.taken_at.checked_sub(SignedDuration::from_micros(age)).ok()
    }
}

impl<V> Shelved<V> {
    fn nothing() -> Self {
        Self { known: Vec::new(), ticket: None }
    }
}

impl<K, V> Shelf<K, V>
where
    K: Clone + Hash + Eq + Weigh + Keyed + Send + Sync + 'static,
    V: Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    pub(super) fn new(shared: Shared, kind: Kind, memory: &Memory<K, V>) -> Self {
        Self { shared, kind, memory: memory.clone() }
    }

    /// How long an answer counts as fresh for which there was no ticket: nobody would tell that it was invalidated.
    pub fn fresh_without_ticket(&self) -> Duration {
        self.shared.link().config.detached()
    }

    /// Looks for each item under its keys, which are all of the same item and location, within `lookup_ms`. `facts`: what makes the
    /// answers of the adapter its own. Without keys, only tickets are taken.
    pub async fn look_up(&self, facts: &str, items: &[(&K, Vec<&K>)]) -> Vec<Shelved<V>> {
        let link = self.shared.link();
        let keys: Vec<Vec<String>> =
            items.iter().map(|(_, keys)| keys.iter().map(|key| whole_key(facts, &key.dimensions())).collect()).collect();
        let question = |((key, _), whole): (&(&K, _), &Vec<String>)| Question {
            versions: link.names.versions_of(self.kind, &key.dimensions()),
            values: whole.iter().map(|whole| link.names.value(self.kind, whole)).collect(),
        };
        let questions: Vec<_> = items.iter().zip(&keys).map(question).collect();
        let (asked_at, looked_up) = match link.look_up(&questions).await {
            Ok(looked_up) => looked_up,
            Err(why) => {
                metrics::read(self.kind, why, items.len());
                return items.iter().map(|_| Shelved::nothing()).collect();
            }
        };
        let found = looked_up.found.into_iter().zip(items.iter().zip(&keys));
        found
            .map(|(found, ((_, keys), whole))| {
                let Found { versions: [Some(of_item), Some(of_location)], values } = found else {
                    // Full, or not allowed.
                    metrics::read(self.kind, "unversioned", 1);
                    return Shelved::nothing();
                };
                let ticket = Ticket { taken_at: asked_at, at: looked_up.at, under: [of_item, of_location] };
                let stored = values.iter().zip(keys.iter().zip(whole)).filter(|(stored, _)| !stored.is_empty());
                let known = stored.filter_map(|(stored, (key, whole))| {
                    self.read(stored, whole, key, &ticket).inspect_err(|why| metrics::read(self.kind, why, 1)).ok()
                });
                Shelved { known: known.collect(), ticket: Some(ticket) }
            })
            .collect()
    }

    /// What is stored, if it is the answer to this key and nobody has invalidated it.
    fn read(&self, stored: &[u8], whole: &str, key: &K, ticket: &Ticket) -> Result<Known<V>, &'static str> {
        let link = self.shared.link();
        if stored.len() > link.config.max_value_bytes {
            return Err("too_large");
        }
        let Value { asked, under, as_of, answer } = decode(self.shared.signer(), whole, stored).map_err(|why| match why {
            Unusable::Unreadable => "unreadable",
            Unusable::Foreign => "foreign",
            Unusable::Forged => "forged",
        })?;
        if under != ticket.under {
            return Err("invalidated");
        }
        let asked_at = ticket.when(asked).ok_or("from_the_future")?;
        // This host's own invalidation may be on its way to the server.
        if self.memory.outdated(&key.dimensions()).is_some_and(|outdated| asked_at <= outdated.asked_until) {
            return Err("invalidated");
        }
        let answer = match answer {
            Answer::Value(value) => Ok(value),
            Answer::Failure(failure) => Err(failure),
        };
        Ok(Known { answer, asked_at, as_of })
    }

    /// Counts how an item was answered: `hit`, `stale` or `miss`.
    pub fn count(&self, outcome: &'static str) {
        metrics::read(self.kind, outcome, 1);
    }
}

impl<K, V> Shelf<K, V>
where
    K: Clone + Hash + Eq + Weigh + Keyed + Send + Sync + 'static,
    V: Clone + Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Keeps an answer for all hosts. It waits for nobody: what the server does not take is not kept.
    pub fn put(&self, facts: &str, key: &K, ticket: Ticket, entry: &Arc<Entry<V>>, as_of: Option<Timestamp>) {
        let link = self.shared.link();
        let (whole, lasts) = (whole_key(facts, &key.dimensions()), entry.kept_until().duration_since(entry.asked_at()));
        let answer = match entry.answer.clone() {
            Ok(value) => Answer::Value(value),
            Err(failure) => Answer::Failure(failure),
        };
        let value = Value { asked: ticket.at, under: ticket.under, as_of, answer };
        let bytes = encode(self.shared.signer(), &whole, &value).unwrap_or_default();
        if bytes.is_empty() || bytes.len() > link.config.max_value_bytes {
            return metrics::written(self.kind, "too_large");
        }
        let lasts = Duration::try_from(lasts).unwrap_or_default();
        self.shared.write(self.kind, Write { name: link.names.value(self.kind, &whole), bytes, lasts });
    }
}

impl<K, V> Shelf<K, V> {
    /// Has nothing within `reach` used on any host that was asked until now. This host's own memory must have been marked before.
    pub async fn end(&self, reach: &Reach) -> Told {
        let link = self.shared.link();
        link.end_versions(link.names.versions_within(self.kind, reach)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f11_how_old_an_answer_is_the_servers_clock_decides_not_the_hosts() {
        let ticket = |taken_at: &str| Ticket {
            taken_at: taken_at.parse().unwrap(),
            at: 1_800_000_060_000_000,
            under: ["v".into(), "w".into()],
        };
        // Asked a minute ago, for hosts whose clocks are an hour apart.
        for (now, asked_at) in
            [("2026-11-25T12:00:00Z", "2026-11-25T11:59:00Z"), ("2026-11-25T13:00:00Z", "2026-11-25T12:59:00Z")]
        {
            assert_eq!(ticket(now).when(1_800_000_000_000_000), Some(asked_at.parse().unwrap()));
        }
        assert_eq!(ticket("2026-11-25T12:00:00Z").when(1_800_000_060_000_001), None, "nobody has asked yet");
        assert!(ticket("2026-11-25T12:00:00Z").when(0).unwrap() < Timestamp::UNIX_EPOCH);
    }
}
