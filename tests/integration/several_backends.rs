//! A host with several back ends (rules B1 to B3).

use std::collections::BTreeSet;

use ordergate_tests::{ALL_SCOPES, Client, DemoBackend, PLIERS, World, eventually, items, order, seal, text, until_order};
use serde_json::{Value, json};

/// A world with a second back end under `name`, and options.
async fn world_with(name: &str, options: &[(&str, &str)]) -> (World, DemoBackend) {
    let other = DemoBackend::start().await;
    let world = World::with(|config| {
        let config = config.another_backend(name, &other.url());
        options.iter().fold(config, |config, (path, value)| config.set(path, value))
    })
    .await;
    (world, other)
}

async fn list(customer: &Client, query: &str) -> Value {
    customer.get(&format!("/v1/orders{query}")).await.expect(200)
}

fn backends(list: &Value) -> BTreeSet<&str> {
    items(list).iter().map(|order| text(order, "/backend")).collect()
}

#[tokio::test]
async fn b1_each_group_of_a_store_goes_to_its_own_back_end() {
    let groups = [("stores.main.availability", "\"other\""), ("stores.main.quotes", "\"other\"")];
    let (world, other) = world_with("other", &groups).await;
    other.set_stock(PLIERS, "BER", "7").await;
    other.count_from_zero().await;
    world.backend.count_from_zero().await;
    world.hansen().get(&format!("/v1/availability/{PLIERS}?location=BER")).await.expect(200);
    world.hansen().get(&format!("/v1/offer-prices/{PLIERS}")).await.expect(200);
    let quote = json!({"lines": [{"id": "1", "sku": PLIERS, "quantity": {"value": "500"}}]});
    let quote = world.hansen().capture("/v1/quotes", "quote", &quote).await.expect(202);
    assert_eq!(text(&quote, "/backend"), "other");
    eventually("the quote is requested there", async || (other.requests("POST /api/rfqs").await == 1).then_some(())).await;
    assert_eq!((other.requests("GET /api/stock").await, world.backend.requests("GET /api/stock").await), (1, 0));
    let asked_prices = "POST /api/price-inquiries";
    assert_eq!((other.requests(asked_prices).await, world.backend.requests(asked_prices).await), (0, 1));
    assert_eq!(world.backend.requests("POST /api/rfqs").await, 0);
}

#[tokio::test]
async fn b1_several_stores_of_a_host_have_their_own_back_ends() {
    let other = DemoBackend::start().await;
    let world = World::with(|config| {
        let config = config.another_backend("other", &other.url()).in_stores(&["main", "b2b"]);
        let config = config.set("stores.b2b.adapter", "\"other\"").set("stores.b2b.currency", "\"EUR\"");
        config.set("access.jwt.stores", r#"["main", "b2b"]"#)
    })
    .await;
    let customer = |store| world.host.caller("shop").with("x-account", "C-1001").with("x-store", store);
    let mut references = Vec::new();
    for store in ["main", "b2b"] {
        let checkout = seal(&customer(store), PLIERS, "1").await;
        let captured = order(&customer(store), &checkout, store).await.expect(202);
        references.push(text(&captured, "/reference").to_owned());
        until_order(&customer(store), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    }
    for (backend, own, foreign) in [(&world.backend, 0, 1), (&other, 1, 0)] {
        assert_eq!(backend.orders_with_reference(&references[own]).await.len(), 1);
        assert_eq!(backend.orders_with_reference(&references[foreign]).await.len(), 0);
    }
    customer("b2b").get(&format!("/v1/orders/{}", references[0])).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a1_who_may_use_one_store_of_several_need_not_name_it() {
    let other = DemoBackend::start().await;
    let world = World::with(|config| {
        let config = config.another_backend("other", &other.url()).in_stores(&["main", "b2b"]);
        let config = config.set("stores.b2b.adapter", "\"other\"").set("stores.b2b.currency", "\"EUR\"");
        let config = config.set("access.jwt.stores", r#"["main", "b2b"]"#);
        config.caller("clerk", &["C-1001"], ALL_SCOPES).in_stores(&["b2b"])
    })
    .await;
    let clerk = world.host.caller("clerk");
    let path = format!("/v1/availability/{PLIERS}");
    clerk.get(&path).await.expect(200);
    assert_eq!((other.requests("GET /api/stock").await, world.backend.requests("GET /api/stock").await), (1, 0));
    clerk.with("x-store", "main").get(&path).await.expect_problem(403, "store_forbidden");
    world.host.caller("shop").with("x-account", "C-1001").get(&path).await.expect_problem(404, "store_unknown");
}

#[tokio::test]
async fn b3_the_history_of_an_old_and_a_new_back_end_is_one_list_and_each_order_says_where_it_is() {
    let (world, old) = world_with("old", &[("stores.main.history", "[\"old\"]")]).await;
    let there = old.telephone_order("C-1001", "NW-1017").await;
    let here = world.backend.telephone_order("C-1001", "NW-1017").await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let ours =
        until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(text(&ours, "/backend"), "nordwind", "new orders go to the new one");
    let all = list(&world.hansen(), "?limit=100").await;
    assert_eq!((text(&all, "/source"), backends(&all)), ("live", BTreeSet::from(["nordwind", "old"])));
    let of = |backend: &str, number: &str| {
        items(&all).iter().filter(|order| order["backend"] == backend && order["number"] == number).count()
    };
    // Both count their orders alike: the same number is another order in each.
    assert_eq!((of("old", &there), of("nordwind", &here), &there), (1, 1, &here));
    let placed: Vec<_> = items(&all).iter().map(|order| text(order, "/placed_at").parse::<jiff::Timestamp>().unwrap()).collect();
    assert!(placed.is_sorted_by(|one, other| one >= other), "newest first: {placed:?}");
    let only_there = items(&all).iter().filter(|order| order["backend"] == "old").count();
    assert_eq!(items(&all).len(), 2 * only_there + 1, "both began with the same orders");
    assert!(items(&all).iter().all(|order| order["account"] == "C-1001"));
}

#[tokio::test]
async fn b3_the_pages_of_a_merged_list_hold_every_order_once() {
    let (world, old) = world_with("old", &[("stores.main.history", "[\"old\"]")]).await;
    for _ in 0..3 {
        old.telephone_order("C-1001", "NW-1017").await;
    }
    world.backend.telephone_order("C-1001", "NW-1017").await;
    let name = |order: &Value| format!("{} {}", text(order, "/backend"), text(order, "/number"));
    let mut expected: Vec<_> = items(&list(&world.hansen(), "?limit=100").await).iter().map(name).collect();
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..expected.len() + 5 {
        let page = list(&world.hansen(), &format!("?limit=3{cursor}")).await;
        found.extend(items(&page).iter().map(name));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    // What was placed in one instant may come in any order.
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn b3_while_the_old_back_end_is_down_its_last_known_orders_are_shown_beside_live_ones() {
    let (world, mut old) = world_with("old", &[("stores.main.history", "[\"old\"]")]).await;
    let number = old.telephone_order("C-1001", "NW-1017").await;
    let before = list(&world.hansen(), "?limit=100").await;
    old.stop().await;
    let newer = world.backend.telephone_order("C-1001", PLIERS).await;
    let after = list(&world.hansen(), "?limit=100").await;
    assert_eq!(text(&after, "/source"), "stale", "not all of it is live");
    assert_eq!(items(&after).len(), items(&before).len() + 1);
    let of = |backend: &str, number: &str| {
        let found = items(&after).iter().find(|order| order["backend"] == backend && order["number"] == number).cloned();
        found.unwrap_or_else(|| panic!("{backend} {number} is not in {after:#}"))
    };
    assert_eq!(text(&of("old", &number), "/source"), "stale");
    assert_eq!(text(&of("nordwind", &newer), "/source"), "live");
}

#[tokio::test]
async fn b3_an_order_of_the_old_back_end_is_found_by_its_number_and_nobody_elses_is() {
    let (world, old) = world_with("old", &[("stores.main.history", "[\"old\"]")]).await;
    let (mut number, mut foreign) = (String::new(), String::new());
    // Beyond the numbers that the new one has given.
    for _ in 0..2 {
        number = old.telephone_order("C-1001", "NW-1017").await;
        foreign = old.telephone_order("C-1002", "NW-1017").await;
    }
    let found = world.hansen().get(&format!("/v1/orders/{number}")).await.expect(200);
    assert_eq!((text(&found, "/backend"), text(&found, "/source")), ("old", "live"));
    world.hansen().get(&format!("/v1/orders/{foreign}")).await.expect_problem(404, "not_found");
    world.hansen().get("/v1/orders/SO-999999").await.expect_problem(404, "not_found");
}
