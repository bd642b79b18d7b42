//! The durable store: captured orders and quotes, their transfers, seals, idempotency answers, last-known lists and what must not be cached,
//! in one SQLite file or in a PostgreSQL database that several hosts share. One set of statements for both (`sql`); what differs lies in
//! `sqlite` and `postgres`.
//! Called by `service` and `pipeline`. All SQL of the host is in this module; it decides no move of a transfer by itself (that is
//! `domain::TransferState::after`) and never calls a back end.

mod answers;
mod begin;
mod capture;
mod carried;
mod claim;
mod columns;
mod decisions;
mod deliveries;
mod desk;
mod document;
mod edit;
mod erasure;
mod error;
mod event;
mod event_log;
mod findings;
mod gauges;
mod held;
mod history;
mod holds;
mod hurry;
mod instant;
mod left_out;
mod lists;
mod lock;
mod postgres;
mod pricing;
mod reconciliation;
mod record;
mod release;
mod rows;
mod schema;
mod seals;
mod search;
mod sql;
mod sqlite;
mod taken;
mod time;
mod transfer;
mod uncacheable;
mod waiting;
mod webhook_desk;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, broadcast};

use crate::clock::Clock;
use crate::config::{DatabaseConfig, Place};
use crate::domain::Reference;
use postgres::Postgres;
use sql::Connection;
use sqlite::Sqlite;

pub use answers::{Answer, StoredAnswer};
pub use capture::{Capture, CaptureOutcome, NewOperation};
pub use carried::CarriedOrder;
pub use deliveries::{Delivered, Delivery, NewDelivery};
pub use desk::{AuditEntry, Deed};
pub use document::{Document, DocumentKind, NewDocument, Observed, OnHold, Payload};
pub use erasure::{Customer, Erased, UnderWay};
pub use error::{Conflict, StoreError};
pub use event::{Cause, DocumentEvent};
pub use event_log::EventLog;
pub use findings::{FindingFilter, StoredFinding};
pub use gauges::Backlog;
pub use held::FreedStock;
pub use history::{DocumentQuery, ListedBy};
pub use holds::Hold;
pub use left_out::LeftOut;
pub use lists::ListKey;
pub use reconciliation::ToCompare;
pub use schema::Schema;
pub use seals::StoredSeal;
pub use search::{Found, Search, Standing};
pub use time::Jump;
pub use transfer::{Attempt, AttemptKind, Claimed, Counts, Fence, Held, Instruction, Outcome, Taken, Transfer, TransferId};
pub use waiting::{DeskFilter, Waiting};
pub use webhook_desk::WebhookDeed;
pub use webhooks::{WebhookLease, WebhookStanding};

/// How long the answer to an Idempotency-Key is kept at least (rule A2 asks for 24 hours).
pub const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// A clock that is set by more than this has jumped.
const EVEN: SignedDuration = SignedDuration::from_secs(2);

/// A handle to the open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Database,
    /// A transaction has failed since the database was last seen to take one.
    is_doubtful: Arc<AtomicBool>,
    /// Something was written, here or by another host.
    written: Arc<Notify>,
}

#[derive(Clone)]
enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// An Idempotency-Key whose request is running: no other host begins with the same one until this is dropped.
pub struct HeldKey {
    _held: Option<postgres::HeldKey>,
}

impl Store {
    /// Opens the database and brings its schema up to date; refuses one that is newer than this build. A SQLite file is created when it is
    /// missing (mode 0600), and only one process at a time can have it open.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let database = match config.place() {
            Place::File(path) => Database::Sqlite(Sqlite::open(path).await?),
            Place::Server(url) => Database::Postgres(Postgres::open(url, config).await?),
        };
        Ok(Self { database, is_doubtful: Arc::default(), written: Arc::default() })
    }

    /// Looks which version the database's schema has, and changes nothing of it. Refuses one that is newer than this build.
    pub async fn schema(config: &DatabaseConfig) -> Result<Schema, StoreError> {
        match config.place() {
            Place::File(path) => Sqlite::schema(path).await,
            Place::Server(url) => Postgres::schema(url, config).await,
        }
    }

    /// Finishes what was begun, then closes the database. Later calls answer [`StoreError::Stopped`].
    pub async fn close(&self) {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.close().await,
            Database::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Whether other hosts may be at work on the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// The time that all hosts of this database agree on; it goes evenly but for what [`Store::keep_time`] sets it by, which is to be called
    /// now and then.
    pub fn clock(&self) -> &Clock {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.clock(),
            Database::Postgres(postgres) => postgres.clock(),
        }
    }

    /// Sets [`Store::clock`] by the database's time (for SQLite: by the system's), unless that was done within the last second, so that no host
    /// takes over another's work because their clocks differ (rule T5). When it jumps, what waits is put right first; `lease` is what workers
    /// claim for.
    pub async fn keep_time(&self, lease: Duration) -> Result<(), StoreError> {
        let clock = self.clock();
        if clock.is_followed_closely() {
            return Ok(());
        }
        let told = match &self.database {
            Database::Sqlite(_) => Timestamp::now()..=Timestamp::now(),
            Database::Postgres(postgres) => postgres.time().await?,
        };
        let shown = clock.now();
        // A clock that may be right is left alone: following the error of every question would make instants run backwards.
        let right = shown.clamp(*told.start(), *told.end());
        let jump = right.duration_since(shown);
        if jump.abs() > EVEN {
            tracing::warn!(seconds = jump.as_secs(), "the time has jumped: somebody set the clock, or this machine stood still");
            self.put_right(Jump { was: shown, now: right }, lease).await?;
        }
        clock.follow(right);
        Ok(())
    }

    /// Holds an Idempotency-Key against all other hosts; none when one of them holds it (rule A2).
    pub async fn hold_key(&self, principal: &str, key: &str) -> Result<Option<HeldKey>, StoreError> {
        match &self.database {
            Database::Sqlite(_) => Ok(Some(HeldKey { _held: None })),
            Database::Postgres(postgres) => {
                Ok(postgres.hold_key(principal, key).await?.map(|held| HeldKey { _held: Some(held) }))
            }
        }
    }

    /// Passes on which documents and operations other hosts change, until it is dropped. News can get lost: what must not be missed has to
    /// be looked up now and then.
    pub async fn hear_other_hosts(&self, heard: broadcast::Sender<Reference>) {
        match &self.database {
            Database::Sqlite(_) => std::future::pending().await,
            Database::Postgres(postgres) => postgres.news().hear(heard, &self.written).await,
        }
    }

    fn tell_other_hosts(&self, reference: &Reference) {
        if let Database::Postgres(postgres) = &self.database {
            postgres.news().tell(reference);
        }
    }

    /// Has what was deleted, or overwritten, vanish from the files as well, as far as they are in this host's hands: SQLite overwrites it in the
    /// database (`secure_delete`), and here the log of what was written since is emptied. What PostgreSQL does is up to its operator.
    async fn forget_deleted(&self) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.empty_log().await,
            Database::Postgres(_) => Ok(()),
        }
    }

    /// Waits until something was written, here or by another host that told it, since this was called last. For one caller.
    pub async fn written(&self) {
        self.written.notified().await;
    }

    /// Transactions committed since it was opened; in SQLite fewer than commands when many came at once (group commit).
    pub fn commits(&self) -> u64 {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.commits(),
            Database::Postgres(postgres) => postgres.commits(),
        }
    }

    /// How long to try to learn what came of a lost commit. One process cannot lose its own.
    fn patience(&self) -> Duration {
        match &self.database {
            Database::Sqlite(_) => Duration::ZERO,
            Database::Postgres(postgres) => postgres.patience(),
        }
    }

    /// A connection that only reads.
    async fn read(&self) -> Result<Connection, StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.read().await,
            Database::Postgres(postgres) => postgres.read().await,
        }
    }

    /// Runs a command in a transaction; answers when it is on disk. A command that is refused leaves nothing behind.
    async fn write<T, F>(&self, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let done = match &self.database {
            Database::Sqlite(sqlite) => sqlite.write(command).await,
            Database::Postgres(postgres) => postgres.write(command).await,
        };
        self.noted(done)
    }

    /// Tells who waits for anything to be written, and remembers whether the database takes it.
    fn noted<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match &done {
            Ok(_) => self.written.notify_one(),
            Err(StoreError::Unavailable(_) | StoreError::InDoubt(_)) => self.is_doubtful.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        done
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
pub(crate) mod fixtures;
