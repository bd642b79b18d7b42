//! The transfer pipeline: moves captured orders and quotes to their back ends, once each (rules T3 to T8). Started by `app`; woken by
//! `service`. It never holds a transaction over a call and never sends again what may have been taken.

mod adapters;
mod backend;
mod decide;
pub mod failpoint;
mod figures;
mod identity;
mod pricing;
mod replay;
mod run;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use adapters::AdapterBackend;
pub use backend::{Backend, BackendTraits, Backends};
pub use replay::{Replayed, replay};

use crate::clock::Clock;
use crate::config::TransferConfig;
use crate::domain::{AmendmentPolicy, Dice, Reference, StoreName, TransferState};
use crate::store::{Store, StoreError};
use work::Engine;

/// Changes that a slow subscriber may lag behind before it loses the oldest.
const CHANGES: usize = 4096;

/// With several hosts: how often is looked, in case another's news got lost.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A handle to the running pipeline. Cheap to clone; the pipeline runs until [`Pipeline::drain`].
#[derive(Clone)]
pub struct Pipeline {
    store: Store,
    wake: Arc<Notify>,
    changed: broadcast::Sender<Reference>,
    stop: CancellationToken,
    under_way: Arc<AtomicUsize>,
    runner: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Pipeline {
    /// Takes over what a dead host left (`sending` becomes `unknown`) and starts. `amendments` are the stores' policies (rule T9);
    /// `seed` makes the jitter repeatable.
    pub async fn start<B: Backends>(
        store: Store,
        backends: B,
        config: TransferConfig,
        amendments: BTreeMap<StoreName, AmendmentPolicy>,
        clock: Clock,
        seed: u64,
    ) -> Result<Self, StoreError> {
        let freed = store.recover(clock.now()).await?;
        if freed > 0 {
            tracing::warn!(transfers = freed, "took over transfers that were under way when the host stopped");
        }
        let (changed, _) = broadcast::channel(CHANGES);
        let wake = Arc::new(Notify::new());
        let engine = Arc::new(Engine {
            store: store.clone(),
            backends,
            config,
            amendments,
            clock: clock.clone(),
            dice: Dice::seeded(seed),
            changed: changed.clone(),
            wake: Arc::clone(&wake),
        });
        let stop = CancellationToken::new();
        let under_way = Arc::new(AtomicUsize::new(0));
        tokio::spawn(stop.clone().run_until_cancelled_owned(figures::keep(store.clone(), clock)));
        let (heard, other_hosts) = (changed.clone(), store.clone());
        let hear = async move { other_hosts.hear_other_hosts(heard).await };
        tokio::spawn(stop.clone().run_until_cancelled_owned(hear));
        let runner = tokio::spawn(run::run(engine, stop.clone(), Arc::clone(&under_way)));
        Ok(Self { store, wake, changed, stop, under_way, runner: Arc::new(Mutex::new(Some(runner))) })
    }

    /// Something was captured or queued: look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// References of documents and operations whose transfer has just changed, on this host or another. A slow reader loses old ones, and news
    /// of other hosts can get lost.
    pub fn subscribe(&self) -> broadcast::Receiver<Reference> {
        self.changed.subscribe()
    }

    /// Waits until the newest transfer of a reference is settled (confirmed, rejected, parked, linked or abandoned); not for the release of
    /// stock that may follow. For `Prefer: wait`; the caller sets the time limit. Fails when the reference has no transfer.
    pub async fn settled(&self, reference: &Reference) -> Result<TransferState, StoreError> {
        // Subscribed before the first look, so that no change falls between the two.
        let mut changes = self.subscribe();
        loop {
            let transfers = self.store.transfers_of(reference).await?;
            let newest = transfers
                .iter()
                .rfind(|transfer| !transfer.operation.is_best_effort())
                .ok_or_else(|| StoreError::NotFound(reference.to_string()))?;
            if newest.state.is_settled() {
                return Ok(newest.state);
            }
            let look_again = async {
                match self.store.is_shared() {
                    true => tokio::time::sleep(LOOK_AGAIN).await,
                    false => std::future::pending().await,
                }
            };
            tokio::select! {
                news = news_of(reference, &mut changes) => news?,
                () = look_again => {}
            }
        }
    }

    /// Claims nothing more and waits for what is under way, at most so long. Tells how many transfers were still under way at the end:
    /// those are `unknown` at the next start.
    pub async fn drain(&self, deadline: Duration) -> usize {
        self.stop.cancel();
        let Some(mut runner) = self.runner.lock().take() else { return 0 };
        if tokio::time::timeout(deadline, &mut runner).await.is_ok() {
            return 0;
        }
        runner.abort();
        self.under_way.load(Ordering::Relaxed)
    }
}

/// Waits until a reference has changed, or may have.
async fn news_of(reference: &Reference, changes: &mut broadcast::Receiver<Reference>) -> Result<(), StoreError> {
    loop {
        match changes.recv().await {
            Ok(changed) if changed == *reference => return Ok(()),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return Ok(()),
            Err(RecvError::Closed) => return Err(StoreError::Stopped),
        }
    }
}

#[cfg(test)]
mod tests;
