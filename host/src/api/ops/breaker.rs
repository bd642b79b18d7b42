//! `POST /ops/v1/adapters/{name}/breaker`: an operator moves a breaker.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::super::body::{Check, Checked, Findings};
use super::super::problem::Problem;
use super::{Operator as Authorized, OpsState};
use crate::api::route::Path;
use crate::domain::Side;
use crate::service::{AdapterReport, BreakerSetting, FieldProblem, Operator};

/// Which side, to which state, who and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BreakerBody {
    side: Side,
    state: BreakerSetting,
    actor: String,
    reason: String,
}

impl Check for BreakerBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        findings.into_vec()
    }
}

/// Holds the breaker of the read or write side `open` or `closed`, or lets its own rules decide again (`auto`).
pub(super) async fn move_breaker(
    State(state): State<OpsState>,
    by: Authorized,
    Path(name): Path<String>,
    body: Checked<BreakerBody>,
) -> Result<Json<AdapterReport>, Problem> {
    let BreakerBody { side, state: setting, actor, reason } = body.into_inner();
    Ok(Json(state.commerce.move_breaker(&name.into(), side, setting, Operator { actor: by.sign(actor), reason }).await?))
}
