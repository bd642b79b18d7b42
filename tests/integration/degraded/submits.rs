//! Orders whose checkout has to be checked again, and hosts that die, while the back end is down or just well again.

use ordergate_tests::{World, eventually, line, order, seal, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    TAPE, amount, check_out, confirmed, falls_sick, in_backend, is_well_again_at, ordered_in_an_outage, parked,
    sealed_in_an_outage, with, world,
};

/// A checkout that was sealed live and has expired, and a back end that has fallen sick since.
async fn expired_in_an_outage(submit: &str) -> (World, Value) {
    let world = with("block", submit, |config| config.set("stores.main.seal_secs", "1")).await;
    let checkout = seal(&world.hansen(), TAPE, "5").await;
    let end: jiff::Timestamp = text(&checkout, "/expires_at").parse().unwrap();
    eventually("the seal has expired", async || (jiff::Timestamp::now() > end).then_some(())).await;
    falls_sick(&world).await;
    (world, checkout)
}

#[tokio::test]
async fn c6_by_default_an_expired_checkout_is_not_ordered_without_the_back_end() {
    let (world, checkout) = expired_in_an_outage("block").await;
    let reply = order(&world.hansen(), &checkout, "one").await;
    assert!(matches!(reply.status.as_u16(), 503 | 504), "{reply}");
    world.backend.no_faults().await;
    let captured = eventually("the back end is well", async || {
        let reply = order(&world.hansen(), &checkout, "two").await;
        (reply.status == 202).then(|| reply.json())
    })
    .await;
    confirmed(&world.hansen(), &captured).await;
}

#[tokio::test]
async fn c6_an_expired_checkout_is_ordered_at_its_own_amounts_where_the_mode_says_so() {
    let (world, checkout) = expired_in_an_outage("accept-cached").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    assert_eq!(text(&captured, "/provisional/basis"), "sealed", "{captured:#}");
    assert_eq!(text(&captured, "/provisional/amounts"), "payable", "taxes and charges were calculated");
    assert_eq!(captured["totals"], checkout["totals"]);
    world.backend.no_faults().await;
    let order = confirmed(&world.hansen(), &captured).await;
    assert_eq!(amount(&in_backend(&world, &order).await, "/total"), amount(&checkout, "/totals/payable/amount"));
}

#[tokio::test]
async fn c6_an_expired_checkout_that_became_too_dear_meanwhile_goes_to_the_desk() {
    let (world, checkout) = expired_in_an_outage("accept-reprice").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    is_well_again_at(&world, "14.80").await;
    let shown = parked(&world.hansen(), &captured).await;
    assert_eq!(shown["provisional"]["agreed"], checkout["totals"]["payable"]);
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
}

#[tokio::test]
async fn c6_a_provisional_checkout_is_checked_live_at_submit_when_the_back_end_is_well_again() {
    let world = world("accept-cached", "block").await;
    let checkout = sealed_in_an_outage(&world).await;
    is_well_again_at(&world, "14.80").await;
    // Live again: another cart of the same customer is sealed without a word about a mode.
    eventually("checkouts are live", async || {
        let reply = check_out(&world.hansen(), &[line("1", "NW-1050", "1")]).await;
        (reply.status == 201 && reply.json()["provisional"].is_null()).then_some(())
    })
    .await;
    let refused = order(&world.hansen(), &checkout, "one").await.expect_problem(409, "price_changed");
    assert_eq!(text(&refused, "/differences/0/line"), "1", "{refused:#}");
    let body = json!({"checkout": text(&checkout, "/id"), "consent": true});
    let captured = world.hansen().capture("/v1/orders", "agreed", &body).await.expect(202);
    assert_eq!(captured["provisional"], Value::Null, "{captured:#}");
    let order = confirmed(&world.hansen(), &captured).await;
    assert_eq!(amount(&in_backend(&world, &order).await, "/total"), amount(&refused, "/payable/amount"));
}

#[tokio::test]
async fn c6_a_checkout_is_live_though_its_stock_cannot_be_held() {
    let world = world("accept-cached", "block").await;
    world.backend.disturb("POST", "/api/reservations", "refuse-503", None).await;
    let checkout = check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201);
    assert_eq!((&checkout["provisional"], &checkout["reservation"]), (&Value::Null, &Value::Null), "{checkout:#}");
    assert!(amount(&checkout, "/totals/payable/amount") > Decimal::ZERO);
}

#[tokio::test]
async fn c6_a_host_that_dies_between_pricing_and_sending_sends_the_order_once_at_the_settled_price() {
    let mut world = with("accept-reprice", "block", |config| config.env("ORDERGATE_FAILPOINT", "after-price")).await;
    let captured = ordered_in_an_outage(&world).await;
    is_well_again_at(&world, "13.20").await;
    let ended = world.host.ended().await;
    assert_ne!(ended.code, Some(0), "the host died");
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
    world.host.reconfigure(|config| config.without_env("ORDERGATE_FAILPOINT"));
    world.host.start_again().await;
    let order = confirmed(&world.hansen(), &captured).await;
    assert_eq!(amount(&in_backend(&world, &order).await, "/goods"), amount(&order, "/provisional/asked/amount"));
    world.backend.assert_nothing_doubled().await;
}
