//! What operators see of webhooks and do with them. What a person does is in the audit log.

use jiff::Timestamp;
use serde::Serialize;

use super::{AuditReport, Commerce, Operator, ServiceError};
use crate::domain::{Reference, WebhookName};
use crate::store::{Deed, Delivery, WebhookDeed, WebhookStanding};

/// How a webhook stands.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookReport {
    pub name: WebhookName,
    pub state: WebhookState,
    /// Why it is disabled.
    pub because: Option<String>,
    pub disabled_at: Option<Timestamp>,
    /// How often in a row the receiver could not be reached, and until when it is left alone.
    pub failures: u32,
    pub rests_until: Option<Timestamp>,
    /// Events that wait, and since when the oldest does.
    pub waiting: u64,
    pub oldest_waiting: Option<Timestamp>,
    /// Events that a person must decide about.
    pub parked: u64,
    pub delivered_at: Option<Timestamp>,
}

/// Whether events are delivered to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookState {
    Active,
    /// Its receiver could not be reached; it is tried again.
    Failing,
    /// Until a person enables it.
    Disabled,
    /// The configuration does not name it any more.
    Removed,
}

/// One webhook with what is still to be delivered to it.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookDossier {
    #[serde(flatten)]
    pub report: WebhookReport,
    pub deliveries: Vec<DeliveryReport>,
    pub audit: Vec<AuditReport>,
}

/// An event that waits or is parked.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryReport {
    /// As the receiver sees it (`webhook-id`).
    pub id: String,
    /// Names it to `resend` and `discard`.
    pub event: i64,
    #[serde(rename = "type")]
    pub event_type: String,
    pub reference: Reference,
    pub attempts: u32,
    pub parked_at: Option<Timestamp>,
    pub next_attempt_at: Option<Timestamp>,
    pub last_failure: Option<String>,
}

impl From<Delivery> for DeliveryReport {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event: delivery.event,
            event_type: delivery.event_type,
            reference: delivery.reference,
            attempts: delivery.attempts,
            next_attempt_at: delivery.parked_at.is_none().then_some(delivery.due_at),
            parked_at: delivery.parked_at,
            last_failure: delivery.last_failure,
        }
    }
}

/// Deliveries that are shown of one webhook.
const SHOWN: u32 = 100;

impl Commerce {
    pub async fn webhooks(&self) -> Result<Vec<WebhookReport>, ServiceError> {
        Ok(self.inner.store.webhooks().await?.into_iter().map(|standing| self.report_webhook(standing)).collect())
    }

    /// With the first 100 events that are parked or wait, and what people did.
    pub async fn webhook(&self, name: &WebhookName) -> Result<WebhookDossier, ServiceError> {
        let store = &self.inner.store;
        let standing = store.webhook(name).await?.ok_or(ServiceError::NotFound("webhook"))?;
        let audit = store.audit_of(&Reference::from(format!("webhooks/{name}"))).await?;
        Ok(WebhookDossier {
            report: self.report_webhook(standing),
            deliveries: store.deliveries(name, SHOWN).await?.into_iter().map(DeliveryReport::from).collect(),
            audit: audit.into_iter().map(AuditReport::from).collect(),
        })
    }

    /// Does what a person decided; tells how many events it concerned.
    pub async fn decide_webhook(&self, name: &WebhookName, what: WebhookDeed, operator: Operator) -> Result<u64, ServiceError> {
        let store = &self.inner.store;
        store.webhook(name).await?.ok_or(ServiceError::NotFound("webhook"))?;
        let Operator { actor, reason } = operator;
        tracing::info!(webhook = %name, action = what.name(), actor, reason, "operator action");
        Ok(store.decide_webhook(name, what, Deed { actor, reason, adapter_digest: None, at: self.inner.clock.now() }).await?)
    }

    fn report_webhook(&self, standing: WebhookStanding) -> WebhookReport {
        let is_configured = self.inner.started_with.webhooks.contains_key(&standing.name);
        let state = match (&standing.disabled, standing.failures) {
            _ if !is_configured => WebhookState::Removed,
            (Some(_), _) => WebhookState::Disabled,
            (None, 0) => WebhookState::Active,
            (None, _) => WebhookState::Failing,
        };
        let (disabled_at, because) = standing.disabled.unzip();
        WebhookReport {
            name: standing.name,
            state,
            because,
            disabled_at,
            failures: standing.failures,
            rests_until: standing.rests_until,
            waiting: standing.waiting,
            oldest_waiting: standing.oldest_waiting,
            parked: standing.parked,
            delivered_at: standing.delivered_at,
        }
    }
}
