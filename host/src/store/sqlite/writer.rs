//! The one writer: commands queue up, and all that wait are committed together, with one fsync (group commit). Each command runs in a
//! savepoint of its own, so that one that is refused takes nothing along. No answer is given before the commit is on disk. The writer has a thread
//! of its own, on which SQLite computes and waits for the disk: a command never waits for anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{mpsc, oneshot};

use super::place::Place;
use crate::store::StoreError;
use crate::store::sql::{Connection, Local, query};

/// Most commands in one transaction: bounds how long the first of them waits.
const BATCH: usize = 256;

/// Commands that may wait; then callers wait to be queued.
const QUEUE: usize = 4096;

type Settle = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Job = Box<dyn for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, (Fate, Settle)> + Send>;

enum Message {
    Job(Job),
    EmptyLog(oneshot::Sender<Result<(), StoreError>>),
    Close(oneshot::Sender<()>),
}

/// What a command wants for its own changes.
enum Fate {
    Keep,
    Undo,
    /// The database failed: nothing of this transaction can be trusted.
    Spoil(StoreError),
}

/// Hands commands to the writer task.
#[derive(Clone)]
pub(in crate::store) struct Writer {
    queue: mpsc::Sender<Message>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread that owns the connection. It ends with [`Writer::close`] or when every handle is gone.
    pub(in crate::store) fn start(connection: Local, place: Arc<Place>) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let work = move || block_on(write(Connection::Local(connection), place, waiting, counted));
        std::thread::Builder::new().name("store-writer".into()).spawn(work)?;
        Ok(Self { queue, commits })
    }

    /// Runs a command and answers when it is committed. Its own refusal undoes its own changes only.
    pub(in crate::store) async fn run<T, F>(&self, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            async move {
                let done = command(connection).await;
                let fate = match &done {
                    Ok(_) => Fate::Keep,
                    Err(StoreError::Unavailable(reason)) => Fate::Spoil(StoreError::Unavailable(reason.clone())),
                    Err(_) => Fate::Undo,
                };
                let settle: Settle = Box::new(move |committed| {
                    // The caller may have gone away; then nobody needs the answer.
                    let _ = answer.send(done.and_then(|value| committed.map(|()| value)));
                });
                (fate, settle)
            }
            .boxed()
        });
        self.queue.send(Message::Job(job)).await.map_err(|_| StoreError::Stopped)?;
        result.await.map_err(|_| self.dropped())?
    }

    /// Commits what was queued before, then brings the whole log into the database's file and cuts it off.
    pub(in crate::store) async fn empty_log(&self) -> Result<(), StoreError> {
        let (done, emptied) = oneshot::channel();
        self.queue.send(Message::EmptyLog(done)).await.map_err(|_| StoreError::Stopped)?;
        emptied.await.map_err(|_| StoreError::Stopped)?
    }

    /// Finishes what was queued before, then closes the connection.
    pub(in crate::store) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }

    /// Why a command was dropped without running.
    fn dropped(&self) -> StoreError {
        if self.queue.is_closed() {
            StoreError::Stopped
        } else {
            StoreError::Unavailable("the transaction was given up before this command ran".to_owned())
        }
    }

    /// Transactions committed since the start.
    pub(in crate::store) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

async fn write(mut connection: Connection, place: Arc<Place>, mut waiting: mpsc::Receiver<Message>, commits: Arc<AtomicU64>) {
    let mut messages = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut messages, BATCH).await > 0 {
        let mut jobs = Vec::with_capacity(messages.len());
        let (mut closing, mut emptying) = (None, Vec::new());
        for message in messages.drain(..) {
            match message {
                Message::Job(job) if closing.is_none() => jobs.push(job),
                // Dropped: its caller is told that the store was closed.
                Message::Job(_) => {}
                Message::EmptyLog(done) => emptying.push(done),
                Message::Close(done) => {
                    waiting.close();
                    closing = Some(done);
                }
            }
        }
        if !jobs.is_empty() {
            metrics::histogram!("ordergate_store_batch_commands")
                .record(u32::try_from(jobs.len()).map_or(f64::INFINITY, f64::from));
            commit(&mut connection, &place, jobs, &commits).await;
        }
        for done in emptying {
            // The caller may have gone away; then nobody needs the answer.
            let _ = done.send(empty_log(&mut connection).await);
        }
        if let Some(done) = closing {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "the database was not closed cleanly");
            }
            let _ = done.send(());
            return;
        }
    }
}

/// Waits for readers of what is in the log, as long as a connection waits for a lock.
async fn empty_log(connection: &mut Connection) -> Result<(), StoreError> {
    let emptied = query("PRAGMA wal_checkpoint(TRUNCATE)").one(connection).await?;
    match emptied.number::<i64>("busy")? {
        0 => Ok(()),
        _ => Err(StoreError::Unavailable("the log of the database is being read and cannot be emptied now".to_owned())),
    }
}

/// Runs the commands in one transaction and answers them all with its result.
async fn commit(connection: &mut Connection, place: &Place, jobs: Vec<Job>, commits: &AtomicU64) {
    let mut settles = Vec::with_capacity(jobs.len());
    // Looked at after the commit: a file that was taken away before it is not there then.
    let committed = run_batch(connection, jobs, &mut settles).await.and_then(|()| place.check());
    match &committed {
        Ok(()) => {
            commits.fetch_add(1, Ordering::Relaxed);
        }
        Err(error) => {
            tracing::error!(%error, commands = settles.len(), "the store did not commit");
            metrics::counter!("ordergate_store_failed_commits_total").increment(1);
            // SQLite may have ended the transaction by itself; then there is nothing to roll back.
            let _ = connection.run("ROLLBACK").await;
        }
    }
    for settle in settles {
        settle(committed.clone());
    }
}

/// Commands that were not reached are dropped, which tells their callers that they did not run.
async fn run_batch(connection: &mut Connection, jobs: Vec<Job>, settles: &mut Vec<Settle>) -> Result<(), StoreError> {
    let mut jobs = jobs.into_iter().peekable();
    connection.run("BEGIN IMMEDIATE; SAVEPOINT command").await?;
    while let Some(job) = jobs.next() {
        let (fate, settle) = job(connection).await;
        settles.push(settle);
        let next = match (fate, jobs.peek().is_some()) {
            (Fate::Keep, true) => "RELEASE command; SAVEPOINT command",
            (Fate::Keep, false) => "RELEASE command; COMMIT",
            (Fate::Undo, true) => "ROLLBACK TO command",
            (Fate::Undo, false) => "ROLLBACK TO command; COMMIT",
            (Fate::Spoil(error), _) => return Err(error),
        };
        connection.run(next).await?;
    }
    Ok(())
}
