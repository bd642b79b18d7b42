//! The operator's settings: organization, document types, codes, value maps. Read and checked once; nothing here sends anything.

mod sections;
#[cfg(test)]
mod tests;

use crate::wire::names::{self, Names};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) use sections::{Availability, Breaks, Credit, Orders, PartnerFunctions, Pricing, Quotes, SalesArea, Source, Texts};

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
    /// Path of the OData V2 services below the endpoint's base URL.
    #[serde(default = "default_service_path")]
    pub(crate) service_path: String,
    /// `sap-client`; absent for the system's default.
    pub(crate) client: Option<String>,
    /// `sap-language`; absent for the user's. Partner functions are those of this language.
    pub(crate) language: Option<String>,
    pub(crate) sales_area: SalesArea,
    #[serde(default)]
    pub(crate) orders: Orders,
    #[serde(default)]
    pub(crate) quotes: Quotes,
    #[serde(default)]
    pub(crate) availability: Availability,
    #[serde(default)]
    pub(crate) pricing: Pricing,
    #[serde(default)]
    pub(crate) partner_functions: PartnerFunctions,
    #[serde(default)]
    pub(crate) texts: Texts,
    /// UN/ECE Recommendation 20 code by SAP's unit; adds to the usual ones.
    #[serde(default)]
    pub(crate) units: ValueMap,
    /// Ordergate's location by plant; a plant that is not listed is its own location.
    #[serde(default)]
    pub(crate) plants: ValueMap,
    /// Channel of an order by its CustomerPurchaseOrderType.
    #[serde(default)]
    pub(crate) channels: ValueMap,
    /// Component kind by condition type, such as HD00 = "freight".
    #[serde(default)]
    pub(crate) conditions: ValueMap,
    /// Order status by OverallSDProcessStatus.
    #[serde(default)]
    pub(crate) statuses: ValueMap,
    /// ShippingCondition by delivery method. Empty: not handed over.
    #[serde(default)]
    pub(crate) delivery_methods: ValueMap,
    /// CustomerPaymentTerms by payment terms. Empty: not handed over.
    #[serde(default)]
    pub(crate) payment_terms: ValueMap,
    /// Base units in one unit, as "12/1", by material and SAP's unit.
    #[serde(default)]
    pub(crate) unit_ratios: BTreeMap<String, ValueMap>,
    /// More message codes that say that a document is locked.
    #[serde(default)]
    pub(crate) locked_codes: Vec<String>,
    /// Values of SalesDocApprovalStatus with which a document still waits for somebody.
    #[serde(default = "default_approval_pending")]
    pub(crate) approval_pending: Vec<String>,
    /// How long after its commit a document may not be found yet.
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
    /// The names of an order, with our reference in the field that the operator chose.
    pub(crate) fn order_names(&self) -> Names {
        let ship_to = names::ORDER.purchase_order;
        match ship_to.filter(|field| self.orders.reference_field.as_deref() == Some(field)) {
            Some(field) => Names { reference: field, purchase_order: Some(names::ORDER.reference), ..names::ORDER },
            None => names::ORDER,
        }
    }

    /// The names of a quotation: our reference can only be the customer's reference.
    pub(crate) fn quotation_names(&self) -> Names {
        names::QUOTATION
    }

    /// Ordergate's location of a plant.
    pub(crate) fn location(&self, plant: &str) -> String {
        self.plants.get(plant).cloned().unwrap_or_else(|| plant.to_owned())
    }

    /// The plant of one of Ordergate's locations.
    pub(crate) fn plant(&self, location: &str) -> String {
        key_of(&self.plants, location).unwrap_or(location).to_owned()
    }
}

/// The code that a map gives a word.
pub(crate) fn key_of<'a>(map: &'a ValueMap, word: &str) -> Option<&'a str> {
    map.iter().find(|(_, known)| known.as_str() == word).map(|(code, _)| code.as_str())
}

fn default_endpoint() -> String {
    "s4".to_owned()
}

fn default_service_path() -> String {
    "/sap/opu/odata/sap".to_owned()
}

fn default_propagation_delay_ms() -> u32 {
    2_000
}

fn default_approval_pending() -> Vec<String> {
    vec!["A".to_owned()]
}
