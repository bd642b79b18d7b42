//! Which settled documents are to be compared with the back end (rule T10), and what came of it. A document that is taken to be compared counts
//! as compared at that moment: hosts share them without a word, and one that dies leaves its share to the next round.

use std::time::Duration;

use futures::future::FutureExt;
use jiff::{SignedDuration, Timestamp};

use super::capture::Route;
use super::findings::{close_what_is_gone, raise};
use super::rows::json;
use super::sql::{Connection, Row, query};
use super::{Document, Store, StoreError, decisions};
use crate::domain::{AdapterName, Finding, FindingReason, Reference};

/// A settled document that is to be compared.
#[derive(Clone, Debug)]
pub struct ToCompare {
    pub document: Document,
    /// When its transfer was settled.
    pub settled_at: Timestamp,
    /// Its end in the back end was asked for through us.
    pub was_ended_through_us: bool,
}

impl Store {
    /// Takes documents that were not compared for so long, the longest waiting first; none of the adapters that are left out.
    pub async fn take_to_compare(
        &self,
        now: Timestamp,
        interval: Duration,
        left_out: &[AdapterName],
        limit: u32,
    ) -> Result<Vec<ToCompare>, StoreError> {
        let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
        let due = now.saturating_sub(interval).unwrap_or(Timestamp::MIN);
        let left_out = json("adapters", left_out)?;
        let taken = self.write(move |connection| take(connection, now, due, left_out, limit).boxed()).await?;
        let references: Vec<_> = taken.iter().map(|taken| taken.reference.clone()).collect();
        let documents = self.documents(&references).await?;
        let whole = |document: Document| {
            let taken = taken.iter().find(|taken| taken.reference == document.reference)?;
            let (settled_at, was_ended_through_us) = (taken.settled_at, taken.was_ended_through_us);
            Some(ToCompare { document, settled_at, was_ended_through_us })
        };
        Ok(documents.into_iter().filter_map(whole).collect())
    }

    /// Keeps what a comparison found, closes what it found before and no more, and says when the document is compared next: an interval after
    /// `next`, or never. Tells which findings are news.
    pub async fn keep_compared(
        &self,
        document: &Document,
        found: Vec<Finding>,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Vec<FindingReason>, StoreError> {
        let document = document.clone();
        let reference = document.reference.clone();
        let news = self.write(move |connection| keep(connection, document, found, next, now).boxed()).await?;
        if !news.is_empty() {
            self.tell_other_hosts(&reference);
        }
        Ok(news)
    }
}

struct Taken {
    reference: Reference,
    settled_at: Timestamp,
    was_ended_through_us: bool,
}

async fn take(
    connection: &mut Connection,
    now: Timestamp,
    due: Timestamp,
    left_out: String,
    limit: u32,
) -> Result<Vec<Taken>, StoreError> {
    let dialect = connection.dialect();
    let rows = query("WITH due AS MATERIALIZED (SELECT d.reference FROM documents d JOIN transfers t ON t.id = d.transfer ")
        .push("WHERE d.compared_at <= $1 AND t.state IN ('confirmed', 'linked', 'rejected', 'parked', 'abandoned') AND d.adapter NOT IN (SELECT ")
        .push(dialect.choose("value FROM json_each($2)", "json_array_elements_text($2::json)"))
        .push(") ORDER BY d.compared_at LIMIT $3")
        .push(dialect.choose("", " FOR UPDATE OF d SKIP LOCKED"))
        .push(") UPDATE documents SET compared_at = $4 WHERE reference IN (SELECT reference FROM due) RETURNING reference, ")
        .push("(SELECT t.updated_at FROM transfers t WHERE t.id = documents.transfer) AS settled_at, ")
        .push("(SELECT count(*) FROM transfers t WHERE t.reference = documents.reference AND ")
        .push(decisions::ACTS)
        .push(" AND t.state NOT IN ('rejected', 'abandoned')) ")
        // By its number, from another store.
        .push("+ (SELECT count(*) FROM transfers e WHERE ")
        .push(decisions::number(dialect))
        .push(" = documents.backend_number AND ")
        .push(decisions::NAMES_A_NUMBER)
        .push(" AND e.operation = 'cancel-order' AND e.adapter = documents.adapter AND e.state NOT IN ('rejected', 'abandoned')) AS ends")
        .bind(due)
        .bind(left_out)
        .bind(limit)
        .bind(now)
        .all(connection)
        .await?;
    let taken = |row: &Row| {
        let was_ended_through_us = row.number::<i64>("ends")? > 0;
        Ok(Taken { reference: row.text("reference")?.into(), settled_at: row.instant("settled_at")?, was_ended_through_us })
    };
    rows.iter().map(taken).collect()
}

async fn keep(
    connection: &mut Connection,
    document: Document,
    found: Vec<Finding>,
    next: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<FindingReason>, StoreError> {
    let Document { reference, store, account, adapter, .. } = &document;
    let about = Route { reference, store, account, adapter };
    close_what_is_gone(connection, reference, &found, now).await?;
    let mut news = Vec::new();
    for finding in &found {
        if raise(connection, &about, finding, now).await? {
            news.push(finding.reason);
        }
    }
    query("UPDATE documents SET compared_at = $1 WHERE reference = $2")
        .bind(next)
        .bind(reference.to_string())
        .execute(connection)
        .await?;
    Ok(news)
}
