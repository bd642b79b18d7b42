//! `[cache]` and `[freshness]`: how long cached answers live, and for which items and locations otherwise (rules F2 to F5).

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Glob, Limit, SharedCacheConfig};
use crate::domain::StoreName;

/// The in-process cache, and the one behind it that hosts share.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// Memory for cached values, roughly.
    pub max_bytes: u64,
    /// Items that back ends may have left out of the cache.
    pub max_uncacheable: usize,
    /// Absent: this host's memory alone.
    pub shared: Option<SharedCacheConfig>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_bytes: 256 * 1024 * 1024, max_uncacheable: 10_000, shared: None }
    }
}

impl CacheConfig {
    /// Numbers with bounds.
    pub fn limits(&self) -> [Limit; 1] {
        [Limit::new("max_uncacheable", self.max_uncacheable as u64, 1, 1_000_000)]
    }
}

/// How long answers count as fresh, and how long they may be shown after that.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FreshnessConfig {
    pub availability: AvailabilityFreshness,
    pub offer_prices: PriceFreshness,
}

/// Which questions a rule is for, and how it stands to other rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// For explanations; each rule has its own.
    pub name: String,
    /// Of the item.
    pub items: Glob,
    /// Absent: any location, and none.
    pub locations: Option<Vec<Glob>>,
    /// Absent: every store.
    pub stores: Option<BTreeSet<StoreName>>,
    /// The highest that fits wins; of equals, the one that is written first.
    pub precedence: i64,
}

/// A policy's rules: both kinds choose in the same way, and may change any of the policy's own options.
macro_rules! rules {
    ($(#[$doc:meta])* $rule:ident of $policy:ident: $($field:ident: $value:ty),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $rule {
            pub name: String,
            pub items: Glob,
            pub locations: Option<Vec<Glob>>,
            pub stores: Option<BTreeSet<StoreName>>,
            #[serde(default)]
            pub precedence: i64,
            /// False: as if it were not there.
            #[serde(default = "enabled")]
            pub enabled: bool,
            $(pub $field: Option<$value>,)+
        }

        impl $rule {
            pub fn selector(&self) -> Selector {
                let Self { name, items, locations, stores, precedence, .. } = self.clone();
                Selector { name, items, locations, stores, precedence }
            }

            /// Whether it changes none of the policy's options.
            pub fn changes_nothing(&self) -> bool {
                true $(&& self.$field.is_none())+
            }
        }

        impl $policy {
            /// The enabled rules as they are written, each with the whole policy that it makes of this one.
            pub fn ruled(&self) -> Vec<(Selector, Self)> {
                let under = |rule: &$rule| Self {
                    $($field: rule.$field.clone().unwrap_or_else(|| self.$field.clone()),)+
                    rules: Vec::new(),
                };
                self.rules.iter().filter(|rule| rule.enabled).map(|rule| (rule.selector(), under(rule))).collect()
            }
        }
    };
}

fn enabled() -> bool {
    true
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
    /// False: a read that may use the cache never asks; it shows what is known, or says that nothing is.
    pub call_on_miss: bool,
    /// False: what the back end answers is not kept.
    pub write_back: bool,
    /// A captured order lowers what is shown from the cache at once (rule F5).
    pub decrement_on_submit: bool,
    /// Delivery methods that are always asked live, such as collection in a shop.
    pub bypass: Vec<String>,
    /// For some items or locations otherwise.
    pub rules: Vec<AvailabilityRule>,
}

impl Default for AvailabilityFreshness {
    fn default() -> Self {
        Self {
            threshold: Decimal::TEN,
            fresh_above_secs: 300,
            fresh_below_secs: 15,
            stale_secs: 3_600,
            negative_secs: 30,
            call_on_miss: true,
            write_back: true,
            decrement_on_submit: false,
            bypass: Vec::new(),
            rules: Vec::new(),
        }
    }
}

rules! {
    /// Another policy for the availability of some items or locations.
    AvailabilityRule of AvailabilityFreshness:
    threshold: Decimal,
    fresh_above_secs: u64,
    fresh_below_secs: u64,
    stale_secs: u64,
    negative_secs: u64,
    call_on_miss: bool,
    write_back: bool,
    decrement_on_submit: bool,
    bypass: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceFreshness {
    pub fresh_secs: u64,
    /// How long after it has ceased to be fresh a price may be shown while a refresh runs or the back end is down.
    pub stale_secs: u64,
    /// How long "no price" is remembered.
    pub negative_secs: u64,
    /// False: a read that may use the cache never asks; it shows what is known, or says that nothing is.
    pub call_on_miss: bool,
    /// False: what the back end answers is not kept.
    pub write_back: bool,
    /// For some items otherwise.
    pub rules: Vec<PriceRule>,
}

impl Default for PriceFreshness {
    fn default() -> Self {
        Self { fresh_secs: 600, stale_secs: 86_400, negative_secs: 60, call_on_miss: true, write_back: true, rules: Vec::new() }
    }
}

rules! {
    /// Another policy for the prices of some items.
    PriceRule of PriceFreshness:
    fresh_secs: u64,
    stale_secs: u64,
    negative_secs: u64,
    call_on_miss: bool,
    write_back: bool,
}
