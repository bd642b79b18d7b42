//! Scenario 10: the back end is down at browse, cart, checkout, submit and history, under each mode; then it is well, and what waits goes in
//! order. And what operators see of it.

use ordergate_tests::{PLIERS, World, eventually, items, line, order, seal, text};
use serde_json::{Value, json};

use super::{TAPE, check_out, confirmed, falls_sick, looks_at, world};

async fn is_degraded(world: &World, operation: &str) -> bool {
    let list = world.host.operator().get("/ops/v1/degraded").await.expect(200);
    let of = |item: &&Value| item["store"] == "main" && item["operation"] == operation;
    items(&list).iter().find(of).expect("it is listed")["degraded"] == true
}

/// What a customer meets everywhere while the back end is down, and that three orders of one customer arrive in their order.
async fn through_an_outage(mode: &str, checkout_status: u16) {
    let submit = if mode == "list-price" { "block" } else { mode };
    let world = world(mode, submit).await;
    let customer = world.hansen();
    let stock = customer.get(&format!("/v1/availability/{TAPE}")).await.expect(200);
    let price = looks_at(&customer, TAPE, "5").await;
    looks_at(&customer, PLIERS, "1").await;
    let (first, second) = (seal(&customer, PLIERS, "1").await, seal(&customer, PLIERS, "2").await);
    customer.get("/v1/orders").await.expect(200);
    assert!(!is_degraded(&world, "checkout").await);
    falls_sick(&world).await;
    // Browse and cart: what is known.
    let shown = customer.get(&format!("/v1/availability/{TAPE}")).await.expect(200);
    assert_eq!(shown["available"], stock["available"], "{mode}");
    let query = json!({"items": [{"sku": TAPE, "quantity": {"value": "5"}}], "purpose": "cart"});
    let shown = customer.post("/v1/offer-prices:query", &query).await.expect(200);
    assert_eq!(shown["items"][0]["price"]["unit_price"], price["unit_price"], "{mode}: {shown:#}");
    // Checkout: by the mode.
    let reply = check_out(&customer, &[line("1", TAPE, "5")]).await;
    assert!(reply.status == checkout_status || (checkout_status == 503 && reply.status == 504), "{mode}: {reply}");
    // Submit: a checkout that is good is ordered under every mode.
    let mut captured = Vec::new();
    for (key, checkout) in [("first", &first), ("second", &second)] {
        captured.push(order(&customer, checkout, key).await.expect(202));
    }
    if checkout_status == 201 {
        captured.push(order(&customer, &reply.json(), "third").await.expect(202));
    }
    // History: the last known list with its age, and ours.
    let history = eventually("the list is the last known one", async || {
        let list = customer.get("/v1/orders?limit=100").await.expect(200);
        (text(&list, "/source") == "stale").then_some(list)
    })
    .await;
    for order in &captured {
        let is_it = |item: &&Value| item["reference"] == order["reference"];
        assert_eq!(items(&history).iter().filter(is_it).count(), 1, "{mode}");
    }
    assert!(items(&history).len() > captured.len(), "the others are there as well");
    world.backend.no_faults().await;
    let mut numbers = Vec::new();
    for order in &captured {
        numbers.push(text(&confirmed(&customer, order).await, "/number").to_owned());
    }
    assert!(numbers.is_sorted(), "{mode}: oldest first: {numbers:?}");
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn scenario_10_block() {
    through_an_outage("block", 503).await;
}

#[tokio::test]
async fn scenario_10_accept_cached() {
    through_an_outage("accept-cached", 201).await;
}

#[tokio::test]
async fn scenario_10_accept_reprice() {
    through_an_outage("accept-reprice", 201).await;
}

#[tokio::test]
async fn scenario_10_list_price() {
    through_an_outage("list-price", 201).await;
}

#[tokio::test]
async fn c6_a_mode_is_entered_and_left_by_the_breaker_and_operators_see_it() {
    let world = world("accept-cached", "block").await;
    looks_at(&world.hansen(), TAPE, "5").await;
    let gauge = async || world.host.metric("ordergate_degraded", &["store=\"main\"", "operation=\"checkout\""]).await;
    eventually("the gauge is there", async || {
        world.host.ops().get("/metrics").await.text().contains("ordergate_degraded{").then_some(())
    })
    .await;
    assert_eq!(gauge().await, 0.0);
    falls_sick(&world).await;
    eventually("the breaker is open", async || {
        check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201);
        is_degraded(&world, "checkout").await.then_some(())
    })
    .await;
    let list = world.host.operator().get("/ops/v1/degraded").await.expect(200);
    let checkout = items(&list).iter().find(|item| item["operation"] == "checkout").unwrap();
    assert_eq!((text(checkout, "/mode"), text(checkout, "/adapter")), ("accept-cached", "nordwind"), "{list:#}");
    assert!(checkout["since"].is_string() && !checkout["sick"].as_array().unwrap().is_empty(), "{list:#}");
    eventually("it is counted", async || (gauge().await == 1.0).then_some(())).await;
    let entered = world.host.metric("ordergate_degraded_entered_total", &["operation=\"checkout\""]).await;
    assert!(entered >= 1.0);
    world.host.logged("goes without its back end from now on").await;
    // The breaker turns calls away: the answer is at once, and the same.
    check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201);
    world.backend.no_faults().await;
    eventually("the mode is left", async || {
        let reply = check_out(&world.hansen(), &[line("1", TAPE, "5")]).await;
        let is_live = reply.status == 201 && reply.json()["provisional"].is_null();
        (is_live && !is_degraded(&world, "checkout").await).then_some(())
    })
    .await;
    eventually("the gauge is down", async || (gauge().await == 0.0).then_some(())).await;
    world.host.logged("has its back end again").await;
}
