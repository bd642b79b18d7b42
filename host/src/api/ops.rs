//! The operators' port: health and metrics for everyone who reaches it, `/ops/v1` with a key for it.

mod adapters;
mod breaker;
mod cache;
mod customers;
mod desk;
mod findings;
mod operator;
mod replay;
mod search;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRef, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Authenticator;
use super::body::{BodyLimit, Check, CheckedQuery};
use super::front::Front;
use super::limits::Gate;
use super::problem::{Problem, method_not_allowed, route_not_found};
use super::route::Path;
use crate::config::Config;
use crate::domain::{AccountNumber, AdapterName, Reference, StoreName};
use crate::service::{Commerce, DeskFilter, Dossier, FieldProblem, Waiting};
use operator::{By, Erase, Operator, Operators, Read};

/// Largest body of an operator's decision.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What the operators' handlers share.
#[derive(Clone)]
pub struct OpsState {
    commerce: Commerce,
    authenticator: Arc<Authenticator>,
    metrics: PrometheusHandle,
    operators: Arc<Operators>,
    draining: Arc<AtomicBool>,
}

impl OpsState {
    /// `draining` is set when the host stops: readiness ends first.
    pub fn new(
        commerce: Commerce,
        authenticator: Arc<Authenticator>,
        metrics: PrometheusHandle,
        config: &Config,
        draining: Arc<AtomicBool>,
    ) -> Self {
        Self { commerce, authenticator, metrics, operators: Arc::new(Operators::new(config)), draining }
    }
}

/// Every route of the operators' port.
fn routes() -> Vec<(&'static str, MethodRouter<OpsState>)> {
    vec![
        ("/livez", get(livez)),
        ("/readyz", get(readyz)),
        ("/readyz/catalog", get(readyz_catalog)),
        ("/metrics", get(show_metrics)),
        ("/ops/v1/adapters", get(adapters::list_adapters)),
        ("/ops/v1/adapters/{name}", get(adapters::show_adapter)),
        ("/ops/v1/adapters/{name}/shadow", get(adapters::show_shadow)),
        ("/ops/v1/adapters/{name}/pushes", get(adapters::show_pushes)),
        ("/ops/v1/adapters/{name}/breaker", post(breaker::move_breaker)),
        ("/ops/v1/adapters/{name}/load", post(adapters::load_adapter)),
        ("/ops/v1/adapters/{name}/promote", post(adapters::promote_adapter)),
        ("/ops/v1/adapters/{name}/rollback", post(adapters::roll_back_adapter)),
        ("/ops/v1/cache/{sku}", get(cache::show_cache)),
        ("/ops/v1/cache/{sku}/invalidate", post(cache::invalidate)),
        ("/ops/v1/degraded", get(list_degraded)),
        ("/ops/v1/config/reload", post(adapters::reload_config)),
        ("/ops/v1/customers:erase", post(customers::erase)),
        ("/ops/v1/findings", get(findings::list_findings)),
        ("/ops/v1/findings/{id}", get(findings::show_finding)),
        ("/ops/v1/findings/{id}/{action}", post(findings::settle_finding)),
        ("/ops/v1/transfers", get(list_transfers)),
        ("/ops/v1/orders", get(search::search_orders)),
        ("/ops/v1/orders/{reference}", get(show_dossier)),
        ("/ops/v1/hold-reasons", get(desk::list_hold_reasons)),
        ("/ops/v1/orders:bulk", post(desk::decide_many)),
        ("/ops/v1/orders/{reference}/edit", post(desk::edit)),
        ("/ops/v1/orders/{reference}/replay", post(replay::replay)),
        ("/ops/v1/orders/{reference}/{decision}", post(desk::decide)),
        ("/ops/v1/webhooks", get(webhooks::list_webhooks)),
        ("/ops/v1/webhooks/{name}", get(webhooks::show_webhook)),
        ("/ops/v1/webhooks/{name}/{decision}", post(webhooks::decide_webhook)),
    ]
}

/// The operators' API. Its callers are few and may take their time.
pub fn operators_api(state: OpsState) -> Front {
    let patterns: Vec<_> = routes().into_iter().map(|(pattern, _)| pattern.to_owned()).collect();
    let router = routes().into_iter().fold(Router::new(), |router, (pattern, route)| router.route(pattern, route));
    let router = router.fallback(route_not_found).method_not_allowed_fallback(method_not_allowed).with_state(state);
    Front::new(router, Gate::open(), patterns)
}

impl FromRef<OpsState> for BodyLimit {
    fn from_ref(_: &OpsState) -> Self {
        Self(MAX_BODY_BYTES)
    }
}

/// The process runs.
async fn livez() -> &'static str {
    "ok\n"
}

/// The host answers reads of the catalog: it is not stopping. They need no store, so it is not asked.
async fn readyz_catalog(State(state): State<OpsState>) -> Response {
    if state.draining.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    "ok\n".into_response()
}

/// The host takes orders: its store answers, customers' tokens can be checked, and it is not stopping. Never depends on a back end.
async fn readyz(State(state): State<OpsState>) -> Response {
    if state.draining.load(Ordering::Relaxed) {
        return readyz_catalog(State(state)).await;
    }
    if !state.authenticator.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the keys of access.jwt.jwks_url were not fetched yet\n").into_response();
    }
    match state.commerce.is_ready().await {
        Ok(()) => "ok\n".into_response(),
        Err(cause) => {
            tracing::warn!(error = %cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the order store does not answer\n").into_response()
        }
    }
}

/// Metrics in the Prometheus text format.
async fn show_metrics(State(state): State<OpsState>) -> Response {
    state.commerce.publish_breakers();
    state.metrics.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferParameters {
    state: Option<String>,
    /// Of the last failure; of what is held, the code of a hold.
    code: Option<String>,
    store: Option<String>,
    adapter: Option<String>,
    account: Option<String>,
    limit: Option<u32>,
}

impl Check for TransferParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        limit_problem(self.limit, MOST_LISTED).into_iter().collect()
    }
}

/// Most transfers or findings of one answer.
const MOST_LISTED: u32 = 1_000;

fn limit_problem(limit: Option<u32>, most: u32) -> Option<FieldProblem> {
    let is_beyond = limit.is_some_and(|limit| !(1..=most).contains(&limit));
    is_beyond.then(|| FieldProblem::new("?limit", format!("must be 1 to {most}")))
}

/// Transfers that are parked, held or under way, or (without `state`) how many wait.
async fn list_transfers(
    State(state): State<OpsState>,
    _: By<Read>,
    CheckedQuery(parameters): CheckedQuery<TransferParameters>,
) -> Result<Json<Value>, Problem> {
    match parameters.state.as_deref() {
        None => {
            let backlog = state.commerce.backlog().await?;
            Ok(Json(
                json!({"by_state": backlog.by_state, "oldest_waiting": backlog.oldest_waiting, "findings": backlog.findings}),
            ))
        }
        Some(name) => {
            let must_be = || format!("must be \"parked\", \"held\" or \"under-way\", is {name:?}");
            let waiting = Waiting::parse(name).ok_or_else(|| Problem::invalid(vec![FieldProblem::new("?state", must_be())]))?;
            let filter = DeskFilter {
                code: parameters.code,
                store: parameters.store.map(StoreName::from),
                adapter: parameters.adapter.map(AdapterName::from),
                account: parameters.account.map(AccountNumber::from),
                ..DeskFilter::all(waiting, parameters.limit.unwrap_or(100))
            };
            Ok(Json(json!({ "items": state.commerce.waiting(filter).await? })))
        }
    }
}

/// Which operations of which stores go without their back end now.
async fn list_degraded(State(state): State<OpsState>, _: By<Read>) -> Json<Value> {
    Json(json!({"items": state.commerce.degraded()}))
}

/// Everything about one order or quote, with every attempt.
async fn show_dossier(
    State(state): State<OpsState>,
    _: By<Read>,
    Path(reference): Path<String>,
) -> Result<Json<Dossier>, Problem> {
    Ok(Json(state.commerce.dossier(&parse(&reference)?).await?))
}

fn parse(reference: &str) -> Result<Reference, Problem> {
    Reference::parse(reference).map_err(|error| Problem::invalid(vec![FieldProblem::new("/reference", error.to_string())]))
}
