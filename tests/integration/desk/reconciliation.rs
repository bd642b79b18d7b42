//! What was handed over is compared with what the back end has (rule T10).

use super::*;

/// A world that compares every second.
async fn comparing() -> World {
    World::with(|config| config.set("transfer.reconcile_secs", "1").set("transfer.reconcile_window_secs", "3600")).await
}

/// Waits until so many comparisons more have ended in some way.
async fn compared(world: &World, outcome: &str, more: f64) {
    world.host.compared(outcome, more).await;
}

#[tokio::test]
async fn t10_what_is_as_it_should_be_is_compared_and_nobody_is_bothered() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    let quote = json!({"lines": [{"id": "1", "sku": PLIERS, "quantity": {"value": "500"}}]});
    world.hansen().capture("/v1/quotes", "quote", &quote).await.expect(202);
    compared(&world, "same", 4.0).await;
    assert!(findings(&world, "?state=all").await.is_empty());
    let posts = world.backend.requests("POST /api/orders").await;
    assert_eq!((posts, world.backend.requests("POST /api/rfqs").await), (1, 1), "nothing is ever sent by comparing");
    assert_eq!(world.backend.orders_with_reference(text(&order, "/reference")).await.len(), 1);
}

#[tokio::test]
async fn t10_an_order_that_was_deleted_there_is_found_missing_once() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    world.backend.delete_order(text(&order, "/number")).await;
    let finding = the_finding(&world, "missing").await;
    assert_eq!((&finding["reference"], &finding["numbers"]), (&order["reference"], &json!([order["number"]])));
    assert_eq!(finding["allowed_actions"], json!(["accept"]));
    let listed = world.host.operate(&["findings", "list", "--reason", "missing"]).await;
    assert!(listed.stdout.contains("missing    open") && listed.stdout.contains(text(&order, "/reference")), "{}", listed.stdout);
    compared(&world, "different", 2.0).await;
    the_finding(&world, "missing").await;
    assert_eq!(world.host.metric("ordergate_findings_total", &["reason=\"missing\""]).await, 1.0, "it is news once");
    assert_eq!(world.backend.requests("POST /api/orders").await, 1, "it is not sent again");
    eventually("the gauge tells it", async || {
        (world.host.metric("ordergate_findings_open", &["reason=\"missing\""]).await == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn t10_an_order_whose_number_became_another_customers_is_found_missing() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    world.backend.rebook_order(text(&order, "/number"), &json!({"customer": "C-1002"})).await;
    let finding = the_finding(&world, "missing").await;
    assert_eq!((&finding["reference"], &finding["numbers"]), (&order["reference"], &json!([order["number"]])));
}

#[tokio::test]
async fn t10_an_order_whose_reference_was_taken_away_is_not_said_to_be_missing() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    world.backend.rebook_order(text(&order, "/number"), &json!({"your_ref": "as by telephone"})).await;
    let finding = the_finding(&world, "differs").await;
    assert_eq!((text(&finding, "/differences/0/kind"), &finding["numbers"]), ("reference", &json!([order["number"]])));
    assert_eq!(finding["differences"][0]["from"], order["reference"]);
    assert!(findings(&world, "?reason=missing&state=all").await.is_empty(), "to enter it again would double it");
}

#[tokio::test]
async fn t10_an_order_that_stands_under_another_number_only_is_not_doubled() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    // The number that was confirmed is another customer's; the order itself stands once, under another.
    let other = world.backend.copy_order(text(&order, "/number")).await;
    world.backend.rebook_order(text(&order, "/number"), &json!({"customer": "C-1002"})).await;
    let finding = the_finding(&world, "differs").await;
    assert_eq!(finding["numbers"], json!([other]));
    world.host.compared("different", 2.0).await;
    assert!(findings(&world, "?reason=doubled&state=all").await.is_empty(), "cancelling the other one would lose the order");
}

#[tokio::test]
async fn t10_an_order_that_is_there_twice_is_found_and_the_other_one_can_be_cancelled() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    let other = world.backend.copy_order(text(&order, "/number")).await;
    let finding = the_finding(&world, "doubled").await;
    assert_eq!(finding["numbers"], json!([order["number"], other]));
    settle(&world, &finding, "cancel").await;
    eventually("the finding is settled", async || findings(&world, "?state=cancelled").await.pop()).await;
    let of = async |number: &str| world.backend.client().get(&format!("/api/orders/{number}")).await.expect(200);
    assert_eq!((text(&of(&other).await, "/state"), text(&of(text(&order, "/number")).await, "/state")), ("CAN", "OPN"));
    let ours = world.hansen().get(&format!("/v1/orders/{}", text(&order, "/reference"))).await.expect(200);
    assert_eq!(text(&ours, "/status"), "open", "the first one is the customer's order");
}

#[tokio::test]
async fn t10_another_quantity_is_found_and_gone_when_it_is_put_right() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    world.backend.change_order(text(&order, "/number"), "1", &json!({"qty": "4"})).await;
    let finding = the_finding(&world, "differs").await;
    let of =
        |kind: &str| finding["differences"].as_array().unwrap().iter().find(|difference| difference["kind"] == kind).cloned();
    let quantity = of("quantity").expect("the quantity");
    assert_eq!((text(&quantity, "/from"), text(&quantity, "/to"), text(&quantity, "/line")), ("5 C62", "4 C62", "1"));
    assert!(of("total").is_some() && of("price").is_none(), "{finding:#}");
    world.backend.change_order(text(&order, "/number"), "1", &json!({"qty": "5"})).await;
    eventually("it is gone", async || findings(&world, "?state=gone").await.pop()).await;
    assert!(findings(&world, "").await.is_empty());
}

// Each comparison comes after twice the time of the one before: a test must not need many.
#[tokio::test]
async fn t10_another_price_is_found_and_what_was_accepted_is_not_asked_again() {
    let world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    world.backend.change_order(text(&order, "/number"), "1", &json!({"net": "99.00"})).await;
    let finding = the_finding(&world, "differs").await;
    assert_eq!(text(&finding, "/differences/0/kind"), "price");
    settle(&world, &finding, "accept").await;
    compared(&world, "different", 2.0).await;
    assert!(findings(&world, "").await.is_empty(), "what was accepted is not asked again");
}

#[tokio::test]
async fn t10_what_was_told_with_the_confirmation_is_not_found_again() {
    let world =
        World::with(|config| config.set("transfer.reconcile_secs", "1").set("stores.main.amendments.policy", "\"accept\"")).await;
    world.backend.rule(PLIERS, &json!({"at_most": "3"})).await;
    confirmed(&world.hansen(), "5", "one").await;
    compared(&world, "same", 2.0).await;
    assert!(findings(&world, "?state=all").await.is_empty());
}

#[tokio::test]
async fn t10_what_changes_again_after_it_was_told_and_accepted_is_found() {
    let world =
        World::with(|config| config.set("transfer.reconcile_secs", "1").set("stores.main.amendments.policy", "\"accept\"")).await;
    world.backend.rule(PLIERS, &json!({"at_most": "3"})).await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    compared(&world, "same", 1.0).await;
    world.backend.change_order(text(&order, "/number"), "1", &json!({"qty": "500"})).await;
    let finding = the_finding(&world, "differs").await;
    assert_eq!((text(&finding, "/differences/0/kind"), text(&finding, "/differences/0/to")), ("quantity", "500 C62"));
}

#[tokio::test]
async fn t10_an_order_from_an_offer_without_freight_bothers_nobody() {
    let world = comparing().await;
    let lines = json!([{"id": "1", "sku": PLIERS, "quantity": {"value": "5"}}]);
    let quote = world.hansen().capture("/v1/quotes", "quote", &json!({"lines": lines})).await.expect(202);
    let path = format!("/v1/quotes/{}", text(&quote, "/reference"));
    eventually("it is offered", async || {
        world.backend.answer_quotes().await;
        (world.hansen().get(&path).await.expect(200)["status"] == "offered").then_some(())
    })
    .await;
    let accepted = world.hansen().capture(&format!("{path}/accept"), "accept", &json!({"revision": "1"})).await.expect(202);
    let reference = text(&accepted, "/reference");
    let order = until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_ne!(accepted["totals"]["payable"], order["totals"]["payable"], "there is freight");
    // The quote and the order, each twice.
    compared(&world, "same", 4.0).await;
    assert!(findings(&world, "?state=all").await.is_empty());
}

#[tokio::test]
async fn t10_an_order_that_was_cancelled_there_is_found_and_one_that_was_cancelled_through_us_is_not() {
    let world = comparing().await;
    let by_clerk = confirmed(&world.hansen(), "5", "one").await;
    let by_customer = confirmed(&world.hansen(), "1", "two").await;
    let path = format!("/v1/orders/{}/cancel", text(&by_customer, "/reference"));
    world.hansen().capture(&path, "cancel", &json!({"reason": "ordered twice"})).await.expect(202);
    until_order(&world.hansen(), text(&by_customer, "/reference"), "cancelled", |order| order["status"] == "cancelled").await;
    let path = format!("/api/orders/{}/cancellation", text(&by_clerk, "/number"));
    world.backend.client().post(&path, &json!({"reason": "out of range"})).await.expect(200);
    let finding = the_finding(&world, "cancelled").await;
    assert_eq!(finding["reference"], by_clerk["reference"]);
    compared(&world, "same", 1.0).await;
    the_finding(&world, "cancelled").await;
}

#[tokio::test]
async fn t10_an_order_that_was_given_up_and_is_there_after_all_is_found() {
    let world = World::with(|config| config.set("transfer.reconcile_secs", "1").set("transfer.max_attempts", "1")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let lost = json!([
        {"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost"},
        {"method": "GET", "path_prefix": "/api/orders", "fault": "garbage-json"},
    ]);
    world.backend.faults(&json!({ "rules": lost })).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    compared(&world, "failed", 1.0).await;
    assert!(findings(&world, "?state=all").await.is_empty(), "a back end that answers nonsense says nothing");
    let act = json!({"actor": "anna", "reason": "believed to be lost"});
    world.host.operator().post(&format!("/ops/v1/orders/{reference}/abandon"), &act).await.expect(200);
    world.backend.no_faults().await;
    let finding = the_finding(&world, "taken").await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(finding["numbers"], json!([there[0]["no"]]));
}

#[tokio::test]
async fn t10_while_the_back_end_is_down_nothing_is_found_and_it_is_compared_afterwards() {
    let mut world = comparing().await;
    let order = confirmed(&world.hansen(), "5", "one").await;
    world.backend.delete_order(text(&order, "/number")).await;
    world.backend.stop().await;
    eventually("it was tried in vain", async || {
        let failed = world.host.metric("ordergate_reconciled_total", &["outcome=\"failed\""]).await >= 1.0;
        let open = world.host.metric("ordergate_breaker_state", &["side=\"read\""]).await >= 1.0;
        (failed || open).then_some(())
    })
    .await;
    let missing = findings(&world, "?state=all").await;
    // It may have been compared before the back end went down.
    assert!(missing.iter().all(|finding| finding["reason"] == "missing"), "{missing:?}");
    world.backend.start_again().await;
    the_finding(&world, "missing").await;
}
