//! Moving orders to the back end with an exactly-once effect, whatever goes wrong on the way (rules T2 to T7). The demo back end takes a
//! reference twice without complaint, so every doubled attempt would show.

use std::time::Duration;

use ordergate_tests::{Client, PLIERS, World, eventually, order, seal, text, until_order};
use serde_json::{Value, json};

fn has_number(order: &Value) -> bool {
    order["number"].is_string()
}

/// Orders with the fault already in place, and checks that exactly one order comes of it.
async fn ordered_once_despite(fault: Value) -> Value {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let mut rule = json!({"method": "POST", "path_prefix": "/api/orders", "times": 1});
    rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
    world.backend.faults(&json!({"rules": [rule]})).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let confirmed = until_order(&world.hansen(), reference, "confirmed", has_number).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1, "exactly one order: {there:#?}");
    assert_eq!(text(&there[0], "/no"), text(&confirmed, "/number"));
    let stats = world.backend.stats().await;
    assert_eq!(stats["duplicates"], json!([]));
    assert_eq!(stats["faults"][fault["fault"].as_str().unwrap()], 1, "the fault was met: {stats:#}");
    stats
}

#[tokio::test]
async fn t4_order_is_there_once_when_the_reply_is_lost() {
    let stats = ordered_once_despite(json!({"fault": "reply-lost"})).await;
    assert_eq!(stats["requests"]["POST /api/orders"], 1, "it was looked up, not sent again");
}

#[tokio::test]
async fn t4_order_is_there_once_when_the_reply_breaks_off() {
    ordered_once_despite(json!({"fault": "cut-mid-body"})).await;
}

#[tokio::test]
async fn t4_order_is_there_once_when_the_reply_is_nonsense() {
    ordered_once_despite(json!({"fault": "garbage-json"})).await;
}

#[tokio::test]
async fn t4_order_is_sent_again_when_a_look_up_proves_that_it_is_not_there() {
    let stats = ordered_once_despite(json!({"fault": "cut-before"})).await;
    assert_eq!(stats["requests"]["POST /api/orders"], 2);
}

#[tokio::test]
async fn t4_order_is_there_once_after_an_internal_error_of_the_back_end() {
    ordered_once_despite(json!({"fault": "error-500"})).await;
}

#[tokio::test]
async fn t4_order_is_there_once_after_an_error_page_of_a_gateway() {
    ordered_once_despite(json!({"fault": "html-error"})).await;
}

#[tokio::test]
async fn t7_a_back_end_that_asks_to_wait_is_waited_for() {
    ordered_once_despite(json!({"fault": "throttle-429", "retry_after_secs": 1})).await;
    ordered_once_despite(json!({"fault": "refuse-503", "retry_after_secs": 1})).await;
}

#[tokio::test]
async fn t4_order_is_there_once_when_the_reply_comes_too_late() {
    let world = World::with(|config| config.set("transfer.deadline_ms", "1000").set("transfer.lease_secs", "12")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let late = json!({"method": "POST", "path_prefix": "/api/orders", "fault": "late-reply", "times": 1, "pause_ms": 8000});
    world.backend.faults(&json!({"rules": [late]})).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn t3_look_ups_that_fail_are_repeated_before_anything_is_sent_again() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let rules = json!([
        {"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost", "times": 1},
        {"method": "GET", "path_prefix": "/api/orders", "fault": "refuse-503", "times": 3},
    ]);
    world.backend.faults(&json!({"rules": rules})).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", |order| {
        order["transfer"].is_null() && has_number(order) || order["transfer"]["state"] == "confirmed"
    })
    .await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    assert_eq!(world.backend.requests("POST /api/orders").await, 1);
}

#[tokio::test]
async fn orders_taken_while_the_back_end_is_down_arrive_in_order_once_it_is_back() {
    let mut world = World::start().await;
    let mut references = Vec::new();
    let mut checkouts = Vec::new();
    for _ in 0..5 {
        checkouts.push(seal(&world.hansen(), "NW-1017", "1").await);
    }
    world.backend.stop().await;
    for (index, checkout) in checkouts.iter().enumerate() {
        let captured = order(&world.hansen(), checkout, &format!("order-{index}")).await.expect(202);
        references.push(text(&captured, "/reference").to_owned());
    }
    let waiting = until_order(&world.hansen(), &references[0], "tried in vain", |order| {
        order["transfer"]["attempts"].as_u64() >= Some(1) && order["transfer"]["state"] == "queued"
    })
    .await;
    assert!(waiting["transfer"]["next_attempt_at"].is_string(), "t7: the back-off is shown: {waiting:#}");
    world.backend.start_again().await;
    let mut numbers = Vec::new();
    for reference in &references {
        let confirmed = until_order(&world.hansen(), reference, "confirmed", has_number).await;
        numbers.push(text(&confirmed, "/number").to_owned());
    }
    assert!(numbers.is_sorted(), "t6: the oldest first: {numbers:?}");
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn t6_a_stuck_order_of_one_account_does_not_hold_up_another() {
    let world = World::start().await;
    let (stuck, free) = (seal(&world.hansen(), PLIERS, "1").await, seal(&world.bauer(), PLIERS, "1").await);
    let late = json!({"method": "POST", "path_prefix": "/api/orders", "fault": "late-reply", "times": 1, "pause_ms": 15000});
    world.backend.faults(&json!({"rules": [late]})).await;
    let first = order(&world.hansen(), &stuck, "stuck").await.expect(202);
    eventually("the first is being sent", async || (world.backend.requests("POST /api/orders").await == 1).then_some(())).await;
    let second = order(&world.bauer(), &free, "free").await.expect(202);
    until_order(&world.bauer(), text(&second, "/reference"), "confirmed", has_number).await;
    let waiting = world.hansen().get(&format!("/v1/orders/{}", text(&first, "/reference"))).await.expect(200);
    assert_eq!(text(&waiting, "/transfer/state"), "sending");
}

/// Kills the host while orders of two customers are on their way, restarts it, and counts.
#[tokio::test]
async fn t3_a_host_killed_while_sending_loses_nothing_and_doubles_nothing() {
    let mut world = World::start().await;
    let customers: [fn(&World) -> Client; 2] = [World::hansen, World::bauer];
    let mut references = Vec::new();
    let mut checkouts = Vec::new();
    for index in 0..8 {
        checkouts.push(seal(&customers[index % 2](&world), "NW-1017", "1").await);
    }
    world.backend.slow_down(300).await;
    for (index, checkout) in checkouts.iter().enumerate() {
        let captured = order(&customers[index % 2](&world), checkout, &format!("order-{index}")).await.expect(202);
        references.push(text(&captured, "/reference").to_owned());
    }
    eventually("orders are on their way", async || (world.backend.requests("POST /api/orders").await >= 2).then_some(())).await;
    world.host.kill_9();
    world.host.start_again().await;
    world.backend.no_faults().await;
    for (index, reference) in references.iter().enumerate() {
        until_order(&customers[index % 2](&world), reference, "confirmed", has_number).await;
        assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    }
    world.backend.assert_nothing_doubled().await;
}

/// Makes the host die at one point of a transfer, restarts it, and counts.
async fn ordered_once_when_the_host_dies(point: &str) {
    let mut world = World::with(|config| config.env("ORDERGATE_FAILPOINT", point)).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let ended = world.host.ended().await;
    assert_ne!(ended.code, Some(0), "the host died at {point}");
    world.host.reconfigure(|config| config.without_env("ORDERGATE_FAILPOINT"));
    world.host.start_again().await;
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn t3_host_dies_after_committing_to_send() {
    ordered_once_when_the_host_dies("after-begin").await;
}

#[tokio::test]
async fn t3_host_dies_after_sending() {
    ordered_once_when_the_host_dies("after-send").await;
}

#[tokio::test]
async fn t3_host_dies_before_recording_the_outcome() {
    ordered_once_when_the_host_dies("before-record").await;
}

#[tokio::test]
async fn t1_acknowledged_orders_are_still_there_after_a_kill() {
    let mut world = World::start().await;
    let mut checkouts = Vec::new();
    for _ in 0..10 {
        checkouts.push(seal(&world.hansen(), "NW-1017", "1").await);
    }
    world.backend.stop().await;
    let customer = world.hansen();
    let keys: Vec<_> = (0..checkouts.len()).map(|index| format!("order-{index}")).collect();
    let captures = checkouts.iter().zip(&keys).map(|(checkout, key)| order(&customer, checkout, key));
    let captured: Vec<_> = futures::future::join_all(captures).await.iter().map(|reply| reply.expect(202)).collect();
    world.host.kill_9();
    world.host.start_again().await;
    for order in &captured {
        let found = world.hansen().get(&format!("/v1/orders/{}", text(order, "/reference"))).await.expect(200);
        assert_eq!(found["lines"][0]["sku"], "NW-1017");
    }
    world.backend.start_again().await;
    for order in &captured {
        until_order(&world.hansen(), text(order, "/reference"), "confirmed", has_number).await;
    }
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn a_transfer_that_waits_does_not_keep_the_host_from_ending() {
    let mut world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.stop().await;
    order(&world.hansen(), &checkout, "waits").await.expect(202);
    let start = std::time::Instant::now();
    assert_eq!(world.host.stop().await.code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(15), "took {:?}", start.elapsed());
}
