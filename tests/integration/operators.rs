//! Keys of the operations port, each for what it may do (rule A1).

use http::Method;
use ordergate_tests::{Client, HostConfig, Reply, Token, World, repository, run_host};
use serde_json::json;

/// Every route of `/ops/v1` with the scope that it takes; `{…}` is filled in below.
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/ops/v1/adapters", "read"),
    ("GET", "/ops/v1/adapters/{name}", "read"),
    ("GET", "/ops/v1/adapters/{name}/shadow", "read"),
    ("GET", "/ops/v1/adapters/{name}/pushes", "read"),
    ("POST", "/ops/v1/adapters/{name}/breaker", "operate"),
    ("POST", "/ops/v1/adapters/{name}/load", "operate"),
    ("POST", "/ops/v1/adapters/{name}/promote", "operate"),
    ("POST", "/ops/v1/adapters/{name}/rollback", "operate"),
    ("GET", "/ops/v1/cache/{sku}", "read"),
    ("POST", "/ops/v1/cache/{sku}/invalidate", "operate"),
    ("GET", "/ops/v1/degraded", "read"),
    ("POST", "/ops/v1/config/reload", "operate"),
    ("POST", "/ops/v1/customers:erase", "erase"),
    ("GET", "/ops/v1/findings", "read"),
    ("GET", "/ops/v1/findings/{id}", "read"),
    ("POST", "/ops/v1/findings/{id}/{action}", "desk"),
    ("GET", "/ops/v1/transfers", "read"),
    ("GET", "/ops/v1/orders", "read"),
    ("GET", "/ops/v1/orders/{reference}", "read"),
    ("GET", "/ops/v1/webhooks", "read"),
    ("GET", "/ops/v1/webhooks/{name}", "read"),
    ("POST", "/ops/v1/webhooks/{name}/{decision}", "operate"),
    ("GET", "/ops/v1/hold-reasons", "read"),
    ("POST", "/ops/v1/orders:bulk", "desk"),
    ("POST", "/ops/v1/orders/{reference}/edit", "desk"),
    ("POST", "/ops/v1/orders/{reference}/replay", "operate"),
    ("POST", "/ops/v1/orders/{reference}/{decision}", "desk"),
];

const SCOPES: [&str; 4] = ["read", "desk", "operate", "erase"];

/// Method and pattern of each route under `/ops/v1`, as the router's page has them.
fn routes_of_the_host() -> Vec<(String, String)> {
    let source = std::fs::read_to_string(repository().join("host/src/api/ops.rs")).unwrap();
    let mut found = Vec::new();
    for rest in source.split("(\"/ops/v1").skip(1) {
        let (pattern, rest) = rest.split_once('"').unwrap();
        let handlers = rest.split("(\"/").next().unwrap();
        for method in ["get", "post", "put", "delete", "patch"] {
            if handlers.contains(&format!("{method}(")) {
                found.push((method.to_uppercase(), format!("/ops/v1{pattern}")));
            }
        }
    }
    found
}

#[test]
fn a1_every_route_of_the_operations_port_is_tried_by_these_tests() {
    let routes = routes_of_the_host();
    assert!(routes.len() > 10, "{routes:?}");
    for (method, pattern) in &routes {
        let is_tried = ROUTES.iter().any(|(known, path, _)| known == method && path == pattern);
        assert!(is_tried, "{method} {pattern} is in no test: add it to ROUTES with the scope that it takes");
    }
    assert_eq!(routes.len(), ROUTES.len(), "a route of ROUTES is gone");
}

async fn call(client: &Client, method: &str, pattern: &str) -> Reply {
    let path = [
        ("{name}", "nordwind"),
        ("{sku}", "NW-1014"),
        ("{reference}", "O0"),
        ("{decision}", "resend"),
        ("{id}", "1"),
        ("{action}", "accept"),
    ];
    let path = path.iter().fold(pattern.to_owned(), |path, (part, value)| path.replace(part, value));
    let client = client.with("content-type", "application/json");
    client.send(method.parse::<Method>().unwrap(), &path, "{}".into()).await
}

async fn world() -> World {
    World::with(|config| {
        let config = config.set("rates.wrong_credentials_per_min", "1000000");
        SCOPES.iter().fold(config, |config, scope| config.operator(scope, &format!("[\"{scope}\"]")))
    })
    .await
}

#[tokio::test]
async fn a1_no_storefronts_credential_opens_a_route_of_the_operations_port() {
    let world = world().await;
    let bearer = |credential: &str| world.host.ops().with("authorization", &format!("Bearer {credential}"));
    let token = bearer(&Token::of(&["C-1001"]).signed());
    let keys = ["shop", "hansen"].map(|name| bearer(&format!("test-key-of-{name}-0123456789")));
    for (method, pattern, _) in ROUTES {
        let reply = call(&world.host.ops(), method, pattern).await;
        assert_eq!(reply.status, 401, "{reply}");
        reply.expect_problem(401, "unauthenticated");
        for stranger in keys.iter().chain([&token]) {
            call(stranger, method, pattern).await.expect_problem(401, "token_invalid");
        }
    }
}

#[tokio::test]
async fn a1_each_route_opens_to_a_key_of_its_scope_and_to_no_other() {
    let world = world().await;
    for (method, pattern, needed) in ROUTES {
        for scope in SCOPES {
            let reply = call(&world.host.operator_named(scope), method, pattern).await;
            if scope == *needed {
                assert!(!matches!(reply.status.as_u16(), 401 | 403 | 405), "{reply}");
            } else {
                assert_eq!(reply.status, 403, "{scope}: {reply}");
                let problem = reply.expect_problem(403, "scope_missing");
                assert!(problem["detail"].to_string().contains(needed), "{problem:#}");
            }
        }
        // The shared key does everything that can be undone.
        let reply = call(&world.host.operator(), method, pattern).await;
        assert_eq!(reply.status == 403, *needed == "erase", "{reply}");
    }
}

#[tokio::test]
async fn a1_an_operators_key_opens_nothing_for_storefronts() {
    let world = world().await;
    for name in SCOPES {
        let astray = world.host.anonymous().with("authorization", &format!("Bearer test-key-of-{name}-0123456789"));
        astray.get("/v1/orders").await.expect_problem(401, "token_invalid");
    }
}

#[tokio::test]
async fn t11_the_audit_log_names_the_key_whatever_its_holder_says_of_themselves() {
    let world = World::with(|config| config.operator("night-shift", r#"["operate", "read"]"#)).await;
    let operator = world.host.operator_named("night-shift");
    let act = |actor: &str| json!({"side": "write", "state": "auto", "actor": actor, "reason": "a try"});
    for actor in ["anna", "night-shift"] {
        operator.post("/ops/v1/adapters/nordwind/breaker", &act(actor)).await.expect(200);
    }
    world.host.operator().post("/ops/v1/adapters/nordwind/breaker", &act("bob")).await.expect(200);
    let adapter = operator.get("/ops/v1/adapters/nordwind").await.expect(200);
    let actors: Vec<_> = adapter["audit"].as_array().unwrap().iter().map(|entry| entry["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["anna (key night-shift)", "night-shift (key night-shift)", "bob"]);
    let forged = world.host.operator().post("/ops/v1/adapters/nordwind/breaker", &act("anna (key night-shift)")).await;
    assert_eq!(forged.expect_problem(422, "invalid_request")["errors"][0]["pointer"], "/actor");
}

#[tokio::test]
async fn operators_keys_are_checked_and_told_with_their_place() {
    let config = || HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test");
    let cases = [
        (config().operator("anna", r#"["fly"]"#), "unknown variant `fly`"),
        (config().operator("anna", "[]"), "ops.keys.0.scopes: is empty"),
        (
            config().operator("anna", r#"["read"]"#).operator("anna", r#"["desk"]"#),
            "ops.keys.1.name: two keys are named \"anna\"",
        ),
        (config().operator("anna", r#"["read"]"#).env("TEST_OPS_KEY_ANNA", "short"), "ops.keys.0.key: is shorter than 16"),
        (
            config().operator("anna", r#"["read"]"#).env("TEST_OPS_KEY_ANNA", "ops-key-of-this-test"),
            "ops.keys.0.key: the key of \"anna\" is used twice",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    for (config, words) in cases {
        std::fs::write(&file, config.toml()).unwrap();
        let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(64), "{words}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
}
