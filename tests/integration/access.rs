//! Who may do what (rules A1, H3).

use ordergate_tests::{ALL_SCOPES, Client, ES256_PUBLIC, PLIERS, Token, World, line, seal, slow_body, text};
use serde_json::{Value, json};

const PRICE: &str = "/v1/offer-prices/NW-1014";

fn bearing(world: &World, token: &str) -> Client {
    world.host.anonymous().with("authorization", &format!("Bearer {token}"))
}

#[tokio::test]
async fn a1_nothing_is_open_without_a_credential() {
    let world = World::start().await;
    let anonymous = world.host.anonymous();
    for path in [PRICE, "/v1/availability/NW-1014", "/v1/orders", "/v1/quotes"] {
        let reply = anonymous.get(path).await;
        reply.expect_problem(401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    anonymous.post("/v1/checkouts", &json!({"lines": [line("1", PLIERS, "1")]})).await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a1_an_api_key_is_taken_from_either_header_and_a_wrong_one_refused() {
    let world = World::start().await;
    let anonymous = world.host.anonymous();
    anonymous.with("x-api-key", "test-key-of-hansen-0123456789").get(PRICE).await.expect(200);
    for wrong in ["wrong", "test-key-of-hansen-012345678", "test-key-of-hansen-01234567899", "TEST-KEY-OF-HANSEN-0123456789"] {
        anonymous.with("x-api-key", wrong).get(PRICE).await.expect_problem(401, "token_invalid");
    }
}

#[tokio::test]
async fn a1_two_credentials_in_one_request_open_nothing() {
    let world = World::start().await;
    let (hansen, again) = ("Bearer test-key-of-hansen-0123456789", "Bearer test-key-of-hansen-0123456789");
    for headers in
        [[("authorization", hansen), ("authorization", again)], [("x-api-key", &hansen[7..]), ("x-api-key", &again[7..])]]
    {
        let (said, _) = slow_body(world.host.api(), "/v1/offer-prices:query", &headers).await;
        assert!(said.starts_with("HTTP/1.1 401"), "{said}");
    }
    let (said, _) = slow_body(world.host.api(), "/v1/offer-prices:query", &[("authorization", hansen)]).await;
    assert_eq!(said, "HTTP/1.1 100 Continue", "one is enough");
}

#[tokio::test]
async fn a1_a_customers_token_opens_the_customers_account() {
    let world = World::start().await;
    let customer = world.host.customer(&Token::of(&["C-1001"]));
    let by_token = customer.get(PRICE).await.expect(200);
    let by_key = world.hansen().get(PRICE).await.expect(200);
    assert_eq!(by_token["unit_price"], by_key["unit_price"]);
    assert_eq!(text(&seal(&customer, PLIERS, "1").await, "/account"), "C-1001");
}

#[tokio::test]
async fn a1_wrong_tokens_are_refused() {
    let world = World::start().await;
    let good = Token::of(&["C-1001"]);
    let refused = [
        ("expired", good.clone().expired(120).signed()),
        ("not valid yet", good.clone().claim("nbf", json!(jiff::Timestamp::now().as_second() + 600)).signed()),
        ("without expiry", good.clone().without("exp").signed()),
        ("without subject", good.clone().without("sub").signed()),
        ("signed by someone else", good.clone().with_secret("another secret of another provider").signed()),
        ("issued by someone else", good.clone().claim("iss", json!("https://evil.example")).signed()),
        ("meant for someone else", good.clone().claim("aud", json!("another-service")).signed()),
        ("not signed", good.unsigned()),
        ("signed with another algorithm", good.signed_hs512()),
        ("signed with a key of another kind", good.signed_es256()),
        ("cut off", good.signed().rsplit_once('.').unwrap().0.to_owned()),
        ("tampered with", good.signed().replacen("ey", "ez", 2)),
        ("no token", "not.a.token".to_owned()),
    ];
    for (what, token) in refused {
        let reply = bearing(&world, &token).get(PRICE).await;
        assert_eq!(reply.status, 401, "{what}: {reply}");
        reply.expect_problem(401, "token_invalid");
    }
    bearing(&world, &good.signed()).get(PRICE).await.expect(200);
}

#[tokio::test]
async fn a1_a_public_key_is_no_shared_secret() {
    let world = World::with(|config| {
        config
            .set("access.jwt.algorithm", "\"ES256\"")
            .set("access.jwt.key", r#"{ env = "TEST_ES256_KEY" }"#)
            .env("TEST_ES256_KEY", ES256_PUBLIC)
    })
    .await;
    let token = Token::of(&["C-1001"]);
    bearing(&world, &token.signed_es256()).get(PRICE).await.expect(200);
    for secret in [ES256_PUBLIC, ES256_PUBLIC.trim_end()] {
        let confused = token.clone().with_secret(secret).signed();
        bearing(&world, &confused).get(PRICE).await.expect_problem(401, "token_invalid");
    }
    bearing(&world, &token.unsigned()).get(PRICE).await.expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn a1_a_token_opens_no_other_account() {
    let world = World::start().await;
    let customer = world.host.customer(&Token::of(&["C-1001"]));
    customer.with("x-account", "C-1002").get(PRICE).await.expect_problem(403, "account_forbidden");
    world.hansen().with("x-account", "C-1002").get("/v1/orders").await.expect_problem(403, "account_forbidden");
    customer.with("x-account", "C-1001").get(PRICE).await.expect(200);
}

#[tokio::test]
async fn a1_who_has_several_accounts_names_one() {
    let world = World::start().await;
    let customer = world.host.customer(&Token::of(&["C-1001", "C-1002"]));
    customer.get(PRICE).await.expect_problem(400, "account_required");
    let one = customer.with("x-account", "C-1001").get(PRICE).await.expect(200);
    let other = customer.with("x-account", "C-1002").get(PRICE).await.expect(200);
    assert_ne!(one["unit_price"], other["unit_price"]);
    customer.with("x-account", "C-1003").get(PRICE).await.expect_problem(403, "account_forbidden");
}

#[tokio::test]
async fn a1_a_token_without_accounts_opens_none() {
    let world = World::start().await;
    for accounts in [json!(null), json!([]), json!({"C-1001": true}), json!(1001)] {
        let customer = world.host.customer(&Token::of(&["C-1001"]).claim("accounts", accounts));
        customer.get(PRICE).await.expect_problem(400, "account_required");
        customer.with("x-account", "C-1001").get(PRICE).await.expect_problem(403, "account_forbidden");
    }
}

#[tokio::test]
async fn a1_a_star_in_a_token_is_no_grant() {
    let world = World::start().await;
    let customer = world.host.customer(&Token::of(&["*"]));
    customer.with("x-account", "C-1001").get(PRICE).await.expect_problem(403, "account_forbidden");
}

#[tokio::test]
async fn a1_a_trusted_storefront_names_the_account() {
    let world = World::start().await;
    let shop = world.host.caller("shop");
    shop.get(PRICE).await.expect_problem(400, "account_required");
    shop.post("/v1/checkouts", &json!({"lines": [line("1", PLIERS, "1")]})).await.expect_problem(400, "account_required");
    shop.with("x-account", "C-1002").get(PRICE).await.expect(200);
}

#[tokio::test]
async fn a1_a_key_does_what_its_scopes_say_and_nothing_else() {
    let world = World::start().await;
    let reader = world.host.caller("reader");
    reader.get(PRICE).await.expect(200);
    let cart = json!({"lines": [line("1", PLIERS, "1")]});
    let refused = [
        reader.get("/v1/orders").await,
        reader.get("/v1/orders/SO-1").await,
        reader.get("/v1/quotes").await,
        reader.post("/v1/checkouts", &cart).await,
        reader.capture("/v1/orders", "key", &json!({"checkout": "C0"})).await,
        reader.capture("/v1/orders/SO-1/cancel", "key-2", &json!({"reason": "none"})).await,
        reader.capture("/v1/quotes", "key-3", &cart).await,
    ];
    for reply in refused {
        let problem = reply.expect_problem(403, "scope_missing");
        assert!(ALL_SCOPES.contains(text(&problem, "/detail").split('"').nth(1).unwrap()), "the scope is named: {problem:#}");
    }
}

#[tokio::test]
async fn a1_the_desk_is_closed_to_everyone_but_operators() {
    let world = World::start().await;
    let paths = ["/ops/v1/adapters", "/ops/v1/transfers?state=parked"];
    for path in paths {
        world.host.ops().get(path).await.expect_problem(401, "unauthenticated");
        let shop = world.host.ops().with("authorization", "Bearer test-key-of-shop-0123456789");
        assert_eq!(shop.get(path).await.status, 401);
        let customer = world.host.ops().with("authorization", &format!("Bearer {}", Token::of(&["C-1001"]).signed()));
        assert_eq!(customer.get(path).await.status, 401);
        world.host.operator().get(path).await.expect(200);
        // The operators' key opens nothing for storefronts, and the desk is not on their port.
        let astray = world.host.anonymous().with("authorization", "Bearer ops-key-of-this-test");
        astray.get(PRICE).await.expect_problem(401, "token_invalid");
        astray.get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn secrets_and_personal_data_stay_out_of_the_log() {
    let world = World::start().await;
    let token = Token::of(&["C-1001"]).signed();
    let customer = bearing(&world, &token);
    let body = json!({
        "lines": [line("1", PLIERS, "1")],
        "parties": [{"role": "ship-to", "address": {"name": "Erika Musterfrau", "lines": ["Geheimweg 7"], "city": "Kiel", "postal_code": "24143", "country": "DE"}}],
    });
    let checkout: Value = customer.post("/v1/checkouts", &body).await.expect(201);
    ordergate_tests::order(&customer, &checkout, "one").await.expect(202);
    customer.with("authorization", "Bearer wrong-key-wrong-key").get(PRICE).await.expect_problem(401, "token_invalid");
    let log = world.host.log();
    for secret in [
        token.as_str(),
        "test-key-of",
        "ops-key-of-this-test",
        world.backend.key(),
        "wrong-key-wrong-key",
        "Musterfrau",
        "Geheimweg",
    ] {
        assert!(!log.contains(secret), "the log shows {secret:?}:\n{log}");
    }
}
