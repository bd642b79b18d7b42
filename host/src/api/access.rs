//! Who is calling (rule A1): a service with an API key, or a customer with a JSON Web Token. Nothing else gets further.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::ApiState;
use super::body::check_id;
use super::problem::Problem;
use super::problem_pages as pages;
use super::request_id::{self, RequestId};
use crate::config::{AccessConfig, JwtAlgorithm, JwtConfig};
use crate::domain::{AccountGrant, AccountNumber, Principal, PrincipalKind, Scope, StoreName};
use crate::service::{Caller, FieldProblem};

/// Knows the configured keys.
pub struct Authenticator {
    /// By SHA-256 of the key: the key itself is not kept, and looking it up takes no longer for a near miss.
    services: HashMap<[u8; 32], Arc<Principal>>,
    tokens: Option<TokenCheck>,
}

struct TokenCheck {
    stores: BTreeSet<StoreName>,
    key: DecodingKey,
    validation: Validation,
    accounts_claim: String,
}

/// The configured public key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("does not fit access.jwt.algorithm: {0}")]
pub struct KeyError(#[from] jsonwebtoken::errors::Error);

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(flatten)]
    others: HashMap<String, serde_json::Value>,
}

impl Claims {
    /// The account numbers in a claim: a text or a list of texts. The standard claims count too, such as `sub` where each customer is
    /// an account.
    fn accounts(&self, claim: &str) -> BTreeSet<AccountNumber> {
        match (claim, self.others.get(claim)) {
            ("iss", _) => [AccountNumber::new(&self.iss)].into(),
            ("sub", _) => [AccountNumber::new(&self.sub)].into(),
            (_, Some(serde_json::Value::String(account))) => [AccountNumber::new(account)].into(),
            (_, Some(serde_json::Value::Array(accounts))) => {
                accounts.iter().filter_map(|account| account.as_str().map(AccountNumber::new)).collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

impl Authenticator {
    pub fn new(config: &AccessConfig) -> Result<Self, KeyError> {
        let services = config.api_keys.iter().map(|key| {
            let any = key.accounts.iter().any(|account| account.as_str() == "*");
            let principal = Principal {
                kind: PrincipalKind::Service,
                id: format!("key:{}", key.name),
                accounts: if any { AccountGrant::Any } else { AccountGrant::Only(key.accounts.clone()) },
                stores: key.stores.clone(),
                scopes: key.scopes.clone(),
            };
            (digest(key.key.expose()), Arc::new(principal))
        });
        Ok(Self { services: services.collect(), tokens: config.jwt.as_ref().map(TokenCheck::new).transpose()? })
    }

    /// The principal behind a credential.
    fn authenticate(&self, credential: &str) -> Result<Arc<Principal>, Problem> {
        if let Some(principal) = self.services.get(&digest(credential)) {
            return Ok(Arc::clone(principal));
        }
        let looks_like_token = credential.matches('.').count() == 2;
        match &self.tokens {
            Some(tokens) if looks_like_token => tokens.check(credential).map(Arc::new),
            _ => Err(Problem::new(&pages::TOKEN_INVALID)),
        }
    }
}

impl TokenCheck {
    fn new(config: &JwtConfig) -> Result<Self, KeyError> {
        let algorithm = algorithm(config.algorithm);
        let key = decoding_key(config.algorithm, config.key.expose().as_bytes())?;
        // Only the configured algorithm: a token cannot choose how it is checked.
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = config.leeway_secs;
        validation.validate_nbf = true;
        Ok(Self { stores: config.stores.clone(), key, validation, accounts_claim: config.accounts_claim.clone() })
    }

    fn check(&self, token: &str) -> Result<Principal, Problem> {
        let claims = decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|cause| {
                tracing::info!(error = %cause, "token refused");
                Problem::new(&pages::TOKEN_INVALID)
            })?
            .claims;
        let accounts = claims.accounts(&self.accounts_claim);
        Ok(Principal {
            kind: PrincipalKind::Customer,
            id: format!("customer:{}|{}", claims.iss, claims.sub),
            accounts: AccountGrant::Only(accounts),
            stores: self.stores.clone(),
            scopes: Scope::CUSTOMER.into(),
        })
    }
}

fn algorithm(configured: JwtAlgorithm) -> Algorithm {
    match configured {
        JwtAlgorithm::HS256 => Algorithm::HS256,
        JwtAlgorithm::HS384 => Algorithm::HS384,
        JwtAlgorithm::HS512 => Algorithm::HS512,
        JwtAlgorithm::RS256 => Algorithm::RS256,
        JwtAlgorithm::RS384 => Algorithm::RS384,
        JwtAlgorithm::RS512 => Algorithm::RS512,
        JwtAlgorithm::ES256 => Algorithm::ES256,
        JwtAlgorithm::ES384 => Algorithm::ES384,
        JwtAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

fn decoding_key(configured: JwtAlgorithm, key: &[u8]) -> Result<DecodingKey, jsonwebtoken::errors::Error> {
    match configured {
        JwtAlgorithm::HS256 | JwtAlgorithm::HS384 | JwtAlgorithm::HS512 => Ok(DecodingKey::from_secret(key)),
        JwtAlgorithm::RS256 | JwtAlgorithm::RS384 | JwtAlgorithm::RS512 => DecodingKey::from_rsa_pem(key),
        JwtAlgorithm::ES256 | JwtAlgorithm::ES384 => DecodingKey::from_ec_pem(key),
        JwtAlgorithm::EdDSA => DecodingKey::from_ed_pem(key),
    }
}

pub(super) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// `Authorization: Bearer …`, or `X-Api-Key: …`.
pub(super) fn credential(parts: &Parts) -> Option<&str> {
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        authorization.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let api_key = || parts.headers.get("x-api-key").and_then(|value| value.to_str().ok());
    bearer.map(|(_, credential)| credential.trim()).or_else(api_key).filter(|credential| !credential.is_empty())
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let credential = credential(parts).ok_or_else(|| Problem::new(&pages::UNAUTHENTICATED))?;
        let principal = state.authenticator.authenticate(credential)?;
        let text = |name: &str| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
        };
        // Sent twice, with a proxy between, nobody could tell for whom the request is.
        for name in ["x-account", "x-store"] {
            if parts.headers.get_all(name).iter().count() > 1 {
                return Err(Problem::invalid(vec![FieldProblem::new(name, "is there more than once: send it once")]));
            }
            if let Some(value) = text(name) {
                check_id(name, value)?;
            }
        }
        let shop = state.commerce.shop(text("x-store"))?;
        if !principal.may_use(&shop.name) {
            return Err(Problem::new(&pages::STORE_FORBIDDEN));
        }
        let account = match text("x-account") {
            Some(account) => {
                let account = AccountNumber::new(account);
                if !principal.accounts.covers(&account) {
                    return Err(Problem::new(&pages::ACCOUNT_FORBIDDEN));
                }
                Some(account)
            }
            None => principal.accounts.sole().cloned(),
        };
        Ok(Self {
            shop,
            account,
            principal,
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
            trace_parent: text("traceparent").and_then(request_id::trace_parent),
            locale: text("accept-language").and_then(first_language),
        })
    }
}

/// The first language of `Accept-Language`, without its weight.
fn first_language(header: &str) -> Option<String> {
    let first = header.split([',', ';']).next()?.trim();
    let plain = !first.is_empty() && first.len() <= 35 && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain.then(|| first.to_owned())
}

/// Refuses a caller without the scope.
pub(super) fn require(caller: &Caller, scope: Scope) -> Result<(), Problem> {
    if caller.principal.may(scope) {
        Ok(())
    } else {
        Err(Problem::new(&pages::SCOPE_MISSING).with_detail(format!("needs the scope {:?}", scope.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ApiKeyConfig, Secret};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    fn authenticator() -> Authenticator {
        Authenticator::new(&AccessConfig {
            api_keys: vec![ApiKeyConfig {
                name: "shop".into(),
                key: Secret::new("a-key-of-a-shop-1234"),
                scopes: [Scope::CatalogRead].into(),
                accounts: ["*".into()].into(),
                stores: BTreeSet::new(),
            }],
            jwt: Some(JwtConfig {
                algorithm: JwtAlgorithm::HS256,
                key: Secret::new("a-secret-for-tests-only-0123456789"),
                issuer: "https://login.example.com".into(),
                audience: "ordergate".into(),
                accounts_claim: "accounts".into(),
                stores: ["main".into()].into(),
                leeway_secs: 0,
            }),
        })
        .unwrap()
    }

    fn token(algorithm: Algorithm, secret: &str, changes: serde_json::Value) -> String {
        let mut claims = json!({"iss": "https://login.example.com", "aud": "ordergate", "sub": "anna", "exp": 4_000_000_000_u64, "accounts": ["C-1"]});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    const SECRET: &str = "a-secret-for-tests-only-0123456789";

    #[test]
    fn a1_a_customers_token_names_the_accounts() {
        let principal = authenticator().authenticate(&token(Algorithm::HS256, SECRET, json!({}))).unwrap();
        assert!(principal.accounts.covers(&"C-1".into()) && !principal.accounts.covers(&"C-2".into()));
        assert_eq!(principal.kind, PrincipalKind::Customer);
        assert!(!principal.may(Scope::Operate));
    }

    #[test]
    fn a1_tokens_that_are_expired_foreign_or_signed_otherwise_are_refused() {
        let refused = |token: String| assert!(authenticator().authenticate(&token).is_err(), "{token}");
        refused(token(Algorithm::HS256, "another secret altogether", json!({})));
        refused(token(Algorithm::HS384, SECRET, json!({})));
        refused(token(Algorithm::HS256, SECRET, json!({"exp": 1_000})));
        refused(token(Algorithm::HS256, SECRET, json!({"nbf": 3_900_000_000_u64})));
        refused(token(Algorithm::HS256, SECRET, json!({"iss": "https://evil.example.com"})));
        refused(token(Algorithm::HS256, SECRET, json!({"aud": "another service"})));
        let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwiYXVkIjoib3JkZXJnYXRlIiwic3ViIjoieCIsImV4cCI6NDAwMDAwMDAwMH0.";
        refused(unsigned.into());
        refused("not.a.token".into());
    }

    #[test]
    fn a1_a_token_is_good_for_its_stores_only() {
        let principal = authenticator().authenticate(&token(Algorithm::HS256, SECRET, json!({}))).unwrap();
        assert!(principal.may_use(&"main".into()) && !principal.may_use(&"other".into()));
    }

    #[test]
    fn a1_a_token_without_accounts_covers_none() {
        let principal = authenticator().authenticate(&token(Algorithm::HS256, SECRET, json!({"accounts": {"a": 1}}))).unwrap();
        assert_eq!(principal.accounts, AccountGrant::Only(Default::default()));
    }

    #[test]
    fn a1_the_subject_of_a_token_can_be_the_account() {
        let config = JwtConfig {
            algorithm: JwtAlgorithm::HS256,
            key: Secret::new(SECRET),
            issuer: "https://login.example.com".into(),
            audience: "ordergate".into(),
            accounts_claim: "sub".into(),
            stores: BTreeSet::new(),
            leeway_secs: 0,
        };
        let principal = TokenCheck::new(&config).unwrap().check(&token(Algorithm::HS256, SECRET, json!({}))).unwrap();
        assert_eq!(principal.accounts, AccountGrant::Only(["anna".into()].into()));
    }

    #[test]
    fn a1_an_unknown_key_is_refused_and_a_known_one_has_its_scopes() {
        assert!(authenticator().authenticate("a-key-of-a-shop-1235").is_err());
        let principal = authenticator().authenticate("a-key-of-a-shop-1234").unwrap();
        assert!(principal.may(Scope::CatalogRead) && !principal.may(Scope::OrdersWrite));
    }
}
