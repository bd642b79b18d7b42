//! Tokens that are believed, and those that are not.

use super::*;
use crate::config::{JwksConfig, Secret};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

const SECRET: &str = "a-secret-for-tests-only-0123456789";

fn tokens(accounts_claim: &str) -> Tokens {
    let config = JwtConfig {
        algorithm: JwtAlgorithm::HS256,
        key: Some(Secret::new(SECRET)),
        jwks_url: None,
        jwks: JwksConfig::default(),
        issuer: "https://login.example.com".into(),
        audience: "ordergate".into(),
        accounts_claim: accounts_claim.into(),
        stores: ["main".into()].into(),
        leeway_secs: 0,
    };
    Tokens::new(&config, Path::new("."), &Clock::system()).unwrap()
}

fn token(algorithm: Algorithm, secret: &str, changes: serde_json::Value) -> String {
    let mut claims = json!({"iss": "https://login.example.com", "aud": "ordergate", "sub": "anna", "exp": 4_000_000_000_u64, "accounts": ["C-1"]});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

async fn principal(changes: serde_json::Value) -> Principal {
    tokens("accounts").check(&token(Algorithm::HS256, SECRET, changes)).await.unwrap()
}

#[tokio::test]
async fn a1_a_customers_token_names_the_accounts() {
    let principal = principal(json!({})).await;
    assert!(principal.accounts.covers(&"C-1".into()) && !principal.accounts.covers(&"C-2".into()));
    assert_eq!(principal.kind, PrincipalKind::Customer);
    assert_eq!(principal.expires_at, "2096-10-02T07:06:41Z".parse().ok(), "the first second in which it is refused");
    assert!(!principal.may(Scope::Operate));
}

#[tokio::test]
async fn a1_tokens_that_are_expired_foreign_or_signed_otherwise_are_refused() {
    let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwiYXVkIjoib3JkZXJnYXRlIiwic3ViIjoieCIsImV4cCI6NDAwMDAwMDAwMH0.";
    for refused in [
        token(Algorithm::HS256, "another secret altogether", json!({})),
        token(Algorithm::HS384, SECRET, json!({})),
        token(Algorithm::HS256, SECRET, json!({"exp": 1_000})),
        token(Algorithm::HS256, SECRET, json!({"nbf": 3_900_000_000_u64})),
        token(Algorithm::HS256, SECRET, json!({"iss": "https://evil.example.com"})),
        token(Algorithm::HS256, SECRET, json!({"aud": "another service"})),
        unsigned.to_owned(),
        "not.a.token".to_owned(),
    ] {
        assert!(tokens("accounts").check(&refused).await.is_err(), "{refused}");
    }
}

#[tokio::test]
async fn a1_a_token_is_good_for_its_stores_only() {
    let principal = principal(json!({})).await;
    assert!(principal.may_use(&"main".into()) && !principal.may_use(&"other".into()));
}

#[tokio::test]
async fn a1_a_token_without_accounts_covers_none() {
    assert_eq!(principal(json!({"accounts": {"a": 1}})).await.accounts, AccountGrant::Only(Default::default()));
}

#[tokio::test]
async fn a1_what_no_request_could_name_is_nobodys_account() {
    for account in ["", " ", "C\u{0}1", &"1".repeat(129)] {
        for claim in [json!(account), json!([account])] {
            assert_eq!(principal(json!({"accounts": claim})).await.accounts, AccountGrant::Only(Default::default()));
        }
    }
    let among_others = principal(json!({"accounts": ["", "C-1"]})).await;
    assert_eq!(among_others.accounts, AccountGrant::Only(["C-1".into()].into()));
}

#[tokio::test]
async fn a1_the_subject_of_a_token_can_be_the_account() {
    let principal = tokens("sub").check(&token(Algorithm::HS256, SECRET, json!({}))).await.unwrap();
    assert_eq!(principal.accounts, AccountGrant::Only(["anna".into()].into()));
}
