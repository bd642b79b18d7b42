//! Checkout and seal (rules C1 to C5).

mod amounts;
mod reservations;
mod several;

use ordergate_tests::{Client, PLIERS, World, eventually, line, money, order, seal, text, until_order};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn amount(document: &Value, pointer: &str) -> Decimal {
    text(document, pointer).parse().unwrap()
}

async fn free_in_backend(world: &World, article: &str) -> Decimal {
    let answer = world.backend.client().get(&format!("/api/stock?sku={article}")).await.expect(200);
    amount(&answer, "/stock/0/free")
}

async fn order_with(customer: &Client, checkout: &Value, key: &str, more: Value) -> ordergate_tests::Reply {
    let mut body = json!({"checkout": text(checkout, "/id")});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    customer.capture("/v1/orders", key, &body).await
}

#[tokio::test]
async fn c1_a_checkout_is_priced_live_and_its_sums_add_up() {
    let world = World::start().await;
    let body = json!({"lines": [line("1", PLIERS, "20"), line("2", "NW-1050", "3")]});
    let reply = world.hansen().post("/v1/checkouts", &body).await;
    let checkout = reply.expect(201);
    assert_eq!(reply.header("cache-control"), Some("no-store"), "totals are never cached");
    assert_eq!(text(&checkout, "/account"), "C-1001");
    let lines: Decimal = checkout["lines"].as_array().unwrap().iter().map(|line| amount(line, "/amount/amount")).sum();
    assert_eq!(lines, amount(&checkout, "/totals/lines/amount"));
    let sum = |name: &str| -> Decimal {
        checkout["totals"][name]
            .as_array()
            .map_or(Decimal::ZERO, |parts| parts.iter().map(|part| amount(part, "/amount/amount")).sum())
    };
    assert_eq!(lines + sum("charges") + sum("taxes"), amount(&checkout, "/totals/payable/amount"), "{checkout:#}");
    assert!(text(&checkout, "/expires_at") > text(&checkout, "/sealed_at"));
    let again = world.hansen().get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect(200);
    assert_eq!(again["totals"], checkout["totals"]);
}

#[tokio::test]
async fn c1_a_price_that_differs_from_the_one_seen_is_told_per_line() {
    let world = World::start().await;
    let seen =
        |price: &str| json!({"lines": [{"id": "a", "sku": PLIERS, "quantity": {"value": "2"}, "seen_price": money(price)}]});
    let checkout = world.hansen().post("/v1/checkouts", &seen("21.90")).await.expect(201);
    assert_eq!(checkout["differences"], json!([]), "21.90 is the price");
    let checkout = world.hansen().post("/v1/checkouts", &seen("19.99")).await.expect(201);
    assert_eq!(text(&checkout, "/differences/0/line"), "a");
    assert_eq!(amount(&checkout, "/differences/0/seen/amount"), Decimal::new(1999, 2));
    assert_eq!(amount(&checkout, "/differences/0/now/amount"), Decimal::new(2190, 2));
}

#[tokio::test]
async fn c2_an_order_that_contradicts_its_seal_is_refused_with_the_place() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "20").await;
    let contradictions = [
        (json!({"payable": money("1.00")}), "payable"),
        (json!({"lines": [{"id": "1", "quantity": {"value": "21"}}]}), "quantity"),
        (json!({"lines": [{"id": "1", "unit_price": money("0.01")}]}), "unit_price"),
        (json!({"lines": [{"id": "1", "amount": money("0.20")}]}), "amount"),
        (json!({"lines": [{"id": "1", "sku": "NW-1022"}]}), "sku"),
        (json!({"lines": [{"id": "no such line", "quantity": {"value": "1"}}]}), "lines"),
    ];
    for (index, (more, place)) in contradictions.into_iter().enumerate() {
        let reply = order_with(&world.hansen(), &checkout, &format!("contradiction-{index}"), more).await;
        let problem = reply.expect_problem(422, "checkout_contradicted");
        assert!(problem["errors"][0]["pointer"].as_str().is_some_and(|pointer| pointer.contains(place)), "{place}: {problem:#}");
    }
    let agreeing = json!({"payable": checkout["totals"]["payable"], "lines": [{"id": "1", "quantity": {"value": "20"}}]});
    order_with(&world.hansen(), &checkout, "agrees", agreeing).await.expect(202);
}

#[tokio::test]
async fn a_seal_is_good_for_one_order() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    order(&world.hansen(), &checkout, "first").await.expect(202);
    order(&world.hansen(), &checkout, "second").await.expect_problem(409, "checkout_used");
}

#[tokio::test]
async fn an_order_needs_a_seal_of_its_own_account() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    order(&world.bauer(), &checkout, "stolen").await.expect_problem(404, "checkout_unknown");
    world.bauer().get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect_problem(404, "checkout_unknown");
    let invented = json!({"id": "C0123456789ABCDEFGHJKMNPQRS"});
    order(&world.hansen(), &invented, "invented").await.expect_problem(404, "checkout_unknown");
    order(&world.hansen(), &checkout, "own").await.expect(202);
}

#[tokio::test]
async fn c4_a_checkout_holds_stock_until_it_is_abandoned() {
    let world = World::start().await;
    let before = free_in_backend(&world, "NW-1020").await;
    let checkout = seal(&world.hansen(), "NW-1020", "2").await;
    assert_eq!(free_in_backend(&world, "NW-1020").await, before - Decimal::TWO);
    let reply = world.hansen().delete(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await;
    assert_eq!(reply.status, 204, "{reply}");
    eventually("the stock is free again", async || (free_in_backend(&world, "NW-1020").await == before).then_some(())).await;
    order(&world.hansen(), &checkout, "abandoned").await.expect_problem(404, "checkout_unknown");
}

#[tokio::test]
async fn c4_a_checkout_that_fails_after_reserving_gives_the_stock_back() {
    let world = World::start().await;
    let before = free_in_backend(&world, "NW-1020").await;
    world.backend.disturb("POST", "/api/calculations", "garbage-json", None).await;
    let reply = world.hansen().post("/v1/checkouts", &json!({"lines": [line("1", "NW-1020", "2")]})).await;
    reply.expect_problem(502, "backend_invalid");
    assert_eq!(world.backend.requests("POST /api/reservations").await, 1, "it had reserved");
    eventually("the stock is free again", async || (free_in_backend(&world, "NW-1020").await == before).then_some(())).await;
}

#[tokio::test]
async fn c4_the_stock_of_a_refused_order_is_given_back() {
    let world = World::start().await;
    let blocked = world.host.caller("shop").with("x-account", "C-1009");
    let before = free_in_backend(&world, "NW-1020").await;
    let checkout = seal(&blocked, "NW-1020", "2").await;
    assert_eq!(free_in_backend(&world, "NW-1020").await, before - Decimal::TWO);
    let captured = order(&blocked.with("prefer", "wait=10"), &checkout, "blocked").await.expect(202);
    eventually("the stock is free again", async || (free_in_backend(&world, "NW-1020").await == before).then_some(())).await;
    let reference = text(&captured, "/reference");
    let refused = blocked.get(&format!("/v1/orders/{reference}")).await.expect(200);
    assert_eq!(text(&refused, "/transfer/state"), "rejected", "the order is what it was: {refused:#}");
    let released = async || {
        let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
        let release = dossier["transfers"].as_array()?.last()?.clone();
        (release["operation"] == "release-reservation" && release["state"] == "confirmed").then_some(())
    };
    eventually("the desk sees that it was released", released).await;
}

#[tokio::test]
async fn c4_the_stock_of_an_abandoned_order_is_given_back() {
    let world = World::with(|config| config.set("transfer.max_attempts", "1")).await;
    let before = free_in_backend(&world, "NW-1020").await;
    let checkout = seal(&world.hansen(), "NW-1020", "2").await;
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    assert_eq!(free_in_backend(&world, "NW-1020").await, before - Decimal::TWO, "a parked order may still be sent");
    let act = json!({"actor": "anna", "reason": "the customer ordered elsewhere"});
    let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/abandon"), &act).await;
    assert!(reply.status.is_success(), "{reply}");
    eventually("the stock is free again", async || (free_in_backend(&world, "NW-1020").await == before).then_some(())).await;
}

#[tokio::test]
async fn a_shortage_at_checkout_names_its_line() {
    let world = World::start().await;
    let body = json!({"lines": [line("1", PLIERS, "2"), line("2", "NW-1020", "500")]});
    let reply = world.hansen().post("/v1/checkouts", &body).await;
    let problem = reply.expect_problem(422, "backend_rejected");
    let place = body.pointer(text(&problem, "/errors/0/pointer"));
    assert_eq!(place, Some(&body["lines"][1]), "the pointer leads to the line that is short: {problem:#}");
}

#[tokio::test]
async fn without_the_back_end_nothing_is_sealed() {
    let mut world = World::start().await;
    world.backend.stop().await;
    let reply = world.hansen().post("/v1/checkouts", &json!({"lines": [line("1", PLIERS, "1")]})).await;
    assert_eq!(reply.expect_problem(503, "backend_unavailable")["retryable"], true);
}

/// A world whose seals expire after a second, and a seal that has.
async fn expired_seal(change: impl FnOnce(ordergate_tests::HostConfig) -> ordergate_tests::HostConfig) -> (World, Value) {
    let world = World::with(|config| change(config.set("stores.main.seal_secs", "1"))).await;
    let checkout = seal(&world.hansen(), "NW-1017", "5").await;
    let end: jiff::Timestamp = text(&checkout, "/expires_at").parse().unwrap();
    eventually("the seal has expired", async || (jiff::Timestamp::now() > end).then_some(())).await;
    (world, checkout)
}

#[tokio::test]
async fn c3_an_expired_seal_is_checked_again_and_passes_at_the_same_price() {
    let (world, checkout) = expired_seal(|config| config).await;
    let captured = order(&world.hansen(), &checkout, "late").await.expect(202);
    let confirmed =
        until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(text(&confirmed, "/reference")).await.len(), 1);
}

#[tokio::test]
async fn c3_a_price_that_rose_since_needs_consent() {
    let (world, checkout) = expired_seal(|config| config).await;
    world.backend.set_price("NW-1017", "14.80").await;
    let refused = order(&world.hansen(), &checkout, "no-consent").await.expect_problem(409, "price_changed");
    assert_eq!(refused["differences"][0]["line"], "1", "{refused:#}");
    let consent = order_with(&world.hansen(), &checkout, "consent", json!({"consent": true})).await.expect(202);
    let confirmed =
        until_order(&world.hansen(), text(&consent, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let there = &world.backend.orders_with_reference(text(&confirmed, "/reference")).await[0];
    assert!(amount(there, "/total") > amount(&checkout, "/totals/payable/amount"), "{there:#}");
}

#[tokio::test]
async fn c3_sending_it_again_is_no_consent() {
    let (mut world, checkout) = expired_seal(|config| config).await;
    world.backend.set_price("NW-1017", "14.80").await;
    // From here on seals are good for long, so that the second attempt meets the seal that the first one renewed.
    world.host.stop().await;
    world.host.reconfigure(|config| config.set("stores.main.seal_secs", "900"));
    world.host.start_again().await;
    for key in ["first", "second"] {
        order(&world.hansen(), &checkout, key).await.expect_problem(409, "price_changed");
    }
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
}

#[tokio::test]
async fn c3_a_price_that_fell_since_passes_on() {
    let (world, checkout) = expired_seal(|config| config).await;
    world.backend.set_price("NW-1017", "10.80").await;
    let captured = order(&world.hansen(), &checkout, "cheaper").await.expect(202);
    let confirmed =
        until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let there = &world.backend.orders_with_reference(text(&confirmed, "/reference")).await[0];
    assert!(amount(there, "/total") < amount(&checkout, "/totals/payable/amount"), "{there:#}");
}

#[tokio::test]
async fn c3_the_policy_may_ask_consent_for_any_change() {
    let (world, checkout) = expired_seal(|config| config.set("stores.main.consent", "\"any\"")).await;
    world.backend.set_price("NW-1017", "10.80").await;
    order(&world.hansen(), &checkout, "cheaper").await.expect_problem(409, "price_changed");
}
