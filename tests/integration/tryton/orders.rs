//! Orders: handed over, refused, cancelled.

use super::{BIKE, LAMP, confirmed, decimal, has_number};
use ordergate_tests::{TrytonWorld, eventually, line, order, seal, text, until_order};
use serde_json::json;

#[tokio::test]
async fn an_order_is_a_confirmed_sale_at_the_sealed_price_and_is_shown_as_tryton_has_it() {
    let world = TrytonWorld::start().await;
    let cart = json!({"lines": [line("10", LAMP, "100")]});
    let checkout = world.adler().post("/v1/checkouts", &cart).await.expect(201);
    let captured = order(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "confirmed", |order| has_number(order) && order["source"] == "live").await;
    let there = world.backend.sales_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!((text(&there[0], "/state"), text(&there[0], "/number")), ("confirmed", text(&order, "/number")));
    assert_eq!(decimal(&there[0], "/total_amount/decimal"), decimal(&checkout, "/totals/payable/amount"));
    assert_eq!(decimal(&there[0], "/lines/0/unit_price/decimal"), "15.795".parse().unwrap());
    assert_eq!((text(&order, "/status"), text(&order, "/purchase_order"), text(&order, "/channel")), ("open", "PO-4711", "web"));
    assert_eq!((text(&order, "/lines/0/sku"), text(&order, "/lines/0/id")), (LAMP, "10"), "our line id, not Tryton's");
    assert_eq!(decimal(&order, "/totals/payable/amount"), decimal(&checkout, "/totals/payable/amount"));
    let sale = world.backend.sale("reference", reference).await;
    world.backend.press(&sale, "process").await;
    until_order(&world.adler(), reference, "in process", |order| order["status"] == "in-process").await;
}

#[tokio::test]
async fn a_refusal_is_final_is_told_in_tryton_s_words_and_leaves_nothing_there() {
    let world = TrytonWorld::start().await;
    // More than there are: Tryton's own check of quantities refuses it when it is offered.
    let checkout = seal(&world.adler(), BIKE, "8").await;
    let captured = order(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let refused = until_order(&world.adler(), reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(text(&refused, "/transfer/message").contains("Cargo bike"), "{refused:#}");
    assert!(world.backend.sales_with_reference(reference).await.is_empty());
}

#[tokio::test]
async fn an_order_that_comes_to_another_sum_than_was_agreed_is_not_placed() {
    let world = TrytonWorld::start().await;
    let checkout = seal(&world.adler(), LAMP, "10").await;
    world
        .backend
        .write(
            "account.tax",
            &world.backend.fact("/tax").to_string(),
            &json!({"rate": {"__class__": "Decimal", "decimal": "0.25"}}),
        )
        .await;
    let captured = order(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let refused = until_order(&world.adler(), reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(text(&refused, "/transfer/message").contains("The order comes to 208.40, and 198.40 was agreed."), "{refused:#}");
    assert!(world.backend.sales_with_reference(reference).await.is_empty());
}

#[tokio::test]
async fn an_order_can_be_cancelled_until_tryton_processes_it() {
    let world = TrytonWorld::start().await;
    let cancel = async |reference: &str, key: &str| {
        world.adler().capture(&format!("/v1/orders/{reference}/cancel"), key, &json!({"reason": "not needed"})).await.expect(202)
    };
    let first = confirmed(&world.adler(), LAMP, "10", "one").await;
    let reference = text(&first, "/reference");
    cancel(reference, "cancel-one").await;
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(text(&world.backend.sales_with_reference(reference).await[0], "/state"), "cancelled");
    let second = confirmed(&world.adler(), LAMP, "10", "two").await;
    let reference = text(&second, "/reference");
    let sale = world.backend.sale("reference", reference).await;
    world.backend.press(&sale, "process").await;
    cancel(reference, "cancel-two").await;
    eventually("the refusal is known", async || {
        let refused = world.host.metric("ordergate_transfers_total", &["outcome=\"rejected\""]).await;
        (refused >= 1.0).then_some(())
    })
    .await;
    assert_eq!(text(&world.backend.sales_with_reference(reference).await[0], "/state"), "processing");
    until_order(&world.adler(), reference, "still in process", |order| order["status"] == "in-process").await;
}
