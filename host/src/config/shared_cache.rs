//! `[cache.shared]`: a Valkey or Redis server that several hosts share (rule F11).

use std::time::Duration;

use serde::Deserialize;

use super::Secret;

/// Where the server is, and what it may cost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedCacheConfig {
    /// `redis://HOST:PORT/DATABASE`, or `rediss://` for TLS. Without user and password: they are the options below.
    pub url: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Begins every key. Hosts that share answers have the same; others on the same server another.
    #[serde(default = "default_prefix")]
    pub prefix: String,
    #[serde(default = "default_connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// For one look-up or one write; then the back end is asked, and the server is left alone for a second.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// While the server is away, news of other hosts do not come: an answer of this host counts as fresh for at most so long.
    #[serde(default = "default_detached_secs")]
    pub detached_secs: u64,
}

fn default_prefix() -> String {
    "ordergate".into()
}

fn default_connect_timeout_ms() -> u64 {
    1_000
}

fn default_timeout_ms() -> u64 {
    50
}

fn default_detached_secs() -> u64 {
    30
}

impl SharedCacheConfig {
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub fn detached(&self) -> Duration {
        Duration::from_secs(self.detached_secs)
    }
}
