//! Orders that a person must decide about: the thin desk on the operations port (rules T4, T11).

use ordergate_tests::{PLIERS, World, eventually, line, order, seal, text, until_order};
use serde_json::{Value, json};

/// A world whose back end fails at every order, and the reference of an order that was given up.
async fn parked_order() -> (World, String) {
    let world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference").to_owned();
    until_order(&world.hansen(), &reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    (world, reference)
}

async fn parked(world: &World) -> Value {
    world.host.operator().get("/ops/v1/transfers?state=parked").await.expect(200)
}

fn items_at<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).unwrap()
}

fn mentions(list: &Value, reference: &str) -> bool {
    list.to_string().contains(reference)
}

#[tokio::test]
async fn an_order_is_parked_when_its_attempts_are_spent_and_can_be_resent() {
    let (world, reference) = parked_order().await;
    assert!(mentions(&parked(&world).await, &reference), "the desk lists it");
    world.backend.no_faults().await;
    let act = json!({"actor": "anna", "reason": "the back end is mended"});
    let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/resend"), &act).await;
    assert!(reply.status.is_success(), "{reply}");
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 1);
    assert!(!mentions(&parked(&world).await, &reference));
}

#[tokio::test]
async fn t4_a_parked_order_that_the_back_end_has_is_found_and_not_sent_again() {
    let world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let rules = json!([
        {"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost"},
        {"method": "GET", "path_prefix": "/api/orders", "fault": "garbage-json"},
    ]);
    world.backend.faults(&json!({"rules": rules})).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    world.backend.no_faults().await;
    let act = json!({"actor": "anna", "reason": "the back end is mended"});
    world.host.operator().post(&format!("/ops/v1/orders/{reference}/resend"), &act).await.expect(200);
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn a_parked_order_can_be_linked_to_one_that_was_entered_by_hand() {
    let (world, reference) = parked_order().await;
    world.backend.no_faults().await;
    let number = world.backend.telephone_order("C-1001", PLIERS).await;
    let act = json!({"actor": "anna", "reason": "entered by hand", "number": number});
    let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/link"), &act).await;
    assert!(reply.status.is_success(), "{reply}");
    let linked = until_order(&world.hansen(), &reference, "linked", |order| order["number"] == number.as_str()).await;
    assert_eq!(text(&linked, "/reference"), reference);
    assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 0, "only the clerk's order is there");
}

#[tokio::test]
async fn an_abandoned_order_is_never_sent() {
    let (world, reference) = parked_order().await;
    let act = json!({"actor": "anna", "reason": "the customer ordered elsewhere"});
    let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/abandon"), &act).await;
    assert!(reply.status.is_success(), "{reply}");
    world.backend.no_faults().await;
    // A later order of the same customer goes through: the abandoned one does not stand in its way, and is not sent with it.
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let next = order(&world.hansen(), &checkout, "next").await.expect(202);
    until_order(&world.hansen(), text(&next, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 0);
}

#[tokio::test]
async fn t11_a_desk_action_needs_a_reason_and_an_actor() {
    let (world, reference) = parked_order().await;
    for act in [json!({"actor": "anna"}), json!({"reason": "because"}), json!({"actor": "", "reason": ""})] {
        let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/resend"), &act).await;
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{reply}");
    }
    assert!(mentions(&parked(&world).await, &reference));
}

#[tokio::test]
async fn an_order_that_is_not_parked_is_not_resent() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    let act = json!({"actor": "anna", "reason": "impatience"});
    let reply = world.host.operator().post(&format!("/ops/v1/orders/{reference}/resend"), &act).await;
    assert_eq!(reply.status, 409, "{reply}");
    assert_eq!(world.backend.requests("POST /api/orders").await, 1);
}

#[tokio::test]
async fn a_parked_order_does_not_block_the_next_one_of_its_customer() {
    let (world, _) = parked_order().await;
    world.backend.no_faults().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let next = order(&world.hansen(), &checkout, "next").await.expect(202);
    until_order(&world.hansen(), text(&next, "/reference"), "confirmed", |order| order["number"].is_string()).await;
}

#[tokio::test]
async fn an_outage_spends_no_attempts() {
    let mut world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.stop().await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "tried often", |order| order["transfer"]["attempts"].as_u64() >= Some(4)).await;
    world.backend.start_again().await;
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
}

#[tokio::test]
async fn an_order_that_waited_too_long_is_parked() {
    let mut world = World::with(|config| config.set("transfer.max_age_secs", "1")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.stop().await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    until_order(&world.hansen(), text(&captured, "/reference"), "parked", |order| order["transfer"]["state"] == "parked").await;
}

#[tokio::test]
async fn parked_orders_are_counted() {
    let (world, _) = parked_order().await;
    eventually("the metric tells it", async || {
        (world.host.metric("ordergate_transfers_open", &["state=\"parked\""]).await >= 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn t11_the_desk_sees_what_was_sent_and_answered_without_names_and_credentials() {
    let world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let ship_to = json!({"role": "ship-to", "address": {"name": "Zoë \"Zo\" Söhnlein", "lines": ["Lange Str. 1"], "city": "Berlin", "country": "DE"}});
    let cart = json!({"lines": [line("1", PLIERS, "3")], "parties": [ship_to]});
    let checkout = world.hansen().post("/v1/checkouts", &cart).await.expect(201);
    world.backend.disturb("POST", "/api/orders", "echo-error", None).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;

    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let sends: Vec<_> = items_at(&dossier, "/attempts").iter().filter(|attempt| attempt["kind"] == "send").collect();
    assert!(!sends.is_empty());
    for attempt in sends {
        let sent =
            items_at(attempt, "/exchanges").iter().find(|exchange| exchange["method"] == "POST").expect("the order was sent");
        assert!(text(sent, "/target").ends_with("/api/orders"), "{sent}");
        assert!(sent["status"].as_u64().is_some_and(|status| status >= 500), "{sent}");
        assert!(sent["took_ms"].is_u64());
        for body in ["/request/text", "/reply/text"] {
            assert!(text(sent, body).contains(PLIERS) && text(sent, body).contains("[personal]"), "{body} of {sent}");
        }
    }
    let shown = world.host.operate(&["orders", "show", reference, "--bodies"]).await.stdout;
    let bodies: Vec<_> = shown.lines().filter(|line| line.starts_with("      | ")).collect();
    assert!(shown.contains("POST /api/orders  500") && bodies.iter().any(|body| body.contains(PLIERS)), "{shown}");
    let exchanges: Vec<_> = items_at(&dossier, "/attempts").iter().map(|attempt| attempt["exchanges"].to_string()).collect();
    for everything in [exchanges.join("\n"), bodies.join("\n")] {
        for hidden in ["Söhnlein", "S\\u00f6hnlein", "Zoë", "Zo\\", "Lange Str", "Berlin", world.backend.key()] {
            assert!(!everything.contains(hidden), "{hidden} is shown: {everything}");
        }
    }
}

#[tokio::test]
async fn t11_a_confirmed_order_keeps_what_was_said_and_exchange_bytes_bounds_it() {
    for (bytes, kept) in [("40", 1), ("0", 0)] {
        let world = World::with(|config| config.set("adapters.nordwind.limits.exchange_bytes", bytes)).await;
        let checkout = seal(&world.hansen(), PLIERS, "1").await;
        let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
        let reference = text(&captured, "/reference");
        until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
        let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
        let exchanges = items_at(&dossier, "/attempts/0/exchanges");
        assert_eq!(exchanges.iter().filter(|exchange| exchange["method"] == "POST").count(), kept, "{dossier}");
        for exchange in exchanges {
            assert_eq!((exchange["request"]["is_cut"] == true, text(exchange, "/request/text").len() <= 40), (true, true));
        }
    }
}
