//! Orders that a person must decide about: the thin desk on the operations port (rules T4, T11).

use ordergate_tests::{PLIERS, Reply, World, eventually, line, order, seal, text, until_order};
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

/// An order that the back end has taken, and that was given up because nobody could learn so.
async fn taken_and_parked(world: &World) -> String {
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let rules = json!([
        {"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost"},
        {"method": "GET", "path_prefix": "/api/orders", "fault": "garbage-json"},
    ]);
    world.backend.faults(&json!({"rules": rules})).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference").to_owned();
    until_order(&world.hansen(), &reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    world.backend.no_faults().await;
    reference
}

#[tokio::test]
async fn t4_a_parked_order_that_the_back_end_has_is_found_and_not_sent_again() {
    let world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let reference = taken_and_parked(&world).await;
    let act = json!({"actor": "anna", "reason": "the back end is mended"});
    world.host.operator().post(&format!("/ops/v1/orders/{reference}/resend"), &act).await.expect(200);
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(&reference).await.len(), 1);
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

async fn link(world: &World, reference: &str, more: Value) -> Reply {
    let mut body = json!({"actor": "anna", "reason": "entered by hand"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.host.operator().post(&format!("/ops/v1/orders/{reference}/link"), &body).await
}

#[tokio::test]
async fn t11_an_order_is_linked_only_to_what_the_back_end_shows_as_the_customers() {
    let (world, reference) = parked_order().await;
    let own = world.backend.telephone_order("C-1001", PLIERS).await;
    world.backend.faults(&json!({"rules": [{"method": "GET", "path_prefix": "/api/orders", "fault": "refuse-503"}]})).await;
    link(&world, &reference, json!({"number": own})).await.expect_problem(503, "backend_unavailable");
    world.backend.no_faults().await;
    let foreign = world.backend.telephone_order("C-1002", PLIERS).await;
    let sealed = seal(&world.hansen(), PLIERS, "1").await;
    let other = order(&world.hansen().with("prefer", "wait=20"), &sealed, "another").await.expect(201);
    for (number, why) in [
        (foreign.as_str(), "the back end shows no order SO-100001 of customer C-1001"),
        ("SO-1", "the back end shows no order SO-1 of customer C-1001"),
        (text(&other, "/number"), "which is another one"),
    ] {
        let refused = link(&world, &reference, json!({"number": number})).await.expect_problem(422, "invalid_request");
        assert_eq!(text(&refused, "/errors/0/pointer"), "/number");
        let detail = text(&refused, "/errors/0/detail");
        assert!(detail.contains(&why.replace("SO-100001", number)), "{detail}");
    }
    assert!(mentions(&parked(&world).await, &reference));
    link(&world, &reference, json!({"number": own})).await.expect(200);
    let linked = world.hansen().get(&format!("/v1/orders/{reference}")).await.expect(200);
    assert_eq!((text(&linked, "/number"), text(&linked, "/transfer/state")), (own.as_str(), "linked"));
    assert!(linked["status"].is_string(), "{linked:#}");
    // What is here already is no second order.
    let next = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let next = order(&world.hansen(), &next, "next").await.expect(202);
    let next = text(&next, "/reference");
    until_order(&world.hansen(), next, "parked", |order| order["transfer"]["state"] == "parked").await;
    let again = link(&world, next, json!({"number": own})).await.expect_problem(409, "conflict");
    assert!(text(&again, "/detail").contains(&format!("{own} is the number of {reference}")), "{again:#}");
}

#[tokio::test]
async fn t11_an_order_that_the_back_end_has_is_linked_to_no_other_one() {
    let world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let reference = taken_and_parked(&world).await;
    let another = world.backend.telephone_order("C-1001", PLIERS).await;
    let refused = link(&world, &reference, json!({"number": another})).await.expect_problem(422, "invalid_request");
    let own = world.backend.orders_with_reference(&reference).await.remove(0);
    let told = format!("the back end has {reference} as {}", text(&own, "/no"));
    assert_eq!(text(&refused, "/errors/0/detail"), told);
    link(&world, &reference, json!({"number": own["no"]})).await.expect(200);
}

#[tokio::test]
async fn t11_a_number_that_is_not_looked_at_is_linked_on_request_and_the_audit_log_says_so() {
    let (world, reference) = parked_order().await;
    let number = world.backend.telephone_order("C-1001", PLIERS).await;
    let by_hand =
        ["orders", "link", &reference, "--number", &number, "--unchecked", "--actor", "anna", "--reason", "seen on paper"];
    let done = world.host.operate(&by_hand).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let shown = world.host.operate(&["orders", "show", &reference]).await;
    assert!(shown.stdout.contains(&format!("number {number}, unchecked")), "{}", shown.stdout);
    let wrong = json!({"actor": "anna", "reason": "x", "unchecked": true});
    let refused = world.host.operator().post(&format!("/ops/v1/orders/{reference}/abandon"), &wrong).await;
    assert_eq!(text(&refused.expect_problem(422, "invalid_request"), "/errors/0/pointer"), "/unchecked");
}

#[tokio::test]
async fn t11_an_order_that_waits_is_listed_and_tried_at_once_when_a_person_says_so() {
    let world =
        World::with(|config| config.set("transfer.backoff_initial_ms", "600000").set("transfer.backoff_max_ms", "600000")).await;
    let sealed = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let captured = order(&world.hansen(), &sealed, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    eventually("the first attempt has failed", async || {
        let listed = world.host.operate(&["orders", "list", "--state", "under-way"]).await.stdout;
        (listed.contains(reference) && listed.contains("next ") && listed.contains("queued")).then_some(())
    })
    .await;
    world.backend.no_faults().await;
    let hurried = world.host.operate(&["orders", "resend", reference, "--actor", "anna", "--reason", "it is there again"]).await;
    assert_eq!(hurried.code, Some(0), "{}", hurried.stderr);
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    let listed = world.host.operator().get("/ops/v1/transfers?state=under-way").await.expect(200);
    assert!(!mentions(&listed, reference), "{listed:#}");
    let wrong = world.host.operator().get("/ops/v1/transfers?state=queued").await;
    assert!(wrong.text().contains("under-way"), "{wrong}");
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
