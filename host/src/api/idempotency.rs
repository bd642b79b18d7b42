//! The header `Idempotency-Key` (rule A2, draft-ietf-httpapi-idempotency-key-header) and the answers to captures.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::ApiState;
use super::body::Checked;
use super::problem::Problem;
use super::problem_pages as pages;
use crate::domain::AccountNumber;
use crate::service::{Caller, FieldProblem, IdempotencyKey};

static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of the request.
pub struct Key(String);

impl Key {
    /// The body, and the key with the digest of the whole request: the body, and for whom it was made. A key that comes again for another
    /// account is another request, and never gets the first one's answer.
    pub fn with<T>(self, caller: &Caller, body: Checked<T>) -> (IdempotencyKey, T) {
        let account = caller.account.as_ref().map_or("", AccountNumber::as_str);
        let digest = Sha256::new()
            .chain_update(body.digest())
            .chain_update(caller.shop.name.as_str())
            .chain_update([0])
            .chain_update(account);
        (IdempotencyKey { key: self.0, digest: digest.finalize().into() }, body.value)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers.get("idempotency-key").ok_or_else(|| Problem::new(&pages::IDEMPOTENCY_KEY_MISSING))?;
        // The draft writes the key as a quoted string; most clients send it bare.
        let text = value.to_str().unwrap_or_default().trim_matches('"');
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > 255 || !plain {
            let detail = "must have 1 to 255 printable ASCII characters without spaces";
            return Err(Problem::invalid(vec![FieldProblem::new("Idempotency-Key", detail)]));
        }
        Ok(Self(text.to_owned()))
    }
}

/// `Prefer: wait=N` (RFC 7240): how long the caller would wait for the final answer.
pub struct Wait(pub Option<Duration>);

/// Longest wait that is granted.
const MAX_WAIT: Duration = Duration::from_secs(20);

impl FromRequestParts<ApiState> for Wait {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Self::Rejection> {
        let preferences =
            parts.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let wait = preferences.filter_map(|preference| preference.trim().strip_prefix("wait=")?.parse::<u64>().ok()).next();
        // What comes before and after the wait has its time as well: a request that takes too long is told nothing of what was captured.
        let most = MAX_WAIT.min(state.request_timeout / 2);
        Ok(Self(wait.map(|secs| Duration::from_secs(secs).min(most))))
    }
}

/// 202 with the document, or 201 when the back end has confirmed it already.
pub fn captured(status: StatusCode, location: &str, body: String) -> Response {
    let mut response =
        (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The first answer again, unless it was erased with its customer (rule A3): the key stays used.
pub fn replayed(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED);
    if status == StatusCode::GONE {
        return Problem::new(&pages::CUSTOMER_ERASED).into_response();
    }
    let mut response = captured(status, "", body);
    response.headers_mut().remove(header::LOCATION);
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}
