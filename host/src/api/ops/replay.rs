//! An attempt of an order or quote played again on the operations port, with a component in the request's body or with the configured one.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use data_encoding::BASE64;
use serde::Deserialize;

use super::operator::{By, Operate};
use super::{OpsState, parse};
use crate::api::body::{Check, CheckedQuery, read};
use crate::api::problem::Problem;
use crate::api::route::Path;
use crate::service::{FieldProblem, ReplayReport, ReplayRequest, UploadedComponent};

/// What the file of a component is sent as.
const COMPONENT: &str = "application/wasm";

/// The component's detached signature, in base64.
const SIGNATURE: &str = "x-component-signature";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    attempt: Option<u32>,
}

impl Check for Parameters {}

/// Needs the scope to change what runs: a component is run, although it reaches nothing.
pub(super) async fn replay(
    State(state): State<OpsState>,
    _: By<Operate>,
    Path(reference): Path<String>,
    CheckedQuery(parameters): CheckedQuery<Parameters>,
    request: Request,
) -> Result<Json<ReplayReport>, Problem> {
    let reference = parse(&reference)?;
    let signature = signature(request.headers())?;
    let is_component = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == COMPONENT);
    let limit = if is_component { state.commerce.component_bytes(&reference).await? } else { 0 };
    let file = read(request, limit).await?;
    let component = is_component.then_some(UploadedComponent { file, signature });
    Ok(Json(state.commerce.replay(&reference, ReplayRequest { attempt: parameters.attempt, component }).await?))
}

fn signature(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Problem> {
    let Some(value) = headers.get(SIGNATURE) else { return Ok(None) };
    let decoded = BASE64.decode(value.as_bytes());
    decoded.map(Some).map_err(|cause| Problem::invalid(vec![FieldProblem::new(SIGNATURE, format!("must be base64: {cause}"))]))
}
