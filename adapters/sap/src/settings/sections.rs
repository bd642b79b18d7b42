//! The tables of the settings, and what must hold between them.

use super::Settings;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the store sells, unless an order says otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SalesArea {
    pub(crate) organization: String,
    pub(crate) channel: String,
    pub(crate) division: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Orders {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Order type for simulations, when the other one cannot be simulated.
    pub(crate) simulation_type: Option<String>,
    /// Field for our reference: `PurchaseOrderByCustomer` or `PurchaseOrderByShipToParty`; the customer's own number goes into the other.
    pub(crate) reference_field: Option<String>,
    /// CustomerPurchaseOrderType of our documents, to tell our channel.
    pub(crate) reference_type: Option<String>,
    /// SalesDocumentRjcnReason of a cancelled line. Without it orders cannot be cancelled.
    pub(crate) cancel_reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quotes {
    pub(crate) enabled: bool,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// DeliveryBlockReason that a request gets, so that sales must answer it. While it is there the quote is in review.
    pub(crate) request_block: Option<String>,
    /// SalesDocumentRjcnReason of a declined offer, and of a withdrawn request. They must differ.
    pub(crate) decline_reason: Option<String>,
    pub(crate) withdraw_reason: Option<String>,
}

/// Where availability comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// Function imports of API_PRODUCT_AVAILY_INFO_BASIC, in `$batch`: per material and plant, in the base unit.
    Atp,
    /// A simulated order: for the customer, with dates, in the sales unit.
    Simulation,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Availability {
    pub(crate) source: Source,
    pub(crate) checking_rule: String,
    /// Plant of an item that is asked without a location; needed for `atp`.
    pub(crate) default_plant: Option<String>,
    /// How many are asked of a simulation when the caller does not say: the answer is never more.
    pub(crate) probe_quantity: String,
    /// Items of one `$batch` or one simulation.
    pub(crate) items_per_request: u32,
}

/// Where quantity breaks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Breaks {
    /// Only the asked quantity is priced.
    None,
    /// The scales of the condition records; each of their quantities is then priced for the customer.
    ConditionRecords,
    /// The quantities that the settings list.
    Quantities,
}

/// What a failed credit check does to a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Credit {
    /// The customer is told; the order will be blocked until it is released.
    Tell,
    Refuse,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pricing {
    pub(crate) breaks: Breaks,
    /// Condition types whose records have the scales.
    pub(crate) condition_types: Vec<String>,
    pub(crate) quantities: Vec<String>,
    pub(crate) credit: Credit,
    /// Items of one simulation, breaks included.
    pub(crate) items_per_request: u32,
}

/// Codes of the partner functions in the logon language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct PartnerFunctions {
    pub(crate) sold_to: String,
    pub(crate) ship_to: String,
    pub(crate) bill_to: String,
    pub(crate) payer: String,
    pub(crate) contact: String,
}

/// LongTextID by kind of note, and for every other kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Texts {
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) other: String,
    /// LongTextID for the token of the payment service. Without it the token is not handed over.
    pub(crate) payment_token: Option<String>,
    /// Language of a text whose language nobody tells, as a two-letter code.
    pub(crate) language: String,
}

impl Default for Orders {
    fn default() -> Self {
        Self { kind: "OR".to_owned(), simulation_type: None, reference_field: None, reference_type: None, cancel_reason: None }
    }
}

impl Default for Quotes {
    fn default() -> Self {
        Self { enabled: true, kind: "QT".to_owned(), request_block: None, decline_reason: None, withdraw_reason: None }
    }
}

impl Default for Availability {
    fn default() -> Self {
        Self {
            source: Source::Atp,
            checking_rule: "A".to_owned(),
            default_plant: None,
            probe_quantity: "1000".to_owned(),
            items_per_request: 50,
        }
    }
}

impl Default for Pricing {
    fn default() -> Self {
        Self {
            breaks: Breaks::None,
            condition_types: vec!["PPR0".to_owned()],
            quantities: Vec::new(),
            credit: Credit::Tell,
            items_per_request: 50,
        }
    }
}

impl Default for PartnerFunctions {
    fn default() -> Self {
        let code = ToOwned::to_owned;
        Self { sold_to: code("SP"), ship_to: code("SH"), bill_to: code("BP"), payer: code("PY"), contact: code("CP") }
    }
}

impl PartnerFunctions {
    /// The code of a role; nothing for a role that SAP is not told.
    pub(crate) fn code(&self, role: &str) -> Option<&str> {
        self.pairs().into_iter().find(|(known, _)| *known == role).map(|(_, code)| code)
    }

    pub(crate) fn role(&self, code: &str) -> Option<&'static str> {
        self.pairs().into_iter().find(|(_, known)| *known == code).map(|(role, _)| role)
    }

    fn pairs(&self) -> [(&'static str, &str); 5] {
        let Self { sold_to, ship_to, bill_to, payer, contact } = self;
        [("sold-to", sold_to), ("ship-to", ship_to), ("bill-to", bill_to), ("payer", payer), ("contact", contact)]
    }
}

impl Default for Texts {
    fn default() -> Self {
        let kinds = [("customer", "TX01"), ("delivery", "TX02")];
        let kinds = kinds.into_iter().map(|(kind, id)| (kind.to_owned(), id.to_owned())).collect();
        Self { kinds, other: "TX01".to_owned(), payment_token: None, language: "EN".to_owned() }
    }
}

/// What the schema cannot say, or what a host without it would let through.
pub(super) fn check(settings: &Settings) -> Result<(), String> {
    let Settings { service_path, orders, quotes, availability, pricing, unit_ratios, .. } = settings;
    if !service_path.starts_with('/') || service_path.ends_with('/') {
        return Err(format!("service_path: {service_path:?} must begin with / and must not end with it"));
    }
    let fields = [None, Some("PurchaseOrderByCustomer"), Some("PurchaseOrderByShipToParty")];
    if !fields.contains(&orders.reference_field.as_deref()) {
        return Err("orders.reference_field: use PurchaseOrderByCustomer or PurchaseOrderByShipToParty: others are too short or cannot be set".to_owned());
    }
    if quotes.decline_reason.is_some() && quotes.decline_reason == quotes.withdraw_reason {
        return Err("quotes.withdraw_reason: it must differ from decline_reason, or nobody can tell them apart later".to_owned());
    }
    for (place, limit) in [("availability", availability.items_per_request), ("pricing", pricing.items_per_request)] {
        if !(1..=100).contains(&limit) {
            return Err(format!("{place}.items_per_request: {limit} is not between 1 and 100"));
        }
    }
    let amounts = std::iter::once(("availability.probe_quantity", &availability.probe_quantity));
    for (place, text) in amounts.chain(pricing.quantities.iter().map(|text| ("pricing.quantities", text))) {
        positive(text).ok_or_else(|| format!("{place}: {text:?} is no decimal number above zero"))?;
    }
    if pricing.breaks == Breaks::Quantities && pricing.quantities.is_empty() {
        return Err("pricing.quantities: list the quantities to price, or use another value of pricing.breaks".to_owned());
    }
    for (material, ratios) in unit_ratios {
        for (unit, ratio) in ratios {
            super::super::mapping::units::Ratio::parse(ratio).ok_or_else(|| {
                format!("unit_ratios.{material}.{unit}: {ratio:?} is no ratio of whole numbers such as \"12/1\"")
            })?;
        }
    }
    Ok(())
}

fn positive(text: &str) -> Option<rust_decimal::Decimal> {
    ordergate_sdk::money::decimal(text).ok().filter(|value| *value > rust_decimal::Decimal::ZERO)
}
