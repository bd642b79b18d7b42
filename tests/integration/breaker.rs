//! Sick back ends before the breakers of their adapter: reads answer at once, orders wait without attempts, and all goes on by itself when
//! the back end is well again, or when a person says so.

use ordergate_tests::{HostConfig, PLIERS, Reply, World, eventually, items, order, run_host, seal, text, until_order};
use serde_json::{Value, json};

const STOCK: &str = "GET /api/stock";

/// A host whose open breakers wait so long for a trial that only a heartbeat, or a person, closes them within a test.
async fn world() -> World {
    World::with(|config| {
        config
            .set("adapters.nordwind.breaker.open_ms", "600000")
            .set("adapters.nordwind.breaker.open_max_ms", "600000")
            .set("adapters.nordwind.breaker.heartbeat_secs", "1")
            .set("freshness.availability.fresh_above_secs", "1")
    })
    .await
}

async fn breaker(world: &World, side: &str) -> Value {
    let list = world.host.operator().get("/ops/v1/adapters").await.expect(200);
    items(&list)[0]["breakers"][side].clone()
}

async fn until_state(world: &World, side: &str, state: &str) {
    eventually(&format!("the {side} breaker is {state}"), async || (breaker(world, side).await["state"] == state).then_some(()))
        .await;
}

async fn gauge(world: &World, side: &str) -> f64 {
    world.host.metric("ordergate_breaker_state", &["adapter=\"nordwind\"", &format!("side=\"{side}\"")]).await
}

async fn moves(world: &World, side: &str, to: &str) -> f64 {
    world.host.metric("ordergate_breaker_transitions_total", &[&format!("side=\"{side}\""), &format!("to=\"{to}\"")]).await
}

async fn dossier(world: &World, reference: &str) -> Value {
    world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200)
}

async fn attempts(world: &World, reference: &str) -> usize {
    dossier(world, reference).await["attempts"].as_array().unwrap().len()
}

async fn hold(world: &World, side: &str, state: &str) -> Reply {
    let deed = json!({"side": side, "state": state, "actor": "anna", "reason": "maintenance until six"});
    world.host.operator().post("/ops/v1/adapters/nordwind/breaker", &deed).await
}

/// Waits until the host has asked the back end once more, from now. While transfers wait and nobody browses, that is a heartbeat.
async fn next_heartbeat(world: &World) {
    let sent = async || world.host.metric("ordergate_egress_requests_total", &[]).await;
    let before = sent().await;
    eventually("a heartbeat", async || (sent().await > before).then_some(())).await;
}

#[tokio::test]
async fn orders_to_a_sick_back_end_wait_without_attempts_and_go_when_a_heartbeat_finds_it_well() {
    let mut world = world().await;
    let (first, second) = (seal(&world.hansen(), PLIERS, "1").await, seal(&world.bauer(), PLIERS, "1").await);
    world.backend.stop().await;
    let first = order(&world.hansen(), &first, "one").await.expect(202);
    until_state(&world, "write", "open").await;
    assert_eq!(gauge(&world, "write").await, 2.0);
    let opened = breaker(&world, "write").await;
    assert_eq!((text(&opened, "/why"), text(&opened, "/last_failure")), ("failures in a row", "unavailable"));
    // Accepted, and left alone.
    let second = order(&world.bauer(), &second, "two").await.expect(202);
    let (first, second) = (text(&first, "/reference"), text(&second, "/reference"));
    let spent = attempts(&world, first).await;
    next_heartbeat(&world).await;
    next_heartbeat(&world).await;
    assert_eq!((attempts(&world, first).await, attempts(&world, second).await), (spent, 0));
    assert_eq!(world.host.ops().get("/readyz").await.status, 200);
    world.backend.start_again().await;
    until_order(&world.hansen(), first, "confirmed", |order| order["number"].is_string()).await;
    until_order(&world.bauer(), second, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(attempts(&world, second).await, 1);
    until_state(&world, "write", "closed").await;
    assert_eq!(gauge(&world, "write").await, 0.0);
    for state in ["open", "half-open", "closed"] {
        assert!(moves(&world, "write", state).await >= 1.0, "counted: {state}");
    }
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn scenario_11_reads_of_a_sick_back_end_answer_from_the_cache_or_say_when_to_come_back_and_writes_go_on() {
    let world = world().await;
    let known = format!("/v1/availability/{PLIERS}");
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let live = world.hansen().get(&known).await.expect(200);
    world.backend.disturb("GET", "/api", "refuse-503", None).await;
    eventually("the read breaker is open", async || {
        world.hansen().get("/v1/availability/NW-1017").await.expect_problem(503, "backend_unavailable");
        (breaker(&world, "read").await["state"] == "open").then_some(())
    })
    .await;
    let asked = world.backend.requests(STOCK).await;
    let stale = eventually("the value is stale", async || {
        let answer = world.hansen().get(&known).await.expect(200);
        (text(&answer, "/source") == "stale").then_some(answer)
    })
    .await;
    assert_eq!(text(&stale, "/available"), text(&live, "/available"));
    let unknown = world.hansen().get("/v1/availability/NW-1017").await;
    unknown.expect_problem(503, "backend_unavailable");
    let wait: u32 = unknown.header("retry-after").expect("a Retry-After header").parse().unwrap();
    assert!(wait > 60, "until the next trial, not {wait} s");
    assert_eq!(world.backend.requests(STOCK).await, asked, "the back end was not asked");
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    assert_eq!((gauge(&world, "read").await, gauge(&world, "write").await), (2.0, 0.0));
    world.backend.no_faults().await;
    until_state(&world, "read", "half-open").await;
    eventually("the shop answers again", async || {
        let reply = world.hansen().get("/v1/availability/NW-1017").await;
        reply.status.is_success().then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_operator_holds_the_write_side_open_for_a_maintenance_and_lets_go_again() {
    let world = world().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let shown = hold(&world, "write", "open").await.expect(200);
    assert_eq!(text(&shown, "/breakers/write/held/actor"), "anna");
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    assert_eq!(gauge(&world, "write").await, 2.0);
    hold(&world, "write", "closed").await.expect(200);
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    hold(&world, "write", "auto").await.expect(200);
    assert_eq!(breaker(&world, "write").await["held"], Value::Null);
    let audit = world.host.operator().get("/ops/v1/adapters/nordwind").await.expect(200)["audit"].clone();
    let deeds: Vec<_> = audit.as_array().unwrap().iter().map(|entry| text(entry, "/action")).collect();
    assert_eq!(deeds, ["open write breaker", "close write breaker", "write breaker by its rules"]);
    assert!(audit.as_array().unwrap().iter().all(|entry| text(entry, "/reason") == "maintenance until six"));
    // The only attempt was begun after the breaker was closed.
    let dossier = dossier(&world, reference).await;
    let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    assert_eq!(dossier["attempts"].as_array().unwrap().len(), 1);
    assert!(instant(text(&dossier, "/attempts/0/started_at")) >= instant(text(&audit, "/1/at")), "{dossier:#} {audit:#}");
}

#[tokio::test]
async fn an_act_on_a_breaker_names_a_side_a_state_an_actor_and_a_known_adapter() {
    let world = world().await;
    let operator = world.host.operator();
    for wrong in [
        json!({"side": "write", "state": "open", "actor": "anna"}),
        json!({"side": "write", "state": "ajar", "actor": "anna", "reason": "test"}),
        json!({"side": "both", "state": "open", "actor": "anna", "reason": "test"}),
    ] {
        let reply = operator.post("/ops/v1/adapters/nordwind/breaker", &wrong).await;
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{reply}");
    }
    let deed = json!({"side": "write", "state": "open", "actor": "anna", "reason": "test"});
    assert_eq!(operator.post("/ops/v1/adapters/nowhere/breaker", &deed).await.status, 404);
    assert_eq!(world.host.ops().post("/ops/v1/adapters/nordwind/breaker", &deed).await.status, 401);
    assert_eq!(breaker(&world, "write").await["state"], "closed");
}

#[tokio::test]
async fn the_command_line_moves_a_breaker_and_shows_it() {
    let world = world().await;
    let addresses = std::fs::read_to_string(world.host.folder().join("addresses.json")).unwrap();
    let ops = text(&serde_json::from_str(&addresses).unwrap(), "/ops").to_owned();
    let config = HostConfig::for_backend("http://127.0.0.1:9", "unused").env("KEY_OF_OPS", "ops-key-of-this-test");
    let run = async |arguments: &[&str]| {
        let at = ["--ops", ops.as_str(), "--key-env", "KEY_OF_OPS"];
        run_host(&config, &[&["adapter"], arguments, &at].concat()).await
    };
    let open = ["breaker", "nordwind", "--side", "write", "--state", "open", "--actor", "anna", "--reason", "maintenance"];
    let ended = run(&open).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let listed = run(&["list"]).await.stdout;
    let lines: Vec<_> = listed.lines().filter(|line| line.contains("breaker")).collect();
    assert!(lines[0].starts_with("nordwind  breaker read   closed"), "{listed}");
    assert!(lines[1].starts_with("nordwind  breaker write  open") && lines[1].ends_with("held open by anna: maintenance"));
    let ended = run(&["breaker", "nordwind", "--side", "write", "--state", "ajar", "--reason", "a test"]).await;
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(ended.stderr.contains("open, closed, auto"), "{}", ended.stderr);
}
