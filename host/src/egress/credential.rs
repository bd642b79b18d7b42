//! What the host adds to an endpoint's requests after the adapter has let go of them. The only place outside the configuration that holds
//! credentials; nothing here is ever logged or shown to an adapter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};

use super::client::{Allowance, PooledClient};
use super::error::EgressError;
use super::oauth::OauthClient;
use crate::clock::Clock;
use crate::config::{AddressRange, CredentialConfig};

/// Why a configured credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("{0:?} is no header name")]
    HeaderName(String),
    #[error("the secret is not plain text on one line, so it cannot be sent in a header")]
    Value,
    #[error("token_url: {0}")]
    TokenUrl(String),
}

/// A header to add, fixed or fetched.
pub(super) enum Credential {
    None,
    Fixed { name: HeaderName, value: HeaderValue },
    Oauth(Box<OauthClient>),
}

impl Credential {
    pub(super) fn new(
        config: Option<&CredentialConfig>,
        allowed: &[AddressRange],
        clock: Clock,
    ) -> Result<Self, CredentialError> {
        Ok(match config {
            None => Self::None,
            Some(CredentialConfig::Basic { user, password }) => {
                let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
                Self::Fixed { name: AUTHORIZATION, value: secret_value(&format!("Basic {pair}"))? }
            }
            Some(CredentialConfig::Bearer { token }) => {
                Self::Fixed { name: AUTHORIZATION, value: secret_value(&format!("Bearer {}", token.expose()))? }
            }
            Some(CredentialConfig::Header { name, value }) => {
                let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| CredentialError::HeaderName(name.clone()))?;
                Self::Fixed { name, value: secret_value(value.expose())? }
            }
            Some(CredentialConfig::OauthClient { token_url, client_id, client_secret, scope }) => {
                Self::Oauth(Box::new(OauthClient::new(token_url, client_id, client_secret, scope.as_deref(), allowed, clock)?))
            }
        })
    }

    /// The header in which it travels.
    pub(super) fn header_name(&self) -> Option<HeaderName> {
        match self {
            Self::None => None,
            Self::Fixed { name, .. } => Some(name.clone()),
            Self::Oauth(_) => Some(AUTHORIZATION),
        }
    }

    /// The header's value for one request; fetches a token when there is none that still holds.
    pub(super) async fn value(
        &self,
        client: &PooledClient,
        allowance: &Allowance<'_>,
    ) -> Result<Option<HeaderValue>, EgressError> {
        match self {
            Self::None => Ok(None),
            Self::Fixed { value, .. } => Ok(Some(value.clone())),
            Self::Oauth(oauth) => oauth.token(client, allowance).await.map(Some),
        }
    }

    /// Another value after `refused` brought a 401; nothing when there is no other.
    pub(super) async fn renewed(
        &self,
        refused: &HeaderValue,
        client: &PooledClient,
        allowance: &Allowance<'_>,
    ) -> Result<Option<HeaderValue>, EgressError> {
        match self {
            Self::None | Self::Fixed { .. } => Ok(None),
            Self::Oauth(oauth) => oauth.renewed(refused, client, allowance).await,
        }
    }
}

/// A header value that `Debug` does not show and HTTP/2 does not index.
pub(super) fn secret_value(text: &str) -> Result<HeaderValue, CredentialError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| CredentialError::Value)?;
    value.set_sensitive(true);
    Ok(value)
}
