//! Quotes: asked, offered by the sales desk in Tryton, accepted or not.

use super::{BIKE, decimal};
use ordergate_tests::{Reply, TrytonWorld, money, text, until_order, until_quote};
use serde_json::{Value, json};

/// A request that Tryton has, and the id of its sale.
async fn requested(world: &TrytonWorld) -> (Value, String) {
    let lines = json!([{"id": "1", "sku": BIKE, "quantity": {"value": "2"}, "wished_price": money("1000.00")}]);
    let quote =
        world.adler().capture("/v1/quotes", "request", &json!({"lines": lines, "purchase_order": "RFQ-1"})).await.expect(202);
    let quote = until_quote(&world.adler(), text(&quote, "/reference"), "with sales", |quote| quote["number"].is_string()).await;
    let sale = text(&quote, "/number").trim_start_matches('Q').to_owned();
    (quote, sale)
}

/// The desk gives a price and offers it.
async fn offered(world: &TrytonWorld) -> (Value, String) {
    let (quote, sale) = requested(world).await;
    price(world, &sale, "1100").await;
    world.backend.press(&sale, "quote").await;
    let offer = until_quote(&world.adler(), text(&quote, "/reference"), "offered", |quote| quote["status"] == "offered").await;
    (offer, sale)
}

async fn price(world: &TrytonWorld, sale: &str, price: &str) {
    let found = world.backend.desk().get(&format!("/model/sale.sale/{sale}?f=lines.id")).await.expect(200);
    let price = json!({"__class__": "Decimal", "decimal": price});
    let change = json!({"lines": [["write", [found["lines"][0]["id"]], {"unit_price": price}]]});
    world.backend.write("sale.sale", sale, &change).await;
}

async fn act(world: &TrytonWorld, quote: &Value, action: &str, body: Value) -> Reply {
    world.adler().capture(&format!("/v1/quotes/{}/{action}", text(quote, "/reference")), action, &body).await
}

#[tokio::test]
async fn q3_an_accepted_quote_becomes_an_order_at_the_quoted_price() {
    let world = TrytonWorld::start().await;
    let (offer, _) = offered(&world).await;
    assert_eq!(text(&offer, "/valid_until").len(), 10, "{offer:#}");
    assert_eq!(decimal(&offer, "/lines/0/unit_price/amount"), "1100".parse().unwrap());
    assert!(offer.to_string().contains("1000.00 EUR is wished for"), "{offer:#}");
    world.network.lose_reply("POST", "/confirm");
    let order =
        act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision"), "purchase_order": "PO-9"})).await.expect(202);
    let reference = text(&order, "/reference");
    let confirmed = until_order(&world.adler(), reference, "confirmed", |order| order["number"].is_string()).await;
    let there = world.backend.sales_with_reference(reference).await;
    assert_eq!((there.len(), text(&there[0], "/state")), (1, "confirmed"));
    assert_eq!(decimal(&there[0], "/lines/0/unit_price/decimal"), "1100".parse().unwrap());
    let quote = until_quote(&world.adler(), text(&offer, "/reference"), "ordered", |quote| quote["status"] == "ordered").await;
    assert_eq!(text(&quote, "/order_number"), text(&confirmed, "/number"));
}

#[tokio::test]
async fn q2_an_offer_that_the_desk_has_changed_is_not_accepted_as_it_was() {
    let world = TrytonWorld::start().await;
    let (offer, sale) = offered(&world).await;
    world.backend.press(&sale, "draft").await;
    price(&world, &sale, "1200").await;
    world.backend.press(&sale, "quote").await;
    act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision")})).await.expect_problem(409, "revision_stale");
    let now =
        until_quote(&world.adler(), text(&offer, "/reference"), "offered anew", |quote| quote["revision"] != offer["revision"])
            .await;
    assert_eq!(decimal(&now, "/lines/0/unit_price/amount"), "1200".parse().unwrap());
}

#[tokio::test]
async fn an_offer_can_be_declined_and_a_request_withdrawn() {
    let world = TrytonWorld::start().await;
    let (offer, sale) = offered(&world).await;
    act(&world, &offer, "decline", json!({"revision": text(&offer, "/revision"), "reason": "too dear"})).await.expect(202);
    until_quote(&world.adler(), text(&offer, "/reference"), "declined", |quote| quote["status"] == "declined").await;
    let state = world.backend.desk().get(&format!("/model/sale.sale/{sale}?f=state")).await.expect(200);
    assert_eq!(text(&state, "/state"), "cancelled");
    let lines = json!([{"id": "1", "sku": BIKE, "quantity": {"value": "1"}}]);
    let second = world.adler().capture("/v1/quotes", "second", &json!({"lines": lines})).await.expect(202);
    let second =
        until_quote(&world.adler(), text(&second, "/reference"), "with sales", |quote| quote["number"].is_string()).await;
    act(&world, &second, "withdraw", json!({"reason": "not needed"})).await.expect(202);
    until_quote(&world.adler(), text(&second, "/reference"), "withdrawn", |quote| quote["status"] == "withdrawn").await;
}
