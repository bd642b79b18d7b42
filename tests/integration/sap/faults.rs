//! Whatever goes wrong on the way: one order, or none with a reason.

use super::{CREATE, NUTS, confirmed, has_number, ordered, sealed};
use ordergate_tests::{S4World, eventually, text, until_order};
use serde_json::{Value, json};

/// Orders with the fault in place, and checks that exactly one order comes of it; gives how often it was sent.
async fn ordered_once_despite(method: &str, path: &str, fault: &str, times: u32) -> (S4World, Value, u64) {
    let world = S4World::start().await;
    let checkout = sealed(&world.adler(), NUTS, "1").await;
    world.backend.count_from_zero().await;
    world.backend.disturb(method, path, fault, times).await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "confirmed", has_number).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1, "exactly one order: {there:#?}");
    assert_eq!(text(&there[0], "/SalesOrder"), text(&order, "/number"));
    assert_eq!(world.backend.faults(fault).await, u64::from(times), "the fault was met");
    let sent = world.backend.requests(&format!("POST {CREATE}")).await;
    (world, order, sent)
}

#[tokio::test]
async fn pitfall_1_t4_an_order_is_there_once_when_the_reply_is_lost_after_the_commit() {
    for fault in ["reply-lost", "gateway-timeout", "dump-after"] {
        let (_, _, sent) = ordered_once_despite("POST", CREATE, fault, 1).await;
        assert_eq!(sent, 1, "{fault}: it was looked up, not sent again");
    }
}

#[tokio::test]
async fn pitfall_1_t4_an_order_is_sent_again_when_a_look_up_proves_that_it_is_not_there() {
    for fault in ["cut-before", "dump", "exception"] {
        let (_, _, sent) = ordered_once_despite("POST", CREATE, fault, 1).await;
        assert_eq!(sent, 2, "{fault}");
    }
}

#[tokio::test]
async fn pitfall_8_a_lock_is_waited_for_whether_it_is_told_in_json_or_xml() {
    for fault in ["locked", "locked-xml"] {
        let (_, _, sent) = ordered_once_despite("POST", CREATE, fault, 2).await;
        assert_eq!(sent, 3, "{fault}: nothing was done, so it is sent again without a look-up");
    }
}

#[tokio::test]
async fn t7_a_back_end_that_asks_to_wait_is_waited_for() {
    for fault in ["throttle", "unavailable"] {
        ordered_once_despite("POST", CREATE, fault, 1).await;
    }
}

#[tokio::test]
async fn pitfall_9_a_refused_logon_keeps_the_order_waiting() {
    ordered_once_despite("POST", CREATE, "unauthorized", 2).await;
}

#[tokio::test]
async fn pitfall_2_an_expired_session_costs_one_refetch_of_the_token() {
    let (world, _, sent) = ordered_once_despite("POST", CREATE, "expire-sessions", 1).await;
    assert_eq!(sent, 2, "refused with 403, then sent again with a new token");
    assert_eq!(world.backend.requests("GET API_SALES_ORDER_SRV/").await, 1);
}

#[tokio::test]
async fn pitfall_1_a_look_up_before_sending_that_fails_sends_nothing() {
    let (_, _, sent) = ordered_once_despite("GET", CREATE, "dump", 2).await;
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn an_order_that_cannot_be_read_again_is_confirmed_all_the_same() {
    let world = S4World::start().await;
    let checkout = sealed(&world.adler(), NUTS, "1").await;
    world.backend.disturb("GET", &format!("{CREATE}("), "unavailable", 1).await;
    let captured = ordered(&world.adler().with("prefer", "wait=20"), &checkout, "one").await.expect(201);
    assert!(has_number(&captured), "{captured:#}");
    assert_eq!(world.backend.requests(&format!("POST {CREATE}")).await, 1);
}

#[tokio::test]
async fn pitfall_8_a_document_that_changed_in_between_is_read_again_and_cancelled() {
    let world = S4World::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    world.backend.count_from_zero().await;
    world.backend.disturb("POST", "API_SALES_ORDER_SRV/$batch", "touch", 1).await;
    world.adler().capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &json!({"reason": "x"})).await.expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(world.backend.requests("POST API_SALES_ORDER_SRV/$batch").await, 2, "412, then with the new state");
}

#[tokio::test]
async fn pitfall_8_cancelling_waits_for_whoever_has_the_document_open() {
    let world = S4World::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let (reference, number) = (text(&order, "/reference"), text(&order, "/number"));
    let lock = format!("/control/locks/{number}");
    world.backend.control().put(&lock, &json!({})).await.expect(204);
    world.backend.count_from_zero().await;
    world.adler().capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &json!({"reason": "x"})).await.expect(202);
    eventually("it was tried", async || (world.backend.requests("POST API_SALES_ORDER_SRV/$batch").await >= 1).then_some(()))
        .await;
    world.backend.control().delete(&lock).await.expect(204);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
}

#[tokio::test]
async fn t4_a_cancellation_whose_reply_is_lost_is_read_back() {
    let world = S4World::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    world.backend.count_from_zero().await;
    world.backend.disturb("POST", "API_SALES_ORDER_SRV/$batch", "reply-lost", 1).await;
    world.adler().capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &json!({"reason": "x"})).await.expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(world.backend.requests("POST API_SALES_ORDER_SRV/$batch").await, 1);
}

#[tokio::test]
async fn orders_taken_while_the_system_is_down_arrive_when_it_is_back() {
    let mut world = S4World::start().await;
    let checkout = sealed(&world.adler(), NUTS, "1").await;
    world.backend.stop().await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.adler(), reference, "tried in vain", |order| order["transfer"]["attempts"].as_u64() >= Some(1)).await;
    world.backend.start_again().await;
    until_order(&world.adler(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn pitfall_9_neither_password_nor_token_nor_cookie_is_in_the_log() {
    let world = S4World::start().await;
    world.backend.disturb("POST", CREATE, "expire-sessions", 1).await;
    confirmed(&world.adler(), "one").await;
    let log = world.host.log();
    for secret in [world.backend.password(), "token1", "token2", "session1", "SAP_SESSIONID"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
