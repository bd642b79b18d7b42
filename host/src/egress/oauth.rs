//! OAuth2 client credentials (RFC 6749, section 4.4): fetches a token, keeps it until shortly before it ends, renews it after a 401. One
//! fetch at a time, however many requests wait for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Mutex;

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

/// Most bytes of a token reply.
const MAX_REPLY_BYTES: usize = 64 * 1024;

pub(super) struct OauthClient {
    request: Outgoing,
    token: Mutex<Option<Token>>,
    clock: Clock,
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
        let uri: Uri = token_url.parse().map_err(|_| CredentialError::TokenUrl(format!("{token_url:?} is no URL")))?;
        base_url::check(&uri, allowed).map_err(|cause| CredentialError::TokenUrl(cause.to_string()))?;
        let pair = STANDARD.encode(format!("{}:{}", encode(client_id), encode(client_secret.expose())));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, secret_value(&format!("Basic {pair}"))?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let scope = scope.map(|scope| format!("&scope={}", encode(scope))).unwrap_or_default();
        let body = Bytes::from(format!("grant_type=client_credentials{scope}"));
        let request = Outgoing { head: Head { method: Method::POST, uri, headers }, body };
        Ok(Self { request, token: Mutex::new(None), clock })
    }

    /// A token that still holds.
    pub(super) async fn token(&self, client: &PooledClient, allowance: &Allowance<'_>) -> Result<HeaderValue, EgressError> {
        let mut kept = self.token.lock().await;
        match kept.as_ref().filter(|token| self.clock.now() < token.renew_at) {
            Some(token) => Ok(token.header.clone()),
            None => Ok(kept.insert(self.fetch(client, allowance).await?).header.clone()),
        }
    }

    /// A token other than `refused`: the one that another request fetched meanwhile, or a new one.
    pub(super) async fn renewed(
        &self,
        refused: &HeaderValue,
        client: &PooledClient,
        allowance: &Allowance<'_>,
    ) -> Result<HeaderValue, EgressError> {
        let mut kept = self.token.lock().await;
        match kept.as_ref().filter(|token| token.header != refused) {
            Some(token) => Ok(token.header.clone()),
            None => Ok(kept.insert(self.fetch(client, allowance).await?).header.clone()),
        }
    }

    async fn fetch(&self, client: &PooledClient, allowance: &Allowance<'_>) -> Result<Token, EgressError> {
        // A token request changes nothing in the back end, so it never marks the call as one that may have changed something, and its
        // failure means that the adapter's request was not delivered.
        let allowance =
            Allowance { ends: allowance.ends, reply_bytes: MAX_REPLY_BYTES, take_bytes: &|_| true, change_mark: None };
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
        let used = if life > MARGIN * 2 { life - MARGIN } else { life / 2 };
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
