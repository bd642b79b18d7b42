//! The tables of the settings, and what must hold between them.

use super::{Settings, ValueMap};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Who sells, and under which name our documents are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    /// SourceTransactionSystem of our orders; Fusion must know it as a source system.
    pub(crate) source_system: String,
    pub(crate) business_unit_id: String,
    /// Absent: as `business_unit_id`.
    pub(crate) requesting_business_unit_id: Option<String>,
    /// SellingBusinessUnitName of prices.
    pub(crate) business_unit_name: String,
}

/// Whose prices an order has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Prices {
    /// Fusion prices the order again; a difference is told as an amendment.
    Fusion,
    /// The order carries what was agreed, as frozen charges.
    Sealed,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Orders {
    /// TransactionTypeCode.
    pub(crate) transaction_type: Option<String>,
    pub(crate) line_type: String,
    pub(crate) prices: Prices,
    /// ChargeDefinitionCode of a frozen price.
    pub(crate) charge_definition: String,
    /// CancelReason. Without it orders cannot be cancelled.
    pub(crate) cancel_reason: Option<String>,
    /// Field of the header for a note, by its kind.
    pub(crate) note_fields: ValueMap,
    /// Field of the header for the delivery method.
    pub(crate) delivery_method_field: Option<String>,
    /// Field of the header that is false when everything must be delivered at once.
    pub(crate) partial_shipping_field: Option<String>,
    /// Orders of one page of a list.
    pub(crate) page_size: u32,
}

/// Where availability comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// `quickAvailabilityCheck`: many items and organizations in one request.
    Quick,
    /// `checkAvailability`: one request for each item, with the days on which it can be shipped.
    Detailed,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Availability {
    pub(crate) source: Source,
    pub(crate) calling_module: String,
    pub(crate) calling_instance: String,
    /// Inventory organization of an item that is asked without a location.
    pub(crate) default_organization: Option<String>,
    /// Unit in which the quick check counts an item that the value map `primary_units` does not have.
    pub(crate) unit: String,
    /// How many a detailed check is asked for when the caller does not say: the answer is never more.
    pub(crate) probe_quantity: String,
    /// Items of one quick check.
    pub(crate) items_per_request: u32,
}

/// Where quantity breaks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Breaks {
    /// Only the asked quantity is priced.
    None,
    /// The quantities that the settings list.
    Quantities,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pricing {
    pub(crate) context: String,
    pub(crate) transaction_type: String,
    pub(crate) line_category: String,
    pub(crate) line_type: String,
    /// Field for a SKU that the value map `items` does not have. Without it such an item has no price.
    pub(crate) item_field: Option<String>,
    pub(crate) breaks: Breaks,
    pub(crate) quantities: Vec<String>,
    /// Whether charges for shipping are calculated at checkout.
    pub(crate) shipping: bool,
    /// PriceElementUsageCodes that are taxes. Empty: taxes are not calculated.
    pub(crate) tax_usages: Vec<String>,
    /// Lines of one request, breaks included.
    pub(crate) items_per_request: u32,
}

/// TotalCode of an order's totals: all three, or the sums of an order are not known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Totals {
    pub(crate) lines: String,
    pub(crate) tax: String,
    pub(crate) payable: String,
}

/// CPQ. Every name is the site's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quotes {
    pub(crate) enabled: bool,
    pub(crate) endpoint: String,
    /// Path of the REST interface below that endpoint's base URL.
    pub(crate) path: String,
    /// `commerce{Stage}{Process}{MainDocument}`
    pub(crate) collection: String,
    /// Variable name of the lines' document.
    pub(crate) lines: String,
    pub(crate) price_book: Option<String>,
    /// Action after creation that hands the request to sales; empty for none.
    pub(crate) submit_action: String,
    pub(crate) accept_action: String,
    /// Action after the order is placed in the hub; empty for none.
    pub(crate) ordered_action: String,
    /// Without it an offer cannot be declined.
    pub(crate) decline_action: Option<String>,
    /// Without it a request cannot be withdrawn.
    pub(crate) cancel_action: Option<String>,
    pub(crate) fields: Fields,
    pub(crate) line_fields: LineFields,
    /// Quote status by the site's status.
    pub(crate) statuses: BTreeMap<String, String>,
}

/// Variable names of the main document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fields {
    pub(crate) number: String,
    pub(crate) reference: String,
    pub(crate) account: String,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) revision: String,
    pub(crate) created: String,
    pub(crate) changed: String,
    pub(crate) valid_until: String,
    pub(crate) purchase_order: String,
    pub(crate) notes: String,
    /// Keeps our reference of the order that it becomes.
    pub(crate) order_reference: String,
    pub(crate) order_number: String,
}

/// Variable names of a line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LineFields {
    pub(crate) number: String,
    pub(crate) part: String,
    pub(crate) quantity: String,
    pub(crate) unit: String,
    pub(crate) unit_price: String,
    pub(crate) amount: String,
    pub(crate) description: String,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            transaction_type: None,
            line_type: "Buy".to_owned(),
            prices: Prices::Fusion,
            charge_definition: "QP_SALE_PRICE".to_owned(),
            cancel_reason: None,
            note_fields: ValueMap::new(),
            delivery_method_field: None,
            partial_shipping_field: None,
            page_size: 50,
        }
    }
}

impl Default for Availability {
    fn default() -> Self {
        Self {
            source: Source::Quick,
            calling_module: "GOP".to_owned(),
            calling_instance: "GOP".to_owned(),
            default_organization: None,
            unit: "C62".to_owned(),
            probe_quantity: "1000".to_owned(),
            items_per_request: 50,
        }
    }
}

impl Default for Pricing {
    fn default() -> Self {
        Self {
            context: "SALES".to_owned(),
            transaction_type: "ORA_SALES_ORDER".to_owned(),
            line_category: "ORDER".to_owned(),
            line_type: "ORA_BUY".to_owned(),
            item_field: None,
            breaks: Breaks::None,
            quantities: Vec::new(),
            shipping: false,
            tax_usages: Vec::new(),
            items_per_request: 50,
        }
    }
}

impl Default for Quotes {
    fn default() -> Self {
        Self {
            enabled: false,
            endpoint: "cpq".to_owned(),
            path: "/rest/v19".to_owned(),
            collection: "commerceDocumentsOraclecpqoTransaction".to_owned(),
            lines: "transactionLine".to_owned(),
            price_book: None,
            submit_action: "submit_t".to_owned(),
            accept_action: "_s_accept_quote".to_owned(),
            ordered_action: "_s_selfServiceCheckout".to_owned(),
            decline_action: None,
            cancel_action: None,
            fields: Fields::default(),
            line_fields: LineFields::default(),
            statuses: BTreeMap::new(),
        }
    }
}

impl Default for Fields {
    fn default() -> Self {
        let name = ToOwned::to_owned;
        Self {
            number: name("transactionID_t"),
            reference: name("externalReference_t"),
            account: name("customerNumber_t"),
            currency: name("currency_t"),
            status: name("status_t"),
            revision: name("version_t"),
            created: name("createdDate_t"),
            changed: name("lastUpdatedDate_t"),
            valid_until: name("expiresOnDate_t"),
            purchase_order: name("purchaseOrderNumber_t"),
            notes: name("notes_t"),
            order_reference: name("orderReference_t"),
            order_number: name("orderNumber_t"),
        }
    }
}

impl Default for LineFields {
    fn default() -> Self {
        let name = ToOwned::to_owned;
        Self {
            number: name("_sequence_number"),
            part: name("_part_number"),
            quantity: name("_price_quantity"),
            unit: name("unitOfMeasure_l"),
            unit_price: name("netPrice_l"),
            amount: name("netAmount_l"),
            description: name("description_l"),
        }
    }
}

/// What the schema cannot say, or what a host without it would let through.
pub(super) fn check(settings: &Settings) -> Result<(), String> {
    let Settings { organization, orders, availability, pricing, quotes, .. } = settings;
    let paths = [
        ("resources_path", &settings.resources_path),
        ("promising_path", &settings.promising_path),
        ("pricing_path", &settings.pricing_path),
        ("quotes.path", &quotes.path),
    ];
    for (place, path) in paths {
        if !path.starts_with('/') || path.ends_with('/') {
            return Err(format!("{place}: {path:?} must begin with / and must not end with it"));
        }
    }
    check_framework(&settings.framework_version)?;
    let system = &organization.source_system;
    if system.is_empty() || system.contains([':', '\'', '/']) {
        return Err(format!("organization.source_system: {system:?} must be the code of a source system, without : ' and /"));
    }
    let requesting = organization.requesting_business_unit_id.as_ref().map(|id| ("requesting_business_unit_id", id));
    for (place, id) in std::iter::once(("business_unit_id", &organization.business_unit_id)).chain(requesting) {
        id.parse::<u64>().map_err(|_| format!("organization.{place}: {id:?} is no identifier such as \"300000046987012\""))?;
    }
    check_limits(orders, availability, pricing)?;
    let amounts = std::iter::once(("availability.probe_quantity", &availability.probe_quantity));
    for (place, text) in amounts.chain(pricing.quantities.iter().map(|text| ("pricing.quantities", text))) {
        positive(text).ok_or_else(|| format!("{place}: {text:?} is no decimal number above zero"))?;
    }
    if pricing.breaks == Breaks::Quantities && pricing.quantities.is_empty() {
        return Err("pricing.quantities: list the quantities to price, or use another value of pricing.breaks".to_owned());
    }
    if quotes.enabled && !quotes.statuses.values().any(|status| status == "offered") {
        return Err("quotes.statuses: name the status of your site that means \"offered\"; nothing could be accepted".to_owned());
    }
    Ok(())
}

/// Version 1 takes other expressions, and from 3 on children are collections.
fn check_framework(version: &str) -> Result<(), String> {
    match version.parse::<u8>() {
        Ok(2..=9) => Ok(()),
        _ => Err(format!("framework_version: {version:?} is not between 2 and 9; version 1 has no row-match expressions")),
    }
}

fn check_limits(orders: &Orders, availability: &Availability, pricing: &Pricing) -> Result<(), String> {
    let limits = [
        ("orders.page_size", orders.page_size, 500),
        ("availability.items_per_request", availability.items_per_request, 100),
        ("pricing.items_per_request", pricing.items_per_request, 100),
    ];
    match limits.into_iter().find(|(_, limit, most)| !(1..=*most).contains(limit)) {
        Some((place, limit, most)) => Err(format!("{place}: {limit} is not between 1 and {most}")),
        None => Ok(()),
    }
}

fn positive(text: &str) -> Option<rust_decimal::Decimal> {
    ordergate_sdk::money::decimal(text).ok().filter(|value| *value > rust_decimal::Decimal::ZERO)
}
