//! `[server]` and `[ops]`.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use super::Secret;
use crate::domain::OpsScope;

/// The storefronts' port and its limits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Largest request body; more is answered with 413.
    pub max_body_bytes: usize,
    /// Longest time for one request; then 504.
    pub request_timeout_ms: u64,
    /// Longest time for a client to send its request headers, and to begin with its first request.
    pub header_read_timeout_ms: u64,
    /// How long a connection stays open without a request. Longer than clients keep theirs, or they send into closed ones.
    pub idle_timeout_ms: u64,
    /// Connections at the same time; more are closed at once.
    pub max_connections: usize,
    /// Requests at the same time; more are answered with 503.
    pub max_concurrent_requests: usize,
    /// Proxies of the operator's own before this port, each of which appends whom it serves to `X-Forwarded-For`. Absent: not known, so a request
    /// with that header is from nobody knows where.
    pub proxies: Option<usize>,
    /// How long the port stays open after SIGTERM while `/readyz` already says no: give a load balancer time to notice.
    pub drain_notice_ms: u64,
    /// How long requests in flight may take to end after SIGTERM.
    pub drain_ms: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            max_body_bytes: 1024 * 1024,
            request_timeout_ms: 30_000,
            header_read_timeout_ms: 10_000,
            idle_timeout_ms: 120_000,
            max_connections: 10_000,
            max_concurrent_requests: 1_024,
            proxies: None,
            drain_notice_ms: 0,
            drain_ms: 10_000,
        }
    }
}

impl ServerConfig {
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub fn header_read_timeout(&self) -> Duration {
        Duration::from_millis(self.header_read_timeout_ms)
    }

    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }

    pub fn drain_notice(&self) -> Duration {
        Duration::from_millis(self.drain_notice_ms)
    }

    pub fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }
}

/// The operators' port.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpsConfig {
    pub listen: SocketAddr,
    /// Key for `/ops/v1` (`Authorization: Bearer …`), for everything but erasing customers. Health and metrics need none.
    pub key: Option<Secret>,
    /// Keys of persons and programs, each for what it may do. Without any key, `/ops/v1` answers 401.
    pub keys: Vec<OpsKeyConfig>,
    /// Connections at the same time; more are closed at once.
    pub max_connections: usize,
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9090)), key: None, keys: Vec::new(), max_connections: 256 }
    }
}

/// A key of the operations port.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsKeyConfig {
    /// Whose it is; stands in the audit log.
    pub name: String,
    pub key: Secret,
    pub scopes: BTreeSet<OpsScope>,
}
