//! An order that a person holds is not sent until it is released (rules T6, T11).

use super::*;

/// A world whose back end takes nothing for now, so that orders wait.
async fn waiting() -> World {
    let config = |config: ordergate_tests::HostConfig| {
        config.set("holds.reasons.export", "{ title = \"Export licence\", shown = \"We check the export licence.\" }")
    };
    let world = World::with(config).await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    world
}

async fn ordered(world: &World, key: &str) -> String {
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    text(&order(&world.hansen(), &checkout, key).await.expect(202), "/reference").to_owned()
}

/// Holds an order as soon as it is not just being tried.
async fn hold(world: &World, reference: &str, code: &str) {
    let act = json!({"actor": "anna", "reason": "the amount is unusual", "code": code});
    eventually("it is held", async || {
        let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/hold"), &act).await;
        reply.status.is_success().then_some(())
    })
    .await;
}

async fn confirmed_now(world: &World, reference: &str) -> Value {
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await
}

#[tokio::test]
async fn t6_a_held_order_is_not_sent_until_it_is_released_and_blocks_nobody() {
    let world = waiting().await;
    let held = ordered(&world, "one").await;
    hold(&world, &held, "export").await;
    world.backend.no_faults().await;
    // The next order of the same customer goes: the held one has stepped out of the line.
    let next = ordered(&world, "two").await;
    confirmed_now(&world, &next).await;
    let seen = world.hansen().get(&format!("/v1/orders/{held}")).await.expect(200);
    assert_eq!((text(&seen, "/transfer/state"), &seen["number"]), ("queued", &Value::Null));
    assert_eq!(text(&seen, "/transfer/on_hold/message"), "We check the export licence.");
    assert!(!seen.to_string().contains("unusual"), "why is nobody's business: {seen:#}");
    assert_eq!(world.backend.orders_with_reference(&held).await.len(), 0);
    let act = ["--code", "export", "--actor", "anna", "--reason", "the licence is there"];
    let released = world.host.operate(&[&["orders", "release", held.as_str()][..], &act].concat()).await;
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    confirmed_now(&world, &held).await;
    assert_eq!(world.backend.orders_with_reference(&held).await.len(), 1);
}

#[tokio::test]
async fn t11_every_hold_must_be_released_and_each_deed_is_kept_with_its_code() {
    let world = waiting().await;
    let held = ordered(&world, "one").await;
    hold(&world, &held, "credit").await;
    hold(&world, &held, "fraud").await;
    world.backend.no_faults().await;
    let operator = world.host.operator();
    let release = |code: &str| json!({"actor": "bob", "reason": "checked", "code": code});
    let path = format!("/ops/v1/orders/{held}/release");
    operator.post(&path, &release("credit")).await.expect(200);
    let dossier = operator.get(&format!("/ops/v1/orders/{held}")).await.expect(200);
    assert_eq!(dossier["holds"].as_array().unwrap().len(), 1, "{dossier:#}");
    assert_eq!((text(&dossier, "/holds/0/code"), text(&dossier, "/holds/0/actor")), ("fraud", "anna"));
    let again = operator.post(&path, &release("credit")).await;
    assert!(text(&again.expect_problem(409, "conflict"), "/detail").contains("not held"), "{again}");
    let seen = world.hansen().get(&format!("/v1/orders/{held}")).await.expect(200);
    assert_eq!(seen["transfer"]["on_hold"], json!({}), "a customer is not told of a suspicion: {seen:#}");
    operator.post(&path, &release("fraud")).await.expect(200);
    confirmed_now(&world, &held).await;
    let dossier = operator.get(&format!("/ops/v1/orders/{held}")).await.expect(200);
    let deeds = dossier["audit"].as_array().unwrap().iter();
    let deeds: Vec<_> = deeds.map(|deed| ["actor", "action", "detail"].map(|field| deed[field].as_str().unwrap_or(""))).collect();
    assert_eq!(
        deeds,
        [["anna", "hold", "credit"], ["anna", "hold", "fraud"], ["bob", "release", "credit"], ["bob", "release", "fraud"]]
    );
    assert_eq!(text(&dossier, "/audit/0/adapter_digest").len(), 64);
}

#[tokio::test]
async fn t11_a_hold_needs_a_known_code_and_something_that_waits() {
    let world = World::start().await;
    let sent = confirmed(&world.hansen(), "1", "one").await;
    let path = format!("/ops/v1/orders/{}/hold", text(&sent, "/reference"));
    let act = |code: &str| json!({"actor": "anna", "reason": "late", "code": code});
    let refused = world.host.operator().post(&path, &act("mood")).await;
    let problem = refused.expect_problem(422, "invalid_request");
    assert!(text(&problem, "/errors/0/detail").contains("address, credit, fraud, manual"), "{problem:#}");
    let late = world.host.operator().post(&path, &act("credit")).await;
    assert!(text(&late.expect_problem(409, "conflict"), "/detail").contains("is confirmed"), "{late}");
    let reasons = world.host.operator().get("/ops/v1/hold-reasons").await.expect(200);
    assert_eq!(ordergate_tests::items(&reasons).len(), 4);
}

#[tokio::test]
async fn t6_a_held_order_that_is_given_up_is_never_sent_and_a_held_one_survives_the_host() {
    let mut world = waiting().await;
    let (given_up, kept) = (ordered(&world, "one").await, ordered(&world, "two").await);
    hold(&world, &given_up, "fraud").await;
    hold(&world, &kept, "manual").await;
    let act = json!({"actor": "anna", "reason": "it was not the customer"});
    world.host.operator().post(&format!("/ops/v1/orders/{given_up}/abandon"), &act).await.expect(200);
    world.backend.no_faults().await;
    world.host.kill_9();
    world.host.start_again().await;
    let later = ordered(&world, "three").await;
    confirmed_now(&world, &later).await;
    for reference in [&given_up, &kept] {
        assert_eq!(world.backend.orders_with_reference(reference).await.len(), 0, "{reference}");
    }
    let listed = world.host.operate(&["orders", "list", "--state", "held"]).await;
    assert!(listed.stdout.contains(&kept) && !listed.stdout.contains(&given_up), "{}", listed.stdout);
    world.host.operator().post(&format!("/ops/v1/orders/{kept}/release"), &act).await.expect(200);
    confirmed_now(&world, &kept).await;
}
