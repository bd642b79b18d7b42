//! What the back end has otherwise than it should (rules T9, T10): listed, accepted, cancelled.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::{By, DeedBody, Desk, Read};
use super::{MOST_LISTED, OpsState, limit_problem};
use crate::api::body::{Check, Checked, CheckedQuery};
use crate::api::problem::{Problem, route_not_found};
use crate::api::route::Path;
use crate::domain::{FindingAction, FindingReason, FindingState, Reference, StoreName};
use crate::service::{FieldProblem, FindingFilter, FindingReport};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingParameters {
    /// `open` and `cancelling` when absent, `all`, or one state.
    state: Option<String>,
    reason: Option<String>,
    store: Option<String>,
    reference: Option<String>,
    /// `id` of the last one of the page before.
    after: Option<i64>,
    limit: Option<u32>,
}

impl FindingParameters {
    fn into_filter(self) -> Result<FindingFilter, Problem> {
        let unknown = |parameter: &str, name: &str, known: String| {
            Problem::invalid(vec![FieldProblem::new(format!("?{parameter}"), format!("{name:?} is none of: {known}"))])
        };
        let states = match self.state.as_deref() {
            None => vec![FindingState::Open, FindingState::Cancelling],
            Some("all") => Vec::new(),
            Some(name) => {
                let known = || FindingState::ALL.map(FindingState::as_str).join(", ");
                vec![FindingState::parse(name).ok_or_else(|| unknown("state", name, format!("{}, all", known())))?]
            }
        };
        let known = || FindingReason::ALL.map(FindingReason::as_str).join(", ");
        let reason = |name: &String| FindingReason::parse(name).ok_or_else(|| unknown("reason", name, known()));
        Ok(FindingFilter {
            states,
            reason: self.reason.as_ref().map(reason).transpose()?,
            store: self.store.map(StoreName::from),
            reference: self.reference.map(Reference::from),
            after: self.after.unwrap_or(0),
            limit: self.limit.unwrap_or(100),
        })
    }
}

impl Check for FindingParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        limit_problem(self.limit, MOST_LISTED).into_iter().collect()
    }
}

/// Findings, oldest first.
pub(super) async fn list_findings(
    State(state): State<OpsState>,
    _: By<Read>,
    CheckedQuery(parameters): CheckedQuery<FindingParameters>,
) -> Result<Json<Value>, Problem> {
    let items = state.commerce.findings(parameters.into_filter()?).await?;
    Ok(Json(json!({ "items": items })))
}

/// One finding.
pub(super) async fn show_finding(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(id): Path<i64>,
) -> Result<Json<FindingReport>, Problem> {
    Ok(Json(state.commerce.finding(id).await?))
}

/// `accept` or `cancel`.
pub(super) async fn settle_finding(
    State(state): State<OpsState>,
    by: By<Desk>,
    Path((id, action)): Path<(i64, String)>,
    body: Checked<DeedBody>,
) -> Result<Json<FindingReport>, Problem> {
    let Some(action) = FindingAction::parse(&action) else { return Err(route_not_found().await) };
    Ok(Json(state.commerce.settle_finding(id, action, body.into_inner().signed(&by)).await?))
}
