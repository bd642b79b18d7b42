//! The HTTP API for storefronts: every route on one page. Handlers authorize, check, call one use case of `service`, and show the answer.
//! They never call an adapter or the store.

mod access;
mod availability;
mod body;
mod checkout_view;
mod checkouts;
mod conditional;
mod document_events;
mod documents;
mod front;
mod idempotency;
mod inbound;
mod limits;
mod offer_prices;
mod openapi;
mod ops;
mod order_view;
mod orders;
mod origin;
mod problem;
mod problem_pages;
mod quote_view;
mod quotes;
mod rates;
mod request_id;
mod route;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use access::Authenticator;
pub use front::{Front, LongLived};
pub use openapi::document as openapi_document;
pub use ops::{OpsState, operators_api};
pub use origin::Peer;

use crate::config::ServerConfig;
use crate::service::Commerce;

/// What handlers share.
#[derive(Clone)]
pub struct ApiState {
    pub commerce: Commerce,
    pub authenticator: Arc<Authenticator>,
    pub max_body_bytes: usize,
    /// A request is ended after it.
    pub request_timeout: Duration,
}

impl axum::extract::FromRef<ApiState> for Commerce {
    fn from_ref(state: &ApiState) -> Self {
        state.commerce.clone()
    }
}

impl axum::extract::FromRef<ApiState> for body::BodyLimit {
    fn from_ref(state: &ApiState) -> Self {
        Self(state.max_body_bytes)
    }
}

/// Every route of the storefront API.
fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::base())
        // How many can be had, and at what price for this customer.
        .routes(routes!(availability::query_availability))
        .routes(routes!(availability::show_availability))
        .routes(routes!(offer_prices::query_offer_prices))
        .routes(routes!(offer_prices::show_offer_price))
        // The live check of a cart before billing.
        .routes(routes!(checkouts::create_checkout))
        .routes(routes!(checkouts::show_checkout, checkouts::abandon_checkout))
        // Orders: captured here, or from any other channel.
        .routes(routes!(orders::place_order, orders::list_orders))
        .routes(routes!(orders::show_order))
        .routes(routes!(orders::cancel_order))
        .routes(routes!(document_events::follow_order))
        // Quotes.
        .routes(routes!(quotes::request_quote, quotes::list_quotes))
        .routes(routes!(quotes::show_quote))
        .routes(routes!(quotes::accept_quote))
        .routes(routes!(quotes::decline_quote))
        .routes(routes!(quotes::counter_quote))
        .routes(routes!(quotes::withdraw_quote))
        .routes(routes!(document_events::follow_quote))
        // What the back end pushes.
        .routes(routes!(inbound::receive))
}

/// The storefront API with its limits.
pub fn storefront_api(state: ApiState, config: &ServerConfig) -> Front {
    let (router, document) = routes().with_state(state).split_for_parts();
    let patterns: Vec<_> = document.paths.paths.keys().cloned().collect();
    let about = [
        ("/openapi.json", get(async move || Json(document))),
        ("/problems", get(problem_pages::list_problems)),
        ("/problems/{code}", get(problem_pages::explain_problem)),
    ];
    let patterns = patterns.into_iter().chain(about.iter().map(|(pattern, _)| (*pattern).to_owned())).collect::<Vec<_>>();
    let router = about.into_iter().fold(router, |router, (pattern, route)| router.route(pattern, route));
    let router = router.fallback(problem::route_not_found).method_not_allowed_fallback(problem::method_not_allowed);
    Front::new(router, limits::Gate::new(config), patterns)
}
