//! What storefronts may send wrongly: each mistake gets an answer that names the place and the mend.

use http::Method;
use ordergate_tests::{PLIERS, World, items, line, seal, text};
use serde_json::{Value, json};

async fn post_raw(world: &World, path: &str, body: impl Into<bytes::Bytes>) -> ordergate_tests::Reply {
    world.hansen().with("content-type", "application/json").send(Method::POST, path, body.into()).await
}

#[tokio::test]
async fn malformed_json_is_refused_with_line_and_column() {
    let world = World::start().await;
    for (body, place) in [
        ("{\"items\": [\n{\"sku\": }]}", "line 2 column"),
        ("", "line 1 column 0"),
        ("{\"items\": []} trailing", "line 1 column"),
    ] {
        let problem = post_raw(&world, "/v1/availability:query", body).await.expect_problem(400, "malformed_json");
        assert!(text(&problem, "/detail").contains(place), "{body:?}: {problem:#}");
    }
    let problem = post_raw(&world, "/v1/availability:query", &b"\xff\xfe{}"[..]).await;
    problem.expect_problem(400, "malformed_json");
}

#[tokio::test]
async fn deeply_nested_json_is_refused_and_the_host_lives() {
    let world = World::start().await;
    let body = "[".repeat(200_000);
    let reply = post_raw(&world, "/v1/availability:query", body).await;
    assert!(matches!(reply.status.as_u16(), 400 | 422), "{}", reply.status);
    world.hansen().get("/v1/availability/NW-1014").await.expect(200);
}

#[tokio::test]
async fn a_wrong_field_is_pointed_at() {
    let world = World::start().await;
    let wrong = [
        ("/v1/availability:query", json!({"items": [{"sku": PLIERS}, {"sku": ""}]}), "/items/1/sku"),
        ("/v1/availability:query", json!({"items": [{"sku": PLIERS, "colour": "red"}]}), "/items/0"),
        ("/v1/availability:query", json!({"items": []}), "/items"),
        ("/v1/availability:query", json!({"items": [{"sku": PLIERS}], "purpose": "gift"}), "/purpose"),
        ("/v1/availability:query", json!({"items": [{"sku": "a\u{0}b"}]}), "/items/0/sku"),
        ("/v1/availability:query", json!({"items": [{"sku": "x".repeat(300)}]}), "/items/0/sku"),
        ("/v1/offer-prices:query", json!({"items": [{"sku": PLIERS, "quantity": {"value": "many"}}]}), "/items/0/quantity/value"),
        ("/v1/availability:query", json!({"items": [{"sku": PLIERS}, {"sku": " "}]}), "/items/1/sku"),
        (
            "/v1/offer-prices:query",
            json!({"items": [{"sku": PLIERS, "quantity": {"value": "1_000"}}]}),
            "/items/0/quantity/value",
        ),
        ("/v1/offer-prices:query", json!({"items": [{"sku": PLIERS, "quantity": {"value": "1E2"}}]}), "/items/0/quantity/value"),
        ("/v1/offer-prices:query", json!({"items": [{"sku": PLIERS, "quantity": {"value": 1}}]}), "/items/0/quantity/value"),
        ("/v1/offer-prices:query", json!({"items": [{"sku": PLIERS, "quantity": {"value": "0"}}]}), "/items/0/quantity/value"),
        ("/v1/offer-prices:query", json!({"items": [{"sku": PLIERS, "quantity": {"value": "-1"}}]}), "/items/0/quantity/value"),
        ("/v1/offer-prices:query", json!({"items": [{"sku": PLIERS}], "currency": "EURO"}), "/currency"),
        ("/v1/checkouts", json!({"lines": []}), "/lines"),
        ("/v1/checkouts", json!({"lines": [line("1", PLIERS, "1"), line("1", "NW-1017", "1")]}), "/lines/1/id"),
        ("/v1/checkouts", json!({"lines": [{"sku": PLIERS}]}), "/lines/0"),
        (
            "/v1/checkouts",
            json!({"lines": [{"sku": PLIERS, "quantity": {"value": "1"}, "requested_date": "tomorrow"}]}),
            "/lines/0/requested_date",
        ),
        (
            "/v1/checkouts",
            json!({"lines": [{"sku": PLIERS, "quantity": {"value": "1"}, "requested_date": "0000-01-01"}]}),
            "/lines/0/requested_date",
        ),
    ];
    for (path, body, place) in wrong {
        let problem = world.hansen().post(path, &body).await.expect_problem(422, "invalid_request");
        let pointer = text(&problem, "/errors/0/pointer");
        assert!(pointer == place || pointer.starts_with(&format!("{place}/")), "{body}: {problem:#}");
        assert!(!text(&problem, "/errors/0/detail").is_empty());
    }
}

#[tokio::test]
async fn more_items_than_allowed_are_refused_with_the_limit() {
    let world = World::start().await;
    let query = |count: usize| json!({"items": vec![json!({"sku": PLIERS}); count]});
    let problem = world.hansen().post("/v1/availability:query", &query(501)).await.expect_problem(422, "invalid_request");
    assert!(text(&problem, "/errors/0/detail").contains("500"), "{problem:#}");
    let answer = world.hansen().post("/v1/availability:query", &query(500)).await.expect(200);
    assert_eq!(items(&answer).len(), 500);
}

#[tokio::test]
async fn a_wrong_query_parameter_is_named() {
    let world = World::start().await;
    for (path, name) in [
        ("/v1/offer-prices/NW-1014?quantity=many", "quantity"),
        ("/v1/offer-prices/NW-1014?quantity=-2", "quantity"),
        ("/v1/offer-prices/NW-1014?qty=2", "qty"),
        ("/v1/availability/NW-1014?purpose=gift", "purpose"),
        ("/v1/orders?limit=many", "limit"),
        ("/v1/orders?from=yesterday", "from"),
        ("/v1/orders?status=lost", "status"),
        ("/v1/orders?cursor=invented", "cursor"),
    ] {
        let problem = world.hansen().get(path).await.expect_problem(422, "invalid_request");
        assert!(problem["errors"].to_string().contains(name), "{path}: {problem:#}");
    }
}

#[tokio::test]
async fn an_unknown_sku_is_a_problem_of_its_item_and_names_it() {
    let world = World::start().await;
    let answer = world.hansen().post("/v1/availability:query", &json!({"items": [{"sku": "NW-0000"}]})).await.expect(200);
    assert_eq!(text(&items(&answer)[0], "/problem/code"), "sku_unknown");
    let problem = world.hansen().get("/v1/offer-prices/NW-0000").await.expect_problem(404, "sku_unknown");
    assert!(text(&problem, "/detail").contains("NW-0000"), "{problem:#}");
    let cart = json!({"lines": [line("1", PLIERS, "1"), line("2", "NW-0000", "1")]});
    let refused = world.hansen().post("/v1/checkouts", &cart).await;
    let problem = refused.expect_problem(422, "backend_rejected");
    assert!(text(&problem, "/detail").contains("NW-0000"), "{problem:#}");
}

#[tokio::test]
async fn a_sku_may_hold_any_character_and_reaches_nothing_else() {
    let world = World::start().await;
    for sku in ["../orders", "..%2Forders", "a%2Cb", "a%20b", "%C3%A4%C3%B6", "x'--", "a%26customer%3DC-1002", "%23", "%3F"] {
        let reply = world.hansen().get(&format!("/v1/availability/{sku}")).await;
        assert_eq!(reply.status, 404, "{sku}: {reply}");
    }
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused_without_reading_it() {
    let world = World::start().await;
    let body = format!("{{\"items\": [{{\"sku\": \"{}\"}}]}}", "x".repeat(10_000_000));
    let reply = post_raw(&world, "/v1/availability:query", body).await;
    let problem = reply.expect_problem(413, "body_too_large");
    assert_eq!(problem["retryable"], false);
    world.hansen().get("/v1/availability/NW-1014").await.expect(200);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_by_its_type() {
    let world = World::start().await;
    let body = json!({"items": [{"sku": PLIERS}]}).to_string();
    let reply =
        world.hansen().with("content-type", "text/xml").send(Method::POST, "/v1/availability:query", body.clone().into()).await;
    reply.expect_problem(415, "unsupported_media_type");
    let reply = world.hansen().send(Method::POST, "/v1/availability:query", body.into()).await;
    reply.expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_its_coding() {
    let world = World::start().await;
    let body = json!({"items": [{"sku": PLIERS}]}).to_string();
    let send = async |coding| {
        let client = world.hansen().with("content-type", "application/json").with("content-encoding", coding);
        client.send(Method::POST, "/v1/availability:query", body.clone().into()).await
    };
    let problem = send("gzip").await.expect_problem(415, "unsupported_media_type");
    assert!(problem["detail"].as_str().unwrap().contains("Content-Encoding"), "{problem:#}");
    send("identity").await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_read_of_a_route_or_query_is_a_problem_with_its_place() {
    let world = World::start().await;
    let (customer, operator) = (world.hansen(), world.host.operator());
    for (client, path, place) in [
        (&customer, "/v1/orders/%ff", "path"),
        (&customer, "/v1/availability/%c3%28", "path"),
        (&operator, "/ops/v1/cache/%ff", "path"),
        (&operator, "/ops/v1/findings/seven", "path"),
        (&operator, "/ops/v1/transfers?colour=red", "?"),
        (&operator, "/ops/v1/findings?limit=many", "?"),
    ] {
        let problem = client.get(path).await.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], place, "{path}: {problem:#}");
    }
}

#[tokio::test]
async fn an_unknown_route_and_a_wrong_method_are_told_apart() {
    let world = World::start().await;
    world.hansen().get("/v2/orders").await.expect_problem(404, "not_found");
    world.hansen().get("/v1/order").await.expect_problem(404, "not_found");
    let reply = world.hansen().delete("/v1/orders").await;
    reply.expect_problem(405, "method_not_allowed");
    assert!(reply.header("allow").is_some_and(|methods| methods.contains("POST")), "an Allow header: {:?}", reply.headers);
}

#[tokio::test]
async fn an_unknown_store_is_refused() {
    let world = World::start().await;
    let reply = world.hansen().with("x-store", "outlet").get("/v1/availability/NW-1014").await;
    let problem = reply.expect_problem(404, "store_unknown");
    assert!(text(&problem, "/detail").contains("outlet"), "{problem:#}");
    world.hansen().with("x-store", "main").get("/v1/availability/NW-1014").await.expect(200);
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let body = json!({"checkout": text(&checkout, "/id")});
    for key in ["", "with spaces", &"x".repeat(256)] {
        let reply = world.hansen().capture("/v1/orders", key, &body).await;
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{key:?}: {reply}");
    }
}

#[tokio::test]
async fn amounts_and_quantities_survive_as_decimals() {
    let world = World::start().await;
    // 0.1 + 0.2: a float would show.
    let cart = json!({"lines": [
        {"id": "1", "sku": "NW-1042", "quantity": {"value": "0.1", "unit": "KGM"}},
        {"id": "2", "sku": "NW-1042", "quantity": {"value": "0.2", "unit": "KGM"}},
    ]});
    let checkout: Value = world.hansen().post("/v1/checkouts", &cart).await.expect(201);
    assert_eq!(text(&checkout, "/lines/0/quantity/value"), "0.1");
    assert_eq!(text(&checkout, "/lines/1/quantity/value"), "0.2");
}

#[tokio::test]
async fn a_problem_code_has_a_page_and_the_request_id_comes_back() {
    let world = World::start().await;
    let reply = world.hansen().with("x-request-id", "shop-42").get("/v1/availability/NW-0000").await;
    let problem = reply.expect_problem(404, "sku_unknown");
    assert_eq!((reply.header("x-request-id"), text(&problem, "/request_id")), (Some("shop-42"), "shop-42"));
    let page = world.host.anonymous().get(text(&problem, "/type")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("sku_unknown"));
    let evil = world.hansen().with("x-request-id", "a b\"c").get("/v1/availability/NW-0000").await;
    assert_ne!(evil.header("x-request-id"), Some("a b\"c"));
}
