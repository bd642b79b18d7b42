//! A PostgreSQL database that several hosts share. Every command is a transaction of its own: the server commits those that come at the same
//! time together. What must not be decided by two at once takes a [`lock`](super::lock); claims pass over each other's rows.

mod gathered;
mod keys;
mod news;
mod open;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::begin::{Beginning, begin_together};
use super::capture::capture_together;
use super::record::{Confirmation, confirm_together};
use super::schema::Schema;
use super::sql::Connection;
use super::{Capture, CaptureOutcome, Conflict, StoreError};
use crate::clock::Clock;
use crate::config::{DatabaseConfig, PostgresUrl};
use crate::domain::Reference;
use gathered::Gathered;
pub(super) use keys::HeldKey;
use keys::Keys;
pub(super) use news::News;

/// The pool of connections, and what runs on it.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    writes: TaskTracker,
    commits: Arc<AtomicU64>,
    keys: Keys,
    /// Whoever decides which transfer is in turn holds the line's lock until its commit is on disk (rule T6): one after the other an account
    /// could order as often as the disk can be synced.
    captures: Gathered<Capture, CaptureOutcome>,
    beginnings: Gathered<Beginning, bool>,
    confirmations: Gathered<Confirmation, Option<Reference>>,
    news: News,
    clock: Clock,
    patience: Duration,
}

impl Postgres {
    /// Brings the schema up to date and connects.
    pub(super) async fn open(url: &PostgresUrl, config: &DatabaseConfig) -> Result<Self, StoreError> {
        let opened = open::open(url, config).await?;
        let keys = Keys::start(opened.options.clone(), config.acquire_timeout());
        let clock = Clock::followed(opened.now);
        Ok(Self {
            news: News::start(opened.options),
            pool: opened.pool,
            writes: TaskTracker::new(),
            commits: Arc::default(),
            keys,
            captures: Gathered::new(capture_together),
            beginnings: Gathered::new(begin_together),
            confirmations: Gathered::new(confirm_together),
            clock,
            patience: config.acquire_timeout(),
        })
    }

    pub(super) async fn schema(url: &PostgresUrl, config: &DatabaseConfig) -> Result<Schema, StoreError> {
        open::schema(url, config).await
    }

    /// Finishes the transactions that were begun.
    pub(super) async fn close(&self) {
        self.writes.close();
        self.writes.wait().await;
        self.keys.close().await;
        self.news.close().await;
        self.pool.close().await;
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Goes by the database's time.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The earliest and the latest that the server's time can be.
    pub(super) async fn time(&self) -> Result<RangeInclusive<Timestamp>, StoreError> {
        open::time(&mut *self.pool.acquire().await?).await
    }

    pub(super) async fn hold_key(&self, principal: &str, key: &str) -> Result<Option<HeldKey>, StoreError> {
        self.keys.hold(principal, key).await
    }

    pub(super) fn news(&self) -> &News {
        &self.news
    }

    pub(super) async fn read(&self) -> Result<Connection, StoreError> {
        Ok(Connection::Postgres(self.pool.acquire().await?))
    }

    /// Runs a command in a transaction of its own, to its end even if the caller goes away: a commit that nobody waits for is still one.
    pub(super) async fn write<T, F>(&self, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.write_after("BEGIN", command).await
    }

    async fn write_after<T, F>(&self, begin: &'static str, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let pool = self.pool.clone();
        ended(self.to_its_end(async move { transaction(&pool, begin, command).await })?).await
    }

    /// Captures an order or quote, together with others of its line (by the number of its lock).
    pub(super) async fn capture(&self, line: i64, capture: Capture) -> Result<CaptureOutcome, StoreError> {
        self.with_others(&self.captures, line, capture).await
    }

    /// Begins an attempt, together with others; tells whether its claim still holds.
    pub(super) async fn begin(&self, beginning: Beginning) -> Result<bool, StoreError> {
        self.with_others(&self.beginnings, 0, beginning).await
    }

    /// Records that an order was taken, together with others; tells which. None when it has to be recorded by itself.
    pub(super) async fn confirm(&self, confirmation: Confirmation) -> Result<Option<Reference>, StoreError> {
        self.with_others(&self.confirmations, 0, confirmation).await
    }

    fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<JoinHandle<Result<T, StoreError>>, StoreError> {
        if self.writes.is_closed() {
            return Err(StoreError::Stopped);
        }
        let commits = Arc::clone(&self.commits);
        Ok(self.writes.spawn(async move {
            let done = work.await;
            match &done {
                Ok(_) => {
                    commits.fetch_add(1, Ordering::Relaxed);
                }
                Err(StoreError::Unavailable(_) | StoreError::InDoubt(_)) => {
                    metrics::counter!("ordergate_store_failed_commits_total").increment(1);
                }
                Err(_) => {}
            }
            done
        }))
    }
}

async fn ended<T>(work: JoinHandle<Result<T, StoreError>>) -> Result<T, StoreError> {
    work.await.map_err(|_| StoreError::Unavailable("the transaction broke off".to_owned()))?
}

async fn transaction<T, F>(pool: &PgPool, begin: &'static str, command: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
{
    let mut lent = Lent { connection: Some(Connection::Postgres(pool.acquire().await?)) };
    let connection = lent.connection.as_mut().ok_or(StoreError::Stopped)?;
    connection.run(begin).await?;
    let done = command(connection).await;
    match done {
        Ok(value) => {
            // The first statement fails when the transaction has failed already: a COMMIT would then undo it and call that success.
            connection.run("SELECT 1; COMMIT").await.map_err(lost)?;
            lent.give_back();
            Ok(value)
        }
        Err(StoreError::Unavailable(reason)) => Err(StoreError::Unavailable(reason)),
        Err(refusal) => {
            connection.run("ROLLBACK").await?;
            lent.give_back();
            Err(refusal)
        }
    }
}

/// Whether the commit was done is known only when the server has said no.
fn lost(error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(reason) => StoreError::InDoubt(reason),
        StoreError::Conflict(Conflict::Exists(reason)) => StoreError::Unavailable(reason),
        other => other,
    }
}

/// A connection that goes back to the pool only when its transaction has ended well. Any other is closed: nobody can say what it is in.
struct Lent {
    connection: Option<Connection>,
}

impl Lent {
    fn give_back(mut self) {
        self.connection = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests;
