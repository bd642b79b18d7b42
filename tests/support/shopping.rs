//! What a storefront does again and again: seal a cart, order it, wait for what comes of it.

use serde_json::{Value, json};

use crate::{Client, Reply, eventually};

/// Water pump pliers: C-1001 has a contract price, C-1002 deeper quantity breaks.
pub const PLIERS: &str = "NW-1014";

/// A text in a JSON document, by its JSON pointer.
#[track_caller]
pub fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("there is no text at {pointer} in {document:#}"))
}

/// The `items` of a list.
#[track_caller]
pub fn items(document: &Value) -> &[Value] {
    document["items"].as_array().unwrap_or_else(|| panic!("there are no items in {document:#}"))
}

/// An amount of euros.
pub fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// A line of a cart.
pub fn line(id: &str, sku: &str, quantity: &str) -> Value {
    json!({"id": id, "sku": sku, "quantity": {"value": quantity}})
}

/// Checks out a cart of one line.
pub async fn seal(customer: &Client, sku: &str, quantity: &str) -> Value {
    customer.post("/v1/checkouts", &json!({"lines": [line("1", sku, quantity)]})).await.expect(201)
}

/// Orders a sealed checkout; `key` is the idempotency key.
pub async fn order(customer: &Client, checkout: &Value, key: &str) -> Reply {
    let body = json!({"checkout": text(checkout, "/id"), "purchase_order": "PO-4711"});
    customer.capture("/v1/orders", key, &body).await
}

/// Waits until an order is as wished.
pub async fn until_order(customer: &Client, reference: &str, what: &str, wish: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let path = format!("/v1/orders/{reference}");
    let found = eventually_or_last(&path, customer, what, &mut last, wish).await;
    found.unwrap_or_else(|| panic!("order {reference} is not {what}, but {last:#}"))
}

/// Waits until a quote is as wished.
pub async fn until_quote(customer: &Client, reference: &str, what: &str, wish: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let path = format!("/v1/quotes/{reference}");
    let found = eventually_or_last(&path, customer, what, &mut last, wish).await;
    found.unwrap_or_else(|| panic!("quote {reference} is not {what}, but {last:#}"))
}

async fn eventually_or_last(
    path: &str,
    customer: &Client,
    what: &str,
    last: &mut Value,
    wish: impl Fn(&Value) -> bool,
) -> Option<Value> {
    let give_up = std::time::Instant::now() + std::time::Duration::from_secs(25);
    eventually(what, async || {
        *last = customer.get(path).await.expect(200);
        match wish(last) {
            true => Some(Some(last.clone())),
            false => (std::time::Instant::now() > give_up).then_some(None),
        }
    })
    .await
}
