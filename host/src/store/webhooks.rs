//! Webhooks: how far each was told, and which host tells it. One host at a time has the lease of a webhook; everything that it writes is
//! compared with its fence (rule T5). Called by `events` only.

use std::time::Duration;

use futures::future::FutureExt;
use jiff::Timestamp;

use super::instant::after;
use super::sql::{Connection, Row, query};
use super::{Conflict, Fence, Store, StoreError};
use crate::domain::WebhookName;

/// A webhook that this host delivers to until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookLease {
    pub fence: Fence,
    /// The last event that was looked at for it.
    pub cursor: i64,
    /// How often in a row it could not be reached.
    pub failures: u32,
    /// Until when it is left alone.
    pub rests_until: Option<Timestamp>,
}

/// How a webhook stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookStanding {
    pub name: WebhookName,
    pub failures: u32,
    pub rests_until: Option<Timestamp>,
    /// Since when, and why, nothing is delivered until a person enables it.
    pub disabled: Option<(Timestamp, String)>,
    pub delivered_at: Option<Timestamp>,
    /// Deliveries that wait.
    pub waiting: u64,
    pub oldest_waiting: Option<Timestamp>,
    pub parked: u64,
}

const STANDINGS: &str = "SELECT w.name, w.failures, w.rests_until, w.disabled_at, w.disabled_because, w.delivered_at, \
     (SELECT count(*) FROM deliveries d WHERE d.webhook = w.name AND d.parked_at IS NULL) AS waiting, \
     (SELECT min(d.created_at) FROM deliveries d WHERE d.webhook = w.name AND d.parked_at IS NULL) AS oldest_waiting, \
     (SELECT count(*) FROM deliveries d WHERE d.webhook = w.name AND d.parked_at IS NOT NULL) AS parked \
     FROM webhooks w";

impl Store {
    /// Makes a webhook known: from now on, events are for it. The only host on this database takes its lease back from the host that it was
    /// before.
    pub async fn know_webhook(&self, name: &WebhookName) -> Result<(), StoreError> {
        let (name, is_alone) = (name.to_string(), !self.is_shared());
        let head = self.event_log().await?.head;
        self.write(move |connection| {
            async move {
                let known = query("INSERT INTO webhooks (name, cursor) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
                known.bind(name.clone()).bind(head).execute(connection).await?;
                if is_alone {
                    query("UPDATE webhooks SET lease_until = NULL WHERE name = $1").bind(name).execute(connection).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Takes the lease of a webhook that no other host has and nobody has disabled.
    pub async fn lease_webhook(
        &self,
        name: &WebhookName,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<WebhookLease>, StoreError> {
        let (name, until) = (name.to_string(), after(now, lease));
        self.write(move |connection| {
            async move {
                let leased = query(
                    "UPDATE webhooks SET fence = fence + 1, lease_until = $1 WHERE name = $2 AND disabled_at IS NULL \
                     AND (lease_until IS NULL OR lease_until <= $3) RETURNING fence, cursor, failures, rests_until",
                );
                leased.bind(until).bind(name).bind(now).optional(connection).await?.as_ref().map(lease_of).transpose()
            }
            .boxed()
        })
        .await
    }

    /// Has a lease begin anew, with what others have changed of the webhook. Refused when another host has it, or when it was disabled.
    pub async fn renew_webhook(
        &self,
        name: &WebhookName,
        fence: Fence,
        now: Timestamp,
        lease: Duration,
    ) -> Result<WebhookLease, StoreError> {
        let (name, until) = (name.to_string(), after(now, lease));
        self.write(move |connection| {
            async move {
                let renewed = query(
                    "UPDATE webhooks SET lease_until = $1 WHERE name = $2 AND fence = $3 AND lease_until IS NOT NULL \
                     AND disabled_at IS NULL RETURNING fence, cursor, failures, rests_until",
                );
                let row = renewed.bind(until).bind(name).bind(fence.0).optional(connection).await?;
                row.as_ref().map(lease_of).transpose()?.ok_or_else(|| Conflict::StaleFence.into())
            }
            .boxed()
        })
        .await
    }

    /// Gives a lease back: another host may have it at once.
    pub async fn release_webhook(&self, name: &WebhookName, fence: Fence) -> Result<(), StoreError> {
        let name = name.to_string();
        self.write(move |connection| {
            async move {
                let released = query("UPDATE webhooks SET lease_until = NULL WHERE name = $1 AND fence = $2");
                released.bind(name).bind(fence.0).execute(connection).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// How all webhooks stand that are known, by name.
    pub async fn webhooks(&self) -> Result<Vec<WebhookStanding>, StoreError> {
        let standings = query(STANDINGS).push(" ORDER BY w.name");
        standings.all(&mut self.read().await?).await?.iter().map(standing).collect()
    }

    /// How one stands; none when it is not known.
    pub async fn webhook(&self, name: &WebhookName) -> Result<Option<WebhookStanding>, StoreError> {
        let standing_of = query(STANDINGS).push(" WHERE w.name = ").push_bind(name.to_string());
        standing_of.optional(&mut self.read().await?).await?.as_ref().map(standing).transpose()
    }
}

/// Locks a webhook to the end of the transaction, if the lease still holds (rule T5).
pub(super) async fn leased(connection: &mut Connection, name: &str, fence: Fence) -> Result<(), StoreError> {
    let leased = query("SELECT name FROM webhooks WHERE name = $1 AND fence = $2 AND lease_until IS NOT NULL");
    let leased = leased.push(connection.dialect().choose("", " FOR UPDATE")).bind(name).bind(fence.0);
    leased.optional(connection).await?.map(drop).ok_or_else(|| Conflict::StaleFence.into())
}

fn lease_of(row: &Row) -> Result<WebhookLease, StoreError> {
    Ok(WebhookLease {
        fence: Fence(row.number("fence")?),
        cursor: row.number("cursor")?,
        failures: row.number("failures")?,
        rests_until: row.optional_instant("rests_until")?,
    })
}

fn standing(row: &Row) -> Result<WebhookStanding, StoreError> {
    let because = row.optional_text("disabled_because")?.unwrap_or_default();
    Ok(WebhookStanding {
        name: row.text("name")?.into(),
        failures: row.number("failures")?,
        rests_until: row.optional_instant("rests_until")?,
        disabled: row.optional_instant("disabled_at")?.map(|at| (at, because)),
        delivered_at: row.optional_instant("delivered_at")?,
        waiting: row.number("waiting")?,
        oldest_waiting: row.optional_instant("oldest_waiting")?,
        parked: row.number("parked")?,
    })
}
