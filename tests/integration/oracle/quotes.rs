//! Quotes in CPQ: asked, offered, accepted or not.

use super::{KEYBOARD, ORDERS, decimal, has_number};
use ordergate_tests::{AdfWorld, Reply, money, text, until_order, until_quote};
use serde_json::{Value, json};

const ACCEPT: &str = "transaction/*/_s_accept_quote";
const CHECKOUT: &str = "transaction/*/_s_selfServiceCheckout";

async fn requested(world: &AdfWorld) -> Value {
    let lines = json!([{"id": "1", "sku": KEYBOARD, "quantity": {"value": "10"}, "wished_price": money("8.00")}]);
    let quote =
        world.adler().capture("/v1/quotes", "request", &json!({"lines": lines, "purchase_order": "RFQ-1"})).await.expect(202);
    until_quote(&world.adler(), text(&quote, "/reference"), "with sales", has_number).await
}

async fn offered(world: &AdfWorld) -> Value {
    let quote = requested(world).await;
    world.backend.answer_quotes().await;
    until_quote(&world.adler(), text(&quote, "/reference"), "offered", |quote| quote["status"] == "offered").await
}

async fn act(world: &AdfWorld, quote: &Value, action: &str, body: Value) -> Reply {
    world.adler().capture(&format!("/v1/quotes/{}/{action}", text(quote, "/reference")), action, &body).await
}

async fn accepted(world: &AdfWorld, offer: &Value) -> String {
    let order = act(world, offer, "accept", json!({"revision": text(offer, "/revision")})).await.expect(202);
    text(&order, "/reference").to_owned()
}

#[tokio::test]
async fn a_request_waits_for_sales_with_its_wish_in_words() {
    let world = AdfWorld::start().await;
    let quote = requested(&world).await;
    let reference = text(&quote, "/reference");
    let waiting = until_quote(&world.adler(), reference, "in review", |quote| quote["status"] == "in-review").await;
    assert_eq!((text(&waiting, "/purchase_order"), text(&waiting, "/lines/0/sku")), ("RFQ-1", KEYBOARD));
}

#[tokio::test]
async fn q3_an_accepted_quote_becomes_an_order_at_the_quoted_price() {
    let world = AdfWorld::start().await;
    let offer = offered(&world).await;
    assert_eq!(text(&offer, "/valid_until").len(), 10, "{offer:#}");
    world.backend.control().put(&format!("/control/prices/{KEYBOARD}"), &json!({"price": "99"})).await.expect(204);
    let reference = accepted(&world, &offer).await;
    let confirmed = until_order(&world.adler(), &reference, "confirmed", has_number).await;
    let there = world.backend.orders_with_reference(&reference).await;
    assert_eq!(there.len(), 1);
    // Ten at 9.45, as quoted.
    assert_eq!(
        (decimal(&offer, "/lines/0/amount/amount"), &there[0]["lines"][0]["ExtendedAmount"]),
        ("94.5".parse().unwrap(), &json!(94.5))
    );
    let quote = until_quote(&world.adler(), text(&offer, "/reference"), "ordered", |quote| quote["status"] == "ordered").await;
    assert_eq!(text(&quote, "/order_number"), text(&confirmed, "/number"));
}

#[tokio::test]
async fn pitfall_1_t4_an_acceptance_orders_once_whichever_reply_is_lost() {
    for (path, fault) in [(ORDERS, "reply-lost"), (ORDERS, "cut-before"), (ACCEPT, "reply-lost"), (ACCEPT, "cut-before")] {
        let world = AdfWorld::start().await;
        let offer = offered(&world).await;
        world.backend.foreign_order("10070", KEYBOARD, None).await;
        world.backend.disturb("POST", path, fault, 1).await;
        let reference = accepted(&world, &offer).await;
        until_order(&world.adler(), &reference, "confirmed", has_number).await;
        assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 1, "{path} {fault}");
        assert_eq!(world.backend.faults(fault).await, 1, "{path} {fault}");
    }
}

#[tokio::test]
async fn an_order_stands_when_cpq_cannot_be_told_of_it() {
    let world = AdfWorld::start().await;
    let offer = offered(&world).await;
    world.backend.disturb("POST", CHECKOUT, "breakdown", 1).await;
    let reference = accepted(&world, &offer).await;
    until_order(&world.adler(), &reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 1);
}

#[tokio::test]
async fn pitfall_11_a_quote_that_somebody_else_accepted_is_not_ordered() {
    let world = AdfWorld::start().await;
    let offer = offered(&world).await;
    let path = format!("/control/quotes/{}", text(&offer, "/number"));
    // The host has just seen the offer; the adapter's look-up of the order comes first, and the change before it.
    world.backend.control().put(&path, &json!({"status_t": "ACCEPTED"})).await.expect(204);
    let reply = act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision")})).await;
    if reply.status.is_success() {
        let captured: Value = reply.expect(202);
        until_order(&world.adler(), text(&captured, "/reference"), "refused", |order| order["transfer"]["state"] == "rejected")
            .await;
    }
    assert_eq!(world.backend.requests(&format!("POST {ORDERS}")).await, 0);
}

#[tokio::test]
async fn a_declined_offer_is_final() {
    let world = AdfWorld::start().await;
    let offer = offered(&world).await;
    act(&world, &offer, "decline", json!({"revision": text(&offer, "/revision"), "reason": "too dear"})).await.expect(202);
    let declined =
        until_quote(&world.adler(), text(&offer, "/reference"), "declined", |quote| quote["status"] == "declined").await;
    assert_eq!(declined["allowed_actions"], json!([]));
}

#[tokio::test]
async fn a_request_can_be_withdrawn_before_it_is_answered() {
    let world = AdfWorld::start().await;
    let quote = requested(&world).await;
    act(&world, &quote, "withdraw", json!({"reason": "not needed"})).await.expect(202);
    until_quote(&world.adler(), text(&quote, "/reference"), "withdrawn", |quote| quote["status"] == "withdrawn").await;
    let list = world.adler().get("/v1/quotes").await.expect(200);
    assert!(list.to_string().contains("withdrawn"), "{list:#}");
}

#[tokio::test]
async fn a_quote_request_is_there_once_when_the_reply_is_lost() {
    let world = AdfWorld::start().await;
    world.backend.disturb("POST", "transaction", "reply-lost", 1).await;
    requested(&world).await;
    assert_eq!(world.backend.requests("POST transaction").await, 1);
}
