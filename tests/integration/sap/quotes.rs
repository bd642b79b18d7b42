//! Quotes: asked, offered, accepted or not.

use super::{NUTS, decimal};
use ordergate_tests::{Reply, S4World, money, text, until_order, until_quote};
use serde_json::{Value, json};

async fn requested(world: &S4World) -> Value {
    let lines = json!([{"id": "1", "sku": NUTS, "quantity": {"value": "10"}, "wished_price": money("8.00")}]);
    let quote =
        world.adler().capture("/v1/quotes", "request", &json!({"lines": lines, "purchase_order": "RFQ-1"})).await.expect(202);
    until_quote(&world.adler(), text(&quote, "/reference"), "with sales", |quote| quote["number"].is_string()).await
}

async fn offered(world: &S4World) -> Value {
    let quote = requested(world).await;
    world.backend.answer_quotes().await;
    until_quote(&world.adler(), text(&quote, "/reference"), "offered", |quote| quote["status"] == "offered").await
}

async fn act(world: &S4World, quote: &Value, action: &str, body: Value) -> Reply {
    world.adler().capture(&format!("/v1/quotes/{}/{action}", text(quote, "/reference")), action, &body).await
}

#[tokio::test]
async fn a_request_waits_for_sales_with_its_wish_in_words() {
    let world = S4World::start().await;
    let quote = requested(&world).await;
    let reference = text(&quote, "/reference");
    let waiting = until_quote(&world.adler(), reference, "in review", |quote| quote["status"] == "in-review").await;
    assert_eq!(waiting["allowed_actions"], json!(["withdraw"]));
    assert!(waiting.to_string().contains("Item 10: wished price 8.00 EUR per 1."), "{waiting:#}");
}

#[tokio::test]
async fn q3_an_accepted_quote_becomes_an_order_at_the_quoted_price() {
    let world = S4World::start().await;
    let offer = offered(&world).await;
    assert_eq!(text(&offer, "/valid_until").len(), 10, "{offer:#}");
    world.backend.control().put(&format!("/control/prices/{NUTS}"), &json!({"price": "99"})).await.expect(204);
    let order =
        act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision"), "purchase_order": "PO-9"})).await.expect(202);
    let reference = text(&order, "/reference");
    let confirmed = until_order(&world.adler(), reference, "confirmed", |order| order["number"].is_string()).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!(
        (text(&there[0], "/ReferenceSDDocument"), text(&there[0], "/to_Item/0/ReferenceSDDocumentItem")),
        (text(&offer, "/number"), "10")
    );
    assert_eq!(decimal(&there[0], "/to_Item/0/NetAmount"), decimal(&offer, "/lines/0/amount/amount"));
    let quote = until_quote(&world.adler(), text(&offer, "/reference"), "ordered", |quote| quote["status"] == "ordered").await;
    assert_eq!(text(&quote, "/order_number"), text(&confirmed, "/number"));
}

#[tokio::test]
async fn pitfall_1_t4_an_acceptance_orders_once_when_the_reply_is_lost() {
    let world = S4World::start().await;
    let offer = offered(&world).await;
    world.backend.disturb("POST", "API_SALES_ORDER_SRV/A_SalesOrder", "reply-lost", 1).await;
    let order = act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision")})).await.expect(202);
    let reference = text(&order, "/reference");
    until_order(&world.adler(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn q2_a_quotation_that_sales_changes_before_the_order_is_handed_over_is_not_ordered() {
    let world = S4World::start().await;
    let offer = offered(&world).await;
    act(&world, &offer, "accept", json!({"revision": "2000-01-01T00:00:00Z"})).await.expect_problem(409, "revision_stale");
    // The host has just seen this revision; the adapter's look-up of the order comes first, and the change with it.
    world.backend.disturb("GET", "API_SALES_ORDER_SRV/A_SalesOrder", "touch", 1).await;
    let order = act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision")})).await.expect(202);
    let reference = text(&order, "/reference");
    until_order(&world.adler(), reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(world.backend.orders_with_reference(reference).await.is_empty());
}

#[tokio::test]
async fn a_declined_offer_is_final() {
    let world = S4World::start().await;
    let offer = offered(&world).await;
    act(&world, &offer, "decline", json!({"revision": text(&offer, "/revision"), "reason": "too dear"})).await.expect(202);
    let declined =
        until_quote(&world.adler(), text(&offer, "/reference"), "declined", |quote| quote["status"] == "declined").await;
    assert_eq!(declined["allowed_actions"], json!([]));
}

#[tokio::test]
async fn a_request_can_be_withdrawn_before_it_is_answered() {
    let world = S4World::start().await;
    let quote = requested(&world).await;
    act(&world, &quote, "withdraw", json!({"reason": "not needed"})).await.expect(202);
    until_quote(&world.adler(), text(&quote, "/reference"), "withdrawn", |quote| quote["status"] == "withdrawn").await;
    let list = world.adler().get("/v1/quotes").await.expect(200);
    assert!(list.to_string().contains("withdrawn"), "{list:#}");
}

#[tokio::test]
async fn pitfall_11_a_quote_that_sales_ordered_by_hand_cannot_be_accepted() {
    let world = S4World::start().await;
    let offer = offered(&world).await;
    let path = format!("/control/quotations/{}", text(&offer, "/number"));
    world.backend.control().put(&path, &json!({"OverallSDProcessStatus": "C"})).await.expect(204);
    act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision")})).await;
    let quote = until_quote(&world.adler(), text(&offer, "/reference"), "ordered", |quote| quote["status"] == "ordered").await;
    assert_eq!(quote["allowed_actions"], json!([]));
}

#[tokio::test]
async fn a_quote_request_is_there_once_when_the_reply_is_lost() {
    let world = S4World::start().await;
    world.backend.disturb("POST", "API_SALES_QUOTATION_SRV/A_SalesQuotation", "reply-lost", 1).await;
    requested(&world).await;
    assert_eq!(world.backend.requests("POST API_SALES_QUOTATION_SRV/A_SalesQuotation").await, 1);
}
