//! `[stores.NAME]`: a storefront and the adapters that serve it (rule B1).

use std::time::Duration;

use serde::Deserialize;

use super::DegradedConfig;
use crate::domain::{AdapterName, AmendmentPolicy, Currency, SalesArea};

/// One store. Each group of operations may go to another adapter.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Serves every group that is not named below.
    pub adapter: AdapterName,
    pub availability: Option<AdapterName>,
    pub pricing: Option<AdapterName>,
    pub checkout: Option<AdapterName>,
    pub orders: Option<AdapterName>,
    pub quotes: Option<AdapterName>,
    /// Back ends whose orders and quotes are shown, too, such as the one before a migration (rule B3).
    #[serde(default)]
    pub history: Vec<AdapterName>,
    pub currency: Currency,
    #[serde(default = "default_locale")]
    pub locale: String,
    /// The seller's IANA time zone: quotes expire at the end of a day there (rule Q1).
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    #[serde(default = "default_channel")]
    pub channel: String,
    pub sales_area: Option<SalesArea>,
    /// Longest time for one read of the back end.
    #[serde(default = "default_read_deadline_ms")]
    pub read_deadline_ms: u64,
    /// Longest time for a checkout: reserve, price and calculate together (rule C1).
    #[serde(default = "default_checkout_deadline_ms")]
    pub checkout_deadline_ms: u64,
    /// Hold stock at checkout (rule C4), when the adapter can.
    #[serde(default = "default_reserve")]
    pub reserve: bool,
    /// How long a seal is good for, unless the back end says less.
    #[serde(default = "default_seal_secs")]
    pub seal_secs: u64,
    /// How long after its end a checkout that was not ordered keeps the stock that is held for it, in seconds.
    #[serde(default = "default_release_after_secs")]
    pub release_after_secs: u64,
    /// When an expired seal is checked again, which price differences need the customer's consent (rule C3).
    #[serde(default)]
    pub consent: Consent,
    /// What happens while the back end of the checkouts is down (rule C6).
    #[serde(default)]
    pub degraded: DegradedConfig,
    /// What the back end may change while it takes an order, without a person (rule T9).
    #[serde(default)]
    pub amendments: AmendmentPolicy,
}

/// Which price differences stop an order until the customer agrees (rule C3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    #[default]
    Rise,
    Any,
    None,
}

fn default_locale() -> String {
    "en".into()
}

fn default_time_zone() -> String {
    "UTC".into()
}

fn default_channel() -> String {
    "web".into()
}

fn default_read_deadline_ms() -> u64 {
    5_000
}

fn default_checkout_deadline_ms() -> u64 {
    10_000
}

fn default_reserve() -> bool {
    true
}

fn default_seal_secs() -> u64 {
    900
}

fn default_release_after_secs() -> u64 {
    60
}

impl StoreConfig {
    pub fn availability_adapter(&self) -> &AdapterName {
        self.availability.as_ref().unwrap_or(&self.adapter)
    }

    pub fn pricing_adapter(&self) -> &AdapterName {
        self.pricing.as_ref().unwrap_or(&self.adapter)
    }

    pub fn checkout_adapter(&self) -> &AdapterName {
        self.checkout.as_ref().unwrap_or(&self.adapter)
    }

    pub fn orders_adapter(&self) -> &AdapterName {
        self.orders.as_ref().unwrap_or(&self.adapter)
    }

    pub fn quotes_adapter(&self) -> &AdapterName {
        self.quotes.as_ref().unwrap_or(&self.adapter)
    }

    /// Every adapter that the store names, with the key that names it.
    pub fn adapters(&self) -> impl Iterator<Item = (&'static str, &AdapterName)> {
        [
            ("adapter", Some(&self.adapter)),
            ("availability", self.availability.as_ref()),
            ("pricing", self.pricing.as_ref()),
            ("checkout", self.checkout.as_ref()),
            ("orders", self.orders.as_ref()),
            ("quotes", self.quotes.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, name)| name.map(|name| (key, name)))
        .chain(self.history.iter().map(|name| ("history", name)))
    }

    pub fn read_deadline(&self) -> Duration {
        Duration::from_millis(self.read_deadline_ms)
    }

    pub fn checkout_deadline(&self) -> Duration {
        Duration::from_millis(self.checkout_deadline_ms)
    }
}
