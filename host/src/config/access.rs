//! `[access]`: who may call (rule A1).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::rates::MOST_PER_SEC;
use super::{JwksConfig, Limit, Secret};
use crate::domain::{AccountNumber, Scope, StoreName};

/// Services come with API keys, customers with JSON Web Tokens. Nothing is open.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    pub api_keys: Vec<ApiKeyConfig>,
    pub jwt: Option<JwtConfig>,
}

/// A service's key, sent as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyConfig {
    /// Names the caller in logs and in the audit; scopes its idempotency keys.
    pub name: String,
    pub key: Secret,
    pub scopes: BTreeSet<Scope>,
    /// Accounts that it may act for; `["*"]` for a trusted storefront that names the account itself.
    pub accounts: BTreeSet<AccountNumber>,
    /// Stores that it may use. Must be named when there are several: the same account number is another customer elsewhere.
    #[serde(default)]
    pub stores: BTreeSet<StoreName>,
    /// Its own rate instead of `rates.service_per_sec`.
    pub per_sec: Option<u32>,
}

impl ApiKeyConfig {
    /// `per_sec`, where it is set.
    pub fn rate(&self) -> Option<Limit> {
        self.per_sec.map(|per_sec| Limit::new("per_sec", per_sec.into(), 1, MOST_PER_SEC.into()))
    }
}

/// How customers' tokens are checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtConfig {
    pub algorithm: JwtAlgorithm,
    /// The shared secret (HS…) or the public key in PEM (RS…, ES…, EdDSA). Either this or `jwks_url`.
    pub key: Option<Secret>,
    /// Where the issuer publishes its keys (RFC 7517), for those that change them by themselves.
    pub jwks_url: Option<String>,
    /// How they are fetched.
    #[serde(default)]
    pub jwks: JwksConfig,
    pub issuer: String,
    pub audience: String,
    /// Claim with the customer's account numbers: a text or a list of texts.
    #[serde(default = "default_accounts_claim")]
    pub accounts_claim: String,
    /// Stores that these customers may use. Must be named when there are several.
    #[serde(default)]
    pub stores: BTreeSet<StoreName>,
    /// Clock difference that is forgiven.
    #[serde(default = "default_leeway_secs")]
    pub leeway_secs: u64,
}

fn default_accounts_claim() -> String {
    "accounts".into()
}

fn default_leeway_secs() -> u64 {
    30
}

/// Signature algorithms (RFC 7518). A token signed with any other than the configured one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum JwtAlgorithm {
    HS256,
    HS384,
    HS512,
    RS256,
    RS384,
    RS512,
    ES256,
    ES384,
    EdDSA,
}

impl JwtAlgorithm {
    /// Whether who checks a token has the secret that makes them (HS…).
    pub fn shares_secret(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }
}
