//! Orders: handed over, shown, cancelled.

use super::{DESKTOP, KEYBOARD, ORDERS, cancel, confirmed, decimal, has_number, ordered, sealed};
use crate::vendors::what_nobody_changed_is_found_the_same;
use ordergate_tests::{AdfBackend, AdfWorld, line, text, until_order};
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_arrives_under_its_source_key_with_its_sites_and_is_shown() {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "4").await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "confirmed", |order| has_number(order) && order["source"] == "live").await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!(text(&there[0], "/OrderKey"), format!("OPS:{reference}"));
    assert_eq!((text(&there[0], "/OrderNumber"), text(&there[0], "/CustomerPONumber")), (text(&order, "/number"), "PO-4711"));
    assert_eq!(
        there[0]["billToCustomer"],
        json!([{"CustomerAccountId": 300_000_047_368_661_u64, "SiteUseId": 300_000_047_368_662_u64}])
    );
    assert_eq!(there[0]["shipToCustomer"], json!([{"PartyId": 300_000_047_368_660_u64, "SiteId": 300_000_047_368_663_u64}]));
    assert_eq!((text(&there[0], "/lines/0/SourceTransactionLineId"), &there[0]["lines"][0]["OrderedQuantity"]), ("1", &json!(4)));
    assert_eq!((text(&order, "/status"), text(&order, "/purchase_order"), text(&order, "/channel")), ("open", "PO-4711", "web"));
    assert_eq!(decimal(&order, "/totals/payable/amount"), decimal(&checkout, "/totals/payable/amount"));
    assert_eq!(text(&order, "/lines/0/sku"), KEYBOARD);
}

#[tokio::test]
async fn t9_pitfall_6_an_order_that_is_held_is_told_as_such() {
    let world = AdfWorld::start().await;
    let order = confirmed(&world.cara(), "one").await;
    assert_eq!(text(&order, "/status"), "on-hold");
    assert!(order.to_string().contains("held in the back end"), "{order:#}");
}

#[tokio::test]
async fn pitfall_6_an_order_that_stays_a_draft_is_submitted_once() {
    let world = AdfWorld::start().await;
    world.backend.behave(&json!({"keeps_drafts": true})).await;
    let order = confirmed(&world.adler(), "one").await;
    assert_eq!(text(&order, "/status"), "open");
    assert_eq!(world.backend.requests(&format!("PATCH {ORDERS}/*")).await, 1);
    let there = world.backend.orders_with_reference(text(&order, "/reference")).await;
    assert_eq!(there[0]["SubmittedFlag"], json!(true));
}

#[tokio::test]
async fn pitfall_6_a_draft_that_cannot_be_submitted_is_told_with_the_reason() {
    let world = AdfWorld::start().await;
    world.backend.behave(&json!({"keeps_drafts": true, "refuses_submission": true})).await;
    let order = confirmed(&world.adler(), "one").await;
    assert_eq!(text(&order, "/status"), "on-hold");
    assert!(order.to_string().contains("the tax is not determined"), "{order:#}");
}

#[tokio::test]
async fn t9_a_price_that_fusion_changes_after_the_checkout_is_told() {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.bert(), KEYBOARD, "1").await;
    world.backend.control().put(&format!("/control/prices/{KEYBOARD}"), &json!({"price": "11"})).await.expect(204);
    let captured = ordered(&world.bert(), &checkout, "one").await.expect(202);
    let order = until_order(&world.bert(), text(&captured, "/reference"), "confirmed", has_number).await;
    let amendments: Vec<&Value> = order["amendments"].as_array().into_iter().flatten().collect();
    let price = amendments.iter().find(|amendment| amendment["kind"] == "price");
    assert!(price.is_some_and(|price| price["from"] == "10.5" && price["to"] == "11"), "{order:#}");
}

#[tokio::test]
async fn a_sealed_price_is_frozen_whatever_the_list_does_meanwhile() {
    let world = AdfWorld::with(|config| {
        config.set("adapters.fusion.settings.orders", r#"{ prices = "sealed", cancel_reason = "CUSTOMER REQUEST" }"#)
    })
    .await;
    let checkout = sealed(&world.adler(), DESKTOP, "150").await;
    world.backend.control().put(&format!("/control/prices/{DESKTOP}"), &json!({"price": "99"})).await.expect(204);
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let order = until_order(&world.adler(), text(&captured, "/reference"), "confirmed", has_number).await;
    let there = world.backend.orders_with_reference(text(&order, "/reference")).await;
    // 150 at 13.00, less 5 %.
    assert_eq!(there[0]["lines"][0]["ExtendedAmount"], json!(1852.5));
    assert!(order["amendments"].as_array().is_none_or(Vec::is_empty), "{order:#}");
}

#[tokio::test]
async fn a_refusal_of_the_back_end_is_final_and_shown_in_its_words() {
    let world = AdfWorld::with(|config| config.set("adapters.fusion.settings.orders", r#"{ transaction_type = "ZXX" }"#)).await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(order.to_string().contains("The transaction type is not valid."), "{order:#}");
    assert!(world.backend.orders_with_reference(reference).await.is_empty());
}

#[tokio::test]
async fn a_ship_to_without_an_identifier_parks_the_order_and_names_the_map() {
    let world = AdfWorld::start().await;
    let cart = json!({"lines": [line("1", KEYBOARD, "1")], "ship_to": "S-9"});
    let checkout = world.adler().post("/v1/checkouts", &cart).await.expect(201);
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.adler(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    let shown = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    assert!(shown.to_string().contains("value map ship_to_sites"), "{shown:#}");
    assert_eq!(world.backend.requests(&format!("POST {ORDERS}")).await, 0);
}

#[tokio::test]
async fn a_cancelled_order_has_its_open_lines_taken_back() {
    let world = AdfWorld::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    cancel(&world.adler(), reference).await.expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(text(&there[0], "/lines/0/CancelReason"), "CUSTOMER REQUEST");
    assert_eq!(world.backend.requests(&format!("PATCH {ORDERS}/*")).await, 1);
}

#[tokio::test]
async fn an_order_that_is_shipped_in_part_is_shown_as_such_and_not_cancelled() {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "4").await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "confirmed", has_number).await;
    world.backend.ship(text(&order, "/number"), 3).await;
    let order = until_order(&world.adler(), reference, "shipped in part", |order| order["status"] == "partially-shipped").await;
    assert_eq!((order["lines"].as_array().unwrap().len(), decimal(&order, "/lines/0/shipped")), (1, 3.into()));
    cancel(&world.adler(), reference).await.expect_problem(409, "action_not_allowed");
    assert_eq!(world.backend.requests(&format!("PATCH {ORDERS}/*")).await, 0);
}

#[tokio::test]
async fn t10_what_nobody_changed_is_compared_at_growing_age_and_found_the_same() {
    what_nobody_changed_is_found_the_same::<AdfBackend>(confirmed).await;
}
