//! A captured order lowers what is shown as available from the cache, and gives it back when it comes to nothing (rule F5; scenario 8).

use ordergate_tests::{Client, HostConfig, PLIERS, Reply, World, eventually, items, order, seal, text, until_order, until_quote};
use serde_json::{Value, json};

const ORDERS: &str = "/api/orders";

/// A world whose orders lower stock, and whose checkouts hold none.
async fn world() -> World {
    World::with(lowering).await
}

fn lowering(config: HostConfig) -> HostConfig {
    config
        .set("freshness.availability.decrement_on_submit", "true")
        .set("freshness.availability.fresh_below_secs", "600")
        .set("stores.main.reserve", "false")
}

async fn browse(world: &World, sku: &str) -> Reply {
    world.hansen().get(&format!("/v1/availability/{sku}")).await
}

async fn available(world: &World, sku: &str) -> String {
    text(&browse(world, sku).await.expect(200), "/available").to_owned()
}

async fn until_available(world: &World, sku: &str, quantity: &str) {
    eventually(&format!("{quantity} are available"), async || (available(world, sku).await == quantity).then_some(())).await;
}

/// Orders from a fresh checkout while the back end takes no orders; gives the reference.
async fn order_that_waits(world: &World, customer: &Client, sku: &str, quantity: &str) -> String {
    let checkout = seal(customer, sku, quantity).await;
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    let captured = order(customer, &checkout, &format!("{sku}-{quantity}")).await.expect(202);
    text(&captured, "/reference").to_owned()
}

#[tokio::test]
async fn f5_an_order_lowers_what_the_cache_shows_at_once_and_once() {
    let world = world().await;
    let before = browse(&world, PLIERS).await;
    assert_eq!(text(&before.expect(200), "/available"), "307");
    let berlin = format!("{PLIERS}?location=BER");
    assert_eq!(available(&world, &berlin).await, "140");
    let checkout = seal(&world.hansen(), PLIERS, "7").await;
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    order(&world.hansen(), &checkout, "one").await.expect(202);
    let after = browse(&world, PLIERS).await;
    let shown = after.expect(200);
    assert_eq!((text(&shown, "/available"), text(&shown, "/source")), ("300", "cached"));
    assert_eq!(text(&shown, "/as_of"), text(&before.expect(200), "/as_of"));
    assert_ne!(after.header("etag"), before.header("etag"), "a shared cache must not take one for the other");
    assert_eq!(available(&world, &berlin).await, "140", "the order names no location: nobody knows whether it will be Berlin");
    // The same request again is the same order.
    let again = order(&world.hansen(), &checkout, "one").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(available(&world, PLIERS).await, "300");
    let live = world.hansen().get(&format!("/v1/availability/{PLIERS}?purpose=checkout")).await.expect(200);
    assert_eq!(text(&live, "/available"), "307", "a live read says what the back end says");
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn f5_a_confirmed_order_lowers_older_answers_and_the_back_end_counts_it_in_newer_ones() {
    let world = world().await;
    browse(&world, PLIERS).await.expect(200);
    let checkout = seal(&world.hansen(), PLIERS, "7").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let shown = browse(&world, PLIERS).await.expect(200);
    assert_eq!((text(&shown, "/available"), text(&shown, "/source")), ("300", "cached"));
    let deed = json!({"actor": "anna", "reason": "counted"});
    world.host.operator().post(&format!("/ops/v1/cache/{PLIERS}/invalidate"), &deed).await.expect(200);
    let live = browse(&world, PLIERS).await.expect(200);
    assert_eq!((text(&live, "/available"), text(&live, "/source")), ("300", "live"), "counted once, by the back end");
    assert_eq!(available(&world, PLIERS).await, "300");
}

#[tokio::test]
async fn f5_a_line_with_a_location_lowers_that_location_and_the_sum() {
    let world = world().await;
    let paths = [PLIERS.to_owned(), format!("{PLIERS}?location=BER"), format!("{PLIERS}?location=HAM")];
    for (path, quantity) in paths.iter().zip(["307", "140", "75"]) {
        assert_eq!(available(&world, path).await, quantity);
    }
    let line = json!({"id": "1", "sku": PLIERS, "quantity": {"value": "7"}, "location": "BER"});
    let checkout = world.hansen().post("/v1/checkouts", &json!({"lines": [line]})).await.expect(201);
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    order(&world.hansen(), &checkout, "one").await.expect(202);
    for (path, quantity) in paths.iter().zip(["300", "133", "75"]) {
        assert_eq!(available(&world, path).await, quantity, "{path}");
    }
}

#[tokio::test]
async fn f5_a_parked_order_gives_back_a_resent_one_takes_again_and_an_abandoned_one_gives_back() {
    let world = World::with(|config| lowering(config).set("transfer.max_attempts", "2")).await;
    browse(&world, PLIERS).await.expect(200);
    let checkout = seal(&world.hansen(), PLIERS, "7").await;
    world.backend.disturb("POST", ORDERS, "error-500", None).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let parked = async || {
        until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
        until_available(&world, PLIERS, "307").await;
    };
    parked().await;
    let decide = async |decision: &str| {
        let deed = json!({"actor": "anna", "reason": "looked into it"});
        world.host.operator().post(&format!("/ops/v1/orders/{reference}/{decision}"), &deed).await.expect(200);
    };
    // It waits for its back-off, or for nothing: lowered until it is parked again.
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    decide("resend").await;
    assert_eq!(available(&world, PLIERS).await, "300");
    world.backend.disturb("POST", ORDERS, "error-500", None).await;
    parked().await;
    decide("abandon").await;
    assert_eq!(available(&world, PLIERS).await, "307");
}

#[tokio::test]
async fn f5_a_refused_order_gives_back() {
    let world = world().await;
    browse(&world, PLIERS).await.expect(200);
    let blocked = world.host.caller("shop").with("x-account", "C-1009");
    let reference = order_that_waits(&world, &blocked, PLIERS, "7").await;
    assert_eq!(available(&world, PLIERS).await, "300");
    world.backend.no_faults().await;
    until_order(&blocked, &reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    until_available(&world, PLIERS, "307").await;
}

#[tokio::test]
async fn f5_a_cancelled_order_gives_back() {
    let world = world().await;
    browse(&world, PLIERS).await.expect(200);
    let checkout = seal(&world.hansen(), PLIERS, "7").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(available(&world, PLIERS).await, "300");
    let reason = json!({"reason": "ordered twice"});
    world.hansen().capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &reason).await.expect(202);
    until_available(&world, PLIERS, "307").await;
}

#[tokio::test]
async fn f5_stock_that_the_back_end_holds_already_is_not_taken_twice() {
    let world = World::with(|config| lowering(config).set("stores.main.reserve", "true")).await;
    let berlin = format!("{PLIERS}?location=BER");
    let checkout = seal(&world.hansen(), PLIERS, "7").await;
    assert_eq!(available(&world, PLIERS).await, "300", "asked while it was held");
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    order(&world.hansen(), &checkout, "one").await.expect(202);
    let shown = browse(&world, PLIERS).await.expect(200);
    assert_eq!((text(&shown, "/available"), text(&shown, "/source")), ("300", "cached"));
    browse(&world, &berlin).await.expect(200);
}

#[tokio::test]
async fn f5_after_a_restart_orders_that_wait_still_lower_what_is_shown() {
    let mut world = world().await;
    let reference = order_that_waits(&world, &world.hansen(), PLIERS, "7").await;
    world.host.kill_9();
    world.host.start_again().await;
    until_available(&world, PLIERS, "300").await;
    world.backend.no_faults().await;
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(available(&world, PLIERS).await, "300", "the cached answer was asked before the back end had it");
}

#[tokio::test]
async fn f5_an_accepted_quote_lowers_like_an_order() {
    let world = world().await;
    let lines = json!([{"id": "1", "sku": PLIERS, "quantity": {"value": "100"}}]);
    let request = world.hansen().capture("/v1/quotes", "request", &json!({"lines": lines})).await.expect(202);
    let reference = text(&request, "/reference");
    until_quote(&world.hansen(), reference, "with the sales desk", |quote| quote["number"].is_string()).await;
    world.backend.answer_quotes().await;
    let offer = until_quote(&world.hansen(), reference, "offered", |quote| quote["status"] == "offered").await;
    assert_eq!(available(&world, PLIERS).await, "307", "a quote takes nothing");
    let accept = json!({"revision": text(&offer, "/revision")});
    world.hansen().capture(&format!("/v1/quotes/{reference}/accept"), "accept", &accept).await.expect(202);
    let shown = browse(&world, PLIERS).await.expect(200);
    assert_eq!((text(&shown, "/available"), text(&shown, "/source")), ("207", "cached"));
}

#[tokio::test]
async fn f5_nothing_is_shown_below_zero_and_an_unlimited_item_stays_unlimited() {
    let world = world().await;
    for (site, stock) in [("BER", "5"), ("HAM", "0"), ("MUC", "0")] {
        world.backend.set_stock("NW-1020", site, stock).await;
    }
    assert_eq!(available(&world, "NW-1020").await, "5");
    world.backend.set_stock("NW-1020", "BER", "50").await;
    let unlimited = browse(&world, "NW-1068").await.expect(200);
    let lines = json!([
        {"id": "1", "sku": "NW-1020", "quantity": {"value": "12"}},
        {"id": "2", "sku": "NW-1068", "quantity": {"value": "2"}},
    ]);
    let checkout = world.hansen().post("/v1/checkouts", &json!({"lines": lines})).await.expect(201);
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    order(&world.hansen(), &checkout, "one").await.expect(202);
    assert_eq!(available(&world, "NW-1020").await, "0");
    let after = browse(&world, "NW-1068").await.expect(200);
    assert_eq!((&after["unlimited"], &after["available"]), (&json!(true), &unlimited["available"]));
}

#[tokio::test]
async fn f3_what_orders_have_made_scarce_is_not_to_be_stored_as_long_as_plenty() {
    let world = World::with(|config| {
        lowering(config).set("freshness.availability.threshold", "305").set("freshness.availability.fresh_below_secs", "0")
    })
    .await;
    browse(&world, PLIERS).await.expect(200);
    assert_eq!(browse(&world, PLIERS).await.header("cache-control"), Some("private, max-age=300"));
    order_that_waits(&world, &world.hansen(), PLIERS, "2").await;
    let at_the_threshold = browse(&world, PLIERS).await;
    assert_eq!(text(&at_the_threshold.expect(200), "/available"), "305");
    assert_eq!(at_the_threshold.header("cache-control"), Some("private, max-age=300"));
    world.backend.no_faults().await;
    order_that_waits(&world, &world.bauer(), PLIERS, "1").await;
    let below = browse(&world, PLIERS).await;
    assert_eq!(text(&below.expect(200), "/available"), "304");
    assert_eq!(below.header("cache-control"), Some("private, no-cache"));
    assert_eq!(text(&below.expect(200), "/source"), "stale", "so low a value would not be fresh any more");
    let calls = world.backend.requests("GET /api/stock").await;
    eventually("it is asked again, although its own time is not over", async || {
        browse(&world, PLIERS).await.expect(200);
        (world.backend.requests("GET /api/stock").await > calls).then_some(())
    })
    .await;
}

#[tokio::test]
async fn f5_an_order_lowers_only_what_its_policy_says() {
    let rules = r#"[{ name = "pliers", items = "NW-1014", decrement_on_submit = true }]"#;
    let world = World::with(|config| config.set("freshness.availability.rules", rules).set("stores.main.reserve", "false")).await;
    let stock = async |sku: &str| available(&world, sku).await;
    let before = (stock(PLIERS).await, stock("NW-1050").await);
    let lines = json!([{"id": "1", "sku": PLIERS, "quantity": {"value": "7"}}, {"id": "2", "sku": "NW-1050", "quantity": {"value": "3"}}]);
    let checkout = world.hansen().post("/v1/checkouts", &json!({"lines": lines})).await.expect(201);
    world.backend.disturb("POST", ORDERS, "refuse-503", None).await;
    order(&world.hansen(), &checkout, "one").await.expect(202);
    assert_eq!((stock(PLIERS).await.as_str(), before.0.as_str()), ("300", "307"));
    assert_eq!(stock("NW-1050").await, before.1);
}

#[tokio::test]
async fn f5_operators_see_which_orders_lower_an_answer() {
    let world = world().await;
    browse(&world, PLIERS).await.expect(200);
    let reference = order_that_waits(&world, &world.hansen(), PLIERS, "7").await;
    let report = world.host.operator().get(&format!("/ops/v1/cache/{PLIERS}")).await.expect(200);
    let entry: &Value = &report["availability"][0];
    assert_eq!((text(entry, "/value/available"), text(entry, "/shown")), ("307", "300"));
    assert_eq!(entry["lowered_by"], json!([{"reference": reference, "quantity": "7"}]));
    let shown = world.host.operate(&["cache", "show", PLIERS]).await.stdout;
    assert!(shown.contains(&format!("available 307 C62, shown as 300: order {reference} takes 7")), "{shown}");
    let query = json!({"items": [{"sku": PLIERS}, {"sku": PLIERS, "location": "BER"}]});
    let answer = world.bauer().post("/v1/availability:query", &query).await.expect(200);
    assert_eq!(text(&items(&answer)[0], "/availability/available"), "300", "for every customer");
}
