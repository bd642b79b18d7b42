//! The operator's settings: business unit, source system, codes, value maps. Read and checked once; nothing here sends anything.
//! Identifiers of customers, sites and items are value maps of the host (`ids`), because there are many of them.

mod sections;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) use sections::{
    Availability, Breaks, Fields, LineFields, Orders, Organization, Prices, Pricing, Quotes, Source, Totals,
};

/// JSON Schema (2020-12) of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

/// Ordergate's word for a code of the back end, by code.
pub(crate) type ValueMap = BTreeMap<String, String>;

/// The settings as they are written, with their defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The host's; here so that the key is known.
    #[serde(rename = "$source")]
    _source: Option<String>,
    #[serde(default = "default_endpoint")]
    pub(crate) endpoint: String,
    /// Paths below the endpoint's base URL.
    #[serde(default = "default_resources_path")]
    pub(crate) resources_path: String,
    #[serde(default = "default_promising_path")]
    pub(crate) promising_path: String,
    #[serde(default = "default_pricing_path")]
    pub(crate) pricing_path: String,
    /// `REST-Framework-Version`: pinned, because the form of replies and of `q` depends on it.
    #[serde(default = "default_framework_version")]
    pub(crate) framework_version: String,
    pub(crate) organization: Organization,
    #[serde(default)]
    pub(crate) orders: Orders,
    #[serde(default)]
    pub(crate) availability: Availability,
    #[serde(default)]
    pub(crate) pricing: Pricing,
    #[serde(default)]
    pub(crate) quotes: Quotes,
    /// Codes of the totals of an order. Without them an order's sums are not told.
    pub(crate) totals: Option<Totals>,
    /// UN/ECE Recommendation 20 code by Fusion's unit; adds to the usual ones.
    #[serde(default)]
    pub(crate) units: ValueMap,
    /// Ordergate's location by inventory organization; one that is not listed is its own location.
    #[serde(default)]
    pub(crate) organizations: ValueMap,
    /// Channel by SourceTransactionSystem.
    #[serde(default)]
    pub(crate) channels: ValueMap,
    /// Order status by StatusCode; adds to the usual ones.
    #[serde(default)]
    pub(crate) statuses: ValueMap,
    /// Status of a line by its StatusCode; adds to the usual ones.
    #[serde(default)]
    pub(crate) line_statuses: ValueMap,
    /// Component kind by PriceElementCode or ChargeDefinitionCode.
    #[serde(default)]
    pub(crate) charges: ValueMap,
    /// Value of `orders.delivery_method_field` by delivery method.
    #[serde(default)]
    pub(crate) delivery_methods: ValueMap,
    /// PaymentTerms by payment terms. Empty: not handed over.
    #[serde(default)]
    pub(crate) payment_terms: ValueMap,
    /// Codes of errors that say: try the same again later.
    #[serde(default)]
    pub(crate) retry_codes: Vec<String>,
    /// How long after a gateway's time out an order may still appear.
    #[serde(default = "default_propagation_delay_ms")]
    pub(crate) propagation_delay_ms: u32,
}

/// Reads the settings. The error says file, key and mend.
pub(crate) fn configure(json: &str) -> Result<Settings, String> {
    let raw: serde_json::Value = serde_json::from_str(json).map_err(|error| format!("settings: {error}"))?;
    let file = raw.get("$source").and_then(serde_json::Value::as_str).unwrap_or("settings").to_owned();
    let settings = serde_json::from_value::<Settings>(raw).map_err(|error| error.to_string());
    settings.and_then(|settings| sections::check(&settings).map(|()| settings)).map_err(|problem| format!("{file}: {problem}"))
}

impl Settings {
    /// Ordergate's location of an inventory organization.
    pub(crate) fn location(&self, organization: &str) -> String {
        self.organizations.get(organization).cloned().unwrap_or_else(|| organization.to_owned())
    }

    /// The inventory organization of one of Ordergate's locations.
    pub(crate) fn organization_of(&self, location: &str) -> String {
        key_of(&self.organizations, location).unwrap_or(location).to_owned()
    }

    /// The inventory organization of an item: that of its location, else the configured one.
    pub(crate) fn organization_for(&self, location: Option<&str>) -> Option<String> {
        location.map(|location| self.organization_of(location)).or_else(|| self.availability.default_organization.clone())
    }
}

/// The code that a map gives a word.
pub(crate) fn key_of<'a>(map: &'a ValueMap, word: &str) -> Option<&'a str> {
    map.iter().find(|(_, known)| known.as_str() == word).map(|(code, _)| code.as_str())
}

fn default_endpoint() -> String {
    "fusion".to_owned()
}

fn default_resources_path() -> String {
    "/fscmRestApi/resources/11.13.18.05".to_owned()
}

fn default_promising_path() -> String {
    "/fscmRestApi/msp/latest/globalOrderPromises".to_owned()
}

fn default_pricing_path() -> String {
    "/fscmRestApi/priceExecution/documentPrices".to_owned()
}

fn default_framework_version() -> String {
    "4".to_owned()
}

fn default_propagation_delay_ms() -> u32 {
    120_000
}
