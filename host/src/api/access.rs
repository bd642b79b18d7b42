//! Who is calling (rule A1): a service with an API key, or a customer with a JSON Web Token. Nothing else gets further.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;

use super::ApiState;
use super::body::check_id;
use super::problem::Problem;
use super::problem_pages as pages;
use super::rates::{Customers, Limited, Strangers};
use super::request_id::{self, RequestId};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{AccountGrant, AccountNumber, Pace, Principal, PrincipalKind, Scope, StoreName};
use crate::identity::{SetupError, TokenRefusal, Tokens};
use crate::service::{Caller, FieldProblem};

/// Knows the configured keys, and how often each client has called.
pub struct Authenticator {
    /// By SHA-256 of the key: the key itself is not kept, and looking it up takes no longer for a near miss.
    services: HashMap<[u8; 32], Service>,
    tokens: Option<Tokens>,
    customers: Customers,
    strangers: Strangers,
}

struct Service {
    principal: Arc<Principal>,
    pace: Pace,
}

/// Who may call now.
struct Admitted {
    principal: Arc<Principal>,
    place: Option<Arc<OwnedSemaphorePermit>>,
}

/// Why a credential opens nothing.
#[derive(Debug)]
enum Refused {
    /// It is wrong: whoever sent it may be guessing.
    Wrong,
    /// It may be the issuer's, and is not good any more, not yet, or for somebody else.
    Unfit,
    /// Nobody can tell.
    Unknown,
}

impl Authenticator {
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, SetupError> {
        let Config { access, rates, server, .. } = config;
        let services = access.api_keys.iter().map(|key| {
            let any = key.accounts.iter().any(|account| account.as_str() == "*");
            let principal = Principal {
                kind: PrincipalKind::Service,
                id: format!("key:{}", key.name),
                accounts: if any { AccountGrant::Any } else { AccountGrant::Only(key.accounts.clone()) },
                stores: key.stores.clone(),
                scopes: key.scopes.clone(),
                expires_at: None,
            };
            let pace = Pace::new(rates.service(key.per_sec), Instant::now());
            (digest(key.key.expose()), Service { principal: Arc::new(principal), pace })
        });
        Ok(Self {
            services: services.collect(),
            tokens: access.jwt.as_ref().map(|jwt| Tokens::new(jwt, &config.folder(), clock)).transpose()?,
            customers: Customers::new(rates),
            strangers: Strangers::new(rates, server.proxies),
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

    /// Who calls, when they may call now.
    async fn admit(&self, parts: &Parts) -> Result<Admitted, Problem> {
        let credential = credential(parts).ok_or_else(|| Problem::new(&pages::UNAUTHENTICATED))?;
        self.strangers.admit(parts)?;
        if let Some(Service { principal, pace }) = self.services.get(&digest(credential)) {
            pace.take(Instant::now()).map_err(|wait| Limited::Service.refuse(wait))?;
            return Ok(Admitted { principal: Arc::clone(principal), place: None });
        }
        match self.customer(credential).await {
            Ok(principal) => {
                let place = Some(Arc::new(self.customers.admit(&principal)?));
                Ok(Admitted { principal: Arc::new(principal), place })
            }
            Err(Refused::Wrong) => {
                self.strangers.guessed(parts);
                Err(Problem::new(&pages::TOKEN_INVALID))
            }
            Err(Refused::Unfit) => Err(Problem::new(&pages::TOKEN_INVALID)),
            Err(Refused::Unknown) => Err(Problem::new(&pages::IDENTITY_UNAVAILABLE).with_retry_after(Duration::from_secs(5))),
        }
    }

    /// The customer whose token it is.
    async fn customer(&self, credential: &str) -> Result<Principal, Refused> {
        let looks_like_token = credential.matches('.').count() == 2;
        let tokens = self.tokens.as_ref().filter(|_| looks_like_token).ok_or(Refused::Wrong)?;
        tokens.check(credential).await.map_err(|cause| {
            tracing::info!(error = %cause, "token refused");
            match cause {
                TokenRefusal::NoKeys => Refused::Unknown,
                cause if cause.is_guess() => Refused::Wrong,
                _ => Refused::Unfit,
            }
        })
    }
}

pub(super) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// `Authorization: Bearer …`, or `X-Api-Key: …`. None as well when one of them is there twice: nobody could tell who asks.
pub(super) fn credential(parts: &Parts) -> Option<&str> {
    if is_repeated(parts, header::AUTHORIZATION.as_str()) || is_repeated(parts, "x-api-key") {
        return None;
    }
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        authorization.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let api_key = || parts.headers.get("x-api-key").and_then(|value| value.to_str().ok());
    bearer.map(|(_, credential)| credential.trim()).or_else(api_key).filter(|credential| !credential.is_empty())
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let Admitted { principal, place } = state.authenticator.admit(parts).await?;
        let text = |name: &str| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
        };
        // Sent twice, with a proxy between, nobody could tell for whom the request is.
        for name in ["x-account", "x-store"] {
            if is_repeated(parts, name) {
                return Err(Problem::invalid(vec![FieldProblem::new(name, "is there more than once: send it once")]));
            }
            if let Some(value) = text(name) {
                check_id(name, value)?;
            }
        }
        let shop = state.commerce.shop(text("x-store").or_else(|| principal.sole_store().map(StoreName::as_str)))?;
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
            place,
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
            trace_parent: text("traceparent").and_then(request_id::trace_parent),
            locale: text("accept-language").and_then(first_language),
        })
    }
}

fn is_repeated(parts: &Parts, header: &str) -> bool {
    parts.headers.get_all(header).iter().nth(1).is_some()
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
