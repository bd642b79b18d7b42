//! Where values come from, how old they are, and how few calls that takes (rules F1, F8, F10).

use ordergate_tests::{PLIERS, World, eventually, items, text};
use serde_json::json;

const STOCK: &str = "GET /api/stock";

fn instant(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn f1_a_value_tells_its_source_its_age_and_until_when_it_is_fresh() {
    let world = World::with(|config| config.set("freshness.availability.fresh_above_secs", "300")).await;
    let live = world.hansen().get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    let cached = world.hansen().get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    assert_eq!((text(&live, "/source"), text(&cached, "/source")), ("live", "cached"));
    assert_eq!(text(&live, "/as_of"), text(&cached, "/as_of"), "the cached value is as old as the live one");
    let fresh_for = instant(text(&cached, "/fresh_until")).duration_since(jiff::Timestamp::now()).as_secs();
    assert!((1..=300).contains(&fresh_for), "fresh for {fresh_for} s");
}

#[tokio::test]
async fn f1_the_headers_say_what_the_value_says() {
    let world = World::with(|config| config.set("freshness.availability.fresh_above_secs", "300")).await;
    world.hansen().get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    let reply = world.hansen().get(&format!("/v1/availability/{PLIERS}")).await;
    let caching = reply.header("cache-control").expect("a Cache-Control header");
    let max_age: u64 =
        caching.split("max-age=").nth(1).and_then(|rest| rest.split(',').next()?.trim().parse().ok()).expect(caching);
    assert!((1..=300).contains(&max_age), "{caching}");
    assert!(reply.header("age").is_some_and(|age| age.parse::<u64>().is_ok()), "an Age header: {:?}", reply.headers);
    let tag = reply.header("etag").expect("an ETag header").to_owned();
    let unchanged = world.hansen().with("if-none-match", &tag).get(&format!("/v1/availability/{PLIERS}")).await;
    assert_eq!(unchanged.status, 304);
    assert!(unchanged.body.is_empty());
}

#[tokio::test]
async fn f8_a_thousand_concurrent_misses_make_one_call() {
    let world = World::start().await;
    world.backend.slow_down(500).await;
    let customer = world.hansen();
    let path = format!("/v1/availability/{PLIERS}");
    let answers = futures::future::join_all((0..1000).map(|_| customer.get(&path))).await;
    assert!(answers.iter().all(|reply| text(&reply.expect(200), "/available") == "307"));
    assert_eq!(world.backend.requests(STOCK).await, 1);
}

#[tokio::test]
async fn f8_misses_that_gather_while_a_call_is_in_flight_leave_together() {
    let world = World::start().await;
    world.backend.slow_down(500).await;
    let customer = world.hansen();
    let first = tokio::spawn({
        let customer = customer.clone();
        async move { customer.get("/v1/availability/NW-1001").await.expect(200) }
    });
    eventually("the first call is in flight", async || (world.backend.requests(STOCK).await == 1).then_some(())).await;
    let paths: Vec<_> = (1002..1022).map(|number| format!("/v1/availability/NW-{number}")).collect();
    let others = futures::future::join_all(paths.iter().map(|path| customer.get(path))).await;
    assert!(others.iter().all(|reply| reply.status == 200));
    first.await.unwrap();
    assert_eq!(world.backend.requests(STOCK).await, 2, "one call for the first item, one for the twenty that gathered");
}

#[tokio::test]
async fn f8_a_query_of_many_items_is_one_call() {
    let world = World::start().await;
    let skus: Vec<_> = (1001..1061).map(|number| json!({"sku": format!("NW-{number}")})).collect();
    let answer = world.hansen().post("/v1/availability:query", &json!({"items": skus})).await.expect(200);
    assert_eq!(items(&answer).len(), 60);
    assert!(items(&answer).iter().all(|item| item.get("availability").is_some()), "{answer:#}");
    assert_eq!(world.backend.requests(STOCK).await, 1);
}

#[tokio::test]
async fn f10_a_stale_value_is_shown_at_once_while_it_is_refreshed() {
    let world = World::with(|config| config.set("freshness.availability.fresh_above_secs", "1")).await;
    let path = format!("/v1/availability/{PLIERS}");
    let live = world.hansen().get(&path).await.expect(200);
    world.backend.set_stock(PLIERS, "BER", "139").await;
    world.backend.slow_down(400).await;
    let stale = eventually("the value is stale", async || {
        let answer = world.hansen().get(&path).await.expect(200);
        (text(&answer, "/source") == "stale").then_some(answer)
    })
    .await;
    assert_eq!(text(&stale, "/available"), text(&live, "/available"), "the request did not wait for the refresh");
    eventually("the refreshed value is there", async || {
        let answer = world.hansen().get(&path).await.expect(200);
        (text(&answer, "/available") == "306").then_some(())
    })
    .await;
}

#[tokio::test]
async fn while_the_back_end_is_down_what_is_known_is_shown_with_its_age() {
    let mut world = World::with(|config| {
        config.set("freshness.availability.fresh_above_secs", "1").set("freshness.offer_prices.fresh_secs", "1")
    })
    .await;
    let (availability, price) = (format!("/v1/availability/{PLIERS}"), format!("/v1/offer-prices/{PLIERS}"));
    let known = world.hansen().get(&availability).await.expect(200);
    world.hansen().get(&price).await.expect(200);
    world.backend.stop().await;
    for path in [&availability, &price] {
        eventually("the value is stale", async || {
            let answer = world.hansen().get(path).await.expect(200);
            (text(&answer, "/source") == "stale").then_some(())
        })
        .await;
    }
    let stale = world.hansen().get(&availability).await.expect(200);
    assert_eq!(text(&stale, "/as_of"), text(&known, "/as_of"));
    let unknown = world.hansen().get("/v1/availability/NW-1017").await;
    let problem = unknown.expect_problem(503, "backend_unavailable");
    assert_eq!(problem["retryable"], true);
    assert!(unknown.header("retry-after").is_some(), "a Retry-After header");
}
