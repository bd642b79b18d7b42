//! `[cache]` and `[freshness]`: how long cached answers live (rules F2 to F4).

use rust_decimal::Decimal;
use serde::Deserialize;

/// The in-process cache.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// Memory for cached values, roughly.
    pub max_bytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_bytes: 256 * 1024 * 1024 }
    }
}

/// How long answers count as fresh, and how long they may be shown after that.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FreshnessConfig {
    pub availability: AvailabilityFreshness,
    pub offer_prices: PriceFreshness,
}

/// Plenty in stock lives long, low stock lives short (rule F3).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AvailabilityFreshness {
    /// From this quantity on, `fresh_above_secs` holds; below it, `fresh_below_secs`.
    pub threshold: Decimal,
    pub fresh_above_secs: u64,
    /// 0: asked live every time.
    pub fresh_below_secs: u64,
    /// How long after it has ceased to be fresh a value may be shown while a refresh runs or the back end is down.
    pub stale_secs: u64,
    /// How long "not available" and "no such item" are remembered (rule F4).
    pub negative_secs: u64,
}

impl Default for AvailabilityFreshness {
    fn default() -> Self {
        Self { threshold: Decimal::TEN, fresh_above_secs: 300, fresh_below_secs: 15, stale_secs: 3_600, negative_secs: 30 }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceFreshness {
    pub fresh_secs: u64,
    /// How long after it has ceased to be fresh a price may be shown while a refresh runs or the back end is down.
    pub stale_secs: u64,
    /// How long "no price" is remembered.
    pub negative_secs: u64,
}

impl Default for PriceFreshness {
    fn default() -> Self {
        Self { fresh_secs: 600, stale_secs: 86_400, negative_secs: 60 }
    }
}
