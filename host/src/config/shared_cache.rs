//! `[cache.shared]`: a Valkey or Redis server behind the memories of several hosts (rule F11).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::{Limit, Secret};

const MIN_SIGN_KEY_BYTES: usize = 32;
const MAX_PREFIX_LETTERS: usize = 64;

/// The shared cache.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedCacheConfig {
    pub url: SharedCacheUrl,
    /// Begins the name of every key. Hosts with the same prefix share their answers.
    #[serde(default = "default_key_prefix")]
    pub key_prefix: String,
    /// PEM file with the certificates of the authorities that the server is checked against; the public ones when absent.
    pub roots: Option<PathBuf>,
    /// Answers are signed with it, and believed only with its signature.
    pub sign_key: Option<Secret>,
    /// For connecting, and for telling of invalidations.
    #[serde(default = "default_connect_ms")]
    pub connect_ms: u64,
    /// Longest that a read waits for the server.
    #[serde(default = "default_lookup_ms")]
    pub lookup_ms: u64,
    /// How long the server is not asked after it did not answer in time, and how long until the next try to connect.
    #[serde(default = "default_rest_ms")]
    pub rest_ms: u64,
    /// How long answers in this host's memory count as fresh while it cannot hear of invalidations.
    #[serde(default = "default_detached_secs")]
    pub detached_secs: u64,
    /// Larger answers stay in the host's own memory.
    #[serde(default = "default_max_value_bytes")]
    pub max_value_bytes: usize,
}

fn default_key_prefix() -> String {
    "ordergate".to_owned()
}

fn default_connect_ms() -> u64 {
    1_000
}

fn default_lookup_ms() -> u64 {
    50
}

fn default_rest_ms() -> u64 {
    1_000
}

fn default_detached_secs() -> u64 {
    10
}

fn default_max_value_bytes() -> usize {
    64 * 1024
}

impl SharedCacheConfig {
    pub fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    pub fn lookup(&self) -> Duration {
        Duration::from_millis(self.lookup_ms)
    }

    pub fn rest(&self) -> Duration {
        Duration::from_millis(self.rest_ms)
    }

    pub fn detached(&self) -> Duration {
        Duration::from_secs(self.detached_secs)
    }

    pub(super) fn limits(&self) -> [Limit; 5] {
        [
            Limit::new("connect_ms", self.connect_ms, 10, 60_000),
            Limit::new("lookup_ms", self.lookup_ms, 1, 5_000),
            Limit::new("rest_ms", self.rest_ms, 10, 60_000),
            Limit::new("detached_secs", self.detached_secs, 0, 3_600),
            Limit::new("max_value_bytes", self.max_value_bytes as u64, 1_024, 1_048_576),
        ]
    }

    /// What is wrong with an option, and how to mend it.
    pub(super) fn problems(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut problems = Vec::new();
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if self.key_prefix.is_empty() || self.key_prefix.len() > MAX_PREFIX_LETTERS || !self.key_prefix.chars().all(is_plain) {
            let message = format!("must be 1 to {MAX_PREFIX_LETTERS} letters, digits or any of `._-`");
            problems.push(("key_prefix", "C013", message));
        }
        if self.sign_key.as_ref().is_some_and(|key| key.expose().len() < MIN_SIGN_KEY_BYTES) {
            let message = format!(
                "has fewer than {MIN_SIGN_KEY_BYTES} bytes: make a longer one, the same for all hosts, such as `openssl rand -hex 32`"
            );
            problems.push(("sign_key", "C015", message));
        }
        if self.roots.is_some() && !self.url.is_encrypted() {
            problems.push(("roots", "C023", "has no effect: url does not begin with rediss:// or valkeys://".to_owned()));
        }
        problems
    }
}

/// Where the server is, and its password. A URL without a password may stand in the configuration itself.
#[derive(Clone, PartialEq)]
pub struct SharedCacheUrl(Secret);

impl SharedCacheUrl {
    /// With the password, where it has one. For the client's library, and for nothing else.
    pub fn text(&self) -> &str {
        self.0.expose()
    }

    /// Host and port, or the socket's path: what may be shown.
    pub fn address(&self) -> String {
        self.text().into_connection_info().map(|info| info.addr().to_string()).unwrap_or_default()
    }

    fn is_encrypted(&self) -> bool {
        self.text().into_connection_info().is_ok_and(|info| matches!(info.addr(), ConnectionAddr::TcpTls { .. }))
    }

    /// The text is not repeated: it may hold a password.
    fn checked(secret: Secret) -> Result<Self, String> {
        let form = "is no URL of a Valkey or Redis server: redis://HOST:6379/0, rediss://… with TLS, or unix:///PATH";
        if secret.expose().contains('#') {
            return Err("must have no fragment: the server's certificate is always checked".to_owned());
        }
        secret.expose().into_connection_info().map(|_| Self(secret)).map_err(|_| form.to_owned())
    }
}

impl fmt::Debug for SharedCacheUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address())
    }
}

impl<'de> Deserialize<'de> for SharedCacheUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = SharedCacheUrl;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a URL, or a reference to one: { env = \"NAME\" } or { file = \"/run/secrets/name\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.contains('@') {
            return Err(E::custom(
                "holds a user or password: put the whole URL elsewhere and refer to it, { env = \"NAME\" } or { file = \"/run/secrets/name\" }",
            ));
        }
        SharedCacheUrl::checked(Secret::new(text)).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let secret = Secret::deserialize(MapAccessDeserializer::new(map))?;
        SharedCacheUrl::checked(secret).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<SharedCacheConfig, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    fn from_file(url: &str) -> Result<SharedCacheConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, url).unwrap();
        config(&format!("url = {{ file = {file:?} }}"))
    }

    #[test]
    fn a_url_without_password_may_be_written_down_and_one_with_it_is_a_reference() {
        assert_eq!(config("url = \"redis://cache.example.com\"").unwrap().url.address(), "cache.example.com:6379");
        assert_eq!(config("url = \"unix:///run/valkey.sock\"").unwrap().url.address(), "/run/valkey.sock");
        let message = config("url = \"redis://:hunter2@cache.example.com\"").unwrap_err();
        assert!(message.contains("refer to it") && !message.contains("hunter2"), "{message}");
        let read = from_file("rediss://shop:hunter2@cache.example.com:6380/3\n").unwrap();
        assert_eq!(format!("{:?}", read.url), "cache.example.com:6380");
        assert!(!format!("{read:?}").contains("hunter2"), "{read:?}");
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused_and_not_repeated() {
        for text in ["http://hunter2.example.com", "hunter2", "redis://", "rediss://hunter2.example.com/#insecure"] {
            for message in [from_file(text).unwrap_err(), config(&format!("url = {text:?}")).unwrap_err()] {
                assert!(!message.contains("hunter2"), "{message}");
                assert!(message.contains("redis://HOST") || message.contains("always checked"), "{message}");
            }
        }
    }

    #[test]
    fn short_keys_odd_prefixes_and_roots_without_tls_are_problems() {
        let problems = |text: &str| {
            let config = config(&format!("url = \"redis://cache.example.com\"\n{text}")).unwrap();
            config.problems().into_iter().map(|(option, ..)| option).collect::<Vec<_>>()
        };
        assert_eq!(problems(""), Vec::<&str>::new());
        assert_eq!(problems("key_prefix = \"a*\""), ["key_prefix"]);
        assert_eq!(problems("key_prefix = \"\""), ["key_prefix"]);
        assert_eq!(problems("roots = \"ca.pem\""), ["roots"]);
        // `CARGO` is there whenever tests run, and is a short path.
        let short = std::env::var("CARGO").unwrap().len() < MIN_SIGN_KEY_BYTES;
        assert_eq!(!problems("sign_key = { env = \"CARGO\" }").is_empty(), short);
    }
}
