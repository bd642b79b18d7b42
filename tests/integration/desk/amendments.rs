//! What the back end changed while it took an order stands, or waits for a person (rule T9).

use super::*;

/// A world whose back end takes at most three pliers at a time, with a changed configuration.
async fn sparing(change: &[(&str, &str)]) -> World {
    let world = World::with(|config| change.iter().fold(config, |config, (path, value)| config.set(path, value))).await;
    world.backend.rule(PLIERS, &json!({"at_most": "3"})).await;
    world
}

#[tokio::test]
async fn t9_less_than_was_ordered_waits_at_the_desk_and_the_customer_sees_it() {
    let world = sparing(&[]).await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    assert_eq!(
        order["amendments"],
        json!([{"line": "1", "kind": "quantity", "from": "5", "to": "3", "message": "The quantity was changed."}])
    );
    assert_eq!((text(&order, "/amendments_are"), text(&order, "/transfer/state")), ("pending", "confirmed"));
    let finding = the_finding(&world, "amended").await;
    assert_eq!(finding["reference"], order["reference"]);
    assert_eq!((&finding["numbers"], &finding["allowed_actions"]), (&json!([order["number"]]), &json!(["accept", "cancel"])));
    assert_eq!(text(&finding, "/differences/0/kind"), "quantity");
    let shown = world.host.operate(&["orders", "show", text(&order, "/reference")]).await;
    assert!(shown.stdout.contains("amendment  line 1  quantity  5 → 3") && shown.stdout.contains("finding "), "{}", shown.stdout);
}

#[tokio::test]
async fn t9_an_accepted_amendment_stands_and_the_deed_is_kept() {
    let world = sparing(&[]).await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    let finding = the_finding(&world, "amended").await;
    let id = finding["id"].to_string();
    let accepted = world.host.operate(&["findings", "accept", &id, "--actor", "anna", "--reason", "called the customer"]).await;
    assert_eq!(accepted.code, Some(0), "{}", accepted.stderr);
    assert!(accepted.stdout.contains("accepted"), "{}", accepted.stdout);
    let reference = text(&order, "/reference");
    until_order(&world.hansen(), reference, "accepted", |order| order["amendments_are"] == "accepted").await;
    assert!(findings(&world, "").await.is_empty(), "nothing waits any more");
    assert_eq!(text(&findings(&world, "?state=accepted").await[0], "/state"), "accepted");
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let audit: Vec<_> =
        dossier["audit"].as_array().unwrap().iter().map(|entry| (text(entry, "/actor"), text(entry, "/action"))).collect();
    assert_eq!(audit, [("ordergate", "finding"), ("anna", "accept finding")]);
    let again =
        world.host.operator().post(&format!("/ops/v1/findings/{id}/cancel"), &json!({"actor": "bob", "reason": "late"})).await;
    assert!(text(&again.expect_problem(409, "conflict"), "/detail").contains("is accepted"), "{again}");
}

#[tokio::test]
async fn t9_an_amended_order_that_nobody_wants_is_cancelled_in_the_back_end() {
    let world = sparing(&[]).await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    let finding = the_finding(&world, "amended").await;
    assert_eq!(text(&settle(&world, &finding, "cancel").await, "/state"), "cancelling");
    let reference = text(&order, "/reference");
    let cancelled = until_order(&world.hansen(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(text(&cancelled, "/amendments_are"), "refused");
    eventually("the finding is settled", async || findings(&world, "?state=cancelled").await.pop()).await;
    assert!(findings(&world, "").await.is_empty());
}

#[tokio::test]
async fn t9_a_cancellation_that_the_back_end_refuses_brings_the_finding_back() {
    let world = sparing(&[]).await;
    confirmed(&world.hansen(), "5", "one").await;
    let finding = the_finding(&world, "amended").await;
    for _ in 0..3 {
        world.backend.client().post("/control/advance", &json!({})).await.expect(200);
    }
    settle(&world, &finding, "cancel").await;
    eventually("it is open again", async || findings(&world, "?state=open").await.pop()).await;
}

#[tokio::test]
async fn t9_limits_decide_what_stands() {
    let world = sparing(&[("stores.main.amendments.max_cut_percent", "\"40\"")]).await;
    let within = confirmed(&world.hansen(), "5", "one").await;
    assert_eq!(text(&within, "/amendments_are"), "accepted", "three of five are 40 % less");
    assert!(findings(&world, "?state=all").await.is_empty());
    let beyond = confirmed(&world.hansen(), "6", "two").await;
    assert_eq!(text(&beyond, "/amendments_are"), "pending");
    the_finding(&world, "amended").await;
}

#[tokio::test]
async fn t9_a_store_may_accept_whatever_the_back_end_makes_of_an_order() {
    let world = sparing(&[("stores.main.amendments.policy", "\"accept\"")]).await;
    world.backend.rule(PLIERS, &json!({"at_most": "1", "instead": "NW-1015"})).await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    let kinds: Vec<_> = order["amendments"].as_array().unwrap().iter().map(|change| text(change, "/kind")).collect();
    assert!(kinds.contains(&"quantity") && kinds.contains(&"substitution"), "{kinds:?}");
    assert_eq!(text(&order, "/amendments_are"), "accepted");
    assert!(findings(&world, "?state=all").await.is_empty());
}

#[tokio::test]
async fn t9_an_order_that_was_taken_as_it_was_given_has_no_amendments_and_nobody_is_asked() {
    let world = World::with(|config| config.set("stores.main.amendments.policy", "\"desk\"")).await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    assert_eq!((&order["amendments"], &order["amendments_are"]), (&json!([]), &Value::Null));
    assert!(findings(&world, "?state=all").await.is_empty());
}

#[tokio::test]
async fn t9_amendments_are_told_also_when_the_reply_was_lost() {
    let world = sparing(&[]).await;
    let checkout = seal(&world.hansen(), PLIERS, "5").await;
    world.backend.disturb("POST", "/api/orders", "reply-lost", Some(1)).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let found = until_order(&world.hansen(), text(&captured, "/reference"), "found", |order| order["number"].is_string()).await;
    let kinds: Vec<_> = found["amendments"].as_array().unwrap().iter().map(|change| text(change, "/kind")).collect();
    assert_eq!((kinds, text(&found, "/amendments_are")), (vec!["quantity"], "pending"));
    the_finding(&world, "amended").await;
}

#[tokio::test]
async fn findings_are_for_operators_and_a_wrong_question_is_told() {
    let world = World::start().await;
    world.host.operator().get("/ops/v1/findings?reason=ugly").await.expect_problem(422, "invalid_request");
    world.host.operator().get("/ops/v1/findings/4711").await.expect_problem(404, "not_found");
    world.host.ops().get("/ops/v1/findings").await.expect_problem(401, "unauthenticated");
}
