//! How many can be promised (rules F3, F4, F9).

use ordergate_tests::{PLIERS, World, items, text};
use serde_json::{Value, json};

async fn query(world: &World, body: Value) -> Value {
    world.hansen().post("/v1/availability:query", &body).await.expect(200)
}

#[tokio::test]
async fn f9_each_item_is_answered_or_refused_by_itself_in_the_order_asked() {
    let world = World::start().await;
    let answer = query(&world, json!({"items": [{"sku": PLIERS}, {"sku": "NW-0000"}, {"sku": "NW-1068"}]})).await;
    let [pliers, unknown, cabinet] = items(&answer) else { panic!("three items were asked: {answer:#}") };
    assert_eq!((&pliers["sku"], &pliers["availability"]["available"]), (&json!(PLIERS), &json!("307")));
    assert_eq!(pliers["availability"]["unit"], "C62");
    assert_eq!((&unknown["sku"], &unknown["problem"]["code"]), (&json!("NW-0000"), &json!("sku_unknown")));
    assert!(unknown.get("availability").is_none(), "{unknown:#}");
    assert_eq!((&cabinet["sku"], &cabinet["availability"]["unlimited"]), (&json!("NW-1068"), &json!(true)));
}

#[tokio::test]
async fn the_same_item_twice_is_answered_twice() {
    let world = World::start().await;
    let answer = query(&world, json!({"items": [{"sku": PLIERS}, {"sku": "NW-1017"}, {"sku": PLIERS}]})).await;
    let skus: Vec<_> = items(&answer).iter().map(|item| text(item, "/sku")).collect();
    assert_eq!(skus, [PLIERS, "NW-1017", PLIERS]);
    assert_eq!(items(&answer)[0]["availability"], items(&answer)[2]["availability"]);
}

#[tokio::test]
async fn each_location_has_its_own_availability() {
    let world = World::start().await;
    let berlin = world.hansen().get(&format!("/v1/availability/{PLIERS}?location=BER")).await.expect(200);
    let hamburg = world.hansen().get(&format!("/v1/availability/{PLIERS}?location=HAM")).await.expect(200);
    let anywhere = world.hansen().get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    assert_eq!([text(&berlin, "/available"), text(&hamburg, "/available"), text(&anywhere, "/available")], ["140", "75", "307"]);
    assert_eq!(berlin["location"], "BER");
}

#[tokio::test]
async fn what_is_to_come_is_told_with_its_day() {
    let world = World::start().await;
    let answer = world.hansen().get("/v1/availability/NW-1010").await.expect(200);
    assert_eq!(text(&answer, "/available"), "0");
    assert_eq!(text(&answer, "/schedule/0/quantity/value"), "300");
    assert_eq!(text(&answer, "/schedule/0/date").len(), "2026-11-27".len());
}

#[tokio::test]
async fn an_unknown_item_is_not_found() {
    let world = World::start().await;
    world.hansen().get("/v1/availability/NW-0000").await.expect_problem(404, "sku_unknown");
}

#[tokio::test]
async fn f3_below_the_threshold_it_is_asked_live_at_the_threshold_it_is_cached() {
    let world = World::with(|config| {
        config.set("freshness.availability.threshold", "10").set("freshness.availability.fresh_below_secs", "0")
    })
    .await;
    world.backend.set_stock("NW-1020", "MUC", "0").await;
    for (stock, second_source) in [("9", "live"), ("10", "cached"), ("11", "cached")] {
        let sku = "NW-1020";
        world.backend.set_stock(sku, "BER", stock).await;
        let live = query(&world, json!({"purpose": "checkout", "items": [{"sku": sku}]})).await;
        assert_eq!(text(&items(&live)[0], "/availability/available"), stock);
        let again = query(&world, json!({"items": [{"sku": sku}]})).await;
        assert_eq!(text(&items(&again)[0], "/availability/source"), second_source, "at {stock} pieces");
    }
}

#[tokio::test]
async fn f4_an_unknown_item_is_remembered_and_not_asked_again() {
    let world = World::start().await;
    for _ in 0..3 {
        world.hansen().get("/v1/availability/NW-0000").await.expect_problem(404, "sku_unknown");
    }
    assert_eq!(world.backend.requests("GET /api/stock").await, 1);
}

#[tokio::test]
async fn at_checkout_availability_is_asked_live() {
    let world = World::start().await;
    query(&world, json!({"items": [{"sku": PLIERS}]})).await;
    world.backend.set_stock(PLIERS, "BER", "100").await;
    let browsing = query(&world, json!({"items": [{"sku": PLIERS}]})).await;
    assert_eq!(text(&items(&browsing)[0], "/availability/available"), "307", "browsing is answered from the cache");
    let checkout = query(&world, json!({"purpose": "checkout", "items": [{"sku": PLIERS}]})).await;
    assert_eq!(text(&items(&checkout)[0], "/availability/available"), "267");
    assert_eq!(text(&items(&checkout)[0], "/availability/source"), "live");
}

#[tokio::test]
async fn what_the_back_end_answers_for_one_purpose_serves_the_others() {
    let world = World::start().await;
    query(&world, json!({"purpose": "checkout", "items": [{"sku": PLIERS}]})).await;
    let browsing = query(&world, json!({"items": [{"sku": PLIERS}]})).await;
    assert_eq!(text(&items(&browsing)[0], "/availability/source"), "cached");
}

#[tokio::test]
async fn a_back_end_that_answers_nonsense_is_a_problem_of_the_item_and_is_not_remembered() {
    let world = World::start().await;
    world.backend.disturb("GET", "/api/stock", "garbage-json", Some(1)).await;
    let answer = query(&world, json!({"items": [{"sku": PLIERS}]})).await;
    assert_eq!(text(&items(&answer)[0], "/problem/code"), "backend_invalid");
    let again = query(&world, json!({"items": [{"sku": PLIERS}]})).await;
    assert_eq!(text(&items(&again)[0], "/availability/available"), "307");
}

#[tokio::test]
async fn f9_more_items_than_one_call_takes_are_asked_in_several_and_answered_in_order() {
    let world = World::start().await;
    // 72 of them exist.
    let skus: Vec<_> = (1001..1251).map(|number| format!("NW-{number}")).collect();
    let asked: Vec<_> = skus.iter().map(|sku| json!({"sku": sku})).collect();
    let answer = query(&world, json!({"items": asked})).await;
    let answered: Vec<_> = items(&answer).iter().map(|item| text(item, "/sku")).collect();
    assert_eq!(answered, skus);
    let (known, unknown) = items(&answer).split_at(72);
    assert!(known.iter().all(|item| item["availability"]["available"].is_string()), "{answer:#}");
    assert!(unknown.iter().all(|item| item["problem"]["code"] == "sku_unknown"), "{answer:#}");
    assert_eq!(world.backend.requests("GET /api/stock").await, 2, "the back end takes 200 at once");
}
