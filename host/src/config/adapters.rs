//! `[adapters.NAME]`: which component, with which settings, limits and endpoints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::{BreakerConfig, CanaryConfig, InboundConfig, LimitsConfig, Secret, ShadowConfig, TrustConfig};
use crate::domain::EndpointName;

/// One adapter: a component file and all that it is given.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterConfig {
    /// The `.wasm` file; relative to the configuration file.
    pub component: PathBuf,
    /// SHA-256 of the component in hexadecimal. When set, a file with another digest is refused.
    pub sha256: Option<String>,
    /// Settings for the adapter, inline.
    #[serde(default)]
    pub settings: toml::Table,
    /// Settings from a TOML file, relative to the configuration file. Inline settings win over it, key by key at the top level.
    pub settings_file: Option<PathBuf>,
    /// Value maps for `settings.lookup`: map name, key, value.
    #[serde(default)]
    pub maps: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub endpoints: BTreeMap<EndpointName, EndpointConfig>,
    /// Whether instances start from a snapshot taken after `configure`, when the component allows it.
    #[serde(default = "default_snapshot")]
    pub snapshot: bool,
    #[serde(default)]
    pub limits: LimitsConfig,
    /// When its calls are turned away at once.
    #[serde(default)]
    pub breaker: BreakerConfig,
    /// How a new version is tried before it serves everyone.
    #[serde(default)]
    pub canary: CanaryConfig,
    /// Another adapter that gets a copy of the traffic, to compare its answers.
    pub shadow: Option<ShadowConfig>,
    /// Who may push changes to it. Kept in [`super::Config::inbound`]: it is the host's, and no reason to load the adapter again.
    pub inbound: Option<InboundConfig>,
    /// Load a new version by itself when one of its files has changed.
    #[serde(default)]
    pub watch: bool,
    /// Whose signatures its component may have: those of `[trust]`, the same for all adapters.
    #[serde(skip)]
    pub trust: Arc<TrustConfig>,
}

impl AdapterConfig {
    /// Every file that it is made of: a change of one of them is a change of the adapter. Relative ones start at `folder`.
    pub fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let own = [Some(&self.component), self.settings_file.as_ref()].into_iter().flatten().map(|file| folder.join(file));
        let endpoints = self.endpoints.values();
        let certificates = endpoints.clone().flat_map(|endpoint| endpoint.tls.files()).map(|(_, file)| folder.join(file));
        // Secrets are read as they are named.
        let secrets = endpoints.flat_map(EndpointConfig::secrets).filter_map(Secret::file).map(Path::to_owned);
        own.chain(certificates).chain(secrets).collect()
    }
}

fn default_snapshot() -> bool {
    true
}

/// Where an endpoint name leads, and what the host adds to its requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// `http://` or `https://`, host, optional port and path prefix. No user, query or fragment.
    pub base_url: String,
    pub credential: Option<CredentialConfig>,
    /// Address ranges that this endpoint may lead to besides public addresses.
    #[serde(default)]
    pub allow: Vec<AddressRange>,
    #[serde(default)]
    pub tls: TlsConfig,
    /// Keep the back end's cookies and send them back, for back ends whose session is in them. One jar for all calls of the adapter, which
    /// never sees them.
    #[serde(default)]
    pub cookies: bool,
    #[serde(default = "default_connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// From the request's last byte to the reply's first.
    #[serde(default = "default_first_byte_timeout_ms")]
    pub first_byte_timeout_ms: u64,
    /// Between two pieces of the reply's body.
    #[serde(default = "default_between_bytes_timeout_ms")]
    pub between_bytes_timeout_ms: u64,
    /// For the whole exchange.
    #[serde(default = "default_total_timeout_ms")]
    pub total_timeout_ms: u64,
    /// Idle connections kept open. More than the adapter's concurrency saves reconnecting after a burst.
    #[serde(default = "default_idle_connections")]
    pub idle_connections: usize,
    /// What is exchanged is secret, or must not be forged, although there is no credential.
    #[serde(skip)]
    pub is_secret: bool,
}

/// How an endpoint's server and the host show each other who they are. Files are read when the adapter is loaded.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file with the certificates of the authorities that the server is checked against; the public ones when absent.
    pub roots: Option<PathBuf>,
    /// PEM file with the host's own certificate, and those between it and its authority.
    pub client_cert: Option<PathBuf>,
    /// The private key of that certificate, in PEM form.
    pub client_key: Option<Secret>,
}

impl TlsConfig {
    /// Every file that is named, with its option.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let files = [("roots", self.roots.as_ref()), ("client_cert", self.client_cert.as_ref())];
        files.into_iter().filter_map(|(option, file)| Some((option, file?)))
    }
}

fn plain(url: &str) -> bool {
    url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

impl EndpointConfig {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let credential = self.credential.as_ref().map(CredentialConfig::secret);
        [credential, self.tls.client_key.as_ref()].into_iter().flatten()
    }

    /// Whether what is exchanged must not cross the Internet unencrypted.
    pub fn keeps_secrets(&self) -> bool {
        self.is_secret || self.credential.is_some()
    }

    /// Whether requests go over TLS.
    pub fn is_encrypted(&self) -> bool {
        !plain(&self.base_url)
    }

    /// Whether the credential, or what it is fetched with, travels unencrypted beyond the operator's own machine and network.
    pub fn sends_secrets_in_the_clear(&self) -> bool {
        let secret = match &self.credential {
            None => false,
            Some(CredentialConfig::OauthClient { token_url, .. }) => plain(token_url) || plain(&self.base_url),
            Some(_) => plain(&self.base_url),
        };
        secret && self.allow.is_empty()
    }
}

fn default_connect_timeout_ms() -> u64 {
    2_000
}

fn default_first_byte_timeout_ms() -> u64 {
    20_000
}

fn default_between_bytes_timeout_ms() -> u64 {
    5_000
}

fn default_total_timeout_ms() -> u64 {
    30_000
}

fn default_idle_connections() -> usize {
    96
}

/// A range of addresses that is refused unless an endpoint allows it by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressRange {
    /// 127.0.0.0/8 and ::1.
    Loopback,
    /// 10/8, 172.16/12, 192.168/16, 100.64/10 and fc00::/7: where on-premises back ends live.
    Private,
}

/// What the host adds to an endpoint's requests. The adapter never sees it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum CredentialConfig {
    Basic {
        user: String,
        password: Secret,
    },
    Bearer {
        token: Secret,
    },
    Header {
        name: String,
        value: Secret,
    },
    /// OAuth2 client credentials (RFC 6749, section 4.4); the host fetches, keeps and renews the token.
    OauthClient {
        token_url: String,
        client_id: String,
        client_secret: Secret,
        scope: Option<String>,
    },
}

impl CredentialConfig {
    fn secret(&self) -> &Secret {
        match self {
            Self::Basic { password: secret, .. }
            | Self::Bearer { token: secret }
            | Self::Header { value: secret, .. }
            | Self::OauthClient { client_secret: secret, .. } => secret,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> EndpointConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_credential_over_http_is_found_unless_the_endpoint_is_on_an_own_network() {
        // `CARGO` is there whenever tests run.
        let credential = "credential = { type = \"bearer\", token = { env = \"CARGO\" } }";
        let clear = |text: &str| endpoint(text).sends_secrets_in_the_clear();
        assert!(clear(&format!("base_url = \"HTTP://erp.example.com\"\n{credential}")));
        assert!(!clear(&format!("base_url = \"https://erp.example.com\"\n{credential}")));
        assert!(!clear(&format!("base_url = \"http://erp.local\"\nallow = [\"private\"]\n{credential}")));
        assert!(!clear("base_url = \"http://erp.example.com\""));
        let token = "{ type = \"oauth_client\", token_url = \"http://login.example.com\", client_id = \"a\", client_secret = { env = \"CARGO\" } }";
        assert!(clear(&format!("base_url = \"https://erp.example.com\"\ncredential = {token}")));
    }
}
