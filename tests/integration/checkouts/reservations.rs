//! Stock that is held for checkouts (rule C4): extended once, and given back when nobody orders, also when the back end is down just then.

use ordergate_tests::{HostConfig, PLIERS, World, demo_profile, eventually, order, seal, text, until_order};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{free_in_backend, order_with};

const VISE: &str = "NW-1020";

/// Seals live for a second; what is held for them is given back so many seconds later.
fn short(config: HostConfig, release_after_secs: &str) -> HostConfig {
    config.set("stores.main.seal_secs", "1").set("stores.main.release_after_secs", release_after_secs)
}

async fn until_expired(checkout: &Value) {
    let end: jiff::Timestamp = text(checkout, "/expires_at").parse().unwrap();
    eventually("the seal has expired", async || (jiff::Timestamp::now() > end).then_some(())).await;
}

async fn until_free(world: &World, free: Decimal) {
    eventually("the stock is free", async || (free_in_backend(world, VISE).await == free).then_some(())).await;
}

/// Tries an order until the price rose again, without ever agreeing: each try checks the expired seal again.
async fn try_without_consent(world: &World, checkout: &Value, key: &str, list: &str) {
    world.backend.set_price(VISE, list).await;
    order(&world.hansen(), checkout, key).await.expect_problem(409, "price_changed");
}

#[tokio::test]
async fn c4_the_stock_of_a_checkout_that_nobody_orders_is_given_back_after_its_time() {
    let world = World::with(|config| short(config, "0")).await;
    let before = free_in_backend(&world, VISE).await;
    let checkout = seal(&world.hansen(), VISE, "2").await;
    assert_eq!(free_in_backend(&world, VISE).await, before - Decimal::TWO);
    // The back end itself would hold it for a minute.
    until_free(&world, before).await;
    assert_eq!(world.backend.requests("DELETE /api/reservations/{id}").await, 1);
    let again = world.hansen().get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect(200);
    assert_eq!(again["reservation"], Value::Null, "{again:#}");
    // It can still be ordered: the stock is held anew.
    order(&world.hansen(), &checkout, "late").await.expect(202);
    assert_eq!(world.backend.requests("POST /api/reservations").await, 2);
}

#[tokio::test]
async fn c4_an_abandoned_checkout_gives_its_stock_back_also_after_an_outage_and_a_crash() {
    let mut world = World::with(|config| config.set("adapters.nordwind.breaker.heartbeat_secs", "1")).await;
    let before = free_in_backend(&world, VISE).await;
    let checkout = seal(&world.hansen(), VISE, "2").await;
    world.backend.disturb("DELETE", "/api/reservations", "refuse-503", None).await;
    let reply = world.hansen().delete(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await;
    assert_eq!(reply.status, 204, "{reply}");
    world.host.kill_9();
    world.host.start_again().await;
    assert_eq!(free_in_backend(&world, VISE).await, before - Decimal::TWO);
    world.backend.no_faults().await;
    until_free(&world, before).await;
}

#[tokio::test]
async fn c4_a_reservation_is_extended_once() {
    let world = World::with(|config| short(config, "600")).await;
    let checkout = seal(&world.hansen(), VISE, "2").await;
    until_expired(&checkout).await;
    try_without_consent(&world, &checkout, "one", "260.00").await;
    let path = format!("/v1/checkouts/{}", text(&checkout, "/id"));
    let extended = world.hansen().get(&path).await.expect(200);
    assert_eq!(extended["reservation"]["id"], checkout["reservation"]["id"]);
    assert_eq!(world.backend.requests("PUT /api/reservations/{id}").await, 1);
    until_expired(&extended).await;
    try_without_consent(&world, &checkout, "two", "270.00").await;
    let kept = world.hansen().get(&path).await.expect(200);
    assert_eq!(kept["reservation"], extended["reservation"], "it is not extended a second time");
    assert_eq!(world.backend.requests("PUT /api/reservations/{id}").await, 1);
}

#[tokio::test]
async fn c4_a_reservation_that_ended_early_does_not_block_a_submit() {
    let world = World::with(|config| short(config, "600")).await;
    let checkout = seal(&world.hansen(), VISE, "2").await;
    world.backend.client().delete(&format!("/api/reservations/{}", text(&checkout, "/reservation/id"))).await.expect(204);
    until_expired(&checkout).await;
    order(&world.hansen(), &checkout, "late").await.expect(202);
    assert_eq!(world.backend.requests("POST /api/reservations").await, 2, "it was held again");
}

#[tokio::test]
async fn c4_a_reservation_that_has_ended_is_not_named_with_the_order() {
    // By what the back end said it ended long ago; that it is there all the same shows who named it.
    let ended = "response = '{id, expires_at: \"2026-01-01T00:00:00Z\"}'";
    let profile = std::fs::read_to_string(demo_profile()).unwrap().replace("response = \"{id, expires_at: .until}\"", ended);
    assert!(profile.contains(ended));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("profile.toml");
    std::fs::write(&file, profile).unwrap();
    let world = World::with(|config| config.set("adapters.nordwind.settings_file", &format!("{file:?}"))).await;
    let before = free_in_backend(&world, PLIERS).await;
    let checkout = seal(&world.hansen(), PLIERS, "20").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let free = free_in_backend(&world, PLIERS).await;
    assert_eq!(before - free, Decimal::from(40), "20 are booked, and the reservation that was not named still holds 20");
}

#[tokio::test]
async fn c4_nothing_is_held_where_the_store_does_not_want_it() {
    let world = World::with(|config| config.set("stores.main.reserve", "false")).await;
    let checkout = seal(&world.hansen(), VISE, "2").await;
    assert_eq!(checkout["reservation"], Value::Null);
    order(&world.hansen(), &checkout, "one").await.expect(202);
    assert_eq!(world.backend.requests("POST /api/reservations").await, 0);
}

#[tokio::test]
async fn c3_consent_is_to_what_was_shown_and_a_price_that_rose_further_since_asks_again() {
    let world = World::with(|config| short(config, "600")).await;
    let checkout = seal(&world.hansen(), VISE, "1").await;
    until_expired(&checkout).await;
    try_without_consent(&world, &checkout, "one", "260.00").await;
    let shown = world.hansen().get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect(200);
    until_expired(&shown).await;
    world.backend.set_price(VISE, "270.00").await;
    let consent = json!({"consent": true});
    let refused = order_with(&world.hansen(), &checkout, "two", consent.clone()).await.expect_problem(409, "price_changed");
    assert!(refused["payable"]["amount"].as_str().unwrap() > text(&shown, "/totals/payable/amount"), "{refused:#}");
    order_with(&world.hansen(), &checkout, "three", consent).await.expect(202);
}

#[tokio::test]
async fn c3_the_policy_may_ask_no_consent_at_all() {
    let world = World::with(|config| short(config, "600").set("stores.main.consent", "\"none\"")).await;
    let checkout = seal(&world.hansen(), VISE, "1").await;
    until_expired(&checkout).await;
    world.backend.set_price(VISE, "299.00").await;
    order(&world.hansen(), &checkout, "dearer").await.expect(202);
}
