//! Tryton, a real ERP, behind a host with the generic REST adapter and Tryton's profile: configured, not programmed.

mod faults;
mod history;
mod orders;
mod quotes;
mod reads;

use ordergate_tests::{Client, TrytonWorld, order, seal, text, until_order};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// 17.55, with quantity breaks for the customer who has a contract; 120 are there.
const LAMP: &str = "LAMP";
/// 1250; 7 are there.
const BIKE: &str = "BIKE";

fn decimal(value: &Value, pointer: &str) -> Decimal {
    text(value, pointer).parse().unwrap()
}

fn has_number(document: &Value) -> bool {
    document["number"].is_string()
}

/// An order of the customer that Tryton has confirmed.
async fn confirmed(customer: &Client, sku: &str, quantity: &str, key: &str) -> Value {
    let checkout = seal(customer, sku, quantity).await;
    let captured = order(customer, &checkout, key).await.expect(202);
    until_order(customer, text(&captured, "/reference"), "confirmed", has_number).await
}

/// Asks Tryton itself how many it has, not the cache.
async fn live_availability(world: &TrytonWorld, sku: &str) -> Decimal {
    let asked = json!({"purpose": "checkout", "items": [{"sku": sku}]});
    let answer = world.adler().post("/v1/availability:query", &asked).await.expect(200);
    decimal(&answer, "/items/0/availability/available")
}
