//! Orders: handed over, shown, cancelled.

use super::{CREATE, NUTS, confirmed, decimal, has_number, ordered, sealed};
use crate::vendors::what_nobody_changed_is_found_the_same;
use ordergate_tests::{S4Backend, S4World, line, text, until_order};
use serde_json::json;

#[tokio::test]
async fn an_order_arrives_with_reference_purchase_order_and_line_and_is_shown_with_its_promise() {
    let world = S4World::start().await;
    let checkout = sealed(&world.adler(), NUTS, "4").await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "confirmed", |order| has_number(order) && order["source"] == "live").await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!(text(&there[0], "/SalesOrder"), text(&order, "/number"));
    assert_eq!(
        (text(&there[0], "/PurchaseOrderByShipToParty"), text(&there[0], "/CustomerPurchaseOrderType")),
        ("PO-4711", "WEB")
    );
    assert_eq!(text(&there[0], "/to_Item/0/UnderlyingPurchaseOrderItem"), "1");
    assert_eq!((text(&order, "/status"), text(&order, "/purchase_order"), text(&order, "/channel")), ("open", "PO-4711", "web"));
    assert_eq!(decimal(&order, "/totals/payable/amount"), decimal(&checkout, "/totals/payable/amount"));
    assert_eq!(text(&order, "/lines/0/sku"), NUTS);
}

#[tokio::test]
async fn t9_what_the_back_end_made_of_an_order_is_told() {
    let world = S4World::start().await;
    let checkout = sealed(&world.cara(), NUTS, "60").await;
    let captured = ordered(&world.cara(), &checkout, "one").await.expect(202);
    let order = until_order(&world.cara(), text(&captured, "/reference"), "confirmed", has_number).await;
    let shown = order.to_string();
    assert_eq!(text(&order, "/status"), "on-hold");
    assert!(shown.contains("credit check B") && shown.contains("Credit limit exceeded"), "{order:#}");
}

#[tokio::test]
async fn notes_and_parties_arrive_as_texts_and_partners() {
    let world = S4World::start().await;
    let cart = json!({"lines": [line("1", NUTS, "1")], "ship_to": "10100001"});
    let checkout = world.adler().post("/v1/checkouts", &cart).await.expect(201);
    let body = json!({"checkout": text(&checkout, "/id"), "notes": [{"kind": "customer", "text": "ring"}]});
    let captured = world.adler().capture("/v1/orders", "one", &body).await.expect(202);
    let order = until_order(&world.adler(), text(&captured, "/reference"), "confirmed", has_number).await;
    let there = world.backend.orders_with_reference(text(&order, "/reference")).await;
    assert_eq!((text(&there[0], "/to_Text/0/LongText"), text(&there[0], "/to_Text/0/LongTextID")), ("ring", "TX01"));
    assert_eq!((text(&there[0], "/to_Partner/1/PartnerFunction"), text(&there[0], "/to_Partner/1/Customer")), ("SH", "10100001"));
}

#[tokio::test]
async fn a_refusal_of_the_back_end_is_final_and_shown_in_its_words() {
    let world = S4World::with(|config| {
        config.set("adapters.s4.settings.orders", r#"{ type = "ZXX", simulation_type = "OR", reference_type = "WEB" }"#)
    })
    .await;
    let checkout = sealed(&world.adler(), NUTS, "1").await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let refused = until_order(&world.adler(), reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(text(&refused, "/transfer/message").contains("Sales document type ZXX is not defined"), "{refused:#}");
    assert_eq!(world.backend.requests(&format!("POST {CREATE}")).await, 1);
    assert!(world.backend.orders_with_reference(reference).await.is_empty());
}

#[tokio::test]
async fn a_cancelled_order_has_every_item_rejected() {
    let world = S4World::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    world
        .adler()
        .capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &json!({"reason": "not needed"}))
        .await
        .expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(text(&there[0], "/to_Item/0/SalesDocumentRjcnReason"), "61");
    assert_eq!(world.backend.requests("PATCH API_SALES_ORDER_SRV/A_SalesOrderItem").await, 1);
}

#[tokio::test]
async fn a_delivered_order_is_shown_as_shipped_and_not_cancelled() {
    let world = S4World::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    world
        .backend
        .change_order(text(&order, "/number"), &json!({"OverallSDProcessStatus": "B", "items": {"DeliveryStatus": "C"}}))
        .await;
    until_order(&world.adler(), reference, "shipped", |order| order["status"] == "shipped").await;
}

#[tokio::test]
async fn t10_what_nobody_changed_is_compared_at_growing_age_and_found_the_same() {
    what_nobody_changed_is_found_the_same::<S4Backend>(confirmed).await;
}
