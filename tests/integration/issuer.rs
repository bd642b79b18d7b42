//! Tokens of an issuer that publishes its keys (rule A1).

use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ordergate_tests::{Client, DemoBackend, Host, HostConfig, Issuer, IssuerKey, Token, eventually, run_host};
use serde_json::json;

const PRICE: &str = "/v1/offer-prices/NW-1014";

fn customer() -> Token {
    Token::of(&["C-1001"])
}

fn bearing(host: &Host, token: &str) -> Client {
    host.anonymous().with("authorization", &format!("Bearer {token}"))
}

/// A host before a back end that believes the issuer, and looks for new keys as often as it may.
async fn believing(issuer: &Issuer, change: impl FnOnce(HostConfig) -> HostConfig) -> (Host, DemoBackend) {
    let backend = DemoBackend::start().await;
    let config = HostConfig::for_backend(&backend.url(), backend.key());
    let config = issuer.trusted_by(config).set("access.jwt.jwks.refresh_secs", "1").set("access.jwt.jwks.retry_secs", "1");
    // What is tried again and again until it is as wished.
    let config = config.set("rates.wrong_credentials_per_min", "1000000");
    (Host::launch(change(config)).await, backend)
}

async fn until_status(host: &Host, token: &str, status: u16) {
    eventually("the token is answered otherwise", async || {
        (bearing(host, token).get(PRICE).await.status == status).then_some(())
    })
    .await;
}

/// Until the issuer was asked and what it said was looked at.
async fn until_asked_again(issuer: &Issuer) {
    let asked = issuer.fetches();
    eventually("the keys are fetched twice more", async || (issuer.fetches() >= asked + 2).then_some(())).await;
}

#[tokio::test]
async fn a1_keys_that_the_issuer_changes_are_followed() {
    let (old, new) = (IssuerKey::new("2026-a"), IssuerKey::new("2026-b"));
    let issuer = Issuer::start(&[&old]).await;
    let (host, _backend) = believing(&issuer, |config| config).await;
    host.ready().await;
    let (by_old, by_new) = (old.sign(&customer()), new.sign(&customer()));
    bearing(&host, &by_old).get(PRICE).await.expect(200);
    bearing(&host, &by_new).get(PRICE).await.expect_problem(401, "token_invalid");
    issuer.publish(&[&old, &new]);
    until_status(&host, &by_new, 200).await;
    bearing(&host, &by_old).get(PRICE).await.expect(200);
    issuer.publish(&[&new]);
    until_status(&host, &by_old, 401).await;
    bearing(&host, &by_new).get(PRICE).await.expect(200);
    assert!(host.metric("ordergate_jwks_fetches_total", &["ok"]).await >= 3.0);
    assert!((host.metric("ordergate_jwks_keys", &[]).await - 1.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a1_a_new_key_is_fetched_because_a_token_names_it() {
    let (old, new) = (IssuerKey::new("a"), IssuerKey::new("b"));
    let issuer = Issuer::start(&[&old]).await;
    let (host, _backend) = believing(&issuer, |config| config.set("access.jwt.jwks.refresh_secs", "3600")).await;
    host.ready().await;
    issuer.publish(&[&new]);
    until_status(&host, &new.sign(&customer()), 200).await;
    bearing(&host, &old.sign(&customer())).get(PRICE).await.expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn a1_a_flood_of_unknown_keys_makes_no_flood_of_fetches() {
    let key = IssuerKey::new("a");
    let issuer = Issuer::start(&[&key]).await;
    let rarely =
        |config: HostConfig| config.set("access.jwt.jwks.refresh_secs", "3600").set("access.jwt.jwks.retry_secs", "3600");
    let (host, _backend) = believing(&issuer, rarely).await;
    host.ready().await;
    let tokens: Vec<_> =
        (0..50).map(|number| key.sign_as(&customer(), |header| header.kid = Some(format!("k{number}")))).collect();
    let replies = join_all(tokens.iter().map(async |token| bearing(&host, token).get(PRICE).await)).await;
    replies.iter().for_each(|reply| drop(reply.expect_problem(401, "token_invalid")));
    assert_eq!(issuer.fetches(), 1);
    bearing(&host, &key.sign(&customer())).get(PRICE).await.expect(200);
}

#[tokio::test]
async fn a1_published_keys_open_nothing_for_forged_tokens() {
    let (key, other, evil) = (IssuerKey::new("a"), IssuerKey::new("b"), IssuerKey::new("a"));
    let issuer = Issuer::start(&[&key, &other]).await;
    let trap = Issuer::start(&[&evil]).await;
    let (host, _backend) = believing(&issuer, |config| config).await;
    host.ready().await;
    let token = customer();
    let confused = |secret: &str| {
        let header = Header { kid: Some("a".to_owned()), ..Header::default() };
        token.signed_with(&header, &EncodingKey::from_secret(secret.as_bytes()))
    };
    let jwk = key.jwk();
    let tricks = ["", "../a", "/dev/null", "a' OR '1'='1", "https://evil.example/keys", "a\u{0}", "A"];
    let mut forged = vec![
        ("HS256 with the public key in PEM", confused(&key.public_pem())),
        ("HS256 with the public key, trimmed", confused(key.public_pem().trim_end())),
        ("HS256 with the published key", confused(&jwk.to_string())),
        ("HS256 with a coordinate", confused(jwk["x"].as_str().unwrap())),
        ("HS256 with nothing", confused("")),
        ("unsigned", token.unsigned_under(&json!({"alg": "none", "kid": "a"}))),
        ("unsigned, but ES256", token.unsigned_under(&json!({"alg": "ES256", "kid": "a"}))),
        ("somebody else's key under the issuer's id", evil.sign(&token)),
        ("another key of the issuer", key.sign_as(&token, |header| header.kid = Some("b".to_owned()))),
        ("no id, and two keys", key.sign_as(&token, |header| header.kid = None)),
        ("keys from elsewhere", evil.sign_as(&token, |header| header.jku = Some(trap.url().to_owned()))),
        ("a certificate from elsewhere", evil.sign_as(&token, |header| header.x5u = Some(trap.url().to_owned()))),
        ("a key in the token", evil.sign_as(&token, |header| header.jwk = serde_json::from_value(evil.jwk()).ok())),
        ("an extension", key.sign_as(&token, |header| header.crit = Some(vec!["b64".to_owned()]))),
        ("expired", key.sign(&token.clone().expired(120))),
        ("for someone else", key.sign(&token.clone().claim("aud", json!("another-service")))),
        ("of another issuer", key.sign(&token.clone().claim("iss", json!("https://evil.example")))),
        ("not valid yet", key.sign(&token.clone().claim("nbf", json!(jiff::Timestamp::now().as_second() + 600)))),
    ];
    forged.extend(tricks.map(|id| ("an odd id", key.sign_as(&token, |header| header.kid = Some(id.to_owned())))));
    for (what, token) in forged {
        let reply = bearing(&host, &token).get(PRICE).await;
        assert_eq!(reply.status, 401, "{what}: {reply}");
        reply.expect_problem(401, "token_invalid");
    }
    assert_eq!(trap.fetches(), 0, "a token does not say where keys are");
    bearing(&host, &key.sign(&token)).get(PRICE).await.expect(200);
}

#[tokio::test]
async fn a1_a_host_whose_issuer_is_down_starts_and_is_not_ready_until_it_has_its_keys() {
    let key = IssuerKey::new("a");
    let issuer = Issuer::start_down().await;
    let (host, _backend) = believing(&issuer, |config| config).await;
    let token = key.sign(&customer());
    host.ops().get("/livez").await;
    let unready = host.ops().get("/readyz").await;
    assert_eq!(unready.status, 503, "{unready}");
    assert!(unready.text().contains("access.jwt.jwks_url"), "{unready}");
    let refused = bearing(&host, &token).get(PRICE).await;
    refused.expect_problem(503, "identity_unavailable");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    host.caller("hansen").get(PRICE).await.expect(200);
    issuer.publish(&[&key]);
    host.ready().await;
    bearing(&host, &token).get(PRICE).await.expect(200);
    issuer.go_down();
    until_asked_again(&issuer).await;
    bearing(&host, &token).get(PRICE).await.expect(200);
    host.ready().await;
}

#[tokio::test]
async fn a1_keys_are_not_used_longer_than_keep_secs_without_newer_ones() {
    let key = IssuerKey::new("a");
    let issuer = Issuer::start(&[&key]).await;
    let (host, _backend) = believing(&issuer, |config| config.set("access.jwt.jwks.keep_secs", "2")).await;
    host.ready().await;
    let token = key.sign(&customer());
    bearing(&host, &token).get(PRICE).await.expect(200);
    issuer.go_down();
    until_status(&host, &token, 503).await;
    issuer.publish(&[&key]);
    until_status(&host, &token, 200).await;
}

#[tokio::test]
async fn a1_answers_that_are_no_good_key_set_leave_the_old_keys_in_force() {
    let (key, evil) = (IssuerKey::new("a"), IssuerKey::new("b"));
    let issuer = Issuer::start(&[&key]).await;
    let elsewhere = Issuer::start(&[&evil]).await;
    let (host, _backend) = believing(&issuer, |config| config.set("access.jwt.jwks.max_bytes", "4096")).await;
    host.ready().await;
    let (good, bad) = (key.sign(&customer()), evil.sign(&customer()));
    let large = json!({"keys": [evil.jwk()], "padding": "x".repeat(5_000)}).to_string();
    let nonsense = [(200, "<html>sign in</html>"), (200, "{\"keys\": []}"), (200, &large), (500, "{}"), (404, "")];
    for (status, body) in nonsense {
        issuer.answer_with(status, body);
        until_asked_again(&issuer).await;
        bearing(&host, &good).get(PRICE).await.expect(200);
        bearing(&host, &bad).get(PRICE).await.expect_problem(401, "token_invalid");
    }
    issuer.redirect_to(elsewhere.url());
    until_asked_again(&issuer).await;
    bearing(&host, &bad).get(PRICE).await.expect_problem(401, "token_invalid");
    bearing(&host, &good).get(PRICE).await.expect(200);
    assert_eq!(elsewhere.fetches(), 0, "redirects are not followed");
    assert!(host.metric("ordergate_jwks_fetches_total", &["refused"]).await >= 3.0);
}

#[tokio::test]
async fn check_tells_whether_the_issuers_keys_can_be_had() {
    let issuer = Issuer::start(&[&IssuerKey::new("a")]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    let config = issuer.trusted_by(HostConfig::for_backend("http://127.0.0.1:9", "a-key-of-the-back-end"));
    std::fs::write(&file, config.toml()).unwrap();
    let check = async |json: &[&str]| run_host(&config, &[&["check", "--config", file.to_str().unwrap()], json].concat()).await;
    let good = check(&[]).await;
    assert_eq!(good.code, Some(0), "{}", good.stderr);
    assert!(good.stderr.contains("publishes 1 keys"), "{}", good.stderr);
    issuer.go_down();
    let down = check(&[]).await;
    assert_eq!(down.code, Some(69), "{}", down.stderr);
    assert!(down.stderr.contains("access.jwt.jwks_url: the issuer's keys cannot be fetched"), "{}", down.stderr);
    issuer.answer_with(200, "{\"keys\": []}");
    let useless = check(&["--json"]).await;
    assert_eq!(useless.code, Some(69), "{}", useless.stderr);
    assert!(useless.stdout.contains("no key that fits") && useless.stdout.contains("D003"), "{}", useless.stdout);
}

#[tokio::test]
async fn options_for_published_keys_are_refused_with_their_place_and_mend() {
    let issuer = Issuer::start_down().await;
    let config = || issuer.trusted_by(HostConfig::for_backend("http://127.0.0.1:9", "a-key-of-the-back-end"));
    let cases = [
        (config().set("access.jwt.jwks_url", "\"http://login.example.com/keys\""), "must begin with https://", "[C034]"),
        (config().set("access.jwt.jwks.allow", "[]"), "must begin with https://", "[C034]"),
        (config().set("access.jwt.algorithm", "\"HS256\""), "is for a shared secret", "[C034]"),
        (config().set("access.jwt.key", r#"{ env = "TEST_JWT_KEY" }"#), "stands beside access.jwt.key", "[C033]"),
        (config().unset("access.jwt.jwks_url"), "says not with which key", "[C033]"),
        (config().set("access.jwt.jwks.retry_secs", "0"), "must be 1 to 3600", "[C013]"),
        (config().set("access.jwt.jwks.keep_secs", "60"), "must not be below refresh_secs", "[C013]"),
        (config().set("access.jwt.jwks.roots", "\"missing.pem\""), "there is no file", "[C016]"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    for (config, words, code) in cases {
        std::fs::write(&file, config.toml()).unwrap();
        let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(64), "{words}: {}", ended.stderr);
        assert!(ended.stderr.contains(words) && ended.stderr.contains(code), "{words}: {}", ended.stderr);
    }
}

/// Tokens that a host must refuse although everything about them but one thing is right.
fn nearly_right(key: &IssuerKey) -> Vec<(&'static str, String)> {
    let token = customer();
    let under = |algorithm| Header { kid: Some("a".to_owned()), ..Header::new(algorithm) };
    let confused = |secret: &str| token.signed_with(&under(Algorithm::HS256), &EncodingKey::from_secret(secret.as_bytes()));
    let soon = json!(jiff::Timestamp::now().as_second() + 600);
    vec![
        ("HS256 with the public key", confused(&key.public_pem())),
        ("HS256 with the published key", confused(&key.jwk().to_string())),
        ("unsigned", token.unsigned_under(&json!({"alg": "none", "kid": "a"}))),
        ("unsigned, but with the algorithm", token.unsigned_under(&json!({"alg": key.algorithm(), "kid": "a"}))),
        ("for someone else", key.sign(&token.clone().claim("aud", json!("another-service")))),
        ("of another issuer", key.sign(&token.clone().claim("iss", json!("https://evil.example")))),
        ("expired", key.sign(&token.clone().expired(120))),
        ("not valid yet", key.sign(&token.clone().claim("nbf", soon))),
        ("under an id that is not published", key.sign_as(&token, |header| header.kid = Some("z".to_owned()))),
    ]
}

#[tokio::test]
async fn a1_keys_of_every_kind_are_fetched_over_tls_from_an_issuer_with_an_authority_of_its_own() {
    let kinds: [fn(&str) -> IssuerKey; 3] = [IssuerKey::new, IssuerKey::rsa, IssuerKey::ed25519];
    for kind in kinds {
        // The keys of the other kinds are published as well, under ids of their own.
        let key = kind("a");
        let others: Vec<_> = kinds.iter().map(|kind| kind("b")).filter(|other| other.algorithm() != key.algorithm()).collect();
        let published: Vec<_> = std::iter::once(&key).chain(others.first()).collect();
        let issuer = Issuer::start_tls(&published).await;
        let algorithm = format!("{:?}", key.algorithm());
        let (host, _backend) = believing(&issuer, |config| config.set("access.jwt.algorithm", &algorithm)).await;
        host.ready().await;
        bearing(&host, &key.sign(&customer())).get(PRICE).await.expect(200);
        let by_another_kind = others.iter().map(|other| ("by a key of another kind", other.sign(&customer())));
        for (what, token) in nearly_right(&key).into_iter().chain(by_another_kind) {
            let reply = bearing(&host, &token).get(PRICE).await;
            assert_eq!(reply.status, 401, "{algorithm}, {what}: {reply}");
            reply.expect_problem(401, "token_invalid");
        }
        assert!((host.metric("ordergate_jwks_keys", &[]).await - 1.0).abs() < f64::EPSILON, "{algorithm}");
    }
}

#[tokio::test]
async fn a1_an_issuer_that_no_trusted_authority_vouches_for_is_not_believed() {
    let key = IssuerKey::new("a");
    let issuer = Issuer::start_tls(&[&key]).await;
    let (host, _backend) = believing(&issuer, |config| config.set("access.jwt.jwks.roots", &issuer.other_authority())).await;
    eventually("the host has tried", async || {
        (host.metric("ordergate_jwks_fetches_total", &["unreachable"]).await >= 1.0).then_some(())
    })
    .await;
    bearing(&host, &key.sign(&customer())).get(PRICE).await.expect_problem(503, "identity_unavailable");
    assert_eq!((host.ops().get("/readyz").await.status.as_u16(), issuer.fetches()), (503, 0));
}
