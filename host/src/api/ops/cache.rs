//! `/ops/v1/cache/{sku}`: what is cached of an item and why a read of it is answered as it is; and having it asked again.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::super::availability::check_sku;
use super::super::body::{Check, Checked, CheckedQuery, Findings};
use super::super::problem::Problem;
use super::{By, Operator as Authorized, OpsState, Read};
use crate::api::route::Path;
use crate::domain::Sku;
use crate::service::{CacheFilter, CacheReport, FieldProblem, InvalidationReport, InvalidationRequest, Operator};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheParameters {
    store: Option<String>,
    location: Option<String>,
    account: Option<String>,
}

impl Check for CacheParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.optional_id("?store", self.store.as_deref());
        findings.optional_id("?location", self.location.as_deref());
        findings.optional_id("?account", self.account.as_deref());
        findings.into_vec()
    }
}

/// Which answers, who and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvalidateBody {
    adapter: Option<String>,
    store: Option<String>,
    location: Option<String>,
    actor: String,
    reason: String,
}

impl Check for InvalidateBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.optional_id("/adapter", self.adapter.as_deref());
        findings.optional_id("/store", self.store.as_deref());
        findings.optional_id("/location", self.location.as_deref());
        findings.deed(&self.actor, &self.reason);
        findings.into_vec()
    }
}

/// Every cached answer about an item, with its policy and how it would be used now.
pub(super) async fn show_cache(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(sku): Path<String>,
    CheckedQuery(parameters): CheckedQuery<CacheParameters>,
) -> Result<Json<CacheReport>, Problem> {
    check_sku(&sku)?;
    let CacheParameters { store, location, account } = parameters;
    let filter =
        CacheFilter { store: store.map(Into::into), location: location.map(Into::into), account: account.map(Into::into) };
    Ok(Json(state.commerce.cache_report(&Sku::new(&sku), filter).await?))
}

/// Has the item asked at the next read, whatever is cached of it.
pub(super) async fn invalidate(
    State(state): State<OpsState>,
    by: Authorized,
    Path(sku): Path<String>,
    body: Checked<InvalidateBody>,
) -> Result<Json<InvalidationReport>, Problem> {
    check_sku(&sku)?;
    let InvalidateBody { adapter, store, location, actor, reason } = body.into_inner();
    let (adapter, store, location) = (adapter.map(Into::into), store.map(Into::into), location.map(Into::into));
    let request = InvalidationRequest { sku: Sku::from(sku), adapter, store, location };
    Ok(Json(state.commerce.invalidate(request, Operator { actor: by.sign(actor), reason }).await?))
}
