//! How often one client may call (rule A1). None of these tests waits for a rate: many calls at once are more than any machine lets through.

use futures::future::join_all;
use ordergate_tests::{ALL_SCOPES, Client, HostConfig, Reply, Token, World, eventually, run_host, slow_body};
use serde_json::json;

const PRICE: &str = "/v1/offer-prices/NW-1014";
const AT_ONCE: usize = 40;

async fn slowly(config: impl FnOnce(HostConfig) -> HostConfig) -> World {
    World::with(|slow| config(slow.set("rates.saved_secs", "1"))).await
}

/// Many calls at the same time: the answers, and those that were refused for their number.
async fn flood(client: &Client) -> (Vec<Reply>, usize) {
    let replies = join_all((0..AT_ONCE).map(|_| client.get(PRICE))).await;
    let refused = replies.iter().filter(|reply| reply.status == 429).count();
    (replies, refused)
}

async fn refusals(world: &World, client: &str) -> f64 {
    world.host.metric("ordergate_rate_limited_total", &[&format!("client=\"{client}\"")]).await
}

#[tokio::test]
async fn a1_a_key_that_calls_too_often_is_told_when_to_come_back_and_no_other_is_concerned() {
    let world = slowly(|config| config.caller("slow", &["C-1001"], ALL_SCOPES).per_sec(1)).await;
    let slow = world.host.caller("slow");
    let (replies, refused) = flood(&slow).await;
    assert!(refused > 0 && refused < AT_ONCE, "{refused}");
    for reply in replies {
        if reply.status == 429 {
            let problem = reply.expect_problem(429, "rate_limited");
            assert_eq!(problem["retryable"], true);
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("per_sec")), "{problem:#}");
            assert_eq!(reply.header("retry-after"), Some("1"), "{reply}");
        } else {
            reply.expect(200);
        }
    }
    let (replies, _) = flood(&world.hansen()).await;
    replies.iter().for_each(|reply| drop(reply.expect(200)));
    assert!(refusals(&world, "service").await >= 1.0);
    eventually("the key may call again", async || (slow.get(PRICE).await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a1_all_tokens_of_one_customer_have_one_rate_and_another_customer_has_another() {
    let world = slowly(|config| config.set("rates.customer_per_sec", "1")).await;
    let (one, again, other) =
        (Token::of(&["C-1001"]), Token::of(&["C-1001"]).claim("jti", json!("again")), Token::of(&["C-1002"]));
    let (one, again) = (world.host.customer(&one), world.host.customer(&again));
    let other = world.host.customer(&other.claim("sub", json!("somebody-else")));
    let ((_, refused), (_, refused_again)) = tokio::join!(flood(&one), flood(&again));
    assert!(refused + refused_again > AT_ONCE, "{refused} and {refused_again}");
    other.get(PRICE).await.expect(200);
    assert!(refusals(&world, "customer").await >= 1.0);
    world.hansen().get(PRICE).await.expect(200);
}

#[tokio::test]
async fn a1_one_customer_who_sends_bit_by_bit_takes_so_many_places_and_no_more() {
    let world = World::with(|config| config.set("rates.customer_at_once", "3")).await;
    let (slow, other) = (Token::of(&["C-1001"]), Token::of(&["C-1002"]));
    let bearer = format!("Bearer {}", slow.signed());
    let mut open = Vec::new();
    for _ in 0..3 {
        let (said, connection) = slow_body(world.host.api(), "/v1/offer-prices:query", &[("authorization", &bearer)]).await;
        assert_eq!(said, "HTTP/1.1 100 Continue");
        open.push(connection);
    }
    let (said, _) = slow_body(world.host.api(), "/v1/offer-prices:query", &[("authorization", &bearer)]).await;
    assert!(said.starts_with("HTTP/1.1 429"), "{said}");
    let refused = world.host.customer(&slow).get(PRICE).await;
    let problem = refused.expect_problem(429, "rate_limited");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("rates.customer_at_once")), "{problem:#}");
    assert_eq!(refused.header("retry-after"), Some("1"), "{refused}");
    assert_eq!(refusals(&world, "customer_at_once").await, 2.0);
    for another in [world.host.customer(&other), world.hansen()] {
        another.get(PRICE).await.expect(200);
    }
    open.pop();
    eventually("a call that has ended makes room", async || {
        (world.host.customer(&slow).get(PRICE).await.status == 200).then_some(())
    })
    .await;
}

/// The host behind one proxy of ours, and three wrong credentials allowed.
async fn behind_a_proxy() -> World {
    World::with(|config| config.set("server.proxies", "1").set("rates.wrong_credentials_per_min", "3")).await
}

fn wrong(client: &Client) -> Client {
    client.with("authorization", "Bearer wrong-key-wrong-key")
}

/// Guesses until the address is turned away; the credential must be wrong.
async fn guess(client: &Client) {
    let replies = join_all((0..AT_ONCE).map(|_| client.get(PRICE))).await;
    assert!(replies.iter().all(|reply| matches!(reply.status.as_u16(), 401 | 429)));
    let refused = client.get(PRICE).await;
    refused.expect_problem(429, "rate_limited");
    assert!(refused.header("retry-after").is_some_and(|wait| (1..=20).contains(&wait.parse::<u64>().unwrap())), "{refused}");
}

#[tokio::test]
async fn a1_an_address_that_guesses_is_turned_away_before_its_credential_is_looked_at() {
    let world = behind_a_proxy().await;
    let from = |list: &str| world.hansen().with("x-forwarded-for", list);
    guess(&wrong(&from("198.51.100.7"))).await;
    for same in ["198.51.100.7", "192.0.2.1, 198.51.100.7", "198.51.100.7:4711", "::ffff:198.51.100.7"] {
        from(same).get(PRICE).await.expect_problem(429, "rate_limited");
    }
    // A key that was guessed is of no use there, and honest callers elsewhere are served.
    for other in ["198.51.100.8", "198.51.100.7, 192.0.2.1", "2001:db8::7"] {
        from(other).get(PRICE).await.expect(200);
    }
    guess(&wrong(&from("2001:db8:1:2::1"))).await;
    from("2001:db8:1:2:ffff::9").get(PRICE).await.expect_problem(429, "rate_limited");
    from("2001:db8:1:3::1").get(PRICE).await.expect(200);
    assert!(refusals(&world, "address").await >= 2.0);
}

#[tokio::test]
async fn a1_only_wrong_credentials_count_for_an_address() {
    let world = World::with(|config| config.set("rates.wrong_credentials_per_min", "3")).await;
    let old = world.host.customer(&Token::of(&["C-1001"]).expired(120));
    let elsewhere = world.host.customer(&Token::of(&["C-1001"]).claim("aud", json!("another-service")));
    for _ in 0..10 {
        old.get(PRICE).await.expect_problem(401, "token_invalid");
        elsewhere.get(PRICE).await.expect_problem(401, "token_invalid");
        world.host.anonymous().get(PRICE).await.expect_problem(401, "unauthenticated");
        world.hansen().with("x-account", "C-1002").get(PRICE).await.expect_problem(403, "account_forbidden");
    }
    world.hansen().get(PRICE).await.expect(200);
    guess(&world.host.customer(&Token::of(&["C-1001"]).with_secret("another secret of another provider"))).await;
    world.hansen().get(PRICE).await.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn a1_nobody_is_blamed_for_what_comes_through_proxies_that_nobody_told_of() {
    let world = World::with(|config| config.set("rates.wrong_credentials_per_min", "3")).await;
    let forwarded = world.hansen().with("x-forwarded-for", "198.51.100.7");
    for _ in 0..10 {
        wrong(&forwarded).get(PRICE).await.expect_problem(401, "token_invalid");
    }
    forwarded.get(PRICE).await.expect(200);
    world.hansen().get(PRICE).await.expect(200);
    world.host.logged("server.proxies").await;
    let told = world.host.log().matches("server.proxies").count();
    assert_eq!(told, 1, "{}", world.host.log());
}

#[tokio::test]
async fn a1_guessing_the_operators_key_is_limited_and_health_is_not() {
    let world = World::with(|config| config.set("rates.wrong_credentials_per_min", "3")).await;
    let (path, operator) = ("/ops/v1/adapters", world.host.operator());
    operator.get(path).await.expect(200);
    let guessing = wrong(&operator);
    let replies = join_all((0..AT_ONCE).map(|_| guessing.get(path))).await;
    assert!(replies.iter().any(|reply| reply.status == 429));
    operator.get(path).await.expect_problem(429, "rate_limited");
    for open in ["/livez", "/readyz", "/readyz/catalog", "/metrics"] {
        assert_eq!(wrong(&operator).get(open).await.status, 200, "{open}");
    }
    world.hansen().get(PRICE).await.expect(200);
}

#[tokio::test]
async fn rates_are_checked_and_told_with_their_place() {
    let config = || HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test");
    let cases = [
        (config().set("rates.service_per_sec", "0"), "rates.service_per_sec: must be 1 to 1000000"),
        (config().set("rates.customer_at_once", "0"), "rates.customer_at_once: must be 1 to 1000000"),
        (config().set("rates.saved_secs", "61"), "rates.saved_secs: must be 1 to 60"),
        (config().set("rates.wrong_credentials_per_min", "0"), "rates.wrong_credentials_per_min: must be 1 to 1000000"),
        (config().set("rates.max_clients", "99"), "rates.max_clients: must be 100 to 10000000"),
        (config().set("server.proxies", "17"), "server.proxies: must be 0 to 16"),
        (config().caller("slow", &["*"], ALL_SCOPES).per_sec(0), "access.api_keys.4.per_sec: must be 1 to 1000000"),
        (config().set("rates.per_day", "1"), "unknown field `per_day`"),
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

#[tokio::test]
async fn the_api_describes_that_calls_are_limited() {
    let world = World::start().await;
    let document = world.host.anonymous().get("/openapi.json").await.expect(200);
    let answers = &document["paths"]["/v1/orders"]["get"]["responses"];
    assert!(answers["429"].is_object(), "{answers:#}");
    let page = world.host.anonymous().get("/problems/rate_limited").await;
    assert!(page.text().contains("HTTP status 429"), "{page}");
}
