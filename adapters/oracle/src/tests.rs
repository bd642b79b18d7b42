//! The flow of every operation against scripted replies (`fixtures/`): what is sent, in which order, and what comes of each kind of reply.

mod availability;
mod checkout;
mod orders;
mod pricing;
mod quotes;

use crate::Oracle;
use crate::settings::{Settings, configure};
use ordergate_sdk::Adapter;
use ordergate_sdk::testing::{Backend, Reply, SentRequest};
use ordergate_sdk::types::{Context, Quantity};
use serde_json::{Value, json};

const ORDERS: &str = "/fscmRestApi/resources/11.13.18.05/salesOrdersForOrderHub";

/// Settings with the organization filled in.
pub(crate) fn settings(extra: Value) -> Settings {
    configure(&complete(extra).to_string()).unwrap()
}

pub(crate) fn problem_with(extra: Value) -> String {
    configure(&complete(extra).to_string()).map(|_| ()).unwrap_err()
}

fn complete(mut extra: Value) -> Value {
    extra["$source"] = json!("fusion.toml");
    if extra["organization"].is_null() {
        extra["organization"] =
            json!({"source_system": "OPS", "business_unit_id": "300000046987012", "business_unit_name": "US1 Business Unit"});
    }
    extra
}

fn oracle(extra: Value) -> Oracle {
    Oracle::configure(&ordergate_sdk::settings::Settings::from_json(complete(extra).to_string())).unwrap()
}

/// A scripted back end with the identifiers of a customer and of two items.
fn backend() -> Backend {
    Backend::new().map_entry("parties", "10060", "300000047368660").map_entry("items", "AS54888", "300000047414679").map_entry(
        "items",
        "AS10000",
        "300000047414680",
    )
}

fn ctx() -> Context {
    Context::default()
}

fn pieces(value: &str) -> Quantity {
    Quantity { value: value.into(), unit: "C62".into() }
}

fn json_of(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
}

fn not_found() -> Reply {
    Reply::json(404, r#"{"title":"Not Found","status":"404"}"#)
}

/// A collection of these resources.
fn page(items: &[Value]) -> Reply {
    json_of(&json!({"items": items, "count": items.len(), "hasMore": false, "limit": 25, "offset": 0}))
}

fn error(code: &str, text: &str, path: &str) -> Reply {
    let detail = json!({"detail": text, "o:errorCode": code, "o:errorPath": path});
    Reply::json(400, json!({"title": "Bad Request", "status": "400", "o:errorDetails": [detail]}).to_string())
}

fn header<'a>(request: &'a SentRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn query<'a>(request: &'a SentRequest, name: &str) -> Option<&'a str> {
    request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn body(request: &SentRequest) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

/// `METHOD path` of all requests, without what all paths have in common.
fn lines(requests: &[SentRequest]) -> Vec<String> {
    let short = |path: &str| {
        path.strip_prefix("/fscmRestApi").unwrap_or(path).replace("/resources/11.13.18.05/salesOrdersForOrderHub", "")
    };
    requests.iter().map(|request| format!("{} {}", request.method, short(&request.path))).collect()
}

#[test]
fn the_description_is_honest_about_what_the_back_end_guarantees() {
    let described = oracle(json!({})).describe();
    assert_eq!(described.deduplication, "queryable", "what a second order of the same key becomes is not documented");
    assert_eq!(described.propagation_delay_ms, 120_000);
    assert!(
        described.price_dimensions.contains(&"account".to_owned()) && described.price_dimensions.contains(&"quantity".to_owned())
    );
    let lacks = |described: &ordergate_sdk::descriptor::Description, name: &str| {
        !described.capabilities.iter().any(|known| known == name)
    };
    for missing in ["checkout.reserve", "orders.cancel", "quotes.submit"] {
        assert!(lacks(&described, missing), "{missing}");
    }
    assert_eq!(described.endpoints.len(), 1);
    let full = oracle(json!({"orders": {"cancel_reason": "X"}, "pricing": {"breaks": "quantities", "quantities": ["1"]},
        "quotes": {"enabled": true, "decline_action": "d", "cancel_action": "w", "statuses": {"P": "offered"}}}))
    .describe();
    for there in ["orders.cancel", "quotes.submit", "quotes.decline", "quotes.cancel"] {
        assert!(!lacks(&full, there), "{there}");
    }
    assert!(!full.price_dimensions.contains(&"quantity".to_owned()), "an entry answers every quantity");
    assert_eq!(full.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect::<Vec<_>>(), ["fusion", "cpq"]);
}

#[test]
fn pitfall_7_every_request_accepts_structured_errors_and_pins_the_framework() {
    let backend = backend().reply(page(&[])).reply(page(&[]));
    oracle(json!({})).probe(&ctx(), "read".into()).unwrap();
    oracle(json!({"framework_version": "6"})).probe(&ctx(), "write".into()).unwrap();
    let sent = backend.requests();
    assert_eq!(header(&sent[0], "accept"), Some("application/json, application/vnd.oracle.adf.error+json"));
    assert_eq!([0, 1].map(|index: usize| header(&sent[index], "rest-framework-version")), [Some("4"), Some("6")]);
    assert_eq!((query(&sent[0], "limit"), query(&sent[0], "fields")), (Some("1"), Some("HeaderId")));
}
