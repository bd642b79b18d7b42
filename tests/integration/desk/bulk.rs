//! The same decision about many (rule T11).

use super::*;

/// A world with three orders of two customers that were parked because their back end was away for too long.
async fn parked() -> (World, Vec<String>) {
    let mut world = World::with(|config| config.set("transfer.max_age_secs", "1")).await;
    let customers = [world.hansen(), world.hansen(), world.bauer()];
    let mut checkouts = Vec::new();
    for customer in &customers {
        checkouts.push(seal(customer, PLIERS, "1").await);
    }
    world.backend.stop().await;
    let mut references = Vec::new();
    for (index, (customer, checkout)) in customers.iter().zip(&checkouts).enumerate() {
        let captured = order(customer, checkout, &index.to_string()).await.expect(202);
        references.push(text(&captured, "/reference").to_owned());
    }
    for (customer, reference) in customers.iter().zip(&references) {
        until_order(customer, reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    }
    world.backend.start_again().await;
    (world, references)
}

#[tokio::test]
async fn t11_many_are_shown_first_then_resent_and_each_deed_is_kept() {
    let (world, references) = parked().await;
    let bulk = ["orders", "bulk", "resend", "--code", "unavailable", "--actor", "anna", "--reason", "it is there again"];
    let shown = world.host.operate(&[&bulk[..], &["--dry-run"]].concat()).await;
    assert!(references.iter().all(|reference| shown.stdout.contains(reference)), "{}", shown.stdout);
    assert!(shown.stderr.contains("3 orders and quotes"), "{}", shown.stderr);
    assert_eq!(world.backend.stats().await["orders_taken"], 0, "nothing was done");
    let nobody_there = world.host.operate(&bulk).await;
    assert_eq!(nobody_there.code, Some(64), "nobody can be asked: {}", nobody_there.stderr);
    assert!(nobody_there.stderr.contains("--yes"), "{}", nobody_there.stderr);
    let done = world.host.operate(&[&bulk[..], &["--account", "C-1001", "--yes"]].concat()).await;
    assert_eq!((done.code, done.stdout.lines().count()), (Some(0), 2), "{}", done.stdout);
    for reference in &references[..2] {
        until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
        let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
        assert_eq!((text(&dossier, "/audit/0/actor"), text(&dossier, "/audit/0/action")), ("anna", "resend"));
    }
    let left = world.host.operator().get("/ops/v1/transfers?state=parked").await.expect(200);
    assert_eq!(text(&left, "/items/0/reference"), references[2], "the other customer's was not meant");
}

#[tokio::test]
async fn t11_what_has_changed_meanwhile_is_refused_by_itself() {
    let (world, references) = parked().await;
    let operator = world.host.operator();
    let act = |action: &str, more: Value| {
        let mut body = json!({"action": action, "actor": "anna", "reason": "tidying up"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    operator.post("/ops/v1/orders:bulk", &act("abandon", json!({"references": [references[0]]}))).await.expect(200);
    let report = operator.post("/ops/v1/orders:bulk", &act("abandon", json!({"references": references}))).await.expect(200);
    assert_eq!((&report["done"], &report["refused"]), (&json!(2), &json!(1)));
    assert!(text(&report, "/items/0/refused").contains("abandoned"), "{report:#}");
    let nothing = operator.post("/ops/v1/orders:bulk", &act("resend", json!({"older_than_secs": 0}))).await.expect(200);
    assert_eq!(nothing["items"], json!([]));
    for (wrong, place) in [
        (act("resend", json!({})), "/references"),
        (act("explode", json!({"store": "main"})), "/action"),
        (act("resend", json!({"store": "main", "limit": 501})), "/limit"),
        (act("resend", json!({"references": [references[0]], "store": "main"})), "/references"),
    ] {
        let refused = operator.post("/ops/v1/orders:bulk", &wrong).await;
        assert_eq!(text(&refused.expect_problem(422, "invalid_request"), "/errors/0/pointer"), place);
    }
}

#[tokio::test]
async fn t11_many_holds_are_released_at_once() {
    let world = World::start().await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let mut held = Vec::new();
    for (key, customer) in [("one", world.hansen()), ("two", world.bauer())] {
        let checkout = seal(&customer, PLIERS, "1").await;
        let reference = text(&order(&customer, &checkout, key).await.expect(202), "/reference").to_owned();
        let act = json!({"actor": "anna", "reason": "a wave of fraud", "code": "fraud"});
        eventually("it is held", async || {
            let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/hold"), &act).await;
            reply.status.is_success().then_some(())
        })
        .await;
        held.push((customer, reference));
    }
    world.backend.no_faults().await;
    let bulk = ["orders", "bulk", "release", "--code", "fraud", "--yes", "--actor", "bob", "--reason", "it was none"];
    let done = world.host.operate(&bulk).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for (customer, reference) in &held {
        until_order(customer, reference, "confirmed", |order| order["number"].is_string()).await;
    }
}
