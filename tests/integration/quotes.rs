//! Quotes: asked, offered, accepted or not (rules Q1 to Q5).

use ordergate_tests::{PLIERS, Reply, World, eventually, items, money, text, until_order, until_quote};
use rust_decimal::Decimal;
use serde_json::{Value, json};

async fn request(world: &World, key: &str) -> Reply {
    let lines = json!([{"id": "1", "sku": PLIERS, "quantity": {"value": "100"}, "wished_price": money("19.00")}]);
    world.hansen().capture("/v1/quotes", key, &json!({"lines": lines, "purchase_order": "RFQ-1"})).await
}

/// A quote that the sales desk has offered.
async fn offered(world: &World) -> Value {
    let quote = request(world, "request").await.expect(202);
    let reference = text(&quote, "/reference");
    until_quote(&world.hansen(), reference, "with the sales desk", |quote| quote["number"].is_string()).await;
    world.backend.answer_quotes().await;
    until_quote(&world.hansen(), reference, "offered", |quote| quote["status"] == "offered").await
}

async fn act(world: &World, quote: &Value, action: &str, body: Value) -> Reply {
    world.hansen().capture(&format!("/v1/quotes/{}/{action}", text(quote, "/reference")), action, &body).await
}

async fn counter(world: &World, offer: &Value, wish: &str) -> Reply {
    let lines = json!([{"id": "1", "sku": PLIERS, "quantity": {"value": "100"}, "wished_price": money(wish)}]);
    act(world, offer, "counter", json!({"revision": "1", "lines": lines, "notes": []})).await
}

fn price(document: &Value) -> Decimal {
    text(document, "/lines/0/unit_price/amount").parse().unwrap()
}

#[tokio::test]
async fn a_quote_is_taken_with_a_reference_and_reaches_the_sales_desk() {
    let world = World::start().await;
    let reply = request(&world, "request").await;
    let quote = reply.expect(202);
    let reference = text(&quote, "/reference");
    assert!(reference.len() == 27 && reference.starts_with('Q'), "{reference}");
    assert!(reply.header("location").is_some_and(|place| place.ends_with(&format!("/v1/quotes/{reference}"))));
    assert_eq!(text(&quote, "/status"), "requested");
    let there = until_quote(&world.hansen(), reference, "with the sales desk", |quote| quote["number"].is_string()).await;
    assert_eq!(there["allowed_actions"], json!(["withdraw"]), "{there:#}");
}

#[tokio::test]
async fn an_offer_tells_revision_price_and_last_day() {
    let world = World::start().await;
    let offer = offered(&world).await;
    assert_eq!(text(&offer, "/revision"), "1");
    assert!(price(&offer) > Decimal::ZERO);
    assert_eq!(text(&offer, "/valid_until").len(), "2026-12-06".len(), "a day: {offer:#}");
    // Q1: the offer holds to the end of that day where the seller is, so until 23:00 UTC (22:00 in summer) in Berlin.
    let end: jiff::Timestamp = text(&offer, "/expires_at").parse().unwrap();
    let there = end.to_zoned(jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
    assert_eq!((there.hour(), there.minute()), (0, 0), "the first instant after the last day: {there}");
    assert_eq!(offer["allowed_actions"], json!(["accept", "decline", "counter"]));
}

#[tokio::test]
async fn q3_an_accepted_quote_becomes_an_order_at_the_offered_price() {
    let world = World::start().await;
    let offer = offered(&world).await;
    world.backend.set_price(PLIERS, "99.00").await;
    let order =
        act(&world, &offer, "accept", json!({"revision": text(&offer, "/revision"), "purchase_order": "PO-9"})).await.expect(202);
    let reference = text(&order, "/reference");
    assert!(reference.starts_with('O'), "{order:#}");
    let confirmed = until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!(text(&there[0], "/positions/0/net").parse::<Decimal>().unwrap(), price(&offer));
    let quote = until_quote(&world.hansen(), text(&offer, "/reference"), "ordered", |quote| quote["status"] == "ordered").await;
    assert_eq!(text(&quote, "/order_number"), text(&confirmed, "/number"));
    assert_eq!(quote["allowed_actions"], json!([]), "q4: an ordered quote is final");
}

#[tokio::test]
async fn q2_accepting_names_the_revision_and_a_stale_one_is_refused() {
    let world = World::start().await;
    let offer = offered(&world).await;
    act(&world, &offer, "accept", json!({"revision": "0"})).await.expect_problem(409, "revision_stale");
    act(&world, &offer, "accept", json!({})).await.expect_problem(422, "invalid_request");
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
}

#[tokio::test]
async fn q2_a_counter_offer_is_answered_with_a_new_revision() {
    let world = World::start().await;
    let offer = offered(&world).await;
    counter(&world, &offer, "18.00").await.expect(202);
    let reference = text(&offer, "/reference");
    until_quote(&world.hansen(), reference, "countered", |quote| quote["status"] == "countered" || quote["raw_status"] == "CTR")
        .await;
    world.backend.answer_quotes().await;
    let next = until_quote(&world.hansen(), reference, "offered anew", |quote| quote["revision"] == "2").await;
    assert!(price(&next) < price(&offer), "{next:#}");
    act(&world, &next, "accept", json!({"revision": "1"})).await.expect_problem(409, "revision_stale");
}

#[tokio::test]
async fn q2_a_counter_offer_that_waited_while_the_seller_offered_anew_is_not_sent() {
    let world = World::start().await;
    let offer = offered(&world).await;
    world.backend.disturb("POST", "/api/rfqs", "refuse-503", None).await;
    let second = text(&counter(&world, &offer, "17.00").await.expect(202), "/reference").to_owned();
    let act = json!({"actor": "anna", "reason": "what is meant?", "code": "manual"});
    eventually("it is held", async || {
        let held = world.host.operator().post(&format!("/ops/v1/orders/{second}/hold"), &act).await;
        held.status.is_success().then_some(())
    })
    .await;
    world.backend.no_faults().await;
    // Meanwhile the customer counters by telephone, and the seller offers anew.
    let positions = json!([{"article": PLIERS, "qty": "100", "wish": "18.00"}]);
    let by_telephone = json!({"customer": "C-1001", "counters": text(&offer, "/number"), "positions": positions});
    world.backend.client().post("/api/rfqs", &by_telephone).await;
    eventually("it is offered anew", async || {
        world.backend.answer_quotes().await;
        let quote = world.hansen().get(&format!("/v1/quotes/{}", text(&offer, "/reference"))).await.expect(200);
        (quote["revision"] == "2").then_some(())
    })
    .await;
    world.host.operator().post(&format!("/ops/v1/orders/{second}/release"), &act).await.expect(200);
    let refused = until_quote(&world.hansen(), &second, "refused", |quote| quote["transfer"]["state"] == "rejected").await;
    assert!(text(&refused, "/transfer/message").contains("revision 2 by now"), "{refused:#}");
    let quote = world.hansen().get(&format!("/v1/quotes/{}", text(&offer, "/reference"))).await.expect(200);
    assert_eq!((text(&quote, "/revision"), text(&quote, "/status")), ("2", "offered"));
    assert_eq!(quote["allowed_actions"], json!(["accept", "decline", "counter"]), "what was not sent is in nobody's way");
}

#[tokio::test]
async fn t11_a_quote_is_not_linked_to_another_one_of_the_customer() {
    let world = World::with(|config| config.set("transfer.max_attempts", "1")).await;
    let first = offered(&world).await;
    world.backend.disturb("POST", "/api/rfqs", "error-500", None).await;
    let second = request(&world, "second").await.expect(202);
    let reference = text(&second, "/reference");
    until_quote(&world.hansen(), reference, "parked", |quote| quote["transfer"]["state"] == "parked").await;
    for unchecked in [false, true] {
        let act = json!({"actor": "anna", "reason": "it is there", "number": first["number"], "unchecked": unchecked});
        let refused = world.host.operator().post(&format!("/ops/v1/orders/{reference}/link"), &act).await;
        assert!(matches!(refused.status.as_u16(), 409 | 422) && refused.text().contains(text(&first, "/reference")), "{refused}");
    }
}

#[tokio::test]
async fn q5_while_an_acceptance_waits_nothing_else_can_be_done_with_the_quote() {
    let world = World::start().await;
    let offer = offered(&world).await;
    let (number, path) = (text(&offer, "/number"), format!("/v1/quotes/{}", text(&offer, "/reference")));
    world.backend.disturb("POST", "/api/rfqs", "refuse-503", None).await;
    let order = act(&world, &offer, "accept", json!({"revision": "1"})).await.expect(202);
    let shown = world.hansen().get(&path).await.expect(200);
    assert_eq!((text(&shown, "/status"), text(&shown, "/pending_operation")), ("offered", "accept-quote"), "{shown:#}");
    assert_eq!(shown["allowed_actions"], json!([]));
    let listed = world.hansen().get("/v1/quotes").await.expect(200);
    let listed = items(&listed).iter().find(|quote| quote["number"] == number).unwrap();
    assert_eq!(text(listed, "/pending_operation"), "accept-quote");
    let decline = json!({"revision": "1", "reason": "too dear"});
    let refused = world.hansen().capture(&format!("/v1/quotes/{number}/decline"), "no", &decline).await;
    let refused = refused.expect_problem(409, "action_not_allowed");
    assert!(text(&refused, "/detail").contains(&format!("accept-quote of it ({})", text(&order, "/reference"))), "{refused:#}");
    counter(&world, &offer, "18.00").await.expect_problem(409, "action_not_allowed");
    world.backend.no_faults().await;
    until_order(&world.hansen(), text(&order, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let quote = until_quote(&world.hansen(), text(&offer, "/reference"), "ordered", |quote| quote["status"] == "ordered").await;
    assert_eq!(quote["allowed_actions"], json!([]), "{quote:#}");
}

#[tokio::test]
async fn q5_what_is_decided_while_another_decision_goes_through_is_refused() {
    let world = World::with(|config| config.set("stores.main.read_deadline_ms", "20000")).await;
    let offer = offered(&world).await;
    let path = format!("/v1/quotes/{}", text(&offer, "/number"));
    // The reading of the second takes so long that the first is through before it has ended.
    let late = json!({"method": "GET", "path_prefix": "/api/rfqs/", "fault": "late-reply", "times": 1, "pause_ms": 4_000});
    world.backend.faults(&json!({"rules": [late]})).await;
    world.backend.count_from_zero().await;
    let customer = world.hansen();
    let decline = json!({"revision": "1", "reason": "too dear"});
    let declined = format!("{path}/decline");
    let (late, ()) = tokio::join!(customer.capture(&declined, "second", &decline), async {
        eventually("the second is reading", async || (world.backend.requests("GET /api/rfqs/{no}").await > 0).then_some(()))
            .await;
        let order = customer.capture(&format!("{path}/accept"), "first", &json!({"revision": "1"})).await.expect(202);
        until_order(&customer, text(&order, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    });
    late.expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn a_quote_that_cannot_be_read_is_not_decided_now_and_the_customer_is_told_to_come_back() {
    let world = World::start().await;
    let offer = offered(&world).await;
    world.backend.disturb("GET", "/api/rfqs", "refuse-503", None).await;
    let refused = act(&world, &offer, "accept", json!({"revision": "1"})).await;
    let problem = refused.expect_problem(503, "backend_unavailable");
    assert_eq!(problem["retryable"], true, "{problem:#}");
    world.backend.no_faults().await;
    act(&world, &offer, "accept", json!({"revision": "1"})).await.expect(202);
}

#[tokio::test]
async fn a_declined_quote_is_final() {
    let world = World::start().await;
    let offer = offered(&world).await;
    act(&world, &offer, "decline", json!({"revision": "1", "reason": "too expensive"})).await.expect(202);
    let declined =
        until_quote(&world.hansen(), text(&offer, "/reference"), "declined", |quote| quote["status"] == "declined").await;
    assert_eq!(declined["allowed_actions"], json!([]));
    act(&world, &offer, "accept", json!({"revision": "1"})).await.expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn a_request_can_be_withdrawn_before_it_is_answered() {
    let world = World::start().await;
    let quote = request(&world, "request").await.expect(202);
    let reference = text(&quote, "/reference");
    until_quote(&world.hansen(), reference, "with the sales desk", |quote| quote["number"].is_string()).await;
    act(&world, &quote, "withdraw", json!({"reason": "not needed"})).await.expect(202);
    until_quote(&world.hansen(), reference, "withdrawn", |quote| quote["status"] == "withdrawn").await;
    world.backend.answer_quotes().await;
    let still = world.hansen().get(&format!("/v1/quotes/{reference}")).await.expect(200);
    assert_eq!(text(&still, "/status"), "withdrawn");
}

#[tokio::test]
async fn q1_an_offer_expires_after_its_last_day() {
    let world = World::start().await;
    let offer = offered(&world).await;
    let later = json!({"ahead_secs": 16 * 24 * 3600});
    world.backend.client().put("/control/clock", &later).await.expect(200);
    let expired = until_quote(&world.hansen(), text(&offer, "/reference"), "expired", |quote| quote["status"] == "expired").await;
    assert_eq!(expired["allowed_actions"], json!([]));
}

#[tokio::test]
async fn quotes_of_other_customers_are_not_found() {
    let world = World::start().await;
    let offer = offered(&world).await;
    for id in [text(&offer, "/reference"), text(&offer, "/number")] {
        world.bauer().get(&format!("/v1/quotes/{id}")).await.expect_problem(404, "not_found");
        let reply = world.bauer().capture(&format!("/v1/quotes/{id}/accept"), "theft", &json!({"revision": "1"})).await;
        reply.expect_problem(404, "not_found");
    }
    let list = world.hansen().get("/v1/quotes").await.expect(200);
    assert!(list.to_string().contains(text(&offer, "/reference")));
}

#[tokio::test]
async fn t1_a_quote_request_survives_the_host_and_waits_for_the_back_end() {
    let mut world = World::start().await;
    world.backend.stop().await;
    let quote = request(&world, "request").await.expect(202);
    world.host.kill_9();
    world.host.start_again().await;
    world.backend.start_again().await;
    until_quote(&world.hansen(), text(&quote, "/reference"), "with the sales desk", |quote| quote["number"].is_string()).await;
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn t4_a_quote_request_is_there_once_when_the_reply_is_lost() {
    let world = World::start().await;
    world.backend.disturb("POST", "/api/rfqs", "reply-lost", Some(1)).await;
    let quote = request(&world, "request").await.expect(202);
    until_quote(&world.hansen(), text(&quote, "/reference"), "with the sales desk", |quote| quote["number"].is_string()).await;
    let stats = world.backend.stats().await;
    assert_eq!((&stats["rfqs_taken"], &stats["duplicates"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn t4_an_acceptance_orders_once_when_the_reply_is_lost() {
    let world = World::start().await;
    let offer = offered(&world).await;
    world.backend.disturb("POST", "/api/rfqs/", "reply-lost", Some(1)).await;
    let order = act(&world, &offer, "accept", json!({"revision": "1"})).await.expect(202);
    until_order(&world.hansen(), text(&order, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let stats = world.backend.stats().await;
    assert_eq!((&stats["orders_taken"], &stats["duplicates"]), (&json!(1), &json!([])));
}
