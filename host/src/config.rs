//! The configuration: one TOML file, read and checked as a whole before anything starts.

mod access;
mod adapters;
mod breaker;
mod canary;
mod check;
mod conformance;
mod database;
mod degraded;
mod events;
mod glob;
mod holds;
mod inbound;
mod jwks;
mod limits;
mod load;
mod problem;
mod rates;
mod read_policy;
pub mod regular_file;
mod secret;
mod server;
mod shadow;
mod shared_cache;
mod stores;
mod transfer;
mod trust;
mod webhooks;
mod without_secrets;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use access::{AccessConfig, ApiKeyConfig, JwtAlgorithm, JwtConfig};
pub use adapters::{AdapterConfig, AddressRange, CredentialConfig, EndpointConfig, TlsConfig};
pub use breaker::BreakerConfig;
pub use canary::CanaryConfig;
pub use conformance::{
    CONFORMANCE_EXAMPLE, ConformancePlan, KnownItem, PlannedBuyer, PlannedOrder, PlannedQuotes, WitnessConfig,
};
pub use database::{DatabaseConfig, Place, PostgresUrl, ServerAddress, Tls};
pub use degraded::DegradedConfig;
pub use events::EventsConfig;
pub use glob::Glob;
pub use holds::{HoldReason, HoldsConfig};
pub use inbound::{Encoding, InboundConfig, SenderConfig};
pub use jwks::JwksConfig;
pub use limits::{Limit, LimitsConfig, RuntimeConfig};
pub use load::{Component, Trusting, load, load_adapter, load_adapter_with_secrets, load_trust, locate, locate_key};
pub use problem::{ConfigError, Problem};
pub use rates::RatesConfig;
pub use read_policy::{
    AvailabilityFreshness, AvailabilityRule, CacheConfig, FreshnessConfig, PriceFreshness, PriceRule, Selector,
};
pub use secret::Secret;
pub use server::{OpsConfig, OpsKeyConfig, ServerConfig};
pub use shadow::ShadowConfig;
pub use shared_cache::{SharedCacheConfig, SharedCacheUrl};
pub use stores::{Consent, StoreConfig};
pub use transfer::TransferConfig;
pub use trust::{KeyId, KeyTextError, PublicKey, TrustConfig, TrustedKey};
pub use webhooks::WebhookConfig;

use crate::domain::{AdapterName, StoreName, WebhookName};

/// A complete configuration file with every option explained; `ordergate config example` prints it.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// The whole configuration, resolved: secrets read, paths made absolute, names checked against each other.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it came from.
    pub file: PathBuf,
    pub server: ServerConfig,
    pub ops: OpsConfig,
    pub database: DatabaseConfig,
    pub access: AccessConfig,
    pub rates: RatesConfig,
    pub cache: CacheConfig,
    pub freshness: FreshnessConfig,
    pub transfer: TransferConfig,
    pub holds: HoldsConfig,
    pub events: EventsConfig,
    pub trust: Arc<TrustConfig>,
    pub runtime: RuntimeConfig,
    pub adapters: BTreeMap<AdapterName, AdapterConfig>,
    /// To which adapters changes can be pushed.
    pub inbound: BTreeMap<AdapterName, Arc<InboundConfig>>,
    pub stores: BTreeMap<StoreName, StoreConfig>,
    /// Who outside is told of events.
    pub webhooks: BTreeMap<WebhookName, WebhookConfig>,
}

impl Config {
    /// The folder that relative paths start from.
    pub fn folder(&self) -> PathBuf {
        self.file.parent().map(PathBuf::from).unwrap_or_default()
    }
}
