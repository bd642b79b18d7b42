//! Every route on one page, and what all `/api` requests pass: counting, faults, the key. Handlers are one call each; answers and errors
//! get their shape in `http/answer.rs`.

mod answer;
#[cfg(test)]
mod live_tests;
mod orders;
mod reads;
mod rfqs;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};

use crate::{
    control, faults,
    refusal::{Code, Refusal},
    shop::Shop,
};
pub(crate) use answer::{Answer, Asked, Sent};

/// What handlers share.
pub(crate) type Company = Arc<Shop>;

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

pub(crate) fn router(shop: Company) -> Router {
    let api = Router::new()
        .route("/api/ping", get(reads::ping))
        .route("/api/stock", get(reads::stock))
        .route("/api/price-inquiries", post(reads::prices))
        .route("/api/calculations", post(reads::calculate))
        .route("/api/reservations", post(orders::reserve))
        .route("/api/reservations/{id}", put(orders::extend).delete(orders::release))
        .route("/api/orders", post(orders::enter).get(orders::list))
        .route("/api/orders/{no}", get(orders::show))
        .route("/api/orders/{no}/cancellation", post(orders::cancel))
        .route("/api/rfqs", post(rfqs::submit).get(rfqs::list))
        .route("/api/rfqs/{no}", get(rfqs::show))
        .route("/api/rfqs/{no}/acceptance", post(rfqs::accept))
        .route("/api/rfqs/{no}/refusal", post(rfqs::refuse))
        .route("/api/rfqs/{no}/withdrawal", post(rfqs::withdraw))
        .method_not_allowed_fallback(bad_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&shop), check_key))
        .layer(middleware::from_fn_with_state(Arc::clone(&shop), faults::disturb))
        .layer(middleware::from_fn_with_state(Arc::clone(&shop), count));
    let control = control::routes().method_not_allowed_fallback(bad_method).layer(middleware::from_fn(only_local));
    api.merge(control).fallback(not_found).with_state(shop)
}

async fn count(State(shop): State<Company>, request: Request, next: Next) -> Response {
    if let Some(route) = request.extensions().get::<MatchedPath>() {
        shop.stats.lock().request(request.method().as_str(), route.as_str());
    }
    next.run(request).await
}

async fn check_key(State(shop): State<Company>, request: Request, next: Next) -> Response {
    let key = request.headers().get("x-api-key").map(|key| key.as_bytes());
    if key != Some(shop.options().api_key.as_bytes()) {
        return Refusal::new(Code::BadKey, "the header x-api-key is missing or wrong").into_response();
    }
    next.run(request).await
}

async fn only_local(request: Request, next: Next) -> Response {
    let local = request.extensions().get::<Peer>().is_some_and(|peer| peer.0.is_loopback());
    if !local {
        return Refusal::new(Code::NotLocal, "/control answers on loopback only").into_response();
    }
    next.run(request).await
}

async fn not_found(request: Request) -> Refusal {
    Refusal::new(Code::NotFound, format!("there is nothing at {}", request.uri().path()))
}

async fn bad_method(request: Request) -> Refusal {
    Refusal::new(Code::BadMethod, format!("{} is not possible at {}", request.method(), request.uri().path()))
}
