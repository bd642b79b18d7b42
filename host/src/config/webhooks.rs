//! `[webhooks.NAME]`: who outside is told of events, which ones, and how hard it is tried.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;

use super::{AddressRange, EndpointConfig, Glob, Limit, Secret, TlsConfig};
use crate::domain::StoreName;

/// One receiver.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where events are sent (`POST`).
    pub url: String,
    /// Each signs every message, so that they can be changed one after the other; `whsec_` and Base64 (Standard Webhooks).
    pub secrets: Vec<Secret>,
    /// Which types of events; `*` stands for any characters.
    #[serde(default = "default_types")]
    pub types: Vec<Glob>,
    /// Of which stores; empty for all.
    #[serde(default)]
    pub stores: BTreeSet<StoreName>,
    /// Address ranges that it may be at besides public addresses.
    #[serde(default)]
    pub allow: Vec<AddressRange>,
    #[serde(default)]
    pub tls: TlsConfig,
    /// Longest time for one attempt.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Messages at the same time, each about another document.
    #[serde(default = "default_concurrency")]
    pub concurrency: u32,
    /// After so many attempts that reached the receiver an event is parked.
    #[serde(default = "default_max_attempts")]
    pub max_attempts: u32,
    /// After so much time an event is parked, also when the receiver could not be reached at all.
    #[serde(default = "default_max_age_secs")]
    pub max_age_secs: u64,
    /// The first back-off; doubled with every failure, with full jitter.
    #[serde(default = "default_backoff_initial_ms")]
    pub backoff_initial_ms: u64,
    #[serde(default = "default_backoff_max_ms")]
    pub backoff_max_ms: u64,
}

fn default_types() -> Vec<Glob> {
    vec![Glob::any()]
}

fn default_timeout_ms() -> u64 {
    10_000
}

fn default_concurrency() -> u32 {
    4
}

fn default_max_attempts() -> u32 {
    12
}

fn default_max_age_secs() -> u64 {
    3 * 24 * 3_600
}

fn default_backoff_initial_ms() -> u64 {
    1_000
}

fn default_backoff_max_ms() -> u64 {
    300_000
}

impl WebhookConfig {
    /// Longest back-off, also of one that a receiver asks for.
    pub const MAX_BACKOFF_MS: u64 = 3_600_000;

    /// Every number with its bounds.
    pub fn limits(&self) -> [Limit; 6] {
        [
            Limit::new("timeout_ms", self.timeout_ms, 100, 20_000),
            Limit::new("concurrency", self.concurrency.into(), 1, 100),
            Limit::new("max_attempts", self.max_attempts.into(), 1, 1_000),
            Limit::new("max_age_secs", self.max_age_secs, 1, 365 * 24 * 3_600),
            Limit::new("backoff_initial_ms", self.backoff_initial_ms, 1, Self::MAX_BACKOFF_MS),
            Limit::new("backoff_max_ms", self.backoff_max_ms, self.backoff_initial_ms, Self::MAX_BACKOFF_MS),
        ]
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// Whether an event of this type, in this store, is for it.
    pub fn wants(&self, store: &StoreName, event_type: &str) -> bool {
        (self.stores.is_empty() || self.stores.contains(store)) && self.types.iter().any(|types| types.matches(event_type))
    }

    /// Its server, as an endpoint of the host's egress.
    pub fn endpoint(&self, base_url: String) -> EndpointConfig {
        EndpointConfig {
            base_url,
            credential: None,
            is_secret: true,
            allow: self.allow.clone(),
            tls: self.tls.clone(),
            cookies: false,
            connect_timeout_ms: self.timeout_ms,
            first_byte_timeout_ms: self.timeout_ms,
            between_bytes_timeout_ms: self.timeout_ms,
            total_timeout_ms: self.timeout_ms,
            idle_connections: self.concurrency as usize,
        }
    }
}
