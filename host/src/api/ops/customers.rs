//! `POST /ops/v1/customers:erase`: what is personal about a customer is erased.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::super::body::{Check, Checked, Findings};
use super::super::problem::Problem;
use super::{By, Erase, OpsState};
use crate::service::{ErasureReport, FieldProblem, Operator};

/// Who is erased, by whom and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErasureBody {
    account: String,
    /// May be left out when there is only one.
    store: Option<String>,
    actor: String,
    reason: String,
}

impl Check for ErasureBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.id("/account", &self.account);
        findings.optional_id("/store", self.store.as_deref());
        findings.deed(&self.actor, &self.reason);
        findings.into_vec()
    }
}

/// Erases names, addresses and texts from everything that is kept of a customer. Refused while something of theirs is on its way.
pub(super) async fn erase(
    State(state): State<OpsState>,
    by: By<Erase>,
    body: Checked<ErasureBody>,
) -> Result<Json<ErasureReport>, Problem> {
    let ErasureBody { account, store, actor, reason } = body.into_inner();
    let operator = Operator { actor: by.sign(actor), reason };
    Ok(Json(state.commerce.erase(account.into(), store.as_deref(), operator).await?))
}
