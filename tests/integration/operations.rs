//! The operations port: health, metrics, adapters; and the description of the API.

use ordergate_tests::{PLIERS, World, order, seal, text, until_order};

#[tokio::test]
async fn readiness_does_not_depend_on_the_back_end() {
    let mut world = World::start().await;
    world.backend.stop().await;
    world.hansen().get("/v1/availability/NW-1014").await.expect_problem(503, "backend_unavailable");
    assert_eq!(world.host.ops().get("/readyz").await.status, 200);
    assert_eq!(world.host.ops().get("/livez").await.status, 200);
}

#[tokio::test]
async fn metrics_count_calls_transfers_and_requests() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let submits = ["operation=\"orders.submit\"", "adapter=\"nordwind\""];
    assert!(world.host.metric("ordergate_adapter_calls_total", &submits).await >= 1.0);
    assert!(world.host.metric("ordergate_transfers_total", &["outcome=\"confirmed\""]).await >= 1.0);
    assert!(world.host.metric("ordergate_http_request_seconds_count", &["route=\"/v1/orders\""]).await >= 1.0);
    assert!(world.host.metric("ordergate_egress_requests_total", &["endpoint=\"api\""]).await >= 1.0);
    let page = world.host.ops().get("/metrics").await.text();
    assert!(
        !page.contains("C-1001") && !page.contains(text(&captured, "/reference")),
        "no account or reference is a label:\n{page}"
    );
}

#[tokio::test]
async fn the_adapters_are_listed_with_their_digest() {
    let world = World::start().await;
    let list = world.host.operator().get("/ops/v1/adapters").await.expect(200).to_string();
    assert!(list.contains("nordwind"), "{list}");
    let digest = list.split('"').find(|part| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(digest.is_some(), "a SHA-256: {list}");
}

#[tokio::test]
async fn the_api_describes_itself() {
    let world = World::start().await;
    let description = world.host.anonymous().get("/openapi.json").await.expect(200);
    assert!(text(&description, "/openapi").starts_with("3."));
    for path in
        ["/v1/availability:query", "/v1/offer-prices/{sku}", "/v1/checkouts", "/v1/orders/{id}/cancel", "/v1/quotes/{id}/accept"]
    {
        let named = |name: &String| {
            let parts = |text: &str| {
                text.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }.to_owned()).collect::<Vec<_>>()
            };
            parts(name) == parts(path)
        };
        assert!(description["paths"].as_object().unwrap().keys().any(named), "{path} is not described");
    }
}

#[tokio::test]
async fn answers_are_compressed_when_the_client_wishes() {
    let world = World::start().await;
    let reply = world.host.anonymous().with("accept-encoding", "gzip").get("/openapi.json").await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
}
