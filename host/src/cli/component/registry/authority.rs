//! How this program is let in: name and password from the environment, kept for one registry and its token server.

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use serde::Deserialize;
use url::Url;

use super::challenge::Challenge;
use super::error::RegistryError;
use super::wire::{Most, Wire};

const USER: &str = "ORDERGATE_REGISTRY_USER";
const PASSWORD: &str = "ORDERGATE_REGISTRY_PASSWORD";
/// A token is a few kilobytes.
const TOKEN_BYTES: usize = 64 * 1024;

/// Name and password.
pub(super) struct Login {
    pub user: String,
    basic: HeaderValue,
}

impl Login {
    /// None when there is nothing in the environment.
    pub(super) fn from_environment() -> Result<Option<Self>, RegistryError> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (read(USER), read(PASSWORD)) {
            (Some(user), Some(password)) => Ok(Some(Self { basic: basic(&user, &password), user })),
            (None, None) => Ok(None),
            _ => Err(RegistryError::Half),
        }
    }
}

fn basic(user: &str, password: &str) -> HeaderValue {
    secret(&format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes())))
}

/// Base64 and tokens are always values; anything else lets nobody in.
fn secret(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// What lets the next requests in, after a registry has asked for it.
pub(super) async fn answer(
    wire: &Wire,
    host: &str,
    login: Option<&Login>,
    challenge: &Challenge,
) -> Result<HeaderValue, RegistryError> {
    match challenge {
        Challenge::Basic => match login {
            Some(login) => Ok(login.basic.clone()),
            None => Err(RegistryError::Anonymous { host: host.to_owned() }),
        },
        Challenge::Bearer { realm, service, scope } => {
            let nonsense = |reason: String| RegistryError::Nonsense {
                host: host.to_owned(),
                what: "the request for a token".into(),
                reason,
            };
            let mut url = Url::parse(realm).map_err(|cause| nonsense(format!("its token server {realm:?}: {cause}")))?;
            wire.check(&url)?;
            let asked =
                [("service", service), ("scope", scope)].into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            url.query_pairs_mut().extend_pairs(asked);
            let reply = token(wire, url, login).await?;
            match (reply.status().as_u16(), login) {
                (200, _) => {}
                (401 | 403, Some(login)) => {
                    return Err(RegistryError::Refused { host: host.to_owned(), user: login.user.clone() });
                }
                (401 | 403, None) => return Err(RegistryError::Anonymous { host: host.to_owned() }),
                (status, _) => return Err(nonsense(format!("its token server answered {status}"))),
            }
            let token: Token = serde_json::from_slice(reply.body()).map_err(|cause| nonsense(cause.to_string()))?;
            let token = token.token.or(token.access_token).ok_or_else(|| nonsense("there is no token in it".into()))?;
            Ok(secret(&format!("Bearer {token}")))
        }
    }
}

async fn token(wire: &Wire, url: Url, login: Option<&Login>) -> Result<http::Response<Bytes>, RegistryError> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = super::remote::uri(&url)?;
    if let Some(login) = login {
        request.headers_mut().insert(header::AUTHORIZATION, login.basic.clone());
    }
    wire.send(request, &Most { what: "the token", bytes: TOKEN_BYTES, option: "fixed" }).await
}
