//! What people at the desk see and decide, by API and command line (rules T9 to T11).

mod amendments;
mod bulk;
mod edit;
mod holds;
mod reconciliation;
mod replay;
mod search;

use ordergate_tests::{Client, PLIERS, World, eventually, order, seal, text, until_order};
use serde_json::{Value, json};

/// Findings that wait for somebody.
async fn findings(world: &World, narrowed: &str) -> Vec<Value> {
    world.host.findings(narrowed).await
}

/// The one finding that waits, with its reason, once it is there.
async fn the_finding(world: &World, reason: &str) -> Value {
    let found = eventually(reason, async || findings(world, &format!("?reason={reason}")).await.pop()).await;
    assert_eq!(findings(world, "").await.len(), 1, "nothing else is wrong");
    found
}

async fn settle(world: &World, finding: &Value, action: &str) -> Value {
    let act = json!({"actor": "anna", "reason": "called the customer"});
    world.host.operator().post(&format!("/ops/v1/findings/{}/{action}", finding["id"]), &act).await.expect(200)
}

/// An order of pliers that the back end has confirmed, as the customer sees it.
async fn confirmed(customer: &Client, quantity: &str, key: &str) -> Value {
    let checkout = seal(customer, PLIERS, quantity).await;
    let captured = order(customer, &checkout, key).await.expect(202);
    until_order(customer, text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await
}
