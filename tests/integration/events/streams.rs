//! Streams of events: how an order or quote stands, then each change, once, to whoever may see it.

use std::time::{Duration, Instant};

use ordergate_tests::{HostConfig, Listening, PLIERS, Token, World, eventually, money, text, until_order, until_quote};
use serde_json::json;

use super::{busy_world, placed};

fn events_of(reference: &str) -> String {
    format!("/v1/orders/{reference}/events")
}

/// The names and types of all that is told until the stream ends.
async fn to_the_end(listening: &mut Listening) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(heard) = listening.hear().await {
        told.push(match heard.name.as_str() {
            "end" => format!("end {}", text(&heard.data, "/reason")),
            name => format!("{name} {}", heard.kind()),
        });
    }
    told
}

#[tokio::test]
async fn an_order_is_followed_from_how_it_stands_through_each_change() {
    let world = busy_world().await;
    let reference = placed(&world.hansen(), "one").await;
    let mut listening = world.hansen().listen(&events_of(&reference)).await;
    assert_eq!(listening.headers["cache-control"], "no-store");
    let state = listening.hear().await.unwrap();
    assert_eq!((state.name.as_str(), state.kind()), ("state", "order.captured"));
    let data = json!({"reference": reference, "store": "main", "account": "C-1001", "transfer": "queued"});
    assert_eq!(state.data["data"], data, "nobody's name or address: {:#}", state.data);
    assert_eq!((text(&state.data, "/specversion"), text(&state.data, "/subject")), ("1.0", reference.as_str()));
    assert_eq!(state.last_id.as_deref(), state.data["id"].as_str());
    world.backend.no_faults().await;
    let confirmed = listening.hear().await.unwrap();
    assert_eq!((confirmed.name.as_str(), confirmed.kind()), ("change", "order.confirmed"));
    assert_eq!(text(&confirmed.data, "/data/transfer"), "confirmed");
    let order = until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(text(&confirmed.data, "/data/number"), text(&order, "/number"));
    let status = listening.hear().await.unwrap();
    assert_eq!(status.kind(), format!("order.status.{}", text(&order, "/status")));
    eventually("the stream is counted", async || (world.host.metric("ordergate_event_streams", &[]).await == 1.0).then_some(()))
        .await;
    drop(listening);
    eventually("its place is free", async || (world.host.metric("ordergate_event_streams", &[]).await == 0.0).then_some(()))
        .await;
}

#[tokio::test]
async fn who_comes_back_hears_what_was_missed_once_and_nothing_else() {
    let mut world = busy_world().await;
    let reference = placed(&world.hansen(), "one").await;
    let mut listening = world.hansen().listen(&events_of(&reference)).await;
    let seen = listening.hear().await.unwrap().last_id.unwrap();
    drop(listening);
    // A host that dies meanwhile makes no difference.
    world.host.kill_9();
    world.backend.no_faults().await;
    world.host.start_again().await;
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    let mut back = world.hansen().listen_after(&events_of(&reference), &seen).await;
    let missed = [back.hear().await.unwrap(), back.hear().await.unwrap()];
    assert_eq!(missed.each_ref().map(|heard| heard.kind()), ["order.confirmed", "order.status.open"]);
    assert_eq!(missed.each_ref().map(|heard| heard.name.as_str()), ["change", "change"]);
    let mut later = world.hansen().listen_after(&events_of(&reference), missed[0].last_id.as_ref().unwrap()).await;
    assert_eq!(later.kind().await, "order.status.open");
}

#[tokio::test]
async fn who_names_an_event_that_the_log_does_not_have_begins_with_how_it_stands() {
    let world = World::start().await;
    let (reference, other) = (placed(&world.hansen(), "one").await, placed(&world.hansen(), "other").await);
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    until_order(&world.hansen(), &other, "confirmed", |order| order["number"].is_string()).await;
    let of_another_order = world.hansen().listen(&events_of(&other)).await.hear().await.unwrap().last_id.unwrap();
    let far_ahead = format!("{}-999999", of_another_order.split_once('-').unwrap().0);
    for unknown in ["1", "nonsense", "00000000-1", &of_another_order, &far_ahead] {
        let mut listening = world.hansen().listen_after(&events_of(&reference), unknown).await;
        let first = listening.hear().await.unwrap();
        assert_eq!((first.name.as_str(), first.kind()), ("state", "order.status.open"), "{unknown}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_order_and_who_has_heard_all_is_told_so() {
    let world = World::start().await;
    let reference = placed(&world.hansen(), "one").await;
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    let mut listening = world.hansen().listen(&events_of(&reference)).await;
    assert_eq!(listening.kind().await, "order.status.open");
    let body = json!({"reason": "ordered twice"});
    world.hansen().capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &body).await.expect(202);
    let expected = [
        "change order.cancellation.captured",
        "change order.status.cancelled",
        "change order.cancellation.confirmed",
        "end final",
    ];
    assert_eq!(to_the_end(&mut listening).await, expected);
    let mut late = world.hansen().listen(&events_of(&reference)).await;
    let state = late.hear().await.unwrap();
    assert_eq!(to_the_end(&mut late).await, ["end final"]);
    let seen = world.hansen().with("last-event-id", state.last_id.as_ref().unwrap());
    assert_eq!(seen.get(&events_of(&reference)).await.status, 204, "a browser does not connect again");
}

#[tokio::test]
async fn a_quote_is_followed_to_its_offer() {
    let world = World::start().await;
    let lines = json!([{"id": "1", "sku": PLIERS, "quantity": {"value": "100"}, "wished_price": money("19.00")}]);
    let quote = world.hansen().capture("/v1/quotes", "one", &json!({ "lines": lines })).await.expect(202);
    let reference = text(&quote, "/reference");
    until_quote(&world.hansen(), reference, "with the sales desk", |quote| quote["number"].is_string()).await;
    let mut listening = world.hansen().listen(&format!("/v1/quotes/{reference}/events")).await;
    assert_eq!(listening.hear().await.unwrap().name, "state");
    world.backend.answer_quotes().await;
    // What the back end says is known once it was asked.
    until_quote(&world.hansen(), reference, "offered", |quote| quote["status"] == "offered").await;
    let offered = listening.hear().await.unwrap();
    assert_eq!((offered.kind(), text(&offered.data, "/data/revision")), ("quote.status.offered", "1"));
}

#[tokio::test]
async fn a_customer_hears_that_an_order_is_held_and_that_it_goes_on_and_not_why() {
    let world = busy_world().await;
    let reference = placed(&world.hansen(), "one").await;
    let mut listening = world.hansen().listen(&events_of(&reference)).await;
    assert_eq!(listening.kind().await, "order.captured");
    let deed = json!({"actor": "anna", "reason": "the amount is unusual", "code": "fraud"});
    // What is just being tried cannot be held.
    let is_held = eventually("it is held", async || {
        let held = world.host.operator().post(&format!("/ops/v1/orders/{reference}/hold"), &deed).await;
        held.status.is_success().then_some(())
    });
    is_held.await;
    let held = listening.hear().await.unwrap();
    assert_eq!((held.kind(), text(&held.data, "/data/transfer")), ("order.held", "queued"));
    assert!(!held.data.to_string().contains("unusual") && !held.data.to_string().contains("fraud"), "{:#}", held.data);
    world.host.operator().post(&format!("/ops/v1/orders/{reference}/release"), &deed).await.expect(200);
    assert_eq!(listening.kind().await, "order.released");
}

#[tokio::test]
async fn h3_nobody_follows_what_is_not_theirs_to_see() {
    let world = World::with(|config| config.caller("clerk", &["C-1001"], r#"["quotes:read"]"#)).await;
    let reference = placed(&world.hansen(), "one").await;
    world.bauer().get(&events_of(&reference)).await.expect_problem(404, "not_found");
    world.hansen().get(&format!("/v1/quotes/{reference}/events")).await.expect_problem(404, "not_found");
    world.hansen().get("/v1/orders/NW-1/events").await.expect_problem(404, "not_found");
    world.host.caller("clerk").get(&events_of(&reference)).await.expect_problem(403, "scope_missing");
    world.host.anonymous().get(&events_of(&reference)).await.expect_problem(401, "unauthenticated");
    world.host.caller("shop").get(&events_of(&reference)).await.expect_problem(400, "account_required");
}

#[tokio::test]
async fn a1_a_stream_does_not_outlive_the_token_of_who_listens() {
    let world = World::with(|config| config.set("access.jwt.leeway_secs", "0")).await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let reference = placed(&world.hansen(), "one").await;
    let ends = jiff::Timestamp::now().as_second() + 3;
    let customer = world.host.customer(&Token::of(&["C-1001"]).claim("exp", json!(ends)));
    let mut listening = customer.listen(&events_of(&reference)).await;
    assert_eq!(to_the_end(&mut listening).await, ["state order.captured", "end expired"]);
    customer.get(&events_of(&reference)).await.expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn streams_are_bounded_per_host_and_per_caller_and_account() {
    let world = World::with(|config| config.set("events.max_streams", "3").set("events.max_streams_per_account", "2")).await;
    let (reference, bauers) = (placed(&world.hansen(), "one").await, placed(&world.bauer(), "two").await);
    let first = world.hansen().listen(&events_of(&reference)).await;
    let _second = world.hansen().listen(&events_of(&reference)).await;
    let refused = world.hansen().get(&events_of(&reference)).await;
    refused.expect_problem(429, "too_many_streams");
    assert!(refused.header("retry-after").is_some());
    let _third = world.bauer().listen(&events_of(&bauers)).await;
    let shed = world.bauer().get(&events_of(&bauers)).await;
    shed.expect_problem(503, "overloaded");
    assert!(shed.header("retry-after").is_some());
    for limit in ["max_streams_per_account", "max_streams"] {
        let label = format!("limit=\"{limit}\"");
        assert_eq!(world.host.metric("ordergate_event_streams_shed_total", &[&label]).await, 1.0, "{limit}");
    }
    drop(first);
    let hansen = world.hansen();
    let seen = eventually("the first one's place is free", async || {
        let events = events_of(&reference);
        // A refused one is answered at once; an open one has no end.
        tokio::time::timeout(Duration::from_millis(500), hansen.get(&events)).await.is_err().then_some(())
    });
    seen.await;
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_lives_and_its_connection_is_not_taken_for_an_idle_one() {
    let quick = |config: HostConfig| {
        config.set("events.heartbeat_secs", "1").set("server.idle_timeout_ms", "200").set("server.header_read_timeout_ms", "200")
    };
    let world = World::with(quick).await;
    let reference = placed(&world.hansen(), "one").await;
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    let mut listening = world.hansen().with("accept-encoding", "gzip").listen(&events_of(&reference)).await;
    assert!(!listening.headers.contains_key("content-encoding"), "compressing would hold events back");
    assert_eq!(listening.comment().await.as_deref(), Some("open"));
    for _ in 0..3 {
        assert_eq!(listening.comment().await.as_deref(), Some("alive"));
    }
}

#[tokio::test]
async fn a_stream_ends_after_its_time_and_is_taken_up_where_it_was() {
    let world = World::with(|config| config.set("events.stream_secs", "1")).await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let reference = placed(&world.hansen(), "one").await;
    let mut listening = world.hansen().listen(&events_of(&reference)).await;
    let seen = listening.hear().await.unwrap().last_id.unwrap();
    assert_eq!(listening.hear().await, None, "without a word: the listener connects again");
    let mut again = world.hansen().listen_after(&events_of(&reference), &seen).await;
    assert_eq!(again.hear().await, None, "nothing has happened");
}

#[tokio::test]
async fn streams_do_not_hold_up_a_host_that_stops() {
    let mut world = World::with(|config| config.set("server.drain_ms", "60000")).await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let reference = placed(&world.hansen(), "one").await;
    let mut listening = world.hansen().listen(&events_of(&reference)).await;
    assert_eq!(listening.kind().await, "order.captured");
    let _who_reads_nothing = world.hansen().listen(&events_of(&reference)).await;
    let start = Instant::now();
    world.host.terminate();
    assert_eq!(listening.hear().await, None);
    assert_eq!(world.host.ended().await.code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(30), "long before server.drain_ms is over: {:?}", start.elapsed());
}
