//! The second level of the cache, shared by several hosts: a Valkey or Redis server (rule F11). Without it, or while it is away, slow or full,
//! the host asks the back end instead: slower, never wrong, never down.
//!
//! Answers are written after they were remembered here and looked up before the back end is asked. They are believed as little as an
//! adapter's: whoever reads one checks that it answers the question.

mod link;
mod record;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::Entry;
use crate::clock::Clock;
use crate::config::SharedCacheConfig;
use link::Link;
pub use link::LinkError;

/// Writes under way; more are left out: an answer that is not shared is asked once more elsewhere.
const MAX_WRITES: usize = 64;
/// How long a server that did not answer in time is left alone.
const REST: Duration = Duration::from_secs(1);

/// A key that has a name in the shared cache: equal keys have the same, others another, in every host.
pub trait SharedKey {
    /// Of which cache it is.
    const KIND: &'static str;

    /// Its parts in JSON.
    fn name(&self) -> serde_json::Result<String>;
}

/// The shared cache. Cheap to clone.
#[derive(Clone)]
pub struct SharedCache(Arc<Inner>);

struct Inner {
    link: Arc<Link>,
    prefix: String,
    timeout: Duration,
    clock: Clock,
    writes: Arc<Semaphore>,
    resting_until: Mutex<Option<tokio::time::Instant>>,
}

impl SharedCache {
    /// Connects in the background, again and again. `on_attached` is called whenever a connection was made: what was heard before may have
    /// been missed.
    pub fn start(config: &SharedCacheConfig, clock: &Clock, on_attached: impl Fn() + Send + Sync + 'static) -> Result<Self, LinkError> {
        metrics::describe_counter!("ordergate_shared_cache_total", "Look-ups and writes of the shared cache by outcome");
        let link = Link::start(config, Box::new(on_attached))?;
        Ok(Self(Arc::new(Inner {
            link,
            prefix: format!("{}:{}", config.prefix, record::FORMAT),
            timeout: config.timeout(),
            clock: clock.clone(),
            writes: Arc::new(Semaphore::new(MAX_WRITES)),
            resting_until: Mutex::default(),
        })))
    }

    /// Whether the server can be reached, as far as is known.
    pub fn is_attached(&self) -> bool {
        self.0.link.connection().is_some()
    }

    /// What other hosts know under these keys: one place each, in order.
    pub async fn look_up<K: SharedKey, V: DeserializeOwned>(&self, keys: &[K]) -> Vec<Option<Entry<V>>> {
        let nothing = || keys.iter().map(|_| None).collect();
        let Some(mut connection) = self.connection() else { return nothing() };
        let names: Result<Vec<_>, _> = keys.iter().map(|key| self.named(key)).collect();
        let Ok(names) = names else { return nothing() };
        let command = async { redis::cmd("MGET").arg(&names).query_async::<Vec<Option<Vec<u8>>>>(&mut connection).await };
        let Some(found) = self.within_time("look-up", command).await else { return nothing() };
        let now = self.0.clock.now();
        let mut found: Vec<_> = found.into_iter().map(|text| self.read(text.as_deref(), now)).collect();
        // A server that answers fewer than asked answered another question.
        found.resize_with(keys.len(), || None);
        found
    }

    /// Tells the other hosts. Does not wait.
    pub fn share<K: SharedKey, V: Serialize>(&self, entries: &[(K, Arc<Entry<V>>)]) {
        let Some(mut connection) = self.connection() else { return };
        let Ok(place) = Arc::clone(&self.0.writes).try_acquire_owned() else { return count("write", "skipped") };
        let now = self.0.clock.now();
        let mut commands = redis::pipe();
        for (key, entry) in entries {
            let Ok(name) = self.named(key) else { continue };
            if let (Ok(text), Some(keep_ms)) = (record::write(entry), record::keep_ms(entry, now)) {
                commands.cmd("SET").arg(name).arg(text).arg("PX").arg(keep_ms).ignore();
            }
        }
        let cache = self.clone();
        tokio::spawn(async move {
            let _place = place;
            let command = async { commands.query_async::<()>(&mut connection).await };
            if cache.within_time("write", command).await.is_some() {
                count("write", "ok");
            }
        });
    }

    fn named<K: SharedKey>(&self, key: &K) -> serde_json::Result<String> {
        Ok(format!("{}:{}:{}", self.0.prefix, K::KIND, key.name()?))
    }

    fn read<V: DeserializeOwned>(&self, text: Option<&[u8]>, now: Timestamp) -> Option<Entry<V>> {
        let Some(text) = text else {
            count("look-up", "miss");
            return None;
        };
        let entry = record::read(text, now);
        count("look-up", if entry.is_some() { "hit" } else { "unusable" });
        entry
    }

    /// A connection, unless there is none or the server rests.
    fn connection(&self) -> Option<redis::aio::MultiplexedConnection> {
        let rests = self.0.resting_until.lock().is_some_and(|end| tokio::time::Instant::now() < end);
        if rests { None } else { self.0.link.connection() }
    }

    async fn within_time<T>(&self, operation: &'static str, command: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        match tokio::time::timeout(self.0.timeout, command).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(cause)) => {
                tracing::debug!(error = %cause, operation, "the shared cache refused");
                count(operation, "failed");
                None
            }
            Err(_) => {
                *self.0.resting_until.lock() = Some(tokio::time::Instant::now() + REST);
                count(operation, "timeout");
                None
            }
        }
    }
}

fn count(operation: &'static str, outcome: &'static str) {
    metrics::counter!("ordergate_shared_cache_total", "operation" => operation, "outcome" => outcome).increment(1);
}
