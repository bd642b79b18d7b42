//! The loop: claim what is due, work on it, sleep until something is due or somebody wakes it (rules T6, T7).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::backend::Backends;
use super::work::Engine;
use crate::store::{StoreError, TransferId};

/// Of all workers, an eighth is claimed for at once.
const GATHERED: usize = 8;
/// Longest that a free worker waits for others to be free.
const GATHERING: Duration = Duration::from_millis(10);

/// Runs until `stop`, then finishes what is under way. `under_way` is how many that are.
pub(super) async fn run<B: Backends>(engine: Arc<Engine<B>>, stop: CancellationToken, under_way: Arc<AtomicUsize>) {
    let mut workers = Workers::default();
    while !stop.is_cancelled() {
        let pause = fill(&engine, &mut workers).await.unwrap_or_else(|error| {
            tracing::error!(%error, "due transfers could not be claimed");
            engine.config.poll()
        });
        under_way.store(workers.count(), Ordering::Relaxed);
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.wake.notified(), if workers.count() < engine.config.concurrency => {}
            () = engine.backends.resumed(), if workers.count() < engine.config.concurrency => {}
            true = workers.one_ends() => workers.gather(engine.config.concurrency).await,
            () = tokio::time::sleep(pause) => {}
        }
    }
    while workers.one_ends().await {
        under_way.store(workers.count(), Ordering::Relaxed);
    }
}

/// Puts the free workers to work. Tells how long nothing will be due.
async fn fill<B: Backends>(engine: &Arc<Engine<B>>, workers: &mut Workers) -> Result<Duration, StoreError> {
    let poll = engine.config.poll();
    let in_hand = workers.in_hand();
    let free = engine.config.concurrency.saturating_sub(workers.count());
    if free == 0 {
        return Ok(poll);
    }
    engine.store.keep_time(engine.config.lease()).await?;
    let claims = engine.claim(free, in_hand).await?;
    let all_busy = claims.len() == free;
    for claimed in claims {
        let (engine, transfer) = (Arc::clone(engine), claimed.transfer.id);
        workers.begin(transfer, async move { engine.work(claimed).await });
    }
    // With every worker busy, the first that is done goes on; otherwise the next due time does.
    if all_busy {
        return Ok(poll);
    }
    let due = engine.store.next_due(&engine.left_out(workers.in_hand())).await?;
    let until = due.map(|due| due.duration_since(engine.clock.now())).map(|wait| Duration::try_from(wait).unwrap_or_default());
    Ok(until.unwrap_or(poll).min(poll))
}

/// Who works, and on which transfer.
#[derive(Default)]
struct Workers {
    tasks: JoinSet<()>,
    transfers: HashMap<Id, TransferId>,
}

impl Workers {
    fn begin(&mut self, transfer: TransferId, work: impl Future<Output = ()> + Send + 'static) {
        let worker = self.tasks.spawn(work).id();
        self.transfers.insert(worker, transfer);
    }

    fn count(&self) -> usize {
        self.tasks.len()
    }

    /// What this process is at work on, whatever the clock says of the leases.
    fn in_hand(&mut self) -> Vec<TransferId> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(ended);
        }
        self.transfers.values().copied().collect()
    }

    /// Waits until one has ended; false when none works.
    async fn one_ends(&mut self) -> bool {
        let Some(ended) = self.tasks.join_next_with_id().await else { return false };
        self.forget(ended);
        true
    }

    /// When all were at work, waits a moment for more to end: a claim costs the store about the same for one as for many.
    async fn gather(&mut self, concurrency: usize) {
        let wanted = concurrency.saturating_sub(concurrency / GATHERED);
        let enough = async { while self.count() > wanted && self.one_ends().await {} };
        let _ = timeout(GATHERING, enough).await;
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let worker = ended.map_or_else(|error| error.id(), |(worker, ())| worker);
        self.transfers.remove(&worker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn workers_that_end_together_are_replaced_together_and_one_alone_at_once() {
        let mut workers = Workers::default();
        for id in 0..16 {
            // Four end, twelve go on.
            workers.begin(TransferId(id), async move {
                if id >= 4 {
                    std::future::pending().await
                }
            });
        }
        assert!(workers.one_ends().await);
        workers.gather(16).await;
        assert!(workers.count() <= 14, "an eighth is free: {}", workers.count());
        workers.gather(1_000).await;
        assert!(workers.count() >= 12, "nobody waits for more than are wanted");
        let mut few = Workers::default();
        (0..4).for_each(|id| few.begin(TransferId(id), std::future::pending()));
        few.gather(4).await;
        assert_eq!(few.count(), 4);
    }
}
