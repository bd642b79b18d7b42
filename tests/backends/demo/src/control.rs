//! `/control`: what demos and tests may do to the company from outside. No key, loopback only, never disturbed by faults.

mod acts;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{delete, get, post, put},
};
use serde_json::{Value, json};

use crate::{
    faults::Plan,
    http::{Answer, Company, Sent},
    stats::{Stats, StatsAnswer},
};

/// Method, path, body, what it does. `GET /control` and the README show the same.
const LIST: &[(&str, &str, &str, &str)] = &[
    ("GET", "/control", "", "this list"),
    ("GET", "/control/faults", "", "the fault plan with the times left"),
    ("PUT", "/control/faults", FAULTS, "replace the fault plan"),
    ("DELETE", "/control/faults", "", "no more faults"),
    ("GET", "/control/stats", "", "requests by route, faults injected, orders and rfqs taken, references taken more than once"),
    ("DELETE", "/control/stats", "", "count from zero"),
    ("POST", "/control/orders", ORDERS, "an order by telephone or at the counter"),
    ("GET", "/control/orders?your_ref=", "", "all orders with this reference"),
    ("DELETE", "/control/orders/{no}", "", "delete an order as if it had never been"),
    ("POST", "/control/orders/{no}/copy", "", "enter the same order once more, with the same reference"),
    (
        "PUT",
        "/control/orders/{no}/owner",
        r#"{"customer": "C-1002", "your_ref": null}"#,
        "book an order over to another customer, or under another reference",
    ),
    ("PUT", "/control/orders/{no}/positions/{pos}", r#"{"qty": "2", "net": "9.90"}"#, "change a position"),
    (
        "PUT",
        "/control/rulings/{article}",
        r#"{"at_most": "3", "instead": "NW-1015"}"#,
        "take orders for this article otherwise; {}: as given",
    ),
    ("GET", "/control/reservations", "", "everything that is reserved"),
    ("POST", "/control/advance", "", "move every order that is not done one state on"),
    ("POST", "/control/answer", "", "the sales desk answers everything that waits"),
    ("PUT", "/control/stock/{article}", r#"{"site": "BER", "free": "3"}"#, "so many are free at this site now"),
    (
        "PUT",
        "/control/prices/{article}",
        PRICES,
        "change a list price; keep_promises false also breaks the prices that calculations gave",
    ),
    ("GET", "/control/push", "", "where changes are pushed, and what became of it"),
    (
        "PUT",
        "/control/push",
        r#"{"to": "http://127.0.0.1:8080/v1/inbound/nordwind"}"#,
        "push changes there from now on; null: nowhere",
    ),
    ("PUT", "/control/foreign", r#"{"enabled": true}"#, "lists add, and details show, a document of another customer"),
    ("PUT", "/control/clock", r#"{"ahead_secs": 3600}"#, "the back end's clock runs so far ahead"),
];
const FAULTS: &str = r#"{"latency_ms": 0, "jitter_ms": 0, "rules": [{"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost", "times": 1, "retry_after_secs": null, "pause_ms": null}]}"#;
const ORDERS: &str = r#"{"customer": "C-1001", "channel": "TEL", "positions": [{"article": "NW-1001", "qty": "100"}]}"#;
const PRICES: &str = r#"{"list": "13.50", "keep_promises": true}"#;

pub(crate) fn routes() -> Router<Company> {
    Router::new()
        .route("/control", get(list))
        .route("/control/faults", get(faults).put(set_faults).delete(clear_faults))
        .route("/control/stats", get(stats).delete(clear_stats))
        .route("/control/orders", post(acts::enter_order).get(acts::find_orders))
        .route("/control/orders/{no}", delete(acts::delete_order))
        .route("/control/orders/{no}/copy", post(acts::copy_order))
        .route("/control/orders/{no}/owner", put(acts::rebook_order))
        .route("/control/orders/{no}/positions/{pos}", put(acts::change_position))
        .route("/control/rulings/{article}", put(acts::set_ruling))
        .route("/control/reservations", get(acts::list_reservations))
        .route("/control/advance", post(acts::advance))
        .route("/control/answer", post(acts::answer))
        .route("/control/stock/{article}", put(acts::set_stock))
        .route("/control/prices/{article}", put(acts::set_price))
        .route("/control/push", get(acts::show_push).put(acts::set_push))
        .route("/control/foreign", put(acts::set_foreign).post(acts::set_foreign))
        .route("/control/clock", put(acts::set_clock))
}

async fn list() -> Json<Value> {
    let line = |(method, path, body, what): &(&str, &str, &str, &str)| {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        json!({"method": method, "path": path, "body": body, "what": what})
    };
    Json(LIST.iter().map(line).collect())
}

async fn faults(State(shop): State<Company>) -> Json<Plan> {
    Json(shop.faults.plan())
}

async fn set_faults(State(shop): State<Company>, Sent(plan): Sent<Plan>) -> Answer<Json<Plan>> {
    shop.faults.set(plan)?;
    Ok(Json(shop.faults.plan()))
}

async fn clear_faults(State(shop): State<Company>) -> Answer<StatusCode> {
    shop.faults.set(Plan::default())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn stats(State(shop): State<Company>) -> Json<StatsAnswer> {
    let stats = shop.stats.lock().clone();
    Json(shop.read(|books, _| stats.answer(books)))
}

async fn clear_stats(State(shop): State<Company>) -> StatusCode {
    *shop.stats.lock() = Stats::default();
    StatusCode::NO_CONTENT
}
