//! Every order of a customer, from every channel (rules H1 to H3).

mod mixed_up;

use std::collections::BTreeSet;

use ordergate_tests::{Client, PLIERS, World, eventually, items, order, seal, text, until_order};
use serde_json::Value;

async fn list(customer: &Client, query: &str) -> Value {
    customer.get(&format!("/v1/orders{query}")).await.expect(200)
}

/// An order of C-1001 that the back end has confirmed.
async fn confirmed_order(world: &World) -> Value {
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await
}

#[tokio::test]
async fn h1_orders_of_every_channel_are_listed_once_newest_first() {
    let mut world = World::start().await;
    let confirmed = confirmed_order(&world).await;
    let by_telephone = world.backend.telephone_order("C-1001", "NW-1017").await;
    let waiting = seal(&world.hansen(), PLIERS, "1").await;
    let all = list(&world.hansen(), "?limit=100").await;
    assert_eq!(text(&all, "/source"), "live");
    world.backend.stop().await;
    let waiting = order(&world.hansen(), &waiting, "two").await.expect(202);
    let all = list(&world.hansen(), "?limit=100").await;
    let count = |name: &str, value: &str| items(&all).iter().filter(|order| order[name] == value).count();
    assert_eq!(count("reference", text(&confirmed, "/reference")), 1, "ours that is there: {all:#}");
    assert_eq!(count("number", &by_telephone), 1, "one by telephone: {all:#}");
    assert_eq!(count("reference", text(&waiting, "/reference")), 1, "ours that is not there yet: {all:#}");
    assert_eq!(count("account", "C-1001"), items(&all).len(), "nobody else's");
    let placed: Vec<_> = items(&all).iter().map(|order| text(order, "/placed_at").parse::<jiff::Timestamp>().unwrap()).collect();
    assert!(placed.windows(2).all(|pair| pair[0] >= pair[1]), "{placed:?}");
    let channels: BTreeSet<_> = items(&all).iter().filter_map(|order| order["channel"].as_str()).collect();
    assert!(channels.is_superset(&["web", "telephone", "counter", "edi"].into()), "{channels:?}");
}

#[tokio::test]
async fn h1_the_pages_of_a_list_hold_every_order_once() {
    let world = World::start().await;
    confirmed_order(&world).await;
    let all = list(&world.hansen(), "?limit=100").await;
    let expected: Vec<_> = items(&all).iter().map(|order| text(order, "/number").to_owned()).collect();
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..expected.len() + 2 {
        let page = list(&world.hansen(), &format!("?limit=2{cursor}")).await;
        assert!(items(&page).len() <= 2, "{page:#}");
        found.extend(items(&page).iter().map(|order| text(order, "/number").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn h1_a_cursor_goes_on_with_its_own_list_only_and_with_pages_of_the_same_length() {
    let world = World::start().await;
    let whole: Vec<_> = items(&list(&world.hansen(), "?limit=100").await).iter().map(|order| order["number"].clone()).collect();
    let first = list(&world.hansen(), "?limit=2").await;
    let cursor = text(&first, "/next_cursor");
    let second = list(&world.hansen(), &format!("?cursor={cursor}")).await;
    let numbers: Vec<_> = [&first, &second].into_iter().flat_map(items).map(|order| order["number"].clone()).collect();
    assert_eq!(numbers, whole[..4], "as many as on the page before");
    let other = world.hansen().get(&format!("/v1/orders?limit=50&cursor={cursor}")).await.expect_problem(422, "invalid_request");
    assert!(other.to_string().contains("must be 2, as on the page before"), "{other}");
    for path in ["/v1/quotes?", "/v1/orders?status=open&", "/v1/orders?q=a&", "/v1/orders?from=2026-01-01&"] {
        world.hansen().get(&format!("{path}cursor={cursor}")).await.expect_problem(422, "invalid_request");
    }
    world.host.caller("bauer").get(&format!("/v1/orders?cursor={cursor}")).await.expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn h1_a_list_can_be_narrowed_by_status_date_and_text() {
    let world = World::start().await;
    let cancelled = list(&world.hansen(), "?status=cancelled&limit=100").await;
    assert!(
        !items(&cancelled).is_empty() && items(&cancelled).iter().all(|order| order["status"] == "cancelled"),
        "{cancelled:#}"
    );
    let by_text = list(&world.hansen(), "?q=4500010388").await;
    assert_eq!(items(&by_text).len(), 1, "{by_text:#}");
    assert_eq!(text(&items(&by_text)[0], "/purchase_order"), "4500010388");
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(48);
    let day = yesterday.to_zoned(jiff::tz::TimeZone::UTC).date();
    let recent = list(&world.hansen(), &format!("?from={day}&limit=100")).await;
    let older = list(&world.hansen(), &format!("?to={}&limit=100", day.yesterday().unwrap())).await;
    let all = list(&world.hansen(), "?limit=100").await;
    assert_eq!(items(&recent).len() + items(&older).len(), items(&all).len());
    assert!(!items(&recent).is_empty() && !items(&older).is_empty());
}

#[tokio::test]
async fn h2_while_the_back_end_is_down_the_last_known_list_is_shown_with_its_age() {
    let mut world = World::start().await;
    let known = list(&world.hansen(), "?limit=100").await;
    world.backend.stop().await;
    let stale = list(&world.hansen(), "?limit=100").await;
    let as_of = |list: &Value| text(list, "/as_of").parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert_eq!((text(&stale, "/source"), as_of(&stale)), ("stale", as_of(&known)));
    assert_eq!(items(&stale).len(), items(&known).len());
}

#[tokio::test]
async fn h2_the_last_known_list_survives_the_host() {
    let mut world = World::start().await;
    let known = list(&world.hansen(), "?limit=100").await;
    world.backend.stop().await;
    world.host.kill_9();
    world.host.start_again().await;
    let stale = list(&world.hansen(), "?limit=100").await;
    assert_eq!((text(&stale, "/source"), items(&stale).len()), ("stale", items(&known).len()));
}

#[tokio::test]
async fn h2_when_nothing_is_remembered_what_was_captured_here_is_shown() {
    let mut world = World::start().await;
    let waiting = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.stop().await;
    let captured = order(&world.hansen(), &waiting, "one").await.expect(202);
    let shown = list(&world.hansen(), "").await;
    assert_eq!((text(&shown, "/source"), items(&shown).len()), ("stale", 1), "{shown:#}");
    assert_eq!(items(&shown)[0]["reference"], captured["reference"]);
    world.bauer().get("/v1/orders").await.expect_problem(503, "backend_unavailable");
}

#[tokio::test]
async fn h2_when_nothing_is_known_there_is_an_error_never_an_empty_list() {
    let mut world = World::start().await;
    world.backend.stop().await;
    world.hansen().get("/v1/orders").await.expect_problem(503, "backend_unavailable");
}

#[tokio::test]
async fn h3_a_foreign_order_that_the_back_end_returns_is_dropped_and_counted() {
    let world = World::start().await;
    let before = list(&world.hansen(), "?limit=100").await;
    world.backend.leak_foreign_documents().await;
    let leaking = world.backend.client().get("/api/orders?customer=C-1001").await.expect(200);
    assert!(items(&leaking).iter().any(|order| order["customer"] != "C-1001"), "the back end leaks: {leaking:#}");
    let after = list(&world.hansen(), "?limit=100").await;
    assert_eq!(items(&after).len(), items(&before).len());
    assert!(items(&after).iter().all(|order| order["account"] == "C-1001"), "{after:#}");
    eventually("the violation is counted", async || {
        (world.host.metric("ordergate_contract_violations_total", &[]).await >= 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn h3_the_order_of_another_customer_is_not_found() {
    let world = World::start().await;
    let number = world.backend.telephone_order("C-1002", "NW-1017").await;
    world.hansen().get(&format!("/v1/orders/{number}")).await.expect_problem(404, "not_found");
    world.bauer().get(&format!("/v1/orders/{number}")).await.expect(200);
    let ours = confirmed_order(&world).await;
    for id in [text(&ours, "/reference"), text(&ours, "/number")] {
        world.bauer().get(&format!("/v1/orders/{id}")).await.expect_problem(404, "not_found");
    }
    world.hansen().get("/v1/orders/SO-999999").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn h1_the_detail_is_live_and_the_same_by_reference_and_by_number() {
    let world = World::start().await;
    let ours = confirmed_order(&world).await;
    let by_reference = world.hansen().get(&format!("/v1/orders/{}", text(&ours, "/reference"))).await.expect(200);
    let by_number = world.hansen().get(&format!("/v1/orders/{}", text(&ours, "/number"))).await.expect(200);
    assert_eq!((text(&by_reference, "/source"), text(&by_number, "/source")), ("live", "live"));
    for field in ["reference", "number", "status", "lines", "totals", "placed_at"] {
        assert_eq!(by_reference[field], by_number[field], "{field}");
    }
    assert_eq!(text(&by_reference, "/lines/0/sku"), PLIERS);
    assert_eq!(text(&by_reference, "/backend"), "nordwind");
}
