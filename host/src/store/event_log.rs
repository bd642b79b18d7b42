//! The log of what the outside may know. The database writes it; here it is numbered, read and cut off at its old end. Read by `events` only.
//!
//! Readers go by numbers, and nothing may ever appear below a number that was read. SQLite has one writer, so its ids serve. In PostgreSQL
//! transactions that run at the same time are committed in any order: there, numbers are given to what is committed already, by one host at
//! a time ([`Store::number_events`]).

use futures::future::FutureExt;
use jiff::Timestamp;

use super::sql::{Connection, Query, query};
use super::{DocumentEvent, Store, StoreError, rows};
use crate::domain::Reference;

/// A log and how far it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLog {
    /// Tells its numbers from those of another database's log: eight letters and digits.
    pub name: String,
    /// The last number that was given; 0 before the first.
    pub head: i64,
}

/// Events that are deleted in one transaction.
const DELETED_AT_ONCE: u32 = 5_000;

const EVENTS: &str = "SELECT number, reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number \
                      FROM events WHERE ";

impl Store {
    pub async fn event_log(&self) -> Result<EventLog, StoreError> {
        let mut connection = self.read().await?;
        let log = query(connection.dialect().choose(
            "SELECT name, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS last FROM event_log",
            "SELECT name, last FROM event_log",
        ));
        let row = log.one(&mut connection).await?;
        Ok(EventLog { name: row.text("name")?, head: row.number("last")? })
    }

    /// Gives numbers to events that are committed, oldest first, at most so many. Returns how many, or nothing while another host does it.
    pub async fn number_events(&self, most: u32) -> Result<Option<u64>, StoreError> {
        if !self.is_shared() {
            return Ok(Some(0));
        }
        let waiting = "SELECT count(*) AS waiting FROM (SELECT id FROM events WHERE number IS NULL LIMIT 1) oldest";
        if query(waiting).one(&mut self.read().await?).await?.number::<i64>("waiting")? == 0 {
            return Ok(Some(0));
        }
        self.write(move |connection| number(connection, most).boxed()).await
    }

    /// The events after a number, at most so many.
    pub async fn events_after(&self, number: i64, limit: u32) -> Result<Vec<DocumentEvent>, StoreError> {
        self.events(query(EVENTS).push("number > ").push_bind(number), limit).await
    }

    /// Those of one document.
    pub async fn events_of(&self, reference: &Reference, after: i64, limit: u32) -> Result<Vec<DocumentEvent>, StoreError> {
        let wanted = query(EVENTS).push("reference = ").push_bind(reference.to_string());
        self.events(wanted.push(" AND number > ").push_bind(after), limit).await
    }

    /// The newest of one document, unless it is older than the log goes back.
    pub async fn last_event_of(&self, reference: &Reference) -> Result<Option<DocumentEvent>, StoreError> {
        let newest = query(EVENTS).push("number IS NOT NULL AND reference = ").push_bind(reference.to_string());
        let newest = newest.push(" ORDER BY number DESC LIMIT 1");
        newest.optional(&mut self.read().await?).await?.as_ref().map(rows::event).transpose()
    }

    /// Deletes events that were written before `at`. Returns how many.
    pub async fn prune_events(&self, at: Timestamp) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            // The oldest come first, so that no index over their age is needed.
            let some = self.write(move |connection| {
                async move {
                    let oldest = query(
                        "DELETE FROM events WHERE at < $1 AND number IN \
                         (SELECT number FROM events WHERE number IS NOT NULL ORDER BY number LIMIT $2)",
                    );
                    oldest.bind(at).bind(DELETED_AT_ONCE).execute(connection).await
                }
                .boxed()
            });
            let some = some.await?;
            deleted += some;
            if some < u64::from(DELETED_AT_ONCE) {
                return Ok(deleted);
            }
        }
    }

    async fn events(&self, wanted: Query, limit: u32) -> Result<Vec<DocumentEvent>, StoreError> {
        let wanted = wanted.push(" ORDER BY number LIMIT ").push_bind(limit);
        wanted.all(&mut self.read().await?).await?.iter().map(rows::event).collect()
    }
}

/// The row of the log is locked to the end of the transaction: who comes next sees what was numbered.
async fn number(connection: &mut Connection, most: u32) -> Result<Option<u64>, StoreError> {
    let log = query("SELECT last FROM event_log FOR UPDATE SKIP LOCKED").optional(connection).await?;
    let Some(log) = log else { return Ok(None) };
    let numbered = query(
        "WITH fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM \
         (SELECT id FROM events WHERE number IS NULL ORDER BY id LIMIT $1) oldest) \
         UPDATE events SET number = $2 + fresh.place FROM fresh WHERE events.id = fresh.id",
    );
    let numbered = numbered.bind(most).bind(log.number::<i64>("last")?).execute(connection).await?;
    let added = i64::try_from(numbered).map_err(StoreError::corrupt("number of events"))?;
    query("UPDATE event_log SET last = last + $1").bind(added).execute(connection).await?;
    Ok(Some(numbered))
}
