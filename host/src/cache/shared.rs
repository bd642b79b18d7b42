//! The shared cache (rule F11): Valkey or Redis behind the memories of several hosts.
//!
//! Each item has **versions** in the server, one for the item and one for each location. An answer is asked and kept under the versions
//! that were there before it was asked. Whoever invalidates an item deletes a version: values under it do not fit any more, and the server
//! tells every host that has read it (client tracking, RESP3), so that their memories drop what they hold. Nothing has to be
//! complete for this to be right: a version that was evicted, expired or flushed makes void what was kept under it, and no more.
//!
//! Only the server's clock counts between hosts. A host that cannot reach the server keeps what it asks in its own memory, as fresh for
//! `detached_secs` at most. No read waits longer than `lookup_ms`, and none waits for a write.

mod link;
mod metrics;
mod names;
mod rest;
mod server;
mod shelf;
mod value;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

pub use link::SharedStatus;
pub use metrics::Told;
pub use names::Kind;
pub use shelf::{Known, Shelf, Shelved, Ticket};

use super::{Keyed, Memory, Outdated, Reach, Weigh};
use crate::clock::Clock;
use crate::config::SharedCacheConfig;
use crate::domain::Sku;
use link::{Link, Notice};
use names::Names;
use server::{Question, Server, ServerError, Write};
use value::Signer;

/// Most bytes that wait to be written. More is not kept.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Most values in one write.
const AT_ONCE: usize = 200;
/// Longest that a write may take.
const WRITE_LIMIT: Duration = Duration::from_secs(2);

/// The shared cache of this host. Cheap to clone.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    link: Arc<Link>,
    signer: Signer,
    writes: mpsc::UnboundedSender<(Kind, Write)>,
    written: Mutex<mpsc::UnboundedReceiver<(Kind, Write)>>,
    waiting_bytes: AtomicUsize,
}

/// Why the shared cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// What is configured does not fit.
    #[error("{0}")]
    Config(String),
    /// The server is not there, or not willing.
    #[error("{address}: {cause}")]
    Unavailable { address: String, cause: String },
}

impl Shared {
    /// As configured; paths start at `folder`. Connects to nobody yet, see [`Shared::keep`].
    pub fn new(config: &SharedCacheConfig, folder: &Path, clock: &Clock) -> Result<Self, SharedError> {
        let client = client(config, folder)?;
        let (writes, written) = mpsc::unbounded_channel();
        metrics::describe();
        Ok(Self(Arc::new(Inner {
            link: Arc::new(Link::new(config.clone(), client, clock.clone())),
            signer: Signer::new(config.sign_key.as_ref()),
            writes,
            written: Mutex::new(written),
            waiting_bytes: AtomicUsize::new(0),
        })))
    }

    /// Whether the server can be reached and does what is needed of it.
    pub async fn check(config: &SharedCacheConfig, folder: &Path) -> Result<(), SharedError> {
        let client = client(config, folder)?;
        let unavailable =
            |cause: ServerError| SharedError::Unavailable { address: config.url.address(), cause: cause.to_string() };
        let server = Server::connect(&client, config, |_| ()).await.map_err(unavailable)?;
        let limit = config.connect();
        timeout(limit, try_out(&server, &Names::new(&config.key_prefix)))
            .await
            .unwrap_or(Err(ServerError::Timeout(limit)))
            .map_err(unavailable)
    }

    /// Stays connected and writes what is to be kept. Runs until it is dropped.
    pub async fn keep(self) {
        tokio::join!(self.0.link.keep(), self.write_all());
    }

    pub fn status(&self) -> SharedStatus {
        self.0.link.status()
    }

    /// The answers of one kind. Their memory on this host hears of what others invalidate.
    pub fn shelf<K, V>(&self, kind: Kind, memory: &Memory<K, V>) -> Shelf<K, V>
    where
        K: Clone + std::hash::Hash + Eq + Weigh + Keyed + Send + Sync + 'static,
        V: Weigh + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
    {
        let listening = memory.clone();
        self.0.link.listen(Box::new(move |notice, now| match notice {
            Notice::Ended(of, reach) if *of == kind => listening.mark(reach.clone(), now),
            Notice::EndedHere(of, reach) if *of == kind => listening.outdate(reach.clone(), Outdated::asked(now)),
            Notice::Ended(..) | Notice::EndedHere(..) => {}
            Notice::Doubt => listening.doubt(now),
        }));
        Shelf::new(self.clone(), kind, memory)
    }

    fn link(&self) -> &Link {
        &self.0.link
    }

    fn signer(&self) -> &Signer {
        &self.0.signer
    }

    /// Puts a value in line; it is left out when too much waits.
    fn write(&self, kind: Kind, write: Write) {
        let (bytes, waiting) = (write.bytes.len(), &self.0.waiting_bytes);
        if waiting.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_WAITING_BYTES || self.0.writes.send((kind, write)).is_err() {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
            metrics::written(kind, "left_out");
        }
    }

    async fn write_all(&self) {
        let mut written = self.0.written.lock().await;
        let mut batch = Vec::with_capacity(AT_ONCE);
        while written.recv_many(&mut batch, AT_ONCE).await > 0 {
            let (kinds, writes): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let bytes = writes.iter().map(|write: &Write| write.bytes.len()).sum();
            let outcomes = self.write_batch(&writes).await;
            kinds.into_iter().zip(outcomes).for_each(|(kind, outcome)| metrics::written(kind, outcome));
            self.0.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    async fn write_batch(&self, writes: &[Write]) -> Vec<&'static str> {
        let all = |outcome| vec![outcome; writes.len()];
        let Some(server) = self.link().server() else { return all("left_out") };
        match timeout(WRITE_LIMIT, server.write(writes)).await.unwrap_or(Err(ServerError::Timeout(WRITE_LIMIT))) {
            Ok(outcomes) => {
                outcomes.into_iter().map(|outcome| outcome.map_or_else(|code| refusal(&code), |()| "written")).collect()
            }
            Err(error) => all(self.link().failed(&error)),
        }
    }
}

fn client(config: &SharedCacheConfig, folder: &Path) -> Result<redis::Client, SharedError> {
    let read = |roots: &std::path::PathBuf| {
        let path = folder.join(roots);
        std::fs::read(&path).map_err(|cause| SharedError::Config(format!("cannot read {}: {cause}", path.display())))
    };
    let roots = config.roots.as_ref().map(read).transpose()?;
    server::client(config, roots).map_err(|error| SharedError::Config(error.to_string()))
}

/// Does once what hosts do all the time, with an item that has no number.
async fn try_out(server: &Server, names: &Names) -> Result<(), ServerError> {
    let reach = Reach::everything(Sku::new(""));
    let versions = names.versions_within(Kind::Availability, &reach);
    let version = versions.join("");
    let value = names.value(Kind::Availability, "");
    let looked_up =
        server.look_up(&[Question { versions: [version.clone(), version.clone()], values: vec![value.clone()] }]).await?;
    if looked_up.found.iter().any(|found| found.versions.iter().any(Option::is_none)) {
        return Err(ServerError::Refused(format!("does not let {version} be set and read: it is full, or the user may not")));
    }
    let probe = Write { name: value.clone(), bytes: b"-".to_vec(), lasts: Duration::from_secs(1) };
    let written = server.write(&[probe]).await?;
    if let Some(Err(code)) = written.into_iter().next() {
        return Err(ServerError::Refused(format!("keeps no values: {code}")));
    }
    server.end_versions(&[versions, vec![value]].concat()).await
}

fn refusal(code: &str) -> &'static str {
    match code {
        "OOM" => "full",
        _ => "refused",
    }
}
