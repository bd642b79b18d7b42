//! Prices for this customer and quantity (rules F6, F7, F9).

use ordergate_tests::{Client, PLIERS, World, eventually, items, text};
use serde_json::{Value, json};

async fn price(customer: &Client, sku: &str, quantity: &str) -> Value {
    customer.get(&format!("/v1/offer-prices/{sku}?quantity={quantity}")).await.expect(200)
}

/// What the back end itself says that a customer pays for each.
async fn true_price(world: &World, customer: &str, sku: &str, quantity: &str) -> String {
    let body = json!({"customer": customer, "currency": "EUR", "positions": [{"pos": "1", "article": sku, "qty": quantity}]});
    let answer = world.backend.client().post("/api/price-inquiries", &body).await.expect(200);
    text(&answer, "/positions/0/net").to_owned()
}

/// The same amount, however many zeros follow.
#[track_caller]
fn assert_same_amount(one: &str, other: &str) {
    let decimal = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(decimal(one), decimal(other));
}

#[tokio::test]
async fn f6_two_customers_asking_at_the_same_time_never_see_each_others_price() {
    let world = World::with(|config| config.set("freshness.offer_prices.fresh_secs", "1")).await;
    let truth = [true_price(&world, "C-1001", PLIERS, "20").await, true_price(&world, "C-1002", PLIERS, "20").await];
    assert_ne!(truth[0], truth[1], "the customers have different prices");
    world.backend.slow_down(20).await;
    let customers = [world.hansen(), world.bauer()];
    let rounds = (0..300).map(|round| {
        let (customer, expected) = (&customers[round % 2], &truth[round % 2]);
        async move {
            let answer = price(customer, PLIERS, "20").await;
            assert_same_amount(text(&answer, "/unit_price/amount"), expected);
        }
    });
    futures::future::join_all(rounds).await;
}

#[tokio::test]
async fn f6_what_is_cached_for_one_customer_does_not_answer_another() {
    let world = World::start().await;
    assert_eq!(text(&price(&world.hansen(), PLIERS, "1").await, "/source"), "live");
    assert_eq!(text(&price(&world.hansen(), PLIERS, "1").await, "/source"), "cached");
    assert_eq!(text(&price(&world.bauer(), PLIERS, "1").await, "/source"), "live");
}

#[tokio::test]
async fn f7_quantity_breaks_answer_every_quantity_from_one_entry() {
    let world = World::start().await;
    let first = price(&world.bauer(), PLIERS, "1").await;
    assert!(first["breaks"].as_array().is_some_and(|breaks| breaks.len() > 1), "{first:#}");
    for quantity in ["4", "5", "19", "20", "1000"] {
        let answer = price(&world.bauer(), PLIERS, quantity).await;
        assert_eq!(text(&answer, "/source"), "cached", "{quantity} pieces");
        assert_eq!(text(&answer, "/quantity/value"), quantity);
        assert_same_amount(text(&answer, "/unit_price/amount"), &true_price(&world, "C-1002", PLIERS, quantity).await);
    }
}

#[tokio::test]
async fn f9_an_unknown_item_does_not_spoil_the_others() {
    let world = World::start().await;
    let query = json!({"items": [{"sku": "NW-0000"}, {"sku": PLIERS, "quantity": {"value": "3"}}]});
    let answer = world.hansen().post("/v1/offer-prices:query", &query).await.expect(200);
    assert_eq!(text(&items(&answer)[0], "/problem/code"), "sku_unknown");
    assert_eq!(text(&items(&answer)[1], "/price/unit_price/currency"), "EUR");
    assert_eq!(text(&items(&answer)[1], "/price/quantity/value"), "3");
}

#[tokio::test]
async fn prices_keep_every_digit_that_the_back_end_gave() {
    let world = World::start().await;
    let answer = world.hansen().get("/v1/offer-prices/NW-1032?quantity=1&unit=MTR").await.expect(200);
    assert_same_amount(text(&answer, "/list_price/amount"), "8.7426");
    let screws = price(&world.hansen(), "NW-1001", "1").await;
    assert_same_amount(text(&screws, "/per"), "100");
}

#[tokio::test]
async fn a_customers_price_is_private() {
    let world = World::start().await;
    let reply = world.hansen().get(&format!("/v1/offer-prices/{PLIERS}")).await;
    let caching = reply.header("cache-control").expect("a Cache-Control header");
    assert!(caching.contains("private") && !caching.contains("public"), "{caching}");
}

#[tokio::test]
async fn who_does_not_wait_is_told_that_the_price_is_pending_and_finds_it_later() {
    let world = World::start().await;
    world.backend.slow_down(300).await;
    let query = json!({"wait": 0, "items": [{"sku": PLIERS}]});
    let first = world.hansen().post("/v1/offer-prices:query", &query).await.expect(200);
    assert_eq!(items(&first)[0]["pending"], true, "{first:#}");
    eventually("the price is there", async || {
        let answer = world.hansen().post("/v1/offer-prices:query", &query).await.expect(200);
        items(&answer)[0].get("price").map(|price| assert_eq!(text(price, "/source"), "cached"))
    })
    .await;
}

#[tokio::test]
async fn a_cart_is_told_what_its_lines_come_to_provisionally_and_as_far_as_prices_are_known() {
    let world = World::start().await;
    let cart =
        |purpose: &str| json!({"purpose": purpose, "items": [{"sku": PLIERS, "quantity": {"value": "3"}}, {"sku": "NW-0000"}]});
    let answer = world.hansen().post("/v1/offer-prices:query", &cart("cart")).await.expect(200);
    // 21.90 each.
    assert_eq!(answer["totals"], json!({"lines": {"amount": "65.70", "currency": "EUR"}, "provisional": true, "unpriced": 1}));
    let browsing = world.hansen().post("/v1/offer-prices:query", &cart("browse")).await.expect(200);
    assert!(browsing["totals"].is_null(), "{browsing:#}");
}

#[tokio::test]
async fn scenario_13_of_250_items_248_have_prices_one_fails_and_one_is_unknown_in_three_calls() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("capped.toml");
    let text_of_profile = std::fs::read_to_string(ordergate_tests::demo_profile()).unwrap();
    let capped = text_of_profile
        .replace("items_per_request = 200", "items_per_request = 100")
        .replace("max_items = 200", "max_items = 100");
    std::fs::write(&profile, capped).unwrap();
    let world = World::with(|config| config.set("adapters.nordwind.settings_file", &format!("{profile:?}"))).await;
    let screws =
        |number: usize| json!({"sku": format!("NW-{}", 1001 + number % 7), "quantity": {"value": (1 + number).to_string()}});
    let mut asked: Vec<_> = (0..250).map(screws).collect();
    asked[120] = json!({"sku": "NW-0000", "quantity": {"value": "1"}});
    asked[180] = json!({"sku": PLIERS, "quantity": {"value": "1", "unit": "KGM"}});
    let answer = world.hansen().post("/v1/offer-prices:query", &json!({"items": asked})).await.expect(200);
    assert_eq!(items(&answer).len(), 250);
    for (place, item) in items(&answer).iter().enumerate() {
        match place {
            120 => assert_eq!(text(item, "/problem/code"), "sku_unknown"),
            180 => assert_eq!(text(item, "/problem/code"), "backend_rejected"),
            _ => assert_eq!(item["price"]["quantity"]["value"], asked[place]["quantity"]["value"], "{item:#}"),
        }
    }
    assert_eq!(world.backend.requests("POST /api/price-inquiries").await, 3, "100 at once");
}
