//! What the back end pushes: who may, what it changes, and what it never changes (rules F1, F4, F6, F12, H3; scenario 8).

mod kept;
mod operators;

use jiff::{SignedDuration, Timestamp};
use ordergate_tests::{
    DOOR, HostConfig, PLIERS, PUSH_SECRET, Reply, World, eventually, not_to_cache, order, push_signed, seal, slow_body,
    stock_message, text, until_order,
};
use serde_json::{Value, json};

const STOCK: &str = "GET /api/stock";
const NEXT_SECRET: &str = "whsec_dGhlLW5leHQtc2VjcmV0LW9mLXRoZS10ZXN0";

fn pushing(config: HostConfig) -> HostConfig {
    let sender = r#"{ type = "standard_webhooks", secrets = [{ env = "TEST_PUSH" }, { env = "TEST_PUSH_NEXT" }] }"#;
    let config = ordergate_tests::pushing(config).set("adapters.nordwind.inbound.sender", sender);
    config.env("TEST_PUSH_NEXT", NEXT_SECRET)
}

async fn world() -> World {
    World::with(pushing).await
}

/// Sends a message as the back end does.
async fn send(world: &World, secret: &str, id: &str, at: Timestamp, body: &str) -> Reply {
    push_signed(&world.host, secret, id, at, body).await
}

/// Each message has an id of its own.
async fn push(world: &World, message: Value) -> Reply {
    ordergate_tests::push(&world.host, &message).await
}

/// What was applied, and why the rest was not.
async fn receipt(world: &World, message: Value) -> (u64, Value) {
    let answer = push(world, message).await.expect(200);
    (answer["applied"].as_u64().unwrap(), answer["ignored"].clone())
}

fn ago(secs: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(secs)
}

async fn available(world: &World, query: &str) -> (String, String) {
    let answer = world.hansen().get(&format!("/v1/availability/{PLIERS}{query}")).await.expect(200);
    (text(&answer, "/source").to_owned(), text(&answer, "/available").to_owned())
}

fn is(source: &str, quantity: &str) -> (String, String) {
    (source.to_owned(), quantity.to_owned())
}

#[tokio::test]
async fn f12_what_the_back_end_pushes_is_shown_at_once_and_costs_no_call() {
    let world = world().await;
    assert_eq!(available(&world, "").await, is("live", "307"));
    assert_eq!(available(&world, "?location=BER").await, is("live", "140"));
    world.backend.push_to(&world.host).await;
    let calls = world.backend.requests(STOCK).await;
    world.backend.set_stock(PLIERS, "BER", "100").await;
    world.backend.pushed(1).await;
    assert_eq!(available(&world, "").await, is("pushed", "267"));
    assert_eq!(available(&world, "?location=BER").await, is("pushed", "100"));
    assert_eq!(world.backend.requests(STOCK).await, calls, "nobody asked");
    world.backend.set_price(PLIERS, "31.00").await;
    world.backend.pushed(2).await;
    let price = world.bauer().get(&format!("/v1/offer-prices/{PLIERS}")).await.expect(200);
    assert_eq!(text(&price, "/list_price/amount"), "31.00", "it is asked again");
    assert!(world.host.metric("ordergate_inbound_events_total", &["availability-changed", "updated"]).await >= 2.0);
    assert!(world.host.metric("ordergate_inbound_lag_seconds_count", &[]).await >= 3.0);
    let shown = world.host.operate(&["cache", "show", PLIERS, "--location", "BER"]).await;
    assert!(shown.stdout.contains("  pushed, "), "{}", shown.stdout);
}

#[tokio::test]
async fn f12_whose_sender_is_not_proven_is_not_read_and_either_of_two_secrets_is_good() {
    let world = world().await;
    let body = stock_message(Timestamp::now(), None, "1").to_string();
    let now = Timestamp::now();
    for secret in [PUSH_SECRET, NEXT_SECRET] {
        send(&world, secret, &format!("good-{secret}"), now, &body).await.expect(200);
    }
    let other = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgbG9uZw==";
    send(&world, other, "forged", now, &body).await.expect_problem(401, "sender_unproven");
    send(&world, PUSH_SECRET, "old", ago(301), &body).await.expect_problem(401, "sender_unproven");
    world.host.anonymous().post(DOOR, &json!({})).await.expect_problem(401, "sender_unproven");
    // A key of the storefront's API is none for this.
    world.host.caller("shop").post(DOOR, &json!({})).await.expect_problem(401, "sender_unproven");
    world.host.anonymous().post("/v1/inbound/sap", &json!({})).await.expect_problem(404, "not_found");
    for (reason, times) in [("wrong_signature", 1.0), ("wrong_time", 1.0), ("unsigned", 2.0), ("taken", 2.0)] {
        let label = format!("outcome=\"{reason}\"");
        assert_eq!(world.host.metric("ordergate_inbound_messages_total", &[&label]).await, times, "{reason}");
    }
    assert_eq!(
        world.host.metric("ordergate_adapter_calls_total", &["inbound.translate"]).await,
        2.0,
        "the adapter saw the others only"
    );
    let closed = World::start().await;
    closed.host.anonymous().post(DOOR, &json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn f12_a_message_that_comes_again_is_answered_and_done_once() {
    let world = world().await;
    let body = stock_message(Timestamp::now(), None, "50").to_string();
    let first = send(&world, PUSH_SECRET, "msg_1", Timestamp::now(), &body).await.expect(200);
    assert_eq!((&first["applied"], &first["replayed"]), (&json!(1), &json!(false)));
    let again = send(&world, PUSH_SECRET, "msg_1", Timestamp::now(), &body).await.expect(200);
    assert_eq!((&again["applied"], &again["replayed"]), (&json!(0), &json!(true)));
    assert_eq!(available(&world, "").await, is("pushed", "50"));
}

#[tokio::test]
async fn f12_the_newest_by_the_back_ends_clock_wins() {
    let world = world().await;
    let start = ago(20);
    let at = |secs| start + SignedDuration::from_secs(secs);
    assert_eq!(receipt(&world, stock_message(at(10), None, "150")).await, (1, json!({})));
    assert_eq!(receipt(&world, stock_message(at(5), None, "99")).await, (0, json!({"older": 1})));
    assert_eq!(available(&world, "").await, is("pushed", "150"));
    assert_eq!(receipt(&world, stock_message(at(11), None, "160")).await, (1, json!({})));
    assert_eq!(available(&world, "").await, is("pushed", "160"));
    assert_eq!(receipt(&world, stock_message(ago(3_600), None, "7")).await, (0, json!({"older": 1})));
}

#[tokio::test]
async fn f12_what_is_newer_than_a_push_stays_and_what_cannot_be_compared_is_asked() {
    let world = world().await;
    assert_eq!(available(&world, "").await, is("live", "307"));
    assert_eq!(receipt(&world, stock_message(ago(3_600), None, "7")).await, (0, json!({"older": 1})));
    assert_eq!(available(&world, "").await, is("cached", "307"));
    // By less than the clocks may differ: neither is believed.
    assert_eq!(receipt(&world, stock_message(ago(30), None, "7")).await, (1, json!({})));
    assert_eq!(available(&world, "").await, is("live", "307"));
}

#[tokio::test]
async fn f4_a_push_revives_what_was_not_available_at_once() {
    let world = World::with(|config| pushing(config).set("freshness.availability.negative_secs", "600")).await;
    for site in ["BER", "HAM", "MUC"] {
        world.backend.set_stock(PLIERS, site, "0").await;
    }
    assert_eq!(available(&world, "").await, is("live", "0"));
    assert_eq!(available(&world, "").await, is("cached", "0"), "it is remembered");
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), None, "12")).await, (1, json!({})));
    assert_eq!(available(&world, "").await, is("pushed", "12"));
}

#[tokio::test]
async fn f12_an_answer_that_is_under_way_does_not_overwrite_a_push() {
    let world = world().await;
    world.backend.slow_down(700).await;
    let early = tokio::spawn({
        let customer = world.hansen();
        async move { customer.get(&format!("/v1/availability/{PLIERS}")).await.expect(200) }
    });
    eventually("the call is under way", async || (world.backend.requests(STOCK).await == 1).then_some(())).await;
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), None, "55")).await, (1, json!({})));
    assert_eq!(text(&early.await.unwrap(), "/available"), "307");
    assert_eq!(available(&world, "").await, is("pushed", "55"));
}

#[tokio::test]
async fn f12_stock_of_one_location_outdates_what_counts_it_and_leaves_the_others() {
    let world = world().await;
    for query in ["", "?location=BER", "?location=HAM"] {
        available(&world, query).await;
    }
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), Some("BER"), "90")).await, (1, json!({})));
    assert_eq!(available(&world, "?location=BER").await, is("pushed", "90"));
    assert_eq!(available(&world, "?location=HAM").await.0, "cached");
    assert_eq!(available(&world, "").await, is("live", "307"), "it may count Berlin's stock");
}

fn price(at: Timestamp, customer: Option<&str>, net: &str) -> Value {
    let price = json!({"article": PLIERS, "customer": customer, "qty": "1", "uom": "PCE", "net": net, "list": "26.50", "per": "1", "currency": "EUR"});
    json!({"at": at, "prices": [price]})
}

#[tokio::test]
async fn f6_a_pushed_price_is_its_accounts_and_one_that_names_none_is_nobodys() {
    let world = world().await;
    let seen = async |client: ordergate_tests::Client| {
        let answer = client.get(&format!("/v1/offer-prices/{PLIERS}")).await.expect(200);
        (text(&answer, "/source").to_owned(), text(&answer, "/unit_price/amount").to_owned())
    };
    let (hansen, bauer) = (seen(world.hansen()).await.1, seen(world.bauer()).await.1);
    assert_eq!(receipt(&world, price(Timestamp::now(), Some("C-1001"), "1.11")).await, (1, json!({})));
    assert_eq!(seen(world.hansen()).await, is("pushed", "1.11"));
    assert_eq!(seen(world.bauer()).await, is("cached", &bauer), "another account's price did not change");
    assert_eq!(receipt(&world, price(Timestamp::now(), None, "2.22")).await, (1, json!({})));
    assert_eq!(seen(world.hansen()).await, is("live", &hansen), "whose price it is was not said: it is asked");
    assert_eq!(seen(world.bauer()).await, is("live", &bauer));
}

#[tokio::test]
async fn f12_what_must_not_be_cached_is_asked_each_time_until_it_is_lifted() {
    let world = world().await;
    let withhold = async || push(&world, not_to_cache(Timestamp::now())).await.expect(200);
    assert_eq!(available(&world, "").await, is("live", "307"));
    assert_eq!(withhold().await["applied"], 1);
    for _ in 0..3 {
        assert_eq!(available(&world, "").await, is("live", "307"));
    }
    let shown = world.host.operate(&["cache", "show", PLIERS]).await.stdout;
    assert!(shown.contains("not to be cached  adapter nordwind  until it is lifted"), "{shown}");
    assert!(shown.contains("the back end does not want it to be cached"), "{shown}");
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), None, "60")).await, (1, json!({})));
    assert_eq!(available(&world, "").await, is("pushed", "60"), "a later value lifts it");
    withhold().await;
    assert_eq!(available(&world, "").await.0, "live");
    let done = world.host.operate(&["cache", "invalidate", PLIERS, "--actor", "anna", "--reason", "it may be cached"]).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!((available(&world, "").await.0, available(&world, "").await.0), ("live".into(), "cached".into()));
}

#[tokio::test]
async fn f12_what_cannot_be_used_is_told_and_leaves_the_rest_alone() {
    let world = World::with(|config| {
        pushing(config).set("adapters.nordwind.inbound.max_events", "3").set("adapters.nordwind.inbound.max_body_bytes", "2000")
    })
    .await;
    let unreadable = send(&world, PUSH_SECRET, "no-json", Timestamp::now(), "<xml/>").await;
    assert!(text(&unreadable.expect_problem(422, "message_unreadable"), "/detail").len() > 5);
    // Its sender mends it and sends it under the same id: what failed does not count as seen.
    send(&world, PUSH_SECRET, "no-json", Timestamp::now(), &stock_message(Timestamp::now(), None, "1").to_string())
        .await
        .expect(200);
    let many: Vec<_> = (0..4).map(|number| json!({"article": format!("NW-{number}")})).collect();
    let problem = push(&world, json!({"at": Timestamp::now(), "prices": many})).await.expect_problem(422, "message_unreadable");
    assert!(text(&problem, "/detail").contains("max_events"), "{problem:#}");
    push(&world, json!({"filler": "x".repeat(3_000)})).await.expect_problem(413, "body_too_large");
    let future = Timestamp::now() + SignedDuration::from_secs(3_600);
    assert_eq!(receipt(&world, stock_message(future, None, "5")).await, (0, json!({"in_the_future": 1})));
    let mixed = json!({"at": Timestamp::now(), "prices": [{"article": PLIERS}, {"article": "x".repeat(300)}]});
    assert_eq!(receipt(&world, mixed).await, (1, json!({"invalid": 1})));
    assert_eq!(receipt(&world, json!({})).await, (0, json!({})), "nothing is no mistake");
}

#[tokio::test]
async fn f12_strangers_who_send_bit_by_bit_take_no_place_from_who_is_proven() {
    let world = World::with(|config| pushing(config).set("adapters.nordwind.inbound.max_concurrent", "2")).await;
    let mut strangers = Vec::new();
    for _ in 0..8 {
        let (said, stranger) = slow_body(world.host.api(), DOOR, &[]).await;
        assert_eq!(said, "HTTP/1.1 100 Continue");
        strangers.push(stranger);
    }
    push(&world, json!({})).await.expect(200);
}

#[tokio::test]
async fn f12_more_pushes_than_are_taken_are_turned_away_and_reads_go_on() {
    let world = World::with(|config| pushing(config).set("adapters.nordwind.inbound.max_per_sec", "3")).await;
    let pushes = futures::future::join_all((0..30).map(|_| push(&world, json!({}))));
    let path = format!("/v1/availability/{PLIERS}");
    let customer = world.hansen();
    let reads = futures::future::join_all((0..30).map(|_| customer.get(&path)));
    let (pushes, reads) = futures::future::join(pushes, reads).await;
    assert!(reads.iter().all(|reply| reply.status == 200));
    let (taken, shed): (Vec<_>, Vec<_>) = pushes.iter().partition(|reply| reply.status == 200);
    assert!(taken.len() >= 3 && !shed.is_empty(), "{} taken", taken.len());
    for reply in shed {
        reply.expect_problem(503, "overloaded");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
}

#[tokio::test]
async fn h3_a_pushed_order_is_looked_up_as_its_own_account_and_never_believed() {
    let mut world = world().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await;
    let reference = text(&captured.json(), "/reference").to_owned();
    let confirmed = until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    let number = text(&confirmed, "/number").to_owned();
    world.backend.client().post("/control/advance", &json!({})).await.expect(200);
    world.backend.count_from_zero().await;
    let hint = |customer: &str, number: &str, reference: &str| json!({"at": Timestamp::now(), "orders": [{"no": number, "your_ref": reference, "customer": customer, "state": "DON"}]});
    assert_eq!(receipt(&world, hint("C-1002", &number, &reference)).await, (0, json!({"another_account": 1})));
    assert_eq!(receipt(&world, hint("C-1001", "100001", &reference)).await, (0, json!({"another_number": 1})));
    assert_eq!(receipt(&world, hint("C-1001", "100001", "")).await, (0, json!({"not_ours": 1})));
    assert_eq!(world.backend.stats().await["requests"], json!({}), "nothing of that was looked up");
    assert_eq!(receipt(&world, hint("C-1001", &number, "")).await, (1, json!({})));
    eventually("it was looked up", async || (world.backend.requests("GET /api/orders/{no}").await == 1).then_some(())).await;
    world.backend.stop().await;
    eventually("the last known status is the new one", async || {
        let order = world.hansen().get(&format!("/v1/orders/{reference}")).await.expect(200);
        assert_eq!(text(&order, "/source"), "stale");
        (text(&order, "/status") == "in-process").then_some(())
    })
    .await;
}
