//! Every request is bounded in number and time, whatever clients and back ends do.

use std::time::Duration;

use futures::future::join_all;
use ordergate_tests::{PLIERS, World, line};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn more_requests_than_places_are_refused_at_once() {
    let world = World::with(|config| config.set("server.max_concurrent_requests", "2")).await;
    world.backend.slow_down(1000).await;
    let customer = world.hansen();
    let paths: Vec<_> = (1001..1007).map(|number| format!("/v1/availability/NW-{number}")).collect();
    let replies = join_all(paths.iter().map(|path| customer.get(path))).await;
    let (answered, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!((answered.len(), refused.len()), (2, 4));
    for reply in refused {
        assert_eq!(reply.expect_problem(503, "overloaded")["retryable"], true);
        assert!(reply.header("retry-after").is_some());
    }
}

#[tokio::test]
async fn a_back_end_that_is_too_slow_is_a_timeout_of_the_read() {
    let world = World::with(|config| config.set("stores.main.read_deadline_ms", "400")).await;
    world.backend.slow_down(3000).await;
    let start = std::time::Instant::now();
    world.hansen().get("/v1/availability/NW-1014").await.expect_problem(504, "backend_timeout");
    assert!(start.elapsed() < Duration::from_millis(2500), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn a_reply_that_comes_byte_by_byte_is_cut_off_at_the_deadline() {
    let world = World::with(|config| config.set("stores.main.read_deadline_ms", "600")).await;
    world.backend.disturb("GET", "/api/stock", "drip", Some(1)).await;
    let start = std::time::Instant::now();
    world.hansen().get("/v1/availability/NW-1014").await.expect_problem(504, "backend_timeout");
    assert!(start.elapsed() < Duration::from_secs(5), "took {:?}", start.elapsed());
    world.hansen().get("/v1/availability/NW-1014").await.expect(200);
}

#[tokio::test]
async fn a_back_end_that_is_too_slow_is_a_timeout_of_the_checkout() {
    let world = World::with(|config| config.set("stores.main.checkout_deadline_ms", "500")).await;
    world.backend.slow_down(900).await;
    let start = std::time::Instant::now();
    let reply = world.hansen().post("/v1/checkouts", &json!({"lines": [line("1", PLIERS, "1")]})).await;
    reply.expect_problem(504, "backend_timeout");
    assert!(start.elapsed() < Duration::from_secs(3), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let world = World::with(|config| config.set("server.request_timeout_ms", "400")).await;
    world.backend.slow_down(3000).await;
    world.hansen().get("/v1/availability/NW-1014").await.expect_problem(504, "request_timeout");
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_headers_is_disconnected() {
    let world = World::with(|config| config.set("server.header_read_timeout_ms", "1500")).await;
    let mut connection = TcpStream::connect(world.host.api().trim_start_matches("http://")).await.unwrap();
    connection.write_all(b"GET /v1/orders HTTP/1.1\r\nhost: shop\r\nx-slow: ").await.unwrap();
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection is still open");
    world.hansen().get("/v1/availability/NW-1014").await.expect(200);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_its_order_whole() {
    let world = World::start().await;
    let checkout = ordergate_tests::seal(&world.hansen(), PLIERS, "1").await;
    let customer = world.hansen();
    let hasty = tokio::spawn({
        let checkout = checkout.clone();
        async move { ordergate_tests::order(&customer.with("prefer", "wait=20"), &checkout, "hasty").await }
    });
    // Wherever it is when the client goes away: sending the same again tells what became of it.
    tokio::task::yield_now().await;
    hasty.abort();
    let _ = hasty.await;
    let again = ordergate_tests::eventually("the key is free", async || {
        let reply = ordergate_tests::order(&world.hansen(), &checkout, "hasty").await;
        (reply.status != 409).then_some(reply)
    })
    .await;
    assert!(matches!(again.status.as_u16(), 201 | 202), "{again}");
    let reference = ordergate_tests::text(&again.json(), "/reference").to_owned();
    ordergate_tests::until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.stats().await["orders_taken"], 1);
}

/// So an order's guest never queues behind those of a browsing flood.
#[tokio::test]
async fn guests_of_reads_compute_on_threads_of_their_own() {
    let world = World::start().await;
    let customer = world.hansen();
    for number in 1001..1031 {
        customer.get(&format!("/v1/availability/NW-{number}")).await.expect(200);
    }
    customer.get("/v1/orders").await.expect(200);
    let mut guests = 0.0;
    for operation in ["availability.check", "orders.list"] {
        let labels = ["adapter=\"nordwind\"", &format!("operation=\"{operation}\"")];
        let spent = world.host.metric("ordergate_adapter_guest_cpu_seconds_sum", &labels).await;
        assert!(spent > 0.0, "{operation}");
        guests += spent;
    }
    let threads = world.host.cpu_of("reads").as_secs_f64();
    assert!(threads >= guests, "the guests took {guests} s, the threads {threads} s");
}
