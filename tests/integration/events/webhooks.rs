//! Webhooks: every event that a receiver wants reaches it, signed, at least once and in order within a document, whatever happens on the way.

use std::collections::BTreeSet;

use ordergate_tests::{HostConfig, Receiver, TlsBackend, World, eventually, until_order, webhook_secret};
use serde_json::{Value, json};

use super::placed;

const CONFIRMED: [&str; 3] = ["order.captured", "order.confirmed", "order.status.open"];

/// A world whose host tells a receiver.
async fn told(change: impl FnOnce(HostConfig) -> HostConfig) -> (World, Receiver) {
    let receiver = Receiver::start().await;
    let world = World::with(|config| change(receiver.told_by(config))).await;
    (world, receiver)
}

async fn webhook(world: &World) -> Value {
    world.host.operator().get("/ops/v1/webhooks/shop").await.expect(200)
}

async fn until_webhook(world: &World, what: &str, wish: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || Some(webhook(world).await).filter(&wish)).await
}

#[tokio::test]
async fn a_receiver_is_told_what_happens_signed_and_in_order() {
    let (world, receiver) = told(|config| config.set("events.source", "\"https://orders.example.com\"")).await;
    let reference = placed(&world.hansen(), "one").await;
    receiver.until_taken(&reference, "order.status.open").await;
    assert_eq!(receiver.kinds_about(&reference), CONFIRMED);
    let messages = receiver.received();
    let [captured, ..] = &messages[..] else { panic!("nothing came") };
    assert!(messages.iter().all(|message| message.is_signed));
    assert_eq!(captured.headers["content-type"], "application/cloudevents+json");
    assert_eq!(captured.body["id"], captured.id.as_str(), "one id for the message and its event");
    let data = json!({"reference": reference, "store": "main", "account": "C-1001", "transfer": "queued"});
    assert_eq!((&captured.body["data"], &captured.body["source"]), (&data, &json!("https://orders.example.com")));
    let standing = until_webhook(&world, "all is delivered", |webhook| webhook["waiting"] == 0).await;
    assert_eq!((&standing["state"], &standing["parked"]), (&json!("active"), &json!(0)));
    assert!(!world.host.log().contains("whsec_"), "secrets are in no log");
    let delivered = world.host.metric("ordergate_webhook_attempts_total", &["webhook=\"shop\"", "outcome=\"delivered\""]).await;
    assert_eq!(delivered, 3.0);
}

#[tokio::test]
async fn a_receiver_is_told_only_what_it_wants() {
    let receiver = Receiver::start().await;
    let other = Receiver::start().await;
    let world = World::with(|config| {
        let config = other.told_as("desk", receiver.told_by(config));
        config.set("webhooks.shop.types", r#"["order.status.*"]"#).set("webhooks.desk.types", r#"["order.parked", "quote.*"]"#)
    })
    .await;
    let reference = placed(&world.hansen(), "one").await;
    receiver.until_taken(&reference, "order.status.open").await;
    until_webhook(&world, "nothing waits", |webhook| webhook["waiting"] == 0).await;
    assert_eq!(receiver.kinds_about(&reference), ["order.status.open"]);
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn what_is_refused_comes_again_in_order_with_the_same_id_and_holds_up_no_other_document() {
    let (world, receiver) = told(|config| config).await;
    let slow = placed(&world.hansen(), "slow").await;
    receiver.until_taken(&slow, "order.status.open").await;
    receiver.answer("order.cancellation.captured", 500, Some(3));
    world.hansen().capture(&format!("/v1/orders/{slow}/cancel"), "cancel", &json!({"reason": "twice"})).await.expect(202);
    let quick = placed(&world.bauer(), "quick").await;
    receiver.until_taken(&quick, "order.status.open").await;
    receiver.until_taken(&slow, "order.cancellation.confirmed").await;
    let expected = ["order.cancellation.captured", "order.status.cancelled", "order.cancellation.confirmed"];
    assert_eq!(receiver.kinds_about(&slow)[3..], expected);
    let attempts: Vec<_> =
        receiver.received().into_iter().filter(|message| message.kind() == "order.cancellation.captured").collect();
    assert_eq!(attempts.iter().map(|message| message.answered).collect::<Vec<_>>(), [500, 500, 500, 204]);
    assert_eq!(attempts.iter().map(|message| &message.id).collect::<BTreeSet<_>>().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_was_down_hears_everything_after_it_and_after_a_crash_of_the_host() {
    let (mut world, mut receiver) = told(|config| config).await;
    receiver.stop().await;
    let first = placed(&world.hansen(), "first").await;
    until_webhook(&world, "it cannot be reached", |webhook| webhook["state"] == "failing").await;
    let second = placed(&world.bauer(), "second").await;
    until_order(&world.bauer(), &second, "confirmed", |order| order["number"].is_string()).await;
    world.host.kill_9();
    world.host.start_again().await;
    receiver.start_again().await;
    for reference in [&first, &second] {
        receiver.until_taken(reference, "order.status.open").await;
        assert_eq!(receiver.kinds_about(reference), CONFIRMED);
    }
    until_webhook(&world, "it is well", |webhook| webhook["state"] == "active" && webhook["waiting"] == 0).await;
}

#[tokio::test]
async fn a_host_that_dies_between_delivery_and_record_delivers_again_under_the_same_id() {
    let (mut world, receiver) = told(|config| config.set("webhooks.shop.concurrency", "1")).await;
    receiver.hold();
    let reference = placed(&world.hansen(), "one").await;
    eventually("the receiver has it", async || (!receiver.received().is_empty()).then_some(())).await;
    world.host.kill_9();
    receiver.release();
    eventually("it was answered", async || (receiver.received()[0].answered == 204).then_some(())).await;
    world.host.start_again().await;
    receiver.until_taken(&reference, "order.status.open").await;
    let captured: Vec<_> = receiver.received().into_iter().filter(|message| message.kind() == "order.captured").collect();
    assert_eq!(captured.len(), 2, "at least once");
    assert_eq!(captured[0].id, captured[1].id, "the receiver can tell");
    assert_eq!(captured[0].body, captured[1].body);
    assert_eq!(receiver.kinds_about(&reference), CONFIRMED);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_until_a_person_enables_it() {
    let (world, receiver) = told(|config| config).await;
    receiver.answer("order.captured", 410, Some(1));
    let reference = placed(&world.hansen(), "one").await;
    let disabled = until_webhook(&world, "it is disabled", |webhook| webhook["state"] == "disabled").await;
    assert_eq!(disabled["because"], "answered 410");
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    let metric = async || world.host.metric("ordergate_webhook_disabled", &["webhook=\"shop\""]).await;
    eventually("the gauge says so", async || (metric().await == 1.0).then_some(())).await;
    assert_eq!(receiver.received().len(), 1);
    let listed = world.host.operate(&["webhooks", "list"]).await;
    assert!(listed.stdout.contains("shop") && listed.stdout.contains("disabled"), "{}", listed.stdout);
    let enabled = world.host.operate(&["webhooks", "enable", "shop", "--reason", "it is back", "--actor", "anna"]).await;
    assert_eq!(enabled.code, Some(0), "{}", enabled.stderr);
    receiver.until_taken(&reference, "order.status.open").await;
    assert_eq!(receiver.kinds_about(&reference), CONFIRMED, "what happened meanwhile was kept");
    let audit = &webhook(&world).await["audit"][0];
    assert_eq!((&audit["action"], &audit["actor"], &audit["reason"]), (&json!("enable"), &json!("anna"), &json!("it is back")));
}

#[tokio::test]
async fn t11_what_spends_its_attempts_is_parked_and_a_person_resends_or_discards_it() {
    let (world, receiver) = told(|config| config.set("webhooks.shop.max_attempts", "2")).await;
    receiver.answer("order.captured", 400, None);
    let (first, second) = (placed(&world.hansen(), "first").await, placed(&world.bauer(), "second").await);
    let parked = until_webhook(&world, "two are parked", |webhook| webhook["parked"] == 2).await;
    for reference in [&first, &second] {
        receiver.until_taken(reference, "order.status.open").await;
        assert_eq!(receiver.kinds_about(reference), CONFIRMED[1..], "what is parked holds up nothing");
    }
    let delivery = &parked["deliveries"][0];
    assert_eq!((&delivery["attempts"], &delivery["last_failure"]), (&json!(2), &json!("answered 400")));
    receiver.take_all();
    let event = delivery["event"].to_string();
    let decide = async |what: &str, event: Option<&str>| {
        let of_event = event.map(|event| vec!["--event", event]).unwrap_or_default();
        let ended = world
            .host
            .operate(&[&["webhooks", what, "shop", "--reason", "checked", "--actor", "anna"][..], &of_event].concat())
            .await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let resent = decide("resend", Some(&event)).await;
    assert!(resent.starts_with("resend: 1 events"), "{resent}");
    receiver.until_taken(delivery["reference"].as_str().unwrap(), "order.captured").await;
    assert!(decide("discard", None).await.starts_with("discard: 1 events"));
    let shown = world.host.operate(&["webhooks", "show", "shop"]).await.stdout;
    assert!(shown.contains("parked 0") && shown.contains("anna  discard  checked  1 deliveries"), "{shown}");
    let again = world.host.operate(&["webhooks", "resend", "shop", "--event", &event, "--reason", "x", "--actor", "anna"]).await;
    assert_eq!(again.code, Some(1), "it is not parked any more: {}", again.stderr);
}

#[tokio::test]
async fn t7_the_wait_that_a_receiver_asks_for_is_kept() {
    let (world, receiver) = told(|config| config).await;
    receiver.answer_with("order.captured", 503, &[("retry-after", "2".to_owned())], Some(1));
    let begun = std::time::Instant::now();
    let reference = placed(&world.hansen(), "one").await;
    receiver.until_taken(&reference, "order.captured").await;
    assert!(begun.elapsed().as_millis() >= 2_000, "{:?}", begun.elapsed());
    assert_eq!(receiver.received()[1].kind(), "order.captured", "nothing else is sent meanwhile");
    assert_eq!(receiver.received()[0].id, receiver.received()[1].id);
}

#[tokio::test]
async fn a_slow_receiver_holds_up_neither_orders_nor_other_receivers_and_gets_no_more_at_once_than_it_may() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    let world = World::with(|config| {
        quick
            .told_as("quick", slow.told_by(config))
            .set("webhooks.shop.concurrency", "2")
            .set("webhooks.shop.timeout_ms", "20000")
    })
    .await;
    slow.hold();
    let mut references = Vec::new();
    for number in 0..4 {
        let reference = placed(&world.hansen(), &format!("order-{number}")).await;
        quick.until_taken(&reference, "order.status.open").await;
        references.push(reference);
    }
    assert_eq!(slow.received().len(), 2, "two documents at once");
    slow.release();
    for reference in &references {
        slow.until_taken(reference, "order.status.open").await;
        assert_eq!(slow.kinds_about(reference), CONFIRMED);
    }
    assert_eq!(slow.most_at_once(), 2);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_in_time_is_tried_again() {
    let (world, receiver) = told(|config| config.set("webhooks.shop.timeout_ms", "300")).await;
    receiver.hold();
    let reference = placed(&world.hansen(), "one").await;
    until_webhook(&world, "the first attempt has failed", |webhook| webhook["deliveries"][0]["attempts"] != 0).await;
    receiver.release();
    receiver.until_taken(&reference, "order.status.open").await;
    assert_eq!(receiver.kinds_about(&reference), CONFIRMED);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let bystander = Receiver::start().await;
    let (world, receiver) = told(|config| config.set("webhooks.shop.max_attempts", "1")).await;
    receiver.answer_with("order.captured", 307, &[("location", bystander.url())], None);
    placed(&world.hansen(), "one").await;
    let parked = until_webhook(&world, "it is parked", |webhook| webhook["parked"] == 1).await;
    assert!(parked["deliveries"][0]["last_failure"].as_str().unwrap().contains("redirects are not followed"), "{parked:#}");
    assert!(bystander.received().is_empty());
}

#[tokio::test]
async fn addresses_that_were_not_allowed_are_not_reached() {
    let receiver = Receiver::start().await;
    let port = receiver.url().rsplit_once(':').unwrap().1.to_owned();
    let world = World::with(|config| {
        // The name leads to this machine, which only the dialed address tells.
        receiver
            .told_by(config)
            .set("webhooks.shop.url", &format!("\"http://localhost:{port}\""))
            .set("webhooks.shop.allow", r#"["private"]"#)
    })
    .await;
    placed(&world.hansen(), "one").await;
    let failing = until_webhook(&world, "it cannot be reached", |webhook| webhook["state"] == "failing").await;
    let failure = failing["deliveries"][0]["last_failure"].as_str().unwrap();
    assert!(failure.contains("loopback") && failure.contains("allow"), "{failure}");
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn while_secrets_are_changed_a_receiver_may_know_either() {
    let both = r#"[{ env = "TEST_HOOK_SECRET" }, { env = "TEST_HOOK_SECRET_2" }]"#;
    let (world, receiver) =
        told(|config| config.set("webhooks.shop.secrets", both).env("TEST_HOOK_SECRET_2", &webhook_secret(2))).await;
    let first = placed(&world.hansen(), "first").await;
    receiver.until_taken(&first, "order.status.open").await;
    receiver.know(&webhook_secret(2));
    let second = placed(&world.hansen(), "second").await;
    receiver.until_taken(&second, "order.status.open").await;
    receiver.know(&webhook_secret(3));
    placed(&world.hansen(), "third").await;
    eventually("an unknown secret is not believed", async || {
        receiver.received().iter().any(|message| !message.is_signed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_host_that_stops_finishes_what_it_has_begun_to_deliver() {
    let (mut world, receiver) = told(|config| config).await;
    receiver.hold();
    placed(&world.hansen(), "one").await;
    eventually("the receiver has it", async || (!receiver.received().is_empty()).then_some(())).await;
    world.host.terminate();
    receiver.release();
    assert_eq!(world.host.ended().await.code, Some(0));
    world.host.start_again().await;
    until_webhook(&world, "all is delivered", |webhook| webhook["waiting"] == 0 && webhook["delivered_at"].is_string()).await;
    let captured = receiver.received().iter().filter(|message| message.kind() == "order.captured").count();
    assert_eq!(captured, 1, "it was recorded before the host ended");
}

#[tokio::test]
async fn what_an_operator_asks_of_a_webhook_is_checked() {
    let (world, _receiver) = told(|config| config).await;
    let operator = world.host.operator();
    let deed = json!({"actor": "anna", "reason": "a test"});
    world.host.ops().get("/ops/v1/webhooks").await.expect_problem(401, "unauthenticated");
    operator.get("/ops/v1/webhooks/nobody").await.expect_problem(404, "not_found");
    operator.post("/ops/v1/webhooks/nobody/enable", &deed).await.expect_problem(404, "not_found");
    operator.post("/ops/v1/webhooks/shop/enable", &deed).await.expect_problem(409, "conflict");
    operator.post("/ops/v1/webhooks/shop/explode", &deed).await.expect_problem(404, "not_found");
    operator
        .post("/ops/v1/webhooks/shop/disable", &json!({"actor": "anna", "reason": ""}))
        .await
        .expect_problem(422, "invalid_request");
    let with_event = json!({"actor": "anna", "reason": "a test", "event": 1});
    operator.post("/ops/v1/webhooks/shop/disable", &with_event).await.expect_problem(422, "invalid_request");
    operator.post("/ops/v1/webhooks/shop/disable", &deed).await.expect(200);
    assert_eq!(operator.get("/ops/v1/webhooks").await.expect(200)["items"][0]["state"], "disabled");
}

#[tokio::test]
async fn a_receiver_behind_tls_is_told_only_when_its_authority_is_the_configured_one() {
    for (roots, is_told) in [("ca.pem", true), ("other-ca.pem", false)] {
        let receiver = TlsBackend::start(&["h2", "http/1.1"]).await;
        let world = World::with(|config| {
            config
                .set("webhooks.shop.url", &format!("\"{}/hook\"", receiver.url()))
                .set("webhooks.shop.secrets", r#"[{ env = "TEST_HOOK_SECRET" }]"#)
                .set("webhooks.shop.allow", r#"["loopback"]"#)
                .set("webhooks.shop.tls.roots", &receiver.file(roots))
                .set("webhooks.shop.tls.client_cert", &receiver.file("client.pem"))
                .set("webhooks.shop.tls.client_key", &format!("{{ file = {} }}", receiver.file("client.key")))
                .env("TEST_HOOK_SECRET", &webhook_secret(1))
        })
        .await;
        placed(&world.hansen(), "one").await;
        if is_told {
            eventually("every event has come", async || (receiver.requests().0 >= CONFIRMED.len()).then_some(())).await;
            until_webhook(&world, "all is delivered", |webhook| webhook["waiting"] == 0).await;
        } else {
            let failing =
                until_webhook(&world, "it fails", |webhook| webhook["failures"].as_u64().is_some_and(|times| times > 0)).await;
            assert_eq!(receiver.requests(), (0, 0), "{failing:#}");
        }
    }
}
