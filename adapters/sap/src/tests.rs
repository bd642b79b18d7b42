//! The flow of every operation against scripted replies (`fixtures/`): what is sent, in which order, and what comes of each kind of reply.

mod availability;
mod checkout;
mod orders;
mod pricing;
mod quotes;
mod session;

use crate::Sap;
use crate::settings::{Settings, configure};
use ordergate_sdk::Adapter;
use ordergate_sdk::testing::{Reply, SentRequest};
use ordergate_sdk::types::{Context, Quantity};
use serde_json::{Value, json};

const ROOT: &str = "/sap/opu/odata/sap";
const ORDERS: &str = "/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder";

/// Settings with the sales area filled in.
pub(crate) fn settings(extra: Value) -> Settings {
    configure(&complete(extra).to_string()).unwrap()
}

pub(crate) fn problem_with(extra: Value) -> String {
    configure(&complete(extra).to_string()).map(|_| ()).unwrap_err()
}

fn complete(mut extra: Value) -> Value {
    extra["$source"] = json!("erp.toml");
    if extra["sales_area"].is_null() {
        extra["sales_area"] = json!({"organization": "1010", "channel": "10", "division": "00"});
    }
    extra
}

fn sap(extra: Value) -> Sap {
    Sap::configure(&ordergate_sdk::settings::Settings::from_json(complete(extra).to_string())).unwrap()
}

fn ctx() -> Context {
    Context::default()
}

fn pieces(value: &str) -> Quantity {
    Quantity { value: value.into(), unit: "C62".into() }
}

/// The answer to `x-csrf-token: fetch`.
fn token(value: &str) -> Reply {
    Reply::json(200, r#"{"d":{"EntitySets":[]}}"#).header("x-csrf-token", value)
}

fn none() -> Reply {
    Reply::json(200, r#"{"d":{"results":[]}}"#)
}

fn json_of(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
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

fn text(request: &SentRequest) -> String {
    String::from_utf8(request.body.clone().unwrap()).unwrap()
}

/// `METHOD path` of all requests, without the path that all have in common.
fn lines(requests: &[SentRequest]) -> Vec<String> {
    requests.iter().map(|request| format!("{} {}", request.method, request.path.strip_prefix(ROOT).unwrap())).collect()
}

/// A reply of `$batch` with these parts.
fn batch(parts: &[(&str, String)]) -> Reply {
    let part = |(status, body): &(&str, String)| {
        format!(
            "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
        )
    };
    let parts: String = parts.iter().map(part).collect();
    Reply::body(202, "multipart/mixed; boundary=b", format!("{parts}--b--\r\n"))
}

fn error(code: &str, message: &str) -> String {
    json!({"error": {"code": code, "message": {"lang": "en", "value": message}}}).to_string()
}

#[test]
fn the_description_is_honest_about_what_the_back_end_guarantees() {
    let described = sap(json!({})).describe();
    assert_eq!(described.deduplication, "queryable", "no field that the interface takes is unique");
    assert_eq!(described.propagation_delay_ms, 2_000);
    assert!(
        described.price_dimensions.contains(&"account".to_owned()) && described.price_dimensions.contains(&"quantity".to_owned())
    );
    assert!(
        !described
            .capabilities
            .iter()
            .any(|name| name == "checkout.reserve" || name == "orders.cancel" || name == "quotes.decline")
    );
    assert_eq!(described.endpoints[0].name, "s4");
    let full = sap(json!({"orders": {"cancel_reason": "61"}, "quotes": {"decline_reason": "51", "withdraw_reason": "52"}, "pricing": {"breaks": "condition-records"}})).describe();
    assert!(
        ["orders.cancel", "quotes.decline", "quotes.cancel"]
            .iter()
            .all(|name| full.capabilities.iter().any(|known| known == name))
    );
    assert!(!full.price_dimensions.contains(&"quantity".to_owned()), "an entry answers every quantity");
    let simple = sap(json!({"quotes": {"enabled": false}})).describe();
    assert!(!simple.capabilities.iter().any(|name| name.starts_with("quotes.")));
}

#[test]
fn availability_depends_on_the_customer_only_when_it_is_simulated() {
    assert_eq!(sap(json!({})).describe().availability_dimensions, ["date"]);
    let simulated = sap(json!({"availability": {"source": "simulation"}})).describe();
    assert_eq!(simulated.availability_dimensions, ["account", "ship-to", "date", "sales-area"]);
}
