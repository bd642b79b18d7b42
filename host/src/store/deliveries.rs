//! What is still to be told to a webhook: one row per event until it was delivered or a person discards it. Within a document the oldest goes
//! first; one that is parked holds up nothing. Called by `events` only.

use futures::future::FutureExt;
use jiff::Timestamp;

use super::sql::{Connection, Row, query};
use super::webhooks::leased;
use super::{Fence, Store, StoreError};
use crate::domain::{Reference, WebhookName};

/// An event that is for a webhook, as it will be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The event's number.
    pub event: i64,
    pub reference: Reference,
    pub event_type: String,
    pub id: String,
    pub body: String,
}

/// A delivery that waits or is parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub event: i64,
    pub reference: Reference,
    pub event_type: String,
    /// The same in every attempt.
    pub id: String,
    pub body: String,
    /// Attempts that have ended.
    pub attempts: u32,
    /// Those that count against the most.
    pub spent: u32,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    /// Since when a person must decide.
    pub parked_at: Option<Timestamp>,
    pub last_failure: Option<String>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The receiver has it.
    Taken,
    /// This one is tried again; others go on.
    Again { due_at: Timestamp, failure: String },
    /// The receiver cannot be reached: all is left alone until then.
    Unreached { until: Timestamp, counts: bool, failure: String },
    /// Given up; a person must decide. When the receiver could not be reached, all is left alone until then.
    Parked { rests_until: Option<Timestamp>, failure: String },
    /// The receiver wants nothing any more (410).
    Disabled { failure: String },
}

const DELIVERIES: &str = "SELECT d.event, d.reference, d.type, d.id, d.body, d.attempts, d.spent, d.due_at, d.created_at, d.parked_at, \
                          d.last_failure FROM deliveries d WHERE d.webhook = ";

/// Narrows `deliveries d` to the oldest of each document that waits.
const FIRST_IN_LINE: &str = " AND d.parked_at IS NULL AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.webhook = d.webhook \
                             AND o.reference = d.reference AND o.event < d.event AND o.parked_at IS NULL)";

impl Store {
    /// Notes the events up to `cursor` that are for a webhook.
    pub async fn fan_out(
        &self,
        name: &WebhookName,
        fence: Fence,
        cursor: i64,
        new: Vec<NewDelivery>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let name = name.to_string();
        self.write(move |connection| {
            async move {
                leased(connection, &name, fence).await?;
                for delivery in new {
                    add(connection, &name, delivery, at).await?;
                }
                let seen = query("UPDATE webhooks SET cursor = $1 WHERE name = $2 AND cursor < $1");
                seen.bind(cursor).bind(name).execute(connection).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// Deliveries that are due, each the oldest of its document that waits, at most so many.
    pub async fn due_deliveries(&self, name: &WebhookName, now: Timestamp, most: u32) -> Result<Vec<Delivery>, StoreError> {
        let due = query(DELIVERIES).push_bind(name.to_string()).push(FIRST_IN_LINE).push(" AND d.due_at <= ").push_bind(now);
        let due = due.push(" ORDER BY d.due_at, d.event LIMIT ");
        due.push_bind(most).all(&mut self.read().await?).await?.iter().map(delivery).collect()
    }

    /// When the next one that is not behind another of its document is due.
    pub async fn next_delivery(&self, name: &WebhookName) -> Result<Option<Timestamp>, StoreError> {
        let next = query("SELECT min(d.due_at) AS due_at FROM deliveries d WHERE d.webhook = ").push_bind(name.to_string());
        next.push(FIRST_IN_LINE).one(&mut self.read().await?).await?.optional_instant("due_at")
    }

    /// What waits or is parked, parked ones first, oldest first.
    pub async fn deliveries(&self, name: &WebhookName, most: u32) -> Result<Vec<Delivery>, StoreError> {
        let all = query(DELIVERIES).push_bind(name.to_string());
        let all = all.push(" ORDER BY d.parked_at IS NULL, d.event LIMIT ").push_bind(most);
        all.all(&mut self.read().await?).await?.iter().map(delivery).collect()
    }

    /// Commits what came of an attempt. Refused with a stale fence (rule T5).
    pub async fn record_delivery(
        &self,
        name: &WebhookName,
        fence: Fence,
        event: i64,
        delivered: Delivered,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let name = name.to_string();
        self.write(move |connection| {
            async move {
                leased(connection, &name, fence).await?;
                record(connection, &name, event, delivered, at).await
            }
            .boxed()
        })
        .await
    }
}

async fn add(connection: &mut Connection, webhook: &str, new: NewDelivery, at: Timestamp) -> Result<(), StoreError> {
    query(
        "INSERT INTO deliveries (webhook, event, reference, type, id, body, due_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING",
    )
    .bind(webhook)
    .bind(new.event)
    .bind(new.reference.to_string())
    .bind(new.event_type)
    .bind(new.id)
    .bind(new.body)
    .bind(at)
    .execute(connection)
    .await
    .map(drop)
}

async fn record(
    connection: &mut Connection,
    webhook: &str,
    event: i64,
    delivered: Delivered,
    at: Timestamp,
) -> Result<(), StoreError> {
    match delivered {
        Delivered::Taken => {
            let done = query("DELETE FROM deliveries WHERE webhook = $1 AND event = $2").bind(webhook).bind(event);
            done.execute(connection).await?;
            let well = query("UPDATE webhooks SET failures = 0, rests_until = NULL, delivered_at = $1 WHERE name = $2");
            well.bind(at).bind(webhook).execute(connection).await.map(drop)
        }
        Delivered::Again { due_at, failure } => put_off(connection, webhook, event, (due_at, true), failure).await,
        Delivered::Unreached { until, counts, failure } => {
            rest(connection, webhook, until).await?;
            put_off(connection, webhook, event, (until, counts), failure).await
        }
        Delivered::Parked { rests_until, failure } => {
            if let Some(until) = rests_until {
                rest(connection, webhook, until).await?;
            }
            put_off(connection, webhook, event, (at, true), failure).await?;
            let parked = query("UPDATE deliveries SET parked_at = $1 WHERE webhook = $2 AND event = $3");
            parked.bind(at).bind(webhook).bind(event).execute(connection).await.map(drop)
        }
        Delivered::Disabled { failure } => {
            put_off(connection, webhook, event, (at, false), failure.clone()).await?;
            let disabled =
                query("UPDATE webhooks SET disabled_at = $1, disabled_because = $2, lease_until = NULL WHERE name = $3");
            disabled.bind(at).bind(failure).bind(webhook).execute(connection).await.map(drop)
        }
    }
}

/// Leaves a receiver alone that could not be reached.
async fn rest(connection: &mut Connection, webhook: &str, until: Timestamp) -> Result<(), StoreError> {
    let rests = query("UPDATE webhooks SET failures = failures + 1, rests_until = $1 WHERE name = $2");
    rests.bind(until).bind(webhook).execute(connection).await.map(drop)
}

async fn put_off(
    connection: &mut Connection,
    webhook: &str,
    event: i64,
    (due_at, counts): (Timestamp, bool),
    failure: String,
) -> Result<(), StoreError> {
    query(
        "UPDATE deliveries SET attempts = attempts + 1, spent = spent + $1, due_at = $2, last_failure = $3 \
         WHERE webhook = $4 AND event = $5",
    )
    .bind(i64::from(counts))
    .bind(due_at)
    .bind(failure)
    .bind(webhook)
    .bind(event)
    .execute(connection)
    .await
    .map(drop)
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        event: row.number("event")?,
        reference: row.text("reference")?.into(),
        event_type: row.text("type")?,
        id: row.text("id")?,
        body: row.text("body")?,
        attempts: row.number("attempts")?,
        spent: row.number("spent")?,
        due_at: row.instant("due_at")?,
        created_at: row.instant("created_at")?,
        parked_at: row.optional_instant("parked_at")?,
        last_failure: row.optional_text("last_failure")?,
    })
}
