//! Operators look into the cache and have items asked again (rules F1, F2, F4; scenario 8).

use ordergate_tests::{Client, PLIERS, World, eventually, text};
use serde_json::{Value, json};

const STOCK: &str = "GET /api/stock";

async fn cached(world: &World, path: &str) -> Value {
    world.host.operator().get(&format!("/ops/v1/cache/{path}")).await.expect(200)
}

async fn invalidate(world: &World, sku: &str, more: Value) -> Value {
    let mut body = json!({"actor": "anna", "reason": "stock was counted"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.host.operator().post(&format!("/ops/v1/cache/{sku}/invalidate"), &body).await.expect(200)
}

async fn source(client: &Client, path: &str) -> String {
    text(&client.get(path).await.expect(200), "/source").to_owned()
}

/// How a read with a purpose would be answered, and why.
fn reading<'a>(of: &'a Value, purpose: &str) -> (&'a str, &'a str) {
    let reads = of["reads"].as_array().unwrap();
    let read = reads.iter().find(|read| read["purpose"] == purpose).unwrap();
    (text(read, "/answered"), text(read, "/why"))
}

#[tokio::test]
async fn what_is_cached_is_shown_with_its_policy_and_why_a_read_is_answered_so() {
    let rules = r#"[{ name = "all", items = "*", stale_secs = 60 }, { name = "pliers", items = "NW-1014", precedence = 1, fresh_above_secs = 1001 }]"#;
    let world = World::with(|config| config.set("freshness.availability.rules", rules)).await;
    let nothing = cached(&world, PLIERS).await;
    assert_eq!((&nothing["availability"], &nothing["offer_prices"]), (&json!([]), &json!([])));
    let otherwise = &nothing["otherwise"][0];
    assert_eq!(text(otherwise, "/store"), "main");
    assert_eq!(reading(&otherwise["availability"], "browse"), ("live", "nothing is cached"));
    assert_eq!(otherwise["availability"]["rule"], "pliers");
    for client in [world.hansen(), world.bauer()] {
        client.get(&format!("/v1/offer-prices/{PLIERS}")).await.expect(200);
    }
    world.hansen().get(&format!("/v1/availability/{PLIERS}?location=BER")).await.expect(200);
    let report = cached(&world, PLIERS).await;
    let stock = &report["availability"][0];
    assert_eq!((text(stock, "/location"), text(stock, "/adapter"), text(stock, "/value/available")), ("BER", "nordwind", "140"));
    assert_eq!((&stock["rule"], &stock["beaten_rules"]), (&json!("pliers"), &json!(["all"])));
    let (answered, why) = reading(stock, "cart");
    assert_eq!(answered, "cached");
    assert_eq!(why, format!("it is fresh until {}Z", &text(stock, "/fresh_until")[..19]));
    assert_eq!(reading(stock, "checkout"), ("live", "a checkout is always asked live"));
    let accounts: Vec<_> = report["offer_prices"].as_array().unwrap().iter().map(|price| text(price, "/account")).collect();
    assert_eq!(accounts, ["C-1001", "C-1002"], "operators see whose price it is");
    let of_bauer = cached(&world, &format!("{PLIERS}?account=C-1002&location=BER")).await;
    assert_eq!((of_bauer["availability"].as_array().unwrap().len(), &of_bauer["offer_prices"]), (1, &json!([])));
}

#[tokio::test]
async fn the_cache_is_shown_to_operators_only_and_refuses_nonsense() {
    let world = World::start().await;
    let path = format!("/ops/v1/cache/{PLIERS}");
    world.host.ops().get(&path).await.expect_problem(401, "unauthenticated");
    world.host.operator().get(&format!("{path}?store=shop")).await.expect_problem(404, "store_unknown");
    world.host.operator().get(&format!("{path}?shop=main")).await.expect_problem(422, "invalid_request");
    let deed = json!({"actor": "anna", "reason": "x", "adapter": "sap"});
    let problem = world.host.operator().post(&format!("{path}/invalidate"), &deed).await.expect_problem(404, "not_found");
    assert!(text(&problem, "/detail").contains("nordwind"), "{problem:#}");
    let nobody = json!({"reason": "x"});
    world.host.operator().post(&format!("{path}/invalidate"), &nobody).await.expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn an_invalidated_item_is_asked_at_the_next_read_for_every_account_and_location() {
    let world = World::start().await;
    let paths = [format!("/v1/availability/{PLIERS}"), format!("/v1/availability/{PLIERS}?location=BER")];
    let price = format!("/v1/offer-prices/{PLIERS}");
    for path in &paths {
        world.hansen().get(path).await.expect(200);
    }
    for client in [world.hansen(), world.bauer()] {
        client.get(&price).await.expect(200);
    }
    world.backend.set_stock(PLIERS, "BER", "100").await;
    invalidate(&world, PLIERS, json!({})).await;
    let stock = cached(&world, PLIERS).await["availability"][0].clone();
    assert!(reading(&stock, "browse").1.starts_with("it was invalidated at"), "{stock:#}");
    let now = world.hansen().get(&paths[0]).await.expect(200);
    assert_eq!((text(&now, "/source"), text(&now, "/available")), ("live", "267"));
    assert_eq!(source(&world.hansen(), &paths[1]).await, "live");
    for client in [world.hansen(), world.bauer()] {
        assert_eq!(source(&client, &price).await, "live");
        assert_eq!(source(&client, &price).await, "cached", "the new answer is kept");
    }
    assert_eq!(world.host.metric("ordergate_cache_invalidations_total", &[]).await, 1.0);
}

#[tokio::test]
async fn an_invalidation_of_one_location_leaves_the_others() {
    let world = World::start().await;
    let path = |location: &str| format!("/v1/availability/{PLIERS}{location}");
    for location in ["", "?location=BER", "?location=HAM"] {
        world.hansen().get(&path(location)).await.expect(200);
    }
    invalidate(&world, PLIERS, json!({"location": "BER", "store": "main", "adapter": "nordwind"})).await;
    assert_eq!(source(&world.hansen(), &path("?location=HAM")).await, "cached");
    assert_eq!(source(&world.hansen(), &path("?location=BER")).await, "live");
    assert_eq!(source(&world.hansen(), &path("")).await, "live", "it counts Berlin's stock as well");
}

#[tokio::test]
async fn f4_what_was_not_available_is_found_after_an_invalidation() {
    let world = World::with(|config| config.set("freshness.availability.negative_secs", "600")).await;
    for site in ["BER", "HAM", "MUC"] {
        world.backend.set_stock("NW-1020", site, "0").await;
    }
    let path = "/v1/availability/NW-1020";
    assert_eq!(text(&world.hansen().get(path).await.expect(200), "/available"), "0");
    world.backend.set_stock("NW-1020", "BER", "8").await;
    assert_eq!(text(&world.hansen().get(path).await.expect(200), "/available"), "0", "it is remembered");
    invalidate(&world, "NW-1020", json!({})).await;
    assert_eq!(text(&world.hansen().get(path).await.expect(200), "/available"), "8");
}

#[tokio::test]
async fn an_answer_that_was_under_way_does_not_bring_the_old_value_back() {
    let world = World::start().await;
    world.backend.slow_down(700).await;
    let path = format!("/v1/availability/{PLIERS}");
    let early = tokio::spawn({
        let (customer, path) = (world.hansen(), path.clone());
        async move { customer.get(&path).await.expect(200) }
    });
    eventually("the first call is under way", async || (world.backend.requests(STOCK).await == 1).then_some(())).await;
    invalidate(&world, PLIERS, json!({})).await;
    let late = world.hansen().get(&path).await.expect(200);
    let early = early.await.unwrap();
    assert_eq!((text(&early, "/source"), text(&late, "/source")), ("live", "live"));
    assert_eq!(world.backend.requests(STOCK).await, 2, "the second reader did not take the first one's answer");
    assert!(text(&late, "/as_of") > text(&early, "/as_of"));
    let cached = world.hansen().get(&path).await.expect(200);
    assert_eq!((text(&cached, "/source"), text(&cached, "/as_of")), ("cached", text(&late, "/as_of")));
}

#[tokio::test]
async fn operators_look_and_invalidate_from_the_command_line_and_it_is_audited() {
    let world = World::start().await;
    world.hansen().get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    world.hansen().get(&format!("/v1/offer-prices/{PLIERS}")).await.expect(200);
    let shown = world.host.operate(&["cache", "show", PLIERS]).await;
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    for words in [
        "availability  store main  adapter nordwind",
        "available 307 C62",
        "account C-1001",
        "by the base policy",
        "browse, cart  cached: it is fresh until",
    ] {
        assert!(shown.stdout.contains(words), "{words}:\n{}", shown.stdout);
    }
    let done =
        world.host.operate(&["cache", "invalidate", PLIERS, "--location", "BER", "--actor", "anna", "--reason", "counted"]).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let shown = world.host.operate(&["cache", "show", PLIERS, "--json"]).await;
    let report: Value = serde_json::from_str(&shown.stdout).expect(&shown.stdout);
    let audit = &report["audit"][0];
    assert_eq!((text(audit, "/actor"), text(audit, "/action")), ("anna", "invalidate"));
    assert_eq!((text(audit, "/reason"), text(audit, "/detail")), ("counted", "location BER"));
    assert_eq!(source(&world.hansen(), &format!("/v1/availability/{PLIERS}")).await, "live");
    // Any item number: encoded on the way.
    let odd = world.host.operate(&["cache", "show", "A/B ü?", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&odd.stdout).expect(&odd.stderr)["sku"], "A/B ü?");
}
