//! `/ops/v1/webhooks`: how those outside who are told of events stand, and what a person decides about them.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::OpsState;
use super::operator::{By, Operate, Read};
use crate::api::body::{Check, Checked, Findings};
use crate::api::problem::{Problem, route_not_found};
use crate::api::route::Path;
use crate::domain::WebhookName;
use crate::service::{FieldProblem, Operator as Deed, WebhookDeed, WebhookDossier};

/// Who, why, and which event; all that are parked when it is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookBody {
    actor: String,
    reason: String,
    event: Option<i64>,
}

impl Check for WebhookBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        findings.into_vec()
    }
}

/// All webhooks.
pub(super) async fn list_webhooks(State(state): State<OpsState>, _: By<Read>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "items": state.commerce.webhooks().await? })))
}

/// One webhook, what is still to be delivered to it, and what people did with it.
pub(super) async fn show_webhook(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(name): Path<String>,
) -> Result<Json<WebhookDossier>, Problem> {
    Ok(Json(state.commerce.webhook(&WebhookName::from(name)).await?))
}

/// `enable`, `disable`, `resend` or `discard`.
pub(super) async fn decide_webhook(
    State(state): State<OpsState>,
    by: By<Operate>,
    Path((name, decision)): Path<(String, String)>,
    body: Checked<WebhookBody>,
) -> Result<Json<Value>, Problem> {
    let WebhookBody { actor, reason, event } = body.into_inner();
    let what = match decision.as_str() {
        "enable" | "disable" if event.is_some() => {
            return Err(Problem::invalid(vec![FieldProblem::new("/event", "goes with `resend` and `discard` only")]));
        }
        "enable" => WebhookDeed::Enable,
        "disable" => WebhookDeed::Disable,
        "resend" => WebhookDeed::Resend(event),
        "discard" => WebhookDeed::Discard(event),
        _ => return Err(route_not_found().await),
    };
    let name = WebhookName::from(name);
    let events = state.commerce.decide_webhook(&name, what, Deed { actor: by.sign(actor), reason }).await?;
    Ok(Json(json!({"events": events, "webhook": state.commerce.webhook(&name).await?.report})))
}
