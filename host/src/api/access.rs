//! Who is calling (rule A1): a service with an API key, or a customer with a JSON Web Token. Nothing else gets further.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

use super::ApiState;
use super::body::check_id;
use super::problem::Problem;
use super::problem_pages as pages;
use super::request_id::{self, RequestId};
use crate::clock::Clock;
use crate::config::AccessConfig;
use crate::domain::{AccountGrant, AccountNumber, Principal, PrincipalKind, Scope};
use crate::identity::{SetupError, TokenRefusal, Tokens};
use crate::service::{Caller, FieldProblem};

/// Knows the configured keys.
pub struct Authenticator {
    /// By SHA-256 of the key: the key itself is not kept, and looking it up takes no longer for a near miss.
    services: HashMap<[u8; 32], Arc<Principal>>,
    tokens: Option<Tokens>,
}

impl Authenticator {
    /// Files that are named start at `folder`.
    pub fn new(config: &AccessConfig, folder: &Path, clock: &Clock) -> Result<Self, SetupError> {
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
        Ok(Self {
            services: services.collect(),
            tokens: config.jwt.as_ref().map(|jwt| Tokens::new(jwt, folder, clock)).transpose()?,
        })
    }

    /// Keeps up to date what tokens are checked with. Never returns.
    pub async fn keep(&self) {
        match &self.tokens {
            Some(tokens) => tokens.keep().await,
            None => std::future::pending().await,
        }
    }

    /// Whether everyone who may call can be known.
    pub fn is_ready(&self) -> bool {
        self.tokens.as_ref().is_none_or(Tokens::are_ready)
    }

    /// The principal behind a credential.
    async fn authenticate(&self, credential: &str) -> Result<Arc<Principal>, Problem> {
        if let Some(principal) = self.services.get(&digest(credential)) {
            return Ok(Arc::clone(principal));
        }
        let looks_like_token = credential.matches('.').count() == 2;
        match &self.tokens {
            Some(tokens) if looks_like_token => tokens.check(credential).await.map(Arc::new).map_err(refused),
            _ => Err(Problem::new(&pages::TOKEN_INVALID)),
        }
    }
}

fn refused(cause: TokenRefusal) -> Problem {
    tracing::info!(error = %cause, "token refused");
    match cause {
        TokenRefusal::NoKeys => Problem::new(&pages::IDENTITY_UNAVAILABLE).with_retry_after(Duration::from_secs(5)),
        _ => Problem::new(&pages::TOKEN_INVALID),
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
        let principal = state.authenticator.authenticate(credential).await?;
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

    #[tokio::test]
    async fn a1_an_unknown_key_is_refused_and_a_known_one_has_its_scopes() {
        let key = ApiKeyConfig {
            name: "shop".into(),
            key: Secret::new("a-key-of-a-shop-1234"),
            scopes: [Scope::CatalogRead].into(),
            accounts: ["*".into()].into(),
            stores: Default::default(),
        };
        let config = AccessConfig { api_keys: vec![key], jwt: None };
        let authenticator = Authenticator::new(&config, Path::new("."), &Clock::system()).unwrap();
        assert!(authenticator.authenticate("a-key-of-a-shop-1235").await.is_err());
        let principal = authenticator.authenticate("a-key-of-a-shop-1234").await.unwrap();
        assert!(principal.may(Scope::CatalogRead) && !principal.may(Scope::OrdersWrite));
    }
}
