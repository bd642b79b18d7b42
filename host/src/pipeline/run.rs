//! The loop: claim what is due, work on it, sleep until something is due or somebody wakes it (rules T6, T7).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::backend::Backends;
use super::work::Engine;
use crate::store::StoreError;

/// Runs until `stop`, then finishes what is under way. `under_way` is how many that are.
pub(super) async fn run<B: Backends>(engine: Arc<Engine<B>>, stop: CancellationToken, under_way: Arc<AtomicUsize>) {
    let mut workers = JoinSet::new();
    while !stop.is_cancelled() {
        let free = engine.config.concurrency.saturating_sub(workers.len());
        let pause = fill(&engine, &mut workers, free).await.unwrap_or_else(|error| {
            tracing::error!(%error, "due transfers could not be claimed");
            engine.config.poll()
        });
        under_way.store(workers.len(), Ordering::Relaxed);
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.wake.notified(), if workers.len() < engine.config.concurrency => {}
            () = engine.backends.resumed(), if workers.len() < engine.config.concurrency => {}
            Some(_) = workers.join_next() => {}
            () = tokio::time::sleep(pause) => {}
        }
        while workers.try_join_next().is_some() {}
    }
    while workers.join_next().await.is_some() {
        under_way.store(workers.len(), Ordering::Relaxed);
    }
}

/// Puts the free workers to work. Tells how long nothing will be due.
async fn fill<B: Backends>(engine: &Arc<Engine<B>>, workers: &mut JoinSet<()>, free: usize) -> Result<Duration, StoreError> {
    let poll = engine.config.poll();
    if free == 0 {
        return Ok(poll);
    }
    let claims = engine.claim(free).await?;
    let all_busy = claims.len() == free;
    for claimed in claims {
        let engine = Arc::clone(engine);
        workers.spawn(async move { engine.work(claimed).await });
    }
    // With every worker busy, the first that is done goes on; otherwise the next due time does.
    if all_busy {
        return Ok(poll);
    }
    let due = engine.store.next_due(&engine.backends.paused()).await?;
    let until = due.map(|due| due.duration_since(engine.clock.now())).map(|wait| Duration::try_from(wait).unwrap_or_default());
    Ok(until.unwrap_or(poll).min(poll))
}
