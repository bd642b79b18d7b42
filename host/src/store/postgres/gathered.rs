//! Work of one kind that comes at the same time is committed together: a server is waited for at each statement, and syncs its disk for each
//! commit. What comes first is begun at once; what comes meanwhile goes with the next transaction.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt, join_all};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Postgres;
use crate::store::StoreError;
use crate::store::sql::Connection;

/// Most pieces of work in one transaction.
const MOST: usize = 64;

/// How many rows a statement is about is different each time. A plan that the server keeps from when a table was small would go through the
/// whole of it when it has grown.
const BEGIN: &str = "BEGIN; SET LOCAL plan_cache_mode = force_custom_plan";

/// Does several pieces of work in one transaction; what came of each, in order. An error is about all of them: nothing is committed.
pub(super) type Together<J, A> = for<'c> fn(&'c mut Connection, &'c [Arc<J>]) -> BoxFuture<'c, Result<Vec<A>, StoreError>>;

/// What waits, by line. A line that is here has a task that works it off; lines do not wait for each other.
pub(super) struct Gathered<J, A> {
    lines: Arc<Mutex<Lines<J, A>>>,
    together: Together<J, A>,
}

type Lines<J, A> = HashMap<i64, Vec<Waiting<J, A>>>;

struct Waiting<J, A> {
    work: Arc<J>,
    answer: oneshot::Sender<Result<A, StoreError>>,
}

impl<J, A> Clone for Gathered<J, A> {
    fn clone(&self) -> Self {
        Self { lines: Arc::clone(&self.lines), together: self.together }
    }
}

impl Postgres {
    /// Does a piece of work in a transaction, alone or with others of its line; each is answered by itself, once all of them are on disk.
    pub(super) async fn with_others<J, A>(&self, gathered: &Gathered<J, A>, line: i64, work: J) -> Result<A, StoreError>
    where
        J: Send + Sync + 'static,
        A: Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        if gathered.join(line, Waiting { work: Arc::new(work), answer }) {
            let taken = Taken { gathered: gathered.clone(), line, is_free: false };
            self.writes.spawn(self.clone().work_off(taken));
        }
        outcome.await.map_err(|_| StoreError::Unavailable("the transaction broke off".to_owned()))?
    }

    async fn work_off<J, A>(self, mut taken: Taken<J, A>)
    where
        J: Send + Sync + 'static,
        A: Send + 'static,
    {
        while let Some(waiting) = taken.next() {
            self.commit(&taken.gathered, waiting).await;
        }
    }

    /// Together; when something is wrong with one of them, each alone. What may have been committed is not tried again.
    async fn commit<J, A>(&self, gathered: &Gathered<J, A>, waiting: Vec<Waiting<J, A>>)
    where
        J: Send + Sync + 'static,
        A: Send + 'static,
    {
        if let [_, _, ..] = &waiting[..] {
            match self.transact(gathered, waiting.iter().map(|one| Arc::clone(&one.work)).collect()).await {
                Ok(outcomes) => {
                    return waiting.into_iter().zip(outcomes).for_each(|(one, outcome)| drop(one.answer.send(Ok(outcome))));
                }
                Err(error @ (StoreError::InDoubt(_) | StoreError::Stopped)) => {
                    return waiting.into_iter().for_each(|one| drop(one.answer.send(Err(error.clone()))));
                }
                Err(_) => {}
            }
        }
        // At the same time: a server that is away is waited for once.
        let alone = |Waiting { work, answer }: Waiting<J, A>| async move {
            let alone = self.transact(gathered, vec![work]).await;
            // Whoever asked may have gone away.
            let _ = answer.send(alone.and_then(|mut outcomes| outcomes.pop().ok_or(StoreError::Stopped)));
        };
        join_all(waiting.into_iter().map(alone)).await;
    }

    async fn transact<J, A>(&self, gathered: &Gathered<J, A>, work: Vec<Arc<J>>) -> Result<Vec<A>, StoreError>
    where
        J: Send + Sync + 'static,
        A: Send + 'static,
    {
        let together = gathered.together;
        self.write_after(BEGIN, move |connection| async move { together(connection, &work).await }.boxed()).await
    }
}

impl<J, A> Gathered<J, A> {
    pub(super) fn new(together: Together<J, A>) -> Self {
        Self { lines: Arc::default(), together }
    }

    /// Tells whether nobody works the line off yet.
    fn join(&self, line: i64, waiting: Waiting<J, A>) -> bool {
        match self.lines.lock().entry(line) {
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
struct Taken<J, A> {
    gathered: Gathered<J, A>,
    line: i64,
    /// From then on it may be somebody else's.
    is_free: bool,
}

impl<J, A> Taken<J, A> {
    /// Those that came first. None when nobody waits: the line is free.
    fn next(&mut self) -> Option<Vec<Waiting<J, A>>> {
        let mut lines = self.gathered.lines.lock();
        let waiting = lines.get_mut(&self.line).filter(|waiting| !waiting.is_empty());
        let first = waiting.map(|waiting| waiting.drain(..waiting.len().min(MOST)).collect());
        if first.is_none() {
            lines.remove(&self.line);
            self.is_free = true;
        }
        first
    }
}

impl<J, A> Drop for Taken<J, A> {
    fn drop(&mut self) {
        if !self.is_free {
            // Whoever still waits is told that the transaction broke off.
            self.gathered.lines.lock().remove(&self.line);
        }
    }
}
