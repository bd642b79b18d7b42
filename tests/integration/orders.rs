//! Capture of orders and what the customer sees of them (rules T1, T6, Q5).

use ordergate_tests::{PLIERS, World, eventually, order, seal, text, until_order};
use serde_json::{Value, json};

fn is_confirmed(order: &Value) -> bool {
    order["number"].is_string() && order["source"] == "live"
}

#[tokio::test]
async fn an_order_is_taken_with_a_reference_and_confirmed_with_the_back_ends_number() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "20").await;
    let reply = order(&world.hansen(), &checkout, "one").await;
    let captured = reply.expect(202);
    let reference = text(&captured, "/reference");
    assert!(reference.len() == 27 && reference.starts_with('O'), "{reference}");
    assert!(
        reply.header("location").is_some_and(|place| place.ends_with(&format!("/v1/orders/{reference}"))),
        "{:?}",
        reply.headers
    );
    assert_eq!((text(&captured, "/account"), text(&captured, "/purchase_order")), ("C-1001", "PO-4711"));
    assert!(captured["transfer"]["state"].is_string(), "{captured:#}");
    let confirmed = until_order(&world.hansen(), reference, "confirmed", is_confirmed).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!(text(&there[0], "/no"), text(&confirmed, "/number"));
    assert_eq!(text(&there[0], "/total"), text(&checkout, "/totals/payable/amount"));
    assert_eq!(text(&there[0], "/po"), "PO-4711");
    let by_number = world.hansen().get(&format!("/v1/orders/{}", text(&confirmed, "/number"))).await.expect(200);
    assert_eq!(text(&by_number, "/reference"), reference);
}

#[tokio::test]
async fn t1_who_waits_gets_201_once_the_back_end_has_confirmed() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let shown = world.backend.requests("GET /api/orders/{no}").await;
    let confirmed = order(&world.hansen().with("prefer", "wait=20"), &checkout, "waits").await.expect(201);
    assert!(confirmed["number"].is_string(), "{confirmed:#}");
    assert_eq!((text(&confirmed, "/status"), text(&confirmed, "/transfer/state")), ("open", "confirmed"));
    assert_eq!(text(&confirmed, "/totals/payable/amount"), text(&checkout, "/totals/payable/amount"));
    assert_eq!(world.backend.requests("GET /api/orders/{no}").await, shown, "what it said when it took the order is enough");
}

#[tokio::test]
async fn t1_who_waits_for_a_back_end_that_is_down_gets_202_in_time() {
    let mut world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.stop().await;
    let start = std::time::Instant::now();
    order(&world.hansen().with("prefer", "wait=1"), &checkout, "waits-in-vain").await.expect(202);
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn t1_who_waits_longer_than_a_request_may_take_is_told_what_was_captured() {
    let world = World::with(|config| config.set("server.request_timeout_ms", "4000")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.faults(&json!({"rules": [{"method": "POST", "path_prefix": "/api/orders", "fault": "late-reply"}]})).await;
    let captured = order(&world.hansen().with("prefer", "wait=20"), &checkout, "waits").await.expect(202);
    assert!(text(&captured, "/reference").starts_with('O'), "{captured:#}");
}

#[tokio::test]
async fn a_business_refusal_is_final_and_shown_with_its_reason() {
    let world = World::start().await;
    let blocked = world.host.caller("shop").with("x-account", "C-1009");
    let checkout = seal(&blocked, PLIERS, "1").await;
    let captured = order(&blocked, &checkout, "blocked").await.expect(202);
    let refused =
        until_order(&blocked, text(&captured, "/reference"), "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(text(&refused, "/transfer/message").contains("blocked"), "{refused:#}");
    assert_eq!(refused["allowed_actions"], json!([]), "nothing can be done with it");
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
}

#[tokio::test]
async fn the_sealed_price_holds_when_the_list_price_rises_before_the_transfer() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), "NW-1017", "5").await;
    let raise = json!({"list": "99.00", "keep_promises": true});
    world.backend.client().put("/control/prices/NW-1017", &raise).await.expect(200);
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", is_confirmed).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(text(&there[0], "/total"), text(&checkout, "/totals/payable/amount"));
}

#[tokio::test]
async fn t9_what_the_back_end_changed_while_taking_an_order_is_told_per_line() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), "NW-1017", "5").await;
    world.backend.set_price("NW-1017", "99.00").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let confirmed = until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", is_confirmed).await;
    let amendments = confirmed["amendments"].as_array().expect("a list");
    assert!(amendments.iter().any(|change| change["kind"] == "price" && change["line"] == "1"), "{confirmed:#}");
}

#[tokio::test]
async fn an_open_order_can_be_cancelled_and_then_not_again() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let path = format!("/v1/orders/{}", text(&captured, "/reference"));
    let confirmed = until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", is_confirmed).await;
    assert_eq!(confirmed["allowed_actions"], json!(["cancel"]), "{confirmed:#}");
    world.hansen().capture(&format!("{path}/cancel"), "cancel", &json!({"reason": "ordered twice"})).await.expect(202);
    let cancelled =
        until_order(&world.hansen(), text(&captured, "/reference"), "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(cancelled["allowed_actions"], json!([]));
    let again = world.hansen().capture(&format!("{path}/cancel"), "cancel-again", &json!({"reason": "really"})).await;
    again.expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn q5_while_a_cancellation_waits_the_order_says_so_and_is_not_cancelled_again() {
    let world = World::start().await;
    let number = world.backend.telephone_order("C-1001", "NW-1017").await;
    let path = format!("/v1/orders/{number}");
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let cancel = async |key: &str| world.hansen().capture(&format!("{path}/cancel"), key, &json!({"reason": "too many"})).await;
    let asked = cancel("one").await.expect(202);
    assert_eq!((text(&asked, "/pending_operation"), &asked["allowed_actions"]), ("cancel-order", &json!([])), "{asked:#}");
    let shown = world.hansen().get(&path).await.expect(200);
    assert_eq!((text(&shown, "/status"), text(&shown, "/pending_operation")), ("open", "cancel-order"), "{shown:#}");
    assert_eq!(cancel("one").await.expect(202), asked, "the same key, the same answer");
    let refused = cancel("two").await.expect_problem(409, "action_not_allowed");
    assert!(text(&refused, "/detail").contains("cancel-order"), "{refused:#}");
    world.backend.no_faults().await;
    let is_cancelled = async || {
        let order = world.hansen().get(&path).await.expect(200);
        (order["status"] == "cancelled" && order["pending_operation"].is_null()).then_some(())
    };
    eventually("it is cancelled, and nothing is pending", is_cancelled).await;
}

#[tokio::test]
async fn h2_a_slow_look_does_not_bring_back_what_was_true_before_a_cancellation() {
    let world = World::with(|config| config.set("stores.main.read_deadline_ms", "20000")).await;
    let customer = world.hansen();
    let checkout = seal(&customer, PLIERS, "1").await;
    let captured = order(&customer, &checkout, "one").await.expect(202);
    let (reference, path) = (text(&captured, "/reference"), format!("/v1/orders/{}", text(&captured, "/reference")));
    until_order(&customer, reference, "confirmed", is_confirmed).await;
    let late = json!({"method": "GET", "path_prefix": "/api/orders/", "fault": "late-reply", "times": 1, "pause_ms": 4_000});
    world.backend.faults(&json!({"rules": [late]})).await;
    world.backend.count_from_zero().await;
    let known = async || {
        let found = world.host.operator().get(&format!("/ops/v1/orders?q={reference}")).await.expect(200);
        text(&found, "/items/0/status").to_owned()
    };
    let (look, ()) = tokio::join!(customer.get(&path), async {
        eventually("the look is under way", async || (world.backend.requests("GET /api/orders/{no}").await > 0).then_some(()))
            .await;
        customer.capture(&format!("{path}/cancel"), "cancel", &json!({"reason": "too many"})).await.expect(202);
        eventually("it is cancelled", async || (known().await == "cancelled").then_some(())).await;
    });
    assert_eq!(look.status, 200, "{look}");
    assert_eq!(known().await, "cancelled");
}

#[tokio::test]
async fn a_shipped_order_cannot_be_cancelled() {
    let world = World::start().await;
    let number = world.backend.telephone_order("C-1001", "NW-1017").await;
    for _ in 0..3 {
        world.backend.client().post("/control/advance", &json!({})).await.expect(200);
    }
    let shipped = world.hansen().get(&format!("/v1/orders/{number}")).await.expect(200);
    assert_eq!(shipped["allowed_actions"], json!([]), "{shipped:#}");
    let refused = world.hansen().capture(&format!("/v1/orders/{number}/cancel"), "late", &json!({"reason": "late"})).await;
    refused.expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn a_customer_cannot_cancel_the_order_of_another() {
    let world = World::start().await;
    let number = world.backend.telephone_order("C-1002", "NW-1017").await;
    let reply = world.hansen().capture(&format!("/v1/orders/{number}/cancel"), "theft", &json!({"reason": "mine"})).await;
    reply.expect_problem(404, "not_found");
    let there = world.backend.client().get(&format!("/api/orders/{number}")).await.expect(200);
    assert_ne!(text(&there, "/state"), "CAN");
}

#[tokio::test]
async fn status_changes_in_the_back_end_are_seen_live_with_the_raw_code() {
    let world = World::start().await;
    let number = world.backend.telephone_order("C-1001", "NW-1017").await;
    let path = format!("/v1/orders/{number}");
    let open = world.hansen().get(&path).await.expect(200);
    assert_eq!((text(&open, "/status"), text(&open, "/raw_status")), ("open", "OPN"));
    world.backend.client().post("/control/advance", &json!({})).await.expect(200);
    let picking = world.hansen().get(&path).await.expect(200);
    assert_eq!((text(&picking, "/status"), text(&picking, "/raw_status")), ("in-process", "PCK"));
}
