//! Whatever goes wrong on the way: one order, or none with a reason.

use super::{KEYBOARD, ORDERS, cancel, confirmed, has_number, ordered, sealed};
use ordergate_tests::{AdfWorld, eventually, text, until_order};
use serde_json::{Value, json};

/// Orders with the fault in place, and checks that exactly one order comes of it; gives how often it was sent.
async fn ordered_once_despite(method: &str, path: &str, fault: &str, times: u32) -> (AdfWorld, Value, u64) {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    // The user sees an order of the business unit, so that absence can be proved.
    world.backend.foreign_order("10070", KEYBOARD, None).await;
    world.backend.count_from_zero().await;
    world.backend.disturb(method, path, fault, times).await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let order = until_order(&world.adler(), reference, "confirmed", has_number).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1, "exactly one order: {there:#?}");
    assert_eq!(text(&there[0], "/OrderNumber"), text(&order, "/number"));
    assert_eq!(world.backend.faults(fault).await, u64::from(times), "the fault was met");
    let sent = world.backend.requests(&format!("POST {ORDERS}")).await;
    (world, order, sent)
}

#[tokio::test]
async fn pitfall_1_t4_an_order_is_there_once_when_the_reply_is_lost_after_the_commit() {
    for fault in ["reply-lost", "gateway-timeout", "breakdown-after", "garbage"] {
        let (_, _, sent) = ordered_once_despite("POST", ORDERS, fault, 1).await;
        assert_eq!(sent, 1, "{fault}: it was looked up by its key, not sent again");
    }
}

#[tokio::test]
async fn pitfall_1_t4_an_order_is_sent_again_when_a_look_up_proves_that_it_is_not_there() {
    for fault in ["cut-before", "breakdown", "bad-gateway"] {
        let (_, _, sent) = ordered_once_despite("POST", ORDERS, fault, 1).await;
        assert_eq!(sent, 2, "{fault}");
    }
}

#[tokio::test]
async fn pitfall_1_an_order_that_appears_after_the_gateway_gave_up_is_found_and_not_sent_again() {
    let world = AdfWorld::with(|config| config.set("adapters.fusion.settings.propagation_delay_ms", "3000")).await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    world.backend.foreign_order("10070", KEYBOARD, None).await;
    world.backend.disturb("POST", ORDERS, "late-commit", 1).await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    // Once before it was sent, and once after: that it is not there yet proves nothing before the delay has passed.
    let looked = format!("GET {ORDERS}/*");
    eventually("it was looked for in vain", async || (world.backend.requests(&looked).await >= 2).then_some(())).await;
    assert_eq!(world.backend.commit_late().await, 1);
    until_order(&world.adler(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    assert_eq!(world.backend.requests(&format!("POST {ORDERS}")).await, 1);
}

#[tokio::test]
async fn pitfall_1_not_found_proves_nothing_to_a_user_who_sees_no_order_at_all() {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    world.backend.behave(&json!({"is_blind": true})).await;
    world.backend.disturb("POST", ORDERS, "reply-lost", 1).await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let looked = format!("GET {ORDERS}/*");
    eventually("it was looked for in vain", async || (world.backend.requests(&looked).await >= 3).then_some(())).await;
    assert_eq!(world.backend.requests(&format!("POST {ORDERS}")).await, 1, "it is never sent again without a proof");
    world.backend.behave(&json!({"is_blind": false})).await;
    until_order(&world.adler(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn the_first_order_of_a_new_business_unit_is_taken() {
    let world = AdfWorld::start().await;
    confirmed(&world.adler(), "one").await;
    assert_eq!(world.backend.requests(&format!("POST {ORDERS}")).await, 1);
}

#[tokio::test]
async fn pitfall_8_an_error_that_passes_is_waited_for() {
    let (_, _, sent) = ordered_once_despite("POST", ORDERS, "passing", 2).await;
    assert_eq!(sent, 3, "nothing was done, so it is sent again without a look-up");
}

#[tokio::test]
async fn t7_a_back_end_that_asks_to_wait_is_waited_for() {
    for fault in ["throttle", "unavailable"] {
        ordered_once_despite("POST", ORDERS, fault, 1).await;
    }
}

#[tokio::test]
async fn pitfall_9_a_refused_logon_or_a_firewall_keeps_the_order_waiting() {
    for fault in ["unauthorized", "firewall"] {
        ordered_once_despite("POST", ORDERS, fault, 2).await;
    }
}

#[tokio::test]
async fn pitfall_1_a_look_up_before_sending_that_fails_sends_nothing() {
    for fault in ["breakdown", "gateway-timeout", "garbage"] {
        let (_, _, sent) = ordered_once_despite("GET", &format!("{ORDERS}/*"), fault, 2).await;
        assert_eq!(sent, 1, "{fault}");
    }
}

#[tokio::test]
async fn pitfall_7_an_error_in_plain_text_parks_the_order_for_a_person() {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    world.backend.disturb("POST", ORDERS, "text-error", 1).await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.adler(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    assert!(world.backend.orders_with_reference(reference).await.is_empty());
}

#[tokio::test]
async fn an_order_that_cannot_be_read_again_is_confirmed_all_the_same() {
    let world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    // The look-up before it passes, the reading after it does not.
    let rule = |fault: &str| json!({"method": "GET", "path_prefix": format!("{ORDERS}/*"), "fault": fault, "times": 1});
    let plan = json!({"rules": [rule("touch"), rule("unavailable")]});
    world.backend.control().put("/control/faults", &plan).await.expect(204);
    let captured = ordered(&world.adler().with("prefer", "wait=20"), &checkout, "one").await.expect(201);
    assert!(has_number(&captured), "{captured:#}");
    assert_eq!((world.backend.requests(&format!("POST {ORDERS}")).await, world.backend.faults("unavailable").await), (1, 1));
}

#[tokio::test]
async fn pitfall_8_an_order_that_changed_in_between_is_read_again_and_cancelled() {
    let world = AdfWorld::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    world.backend.count_from_zero().await;
    world.backend.disturb("PATCH", ORDERS, "touch", 1).await;
    cancel(&world.adler(), reference).await.expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(world.backend.requests(&format!("PATCH {ORDERS}/*")).await, 2, "412, then with the new state");
}

#[tokio::test]
async fn t4_a_cancellation_whose_reply_is_lost_is_read_back() {
    let world = AdfWorld::start().await;
    let order = confirmed(&world.adler(), "one").await;
    let reference = text(&order, "/reference");
    world.backend.count_from_zero().await;
    world.backend.disturb("PATCH", ORDERS, "reply-lost", 1).await;
    cancel(&world.adler(), reference).await.expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(world.backend.requests(&format!("PATCH {ORDERS}/*")).await, 1);
}

#[tokio::test]
async fn orders_taken_while_the_pod_is_down_arrive_when_it_is_back() {
    let mut world = AdfWorld::start().await;
    let checkout = sealed(&world.adler(), KEYBOARD, "1").await;
    world.backend.stop().await;
    let captured = ordered(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.adler(), reference, "tried in vain", |order| order["transfer"]["attempts"].as_u64() >= Some(1)).await;
    world.backend.start_again().await;
    until_order(&world.adler(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn pitfall_9_the_password_is_not_in_the_log() {
    let world = AdfWorld::start().await;
    world.backend.disturb("POST", ORDERS, "unauthorized", 1).await;
    confirmed(&world.adler(), "one").await;
    assert!(!world.host.log().contains(world.backend.password()));
}
