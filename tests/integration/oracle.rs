//! The Oracle adapter: a real host with the real component before the Fusion-shaped back end, which is as strict as the vendor's.

mod faults;
mod history;
mod orders;
mod quotes;
mod reads;

use ordergate_tests::{Client, Reply, line, text, until_order};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// 14.00 for one, less from 100 on; 500 of it are free.
const DESKTOP: &str = "AS54888";
/// 10.50 for one; 40 of it are free.
const KEYBOARD: &str = "AS10000";

const ORDERS: &str = "salesOrdersForOrderHub";

async fn sealed(customer: &Client, sku: &str, quantity: &str) -> Value {
    customer.post("/v1/checkouts", &json!({"lines": [line("1", sku, quantity)]})).await.expect(201)
}

async fn ordered(customer: &Client, checkout: &Value, key: &str) -> Reply {
    let body = json!({"checkout": text(checkout, "/id"), "purchase_order": "PO-4711"});
    customer.capture("/v1/orders", key, &body).await
}

fn decimal(value: &Value, pointer: &str) -> Decimal {
    text(value, pointer).parse().unwrap()
}

fn has_number(document: &Value) -> bool {
    document["number"].is_string()
}

/// An order of the customer that the back end has confirmed.
async fn confirmed(customer: &Client, key: &str) -> Value {
    let checkout = sealed(customer, KEYBOARD, "2").await;
    let captured = ordered(customer, &checkout, key).await.expect(202);
    until_order(customer, text(&captured, "/reference"), "confirmed", has_number).await
}

async fn cancel(customer: &Client, reference: &str) -> Reply {
    customer.capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &json!({"reason": "not needed"})).await
}
