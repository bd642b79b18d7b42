//! `[access.jwt.jwks]`: how the keys that an issuer of tokens publishes are fetched.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::{Host, Url};

use super::{AddressRange, EndpointConfig, Limit, TlsConfig};

/// Limits of fetching. The URL itself is `access.jwt.jwks_url`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JwksConfig {
    /// How often the keys are fetched again.
    pub refresh_secs: u64,
    /// Until the next try after one that failed; also between two fetches because a token names a key that is not known.
    pub retry_secs: u64,
    /// How long keys are used while no newer ones can be fetched.
    pub keep_secs: u64,
    /// Longest time for one fetch.
    pub timeout_ms: u64,
    /// Largest answer.
    pub max_bytes: usize,
    /// Most keys in it.
    pub max_keys: usize,
    /// Address ranges that the URL may lead to besides public addresses.
    pub allow: Vec<AddressRange>,
    /// PEM file with the certificates of the authorities that the issuer is checked against; the public ones when absent.
    pub roots: Option<PathBuf>,
}

impl Default for JwksConfig {
    fn default() -> Self {
        Self {
            refresh_secs: 300,
            retry_secs: 10,
            keep_secs: 86_400,
            timeout_ms: 5_000,
            max_bytes: 256 * 1024,
            max_keys: 64,
            allow: Vec::new(),
            roots: None,
        }
    }
}

impl JwksConfig {
    pub fn refresh(&self) -> Duration {
        Duration::from_secs(self.refresh_secs)
    }

    pub fn retry(&self) -> Duration {
        Duration::from_secs(self.retry_secs)
    }

    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.keep_secs)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// The server of the keys, as an endpoint that nothing but a GET is sent to. Fetches are rare: no connection is kept.
    pub fn endpoint(&self, base_url: String) -> EndpointConfig {
        EndpointConfig {
            base_url,
            credential: None,
            is_secret: true,
            allow: self.allow.clone(),
            tls: TlsConfig { roots: self.roots.clone(), ..TlsConfig::default() },
            cookies: false,
            connect_timeout_ms: self.timeout_ms,
            first_byte_timeout_ms: self.timeout_ms,
            between_bytes_timeout_ms: self.timeout_ms,
            total_timeout_ms: self.timeout_ms,
            idle_connections: 0,
        }
    }

    pub(super) fn limits(&self) -> [Limit; 6] {
        [
            Limit::new("refresh_secs", self.refresh_secs, 1, 86_400),
            Limit::new("retry_secs", self.retry_secs, 1, 3_600),
            Limit::new("keep_secs", self.keep_secs, 1, 30 * 86_400),
            Limit::new("timeout_ms", self.timeout_ms, 100, 30_000),
            Limit::new("max_bytes", self.max_bytes as u64, 1_024, 4 * 1024 * 1024),
            Limit::new("max_keys", self.max_keys as u64, 1, 1_000),
        ]
    }

    /// Whoever can change the keys on their way can make tokens: only TLS, or a server on this machine. The text is not repeated.
    pub(super) fn check_url(&self, text: &str) -> Result<(), &'static str> {
        let url = Url::parse(text).map_err(|_| "is no URL, such as https://login.example.com/.well-known/jwks.json")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must hold no user or password: keys are public");
        }
        if url.fragment().is_some() {
            return Err("must have no fragment");
        }
        let is_local = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err("must have a host"),
        };
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_local && self.allow.contains(&AddressRange::Loopback) => Ok(()),
            _ => Err(
                "must begin with https://: whoever changes the keys on their way can make tokens (http:// is for a server on this machine, with jwks.allow = [\"loopback\"])",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_keys_come_over_tls_or_from_this_machine_when_that_is_written_down() {
        let public = JwksConfig::default();
        let local = JwksConfig { allow: vec![AddressRange::Loopback], ..JwksConfig::default() };
        assert!(public.check_url("https://login.example.com/keys?p=policy").is_ok());
        for url in
            ["http://login.example.com/keys", "ftp://127.0.0.1/keys", "/keys", "https://a:b@login.example.com/", "https://x/#a"]
        {
            assert!(public.check_url(url).is_err() && local.check_url(url).is_err(), "{url}");
        }
        for url in ["http://127.0.0.1:8000/keys", "http://[::1]/keys", "http://localhost/keys"] {
            assert!(public.check_url(url).is_err() && local.check_url(url).is_ok(), "{url}");
        }
    }
}
