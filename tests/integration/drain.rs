//! SIGTERM: what has begun is finished, nothing new is begun.

use std::fs::File;
use std::process::Command;

use ordergate_tests::{PLIERS, World, adapter_file, eventually, line, text};
use serde_json::json;

#[tokio::test]
async fn a_request_in_flight_is_answered_and_the_host_ends_with_success() {
    let mut world = World::start().await;
    world.backend.slow_down(1500).await;
    let customer = world.hansen();
    let asked = tokio::spawn(async move { customer.get("/v1/availability/NW-1014").await });
    eventually("the request is in flight", async || (world.backend.requests("GET /api/stock").await == 1).then_some(())).await;
    world.host.terminate();
    assert_eq!(text(&asked.await.unwrap().expect(200), "/available"), "307");
    let ended = world.host.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[tokio::test]
async fn while_draining_the_host_says_that_it_is_not_ready() {
    let mut world = World::start().await;
    world.backend.slow_down(3000).await;
    let customer = world.hansen();
    let asked = tokio::spawn(async move { customer.get("/v1/availability/NW-1014").await });
    eventually("the request is in flight", async || (world.backend.requests("GET /api/stock").await == 1).then_some(())).await;
    world.host.terminate();
    // A load balancer asks on a new connection each time.
    eventually("/readyz says no", async || (world.host.ops().get("/readyz").await.status == 503).then_some(())).await;
    assert_eq!(world.host.ops().get("/livez").await.status, 200, "it lives until it has ended");
    asked.await.unwrap().expect(200);
    assert_eq!(world.host.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_checkout_in_flight_is_not_cut_off() {
    let mut world = World::start().await;
    world.backend.slow_down(800).await;
    let customer = world.hansen();
    let body = json!({"lines": [line("1", PLIERS, "1")]});
    let asked = tokio::spawn(async move { customer.post("/v1/checkouts", &body).await });
    eventually("it has begun", async || (world.backend.requests("POST /api/reservations").await == 1).then_some(())).await;
    world.host.terminate();
    asked.await.unwrap().expect(201);
    assert_eq!(world.host.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_request_that_does_not_end_does_not_keep_the_host_for_ever() {
    let mut world = World::with(|config| config.set("server.drain_ms", "500").set("stores.main.read_deadline_ms", "20000")).await;
    world.backend.slow_down(15_000).await;
    let customer = world.hansen();
    let asked =
        tokio::spawn(async move { customer.try_send(http::Method::GET, "/v1/availability/NW-1014", bytes::Bytes::new()).await });
    eventually("the request is in flight", async || (world.backend.requests("GET /api/stock").await == 1).then_some(())).await;
    let start = std::time::Instant::now();
    world.host.terminate();
    world.host.ended().await;
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "took {:?}", start.elapsed());
    let _ = asked.await.unwrap();
}

#[tokio::test]
async fn a_signature_that_is_never_read_to_its_end_does_not_keep_the_host_for_ever() {
    let mut world = World::with(|config| config.set("server.drain_ms", "500")).await;
    let path = |name: &str| world.host.folder().join(name);
    std::fs::copy(adapter_file(), path("endless.wasm")).unwrap();
    let pipe = path("endless.wasm.minisig");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    world.host.rewrite(|config| config.set("adapters.nordwind.component", "\"endless.wasm\""));
    let operator = world.host.operator().with("content-type", "application/json");
    let deed = bytes::Bytes::from(json!({"actor": "anna", "reason": "a test"}).to_string());
    let load = tokio::spawn(async move { operator.try_send(http::Method::POST, "/ops/v1/adapters/nordwind/load", deed).await });
    // Opens when the host has opened the other end.
    let writer = std::thread::spawn(move || File::options().write(true).open(pipe).unwrap());
    eventually("the host reads the signature", async || writer.is_finished().then_some(())).await;
    let _silent = writer.join().unwrap();
    let start = std::time::Instant::now();
    world.host.terminate();
    let ended = world.host.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "took {:?}", start.elapsed());
    let _ = load.await.unwrap();
}
