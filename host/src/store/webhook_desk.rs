//! What a person does with a webhook; written to the audit log in the same transaction, about `webhooks/NAME`.

use futures::future::FutureExt;

use super::desk::note;
use super::sql::{Connection, query};
use super::{Conflict, Deed, Store, StoreError};
use crate::domain::WebhookName;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookDeed {
    /// Deliver to it again, what waits at once.
    Enable,
    /// Deliver nothing until it is enabled.
    Disable,
    /// Deliver one event that is parked, or all of them, with all attempts and the whole time.
    Resend(Option<i64>),
    /// Never deliver one event that is parked, or all of them.
    Discard(Option<i64>),
}

impl WebhookDeed {
    /// As the audit log names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Resend(_) => "resend",
            Self::Discard(_) => "discard",
        }
    }
}

impl Store {
    /// Does it; tells how many deliveries it concerned.
    pub async fn decide_webhook(&self, name: &WebhookName, what: WebhookDeed, deed: Deed) -> Result<u64, StoreError> {
        let name = name.to_string();
        self.write(move |connection| act(connection, name, what, deed).boxed()).await
    }
}

async fn act(connection: &mut Connection, name: String, what: WebhookDeed, deed: Deed) -> Result<u64, StoreError> {
    let changed = match what {
        WebhookDeed::Enable => enable(connection, &name, &deed).await?,
        WebhookDeed::Disable => disable(connection, &name, &deed).await?,
        WebhookDeed::Resend(event) => {
            let resent = "UPDATE deliveries SET parked_at = NULL, spent = 0, due_at = $1, created_at = $1 WHERE parked_at IS NOT NULL AND webhook = $2";
            parked(query(resent).bind(deed.at).bind(name.clone()), event).execute(connection).await?
        }
        WebhookDeed::Discard(event) => {
            let discarded = query("DELETE FROM deliveries WHERE parked_at IS NOT NULL AND webhook = $1").bind(name.clone());
            parked(discarded, event).execute(connection).await?
        }
    };
    let one = match what {
        WebhookDeed::Resend(event) | WebhookDeed::Discard(event) => event,
        WebhookDeed::Enable | WebhookDeed::Disable => None,
    };
    if let Some(event) = one
        && changed == 0
    {
        return Err(StoreError::NotFound(format!("a parked delivery of event {event} to {name}")));
    }
    let detail = match (what, one) {
        (WebhookDeed::Disable, _) => None,
        (_, Some(event)) => Some(format!("event {event}")),
        (_, None) => Some(format!("{changed} deliveries")),
    };
    note(connection, format!("webhooks/{name}"), what.name(), detail, deed).await?;
    Ok(changed)
}

fn parked(deliveries: super::sql::Query, event: Option<i64>) -> super::sql::Query {
    match event {
        Some(event) => deliveries.push(" AND event = ").push_bind(event),
        None => deliveries,
    }
}

async fn enable(connection: &mut Connection, name: &str, deed: &Deed) -> Result<u64, StoreError> {
    let enabled = query(
        "UPDATE webhooks SET disabled_at = NULL, disabled_because = NULL, failures = 0, rests_until = NULL \
         WHERE name = $1 AND disabled_at IS NOT NULL",
    );
    if enabled.bind(name).execute(connection).await? == 0 {
        return Err(Conflict::Webhook(format!("the webhook {name} is not disabled")).into());
    }
    let due = query("UPDATE deliveries SET due_at = $1 WHERE webhook = $2 AND parked_at IS NULL").bind(deed.at).bind(name);
    due.execute(connection).await
}

async fn disable(connection: &mut Connection, name: &str, deed: &Deed) -> Result<u64, StoreError> {
    let disabled = query(
        "UPDATE webhooks SET disabled_at = $1, disabled_because = $2, lease_until = NULL WHERE name = $3 AND disabled_at IS NULL",
    );
    let because = format!("by {}: {}", deed.actor, deed.reason);
    if disabled.bind(deed.at).bind(because).bind(name).execute(connection).await? == 0 {
        return Err(Conflict::Webhook(format!("the webhook {name} is disabled already")).into());
    }
    Ok(0)
}
