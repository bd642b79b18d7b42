//! An adapter that follows another one before it takes its place: its answers are compared field by field, its writes are mapped and never
//! sent, and a customer never sees or waits for them.

use std::path::Path;

use ordergate_tests::{HostConfig, PLIERS, World, adapter_file, demo_profile, eventually, order, seal, text, until_order};
use serde_json::{Value, json};

/// A host whose adapter is followed by the same one with another profile.
async fn followed(profile: &Path, shadow: &str) -> World {
    World::with(|config| with_follower(config, profile, shadow)).await
}

fn with_follower(config: HostConfig, profile: &Path, shadow: &str) -> HostConfig {
    let backend = config.get("adapters.nordwind.endpoints.api.base_url").to_owned();
    let credential = config.get("adapters.nordwind.endpoints.api.credential").to_owned();
    config
        .set("adapters.follower.component", &format!("{:?}", adapter_file()))
        .set("adapters.follower.settings_file", &format!("{profile:?}"))
        .set("adapters.follower.endpoints.api.base_url", &backend)
        .set("adapters.follower.endpoints.api.credential", &credential)
        .set("adapters.follower.endpoints.api.allow", r#"["loopback"]"#)
        .set("adapters.nordwind.shadow", shadow)
}

/// The demo profile with one text replaced.
fn changed(folder: &Path, from: &str, to: &str) -> std::path::PathBuf {
    let text = std::fs::read_to_string(demo_profile()).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed, "the demo profile has no {from:?}");
    let file = folder.join("follower.toml");
    std::fs::write(&file, changed).unwrap();
    file
}

async fn report(world: &World) -> Value {
    world.host.operator().get("/ops/v1/adapters/nordwind/shadow").await.expect(200)
}

/// The report, once an operation was compared so many times.
async fn until_compared(world: &World, operation: &str, times: u64) -> Value {
    eventually(&format!("{operation} is compared {times} times"), async || {
        let report = report(world).await;
        let counts = &report["operations"][operation];
        let compared = counts["same"].as_u64().unwrap_or(0) + counts["different"].as_u64().unwrap_or(0);
        (compared >= times).then_some(report)
    })
    .await
}

async fn read_live(world: &World) -> Value {
    let body = json!({"purpose": "checkout", "items": [{"sku": PLIERS}]});
    world.hansen().post("/v1/availability:query", &body).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_maps_a_field_otherwise_is_told_by_field_and_seen_by_no_customer() {
    let folder = tempfile::tempdir().unwrap();
    let profile = changed(folder.path(), "available: (.free // 0)", "available: decimal_add(.free // 0; 1)");
    let world = followed(&profile, r#"{ adapter = "follower" }"#).await;
    world.backend.set_stock(PLIERS, "HAM", "40").await;

    let answer = read_live(&world).await;
    let report = until_compared(&world, "availability.check", 1).await;

    let live = text(&answer, "/items/0/availability/available");
    let difference = &report["latest"][0];
    assert_eq!(text(difference, "/field"), "[0].available");
    assert_eq!(text(difference, "/live"), live);
    assert_ne!(text(difference, "/shadow"), live, "the customer got the live one");
    assert_eq!(report["operations"]["availability.check"]["fields"], json!({"[].available": 1}));
    assert_eq!(world.host.metric("ordergate_shadow_differences_total", &["[].available"]).await, 1.0);

    let printed = world.host.operate(&["adapter", "shadow", "nordwind"]).await;
    assert!(printed.stdout.contains("1 times [].available"), "{printed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_maps_the_same_has_no_differences_over_a_whole_order_and_sends_nothing_of_it() {
    let world = followed(&demo_profile(), r#"{ adapter = "follower", writes = true }"#).await;
    let customer = world.hansen();

    // Each is compared before the next one changes what the back end says.
    read_live(&world).await;
    until_compared(&world, "availability.check", 1).await;
    let checkout = seal(&customer, PLIERS, "3").await;
    until_compared(&world, "checkout.calculate", 1).await;
    let placed = order(&customer, &checkout, "shadow-1").await.expect(202);
    let reference = text(&placed, "/reference").to_owned();
    until_order(&customer, &reference, "is confirmed", |order| order["transfer"]["state"] == "confirmed").await;

    let report = until_compared(&world, "orders.get", 1).await;
    let counts = report["operations"].as_object().unwrap().values();
    assert!(counts.clone().all(|count| count["different"] == 0), "{report}");
    let report = eventually("the order is mapped", async || {
        let report = self::report(&world).await;
        report["writes"].as_array().unwrap().iter().any(|write| write["operation"] == "orders.submit").then_some(report)
    })
    .await;
    let write = report["writes"].as_array().unwrap().iter().find(|write| write["operation"] == "orders.submit").unwrap();
    assert_eq!(text(write, "/request_id"), reference);
    assert_eq!(text(write, "/request/method"), "POST");
    assert!(write["request"]["body_bytes"].as_u64().unwrap() > 0, "{write}");
    assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 1, "only the live adapter sent it");
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_whose_back_end_is_away_costs_the_customer_nothing() {
    let world = World::with(|config| {
        let config = with_follower(config, &demo_profile(), r#"{ adapter = "follower" }"#);
        // Nobody listens there.
        config.set("adapters.follower.endpoints.api.base_url", "\"http://127.0.0.1:9\"")
    })
    .await;
    assert!(read_live(&world).await["items"][0]["availability"]["available"].is_string());
    let report = until_compared(&world, "availability.check", 1).await;
    assert_eq!(text(&report["latest"][0], "/field"), "failure");
    assert_eq!(text(&report["latest"][0], "/shadow"), "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_nothing_follows_has_no_comparison_and_says_how_to_get_one() {
    let world = World::start().await;
    let reply = world.host.operator().get("/ops/v1/adapters/nordwind/shadow").await;
    assert!(reply.status == 409 && reply.text().contains("[adapters.nordwind.shadow]"), "{reply}");
}
