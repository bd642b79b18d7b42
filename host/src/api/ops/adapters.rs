//! Adapters on the operators' port: their generations, loading, promoting and rolling back; and the reload of the configuration.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::body::{Check, Checked, Findings};
use super::super::problem::Problem;
use super::operator::DeedBody;
use super::{By, Operator as Authorized, OpsState, Read};
use crate::api::route::Path;
use crate::domain::AdapterName;
use crate::service::{AdapterReport, FieldProblem, Meant, Operator, PushLog, ReloadReport, ShadowReport};

/// Who decides what about, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    actor: String,
    reason: String,
    /// What it is about: refused when another one stands there by now.
    generation: Option<u64>,
    digest: Option<String>,
}

/// Fewer characters of a digest could be those of another one by chance. As many are shown by `ordergate adapter list`.
const SHORTEST_DIGEST: usize = 12;

impl Check for DecisionBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        let is_digest = |digest: &String| {
            (SHORTEST_DIGEST..=64).contains(&digest.len()) && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !self.digest.as_ref().is_none_or(is_digest) {
            let mend =
                format!("must be the component's SHA-256 in hexadecimal, or its first {SHORTEST_DIGEST} characters or more");
            findings.add("/digest", mend);
        }
        findings.into_vec()
    }
}

impl DecisionBody {
    fn into_parts(self, by: &Authorized) -> (Meant, Operator) {
        let Self { actor, reason, generation, digest } = self;
        (Meant { generation, digest }, Operator { actor: by.sign(actor), reason })
    }
}

pub(super) async fn list_adapters(State(state): State<OpsState>, _: By<Read>) -> Json<Value> {
    Json(json!({ "items": state.commerce.adapters() }))
}

/// One adapter, with what people did with it.
pub(super) async fn show_adapter(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    let name = AdapterName::from(name);
    let report = state.commerce.adapter_report(&name)?;
    let audit = state.commerce.adapter_audit(&name).await?;
    let mut shown = json!(report);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("audit".into(), json!(audit));
    }
    Ok(Json(shown))
}

/// How the answers of the adapter that follows this one compare with its own.
pub(super) async fn show_shadow(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(name): Path<String>,
) -> Result<Json<ShadowReport>, Problem> {
    Ok(Json(state.commerce.shadow_report(&name.into())?))
}

/// What its back end pushed lately, to this host.
pub(super) async fn show_pushes(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(name): Path<String>,
) -> Result<Json<PushLog>, Problem> {
    Ok(Json(state.commerce.pushes(&name.into())?))
}

/// Loads the adapter as the configuration says now.
pub(super) async fn load_adapter(
    State(state): State<OpsState>,
    by: Authorized,
    Path(name): Path<String>,
    body: Checked<DeedBody>,
) -> Result<Json<AdapterReport>, Problem> {
    Ok(Json(state.commerce.load_adapter(&name.into(), body.into_inner().signed(&by)).await?))
}

/// Makes the generation on trial live.
pub(super) async fn promote_adapter(
    State(state): State<OpsState>,
    by: Authorized,
    Path(name): Path<String>,
    body: Checked<DecisionBody>,
) -> Result<Json<AdapterReport>, Problem> {
    let (meant, operator) = body.into_inner().into_parts(&by);
    Ok(Json(state.commerce.promote_adapter(&name.into(), &meant, operator).await?))
}

/// Ends a trial, or goes back to the previous generation.
pub(super) async fn roll_back_adapter(
    State(state): State<OpsState>,
    by: Authorized,
    Path(name): Path<String>,
    body: Checked<DecisionBody>,
) -> Result<Json<AdapterReport>, Problem> {
    let (meant, operator) = body.into_inner().into_parts(&by);
    Ok(Json(state.commerce.roll_back_adapter(&name.into(), &meant, operator).await?))
}

/// Reads the configuration again; brings in the adapters that changed and names what needs a restart.
pub(super) async fn reload_config(
    State(state): State<OpsState>,
    by: Authorized,
    body: Checked<DeedBody>,
) -> Result<Json<ReloadReport>, Problem> {
    Ok(Json(state.commerce.reload_by(body.into_inner().signed(&by)).await?))
}
