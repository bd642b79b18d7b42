//! OAuth2 client credentials (RFC 6749, section 4.4): fetches a token, keeps it until shortly before it ends, renews it after a 401. One
//! fetch at a time, however many requests wait for it, and none for a while after one that failed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

use super::base_url;
use super::client::{Allowance, Head, Outgoing, PooledClient};
use super::credential::{CredentialError, secret_value};
use super::error::EgressError;
use super::path::encode;
use crate::clock::Clock;
use crate::config::{AddressRange, Secret};

/// Renewed so long before its end that it does not end on the way.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// A token that does not say how long it holds is asked for again after this time.
const DEFAULT_LIFE_SECS: i64 = 300;

/// The shortest time that a token is used, whatever the token service says of it.
const SHORTEST_USE: SignedDuration = SignedDuration::from_secs(1);

/// How long a failed fetch stands for those that would be next.
const FAILURE_STANDS: SignedDuration = SignedDuration::from_secs(3);

/// A back end that answers every request with 401 makes the host fetch a token no more often than this.
const BETWEEN_RENEWALS: SignedDuration = SignedDuration::from_secs(10);

/// Most bytes of a token reply.
const MAX_REPLY_BYTES: usize = 64 * 1024;

pub(super) struct OauthClient {
    request: Outgoing,
    kept: Mutex<Kept>,
    clock: Clock,
}

/// What earlier fetches came to.
#[derive(Default)]
struct Kept {
    token: Option<Token>,
    failure: Option<(EgressError, Timestamp)>,
    renewed_at: Option<Timestamp>,
}

struct Token {
    header: HeaderValue,
    renew_at: Timestamp,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<i64>,
}

impl OauthClient {
    pub(super) fn new(
        token_url: &str,
        client_id: &str,
        client_secret: &Secret,
        scope: Option<&str>,
        allowed: &[AddressRange],
        clock: Clock,
    ) -> Result<Self, CredentialError> {
        let uri: Uri = token_url.parse().map_err(|_| CredentialError::TokenUrl("this is no URL".into()))?;
        base_url::check(&uri, allowed).map_err(|cause| CredentialError::TokenUrl(cause.to_string()))?;
        base_url::check_secret(uri.scheme_str(), uri.host()).map_err(|cause| CredentialError::TokenUrl(cause.to_string()))?;
        let pair = STANDARD.encode(format!("{}:{}", encode(client_id), encode(client_secret.expose())));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, secret_value(&format!("Basic {pair}"))?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let scope = scope.map(|scope| format!("&scope={}", encode(scope))).unwrap_or_default();
        let body = Bytes::from(format!("grant_type=client_credentials{scope}"));
        let request = Outgoing { head: Head { method: Method::POST, uri, headers }, body };
        Ok(Self { request, kept: Mutex::default(), clock })
    }

    /// A token that still holds.
    pub(super) async fn token(&self, client: &PooledClient, allowance: &Allowance<'_>) -> Result<HeaderValue, EgressError> {
        let mut kept = self.kept(allowance).await?;
        match kept.token.as_ref().filter(|token| self.clock.now() < token.renew_at) {
            Some(token) => Ok(token.header.clone()),
            None => self.refill(&mut kept, client, allowance).await,
        }
    }

    /// A token other than `refused`: the one that another request fetched meanwhile, or a new one; nothing when it was renewed only just
    /// now, so that the reply to `refused` stands.
    pub(super) async fn renewed(
        &self,
        refused: &HeaderValue,
        client: &PooledClient,
        allowance: &Allowance<'_>,
    ) -> Result<Option<HeaderValue>, EgressError> {
        let mut kept = self.kept(allowance).await?;
        if let Some(token) = kept.token.as_ref().filter(|token| token.header != refused) {
            return Ok(Some(token.header.clone()));
        }
        let now = self.clock.now();
        if kept.renewed_at.is_some_and(|at| now.duration_since(at) < BETWEEN_RENEWALS) {
            return Ok(None);
        }
        kept.renewed_at = Some(now);
        self.refill(&mut kept, client, allowance).await.map(Some)
    }

    /// Waits for a fetch that is under way, but not longer than this request may take.
    async fn kept(&self, allowance: &Allowance<'_>) -> Result<MutexGuard<'_, Kept>, EgressError> {
        let kept = timeout_at(allowance.ends, self.kept.lock()).await;
        kept.map_err(|_| EgressError::NotDelivered("no token could be fetched in time".into()))
    }

    /// Fetches a token, unless that failed a moment ago.
    async fn refill(
        &self,
        kept: &mut Kept,
        client: &PooledClient,
        allowance: &Allowance<'_>,
    ) -> Result<HeaderValue, EgressError> {
        let now = self.clock.now();
        if let Some((failure, _)) = kept.failure.as_ref().filter(|(_, at)| now.duration_since(*at) < FAILURE_STANDS) {
            return Err(failure.clone());
        }
        match self.fetch(client, allowance).await {
            Ok(token) => {
                kept.failure = None;
                Ok(kept.token.insert(token).header.clone())
            }
            Err(failure) => {
                // A fetch that ended with its request's own time says nothing about the token service.
                kept.failure = (Instant::now() < allowance.ends).then(|| (failure.clone(), self.clock.now()));
                Err(failure)
            }
        }
    }

    async fn fetch(&self, client: &PooledClient, allowance: &Allowance<'_>) -> Result<Token, EgressError> {
        // A token request changes nothing in the back end, so it never marks the call as one that may have changed something, and its
        // failure means that the adapter's request was not delivered.
        let allowance = Allowance {
            ends: allowance.ends,
            leaves_by: allowance.leaves_by,
            reply_bytes: MAX_REPLY_BYTES,
            take_bytes: &|_| Ok(()),
            change_mark: None,
        };
        let undelivered = |error: EgressError| match error {
            refused @ EgressError::Address(_) => refused,
            other => EgressError::NotDelivered(format!("no token could be fetched: {other}")),
        };
        let reply = client.exchange(self.request.clone(), &allowance).await.map_err(undelivered)?;
        if reply.status.is_server_error() || reply.status.as_u16() == 429 {
            return Err(EgressError::NotDelivered(format!("the token service answered {}", reply.status.as_u16())));
        }
        if !reply.status.is_success() {
            return Err(EgressError::Credential(format!("the token service answered {}", reply.status.as_u16())));
        }
        self.read(&reply.body).map_err(EgressError::Credential)
    }

    /// Never repeats any of the reply in an error: it may hold a token.
    fn read(&self, body: &[u8]) -> Result<Token, String> {
        let reply: TokenReply = serde_json::from_slice(body).map_err(|_| "the token service's answer is no token".to_owned())?;
        if reply.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err("the token service gave a token that is no bearer token".into());
        }
        let header = secret_value(&format!("Bearer {}", reply.access_token))
            .map_err(|_| "the token service gave a token that cannot stand in a header".to_owned())?;
        let life = SignedDuration::from_secs(reply.expires_in.unwrap_or(DEFAULT_LIFE_SECS).clamp(0, 86_400));
        // A token that lives shorter than the margin is used for half of its life.
        let used = if life > MARGIN * 2 { life - MARGIN } else { (life / 2).max(SHORTEST_USE) };
        let now = self.clock.now();
        Ok(Token { header, renew_at: now.saturating_add(used).unwrap_or(now) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oauth(clock: Clock) -> OauthClient {
        let secret = Secret::new("s3:cret");
        OauthClient::new("https://login.example.com/token", "client", &secret, Some("a b"), &[], clock).unwrap()
    }

    #[test]
    fn the_token_request_is_that_of_rfc_6749_section_4_4() {
        let oauth = oauth(Clock::system());
        assert_eq!(oauth.request.body, "grant_type=client_credentials&scope=a%20b");
        assert_eq!(
            oauth.request.head.headers.get(AUTHORIZATION).unwrap(),
            &format!("Basic {}", STANDARD.encode("client:s3:cret"))
        );
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        let start: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let oauth = oauth(Clock::manual(start));
        let token = oauth.read(br#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#).unwrap();
        assert_eq!(token.renew_at, start + SignedDuration::from_secs(3570));
        let short = oauth.read(br#"{"access_token":"t","expires_in":40}"#).unwrap();
        assert_eq!(short.renew_at, start + SignedDuration::from_secs(20));
    }

    #[test]
    fn a_token_answer_is_never_repeated_in_an_error() {
        let oauth = oauth(Clock::system());
        for answer in [
            &br#"{"access_token":"topsecret\n"}"#[..],
            br#"{"token":"topsecret"}"#,
            br#"{"access_token":"topsecret","token_type":"mac"}"#,
        ] {
            let error = oauth.read(answer).err().unwrap();
            assert!(!error.contains("topsecret"), "{error}");
        }
    }
}
