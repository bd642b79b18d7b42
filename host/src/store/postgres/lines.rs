//! Captures of one line: what one account orders of one adapter. Whoever decides which transfer is in turn holds the line's lock until its commit is
//! on disk (rule T6), so one after the other an account could order as often as the disk can be synced. Those that come meanwhile are committed
//! together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use futures::future::FutureExt;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Postgres;
use crate::store::capture::capture_documents;
use crate::store::{Capture, CaptureOutcome, StoreError};

/// Most captures of one transaction.
const MOST: usize = 64;

struct Waiting {
    capture: Arc<Capture>,
    answer: oneshot::Sender<Result<CaptureOutcome, StoreError>>,
}

/// What waits, by the number of its line's lock. A line that is here has a task that works it off.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<HashMap<i64, Vec<Waiting>>>>);

impl Postgres {
    /// Runs a capture in a transaction, alone or with others of its line; each is answered by itself, once all of them are on disk.
    pub(in crate::store) async fn capture(&self, line: i64, capture: Arc<Capture>) -> Result<CaptureOutcome, StoreError> {
        let (answer, outcome) = oneshot::channel();
        if self.lines.join(line, Waiting { capture, answer }) {
            let work = WorkedOff { lines: self.lines.clone(), line, is_free: false };
            self.writes.spawn(self.clone().work_off(work));
        }
        outcome.await.map_err(|_| StoreError::Unavailable("the transaction broke off".to_owned()))?
    }

    async fn work_off(self, mut work: WorkedOff) {
        while let Some(waiting) = work.next() {
            self.commit(waiting).await;
        }
    }

    /// Together; when something is wrong with one of them, each alone. What may have been committed is not tried again.
    async fn commit(&self, waiting: Vec<Waiting>) {
        if let [_, _, ..] = &waiting[..] {
            match self.together(waiting.iter().map(|one| Arc::clone(&one.capture)).collect()).await {
                Ok(outcomes) => {
                    return waiting.into_iter().zip(outcomes).for_each(|(one, outcome)| drop(one.answer.send(Ok(outcome))));
                }
                Err(error @ (StoreError::InDoubt(_) | StoreError::Stopped)) => {
                    return waiting.into_iter().for_each(|one| drop(one.answer.send(Err(error.clone()))));
                }
                Err(_) => {}
            }
        }
        for Waiting { capture, answer } in waiting {
            let alone = self.together(vec![capture]).await;
            // Whoever asked may have gone away.
            let _ = answer.send(alone.and_then(|mut outcomes| outcomes.pop().ok_or(StoreError::Stopped)));
        }
    }

    async fn together(&self, captures: Vec<Arc<Capture>>) -> Result<Vec<CaptureOutcome>, StoreError> {
        self.write(move |connection| {
            async move { capture_documents(connection, &captures.iter().map(Arc::as_ref).collect::<Vec<_>>()).await }.boxed()
        })
        .await
    }
}

impl Lines {
    /// Tells whether nobody works the line off yet.
    fn join(&self, line: i64, waiting: Waiting) -> bool {
        match self.0.lock().entry(line) {
            Entry::Occupied(mut there) => {
                there.get_mut().push(waiting);
                false
            }
            Entry::Vacant(free) => {
                free.insert(vec![waiting]);
                true
            }
        }
    }
}

/// A line that is worked off. However that ends, the line does not stay taken.
struct WorkedOff {
    lines: Lines,
    line: i64,
    /// From then on it may be somebody else's.
    is_free: bool,
}

impl WorkedOff {
    /// Those that came first. None when nobody waits: the line is free.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut lines = self.lines.0.lock();
        let waiting = lines.get_mut(&self.line).filter(|waiting| !waiting.is_empty());
        let first = waiting.map(|waiting| waiting.drain(..waiting.len().min(MOST)).collect());
        if first.is_none() {
            lines.remove(&self.line);
            self.is_free = true;
        }
        first
    }
}

impl Drop for WorkedOff {
    fn drop(&mut self) {
        if !self.is_free {
            // Whoever still waits is told that the transaction broke off.
            self.lines.0.lock().remove(&self.line);
        }
    }
}
