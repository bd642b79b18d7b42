//! A question to pricing: one header, and a line for each item and quantity.

use crate::settings::{Settings, Source};
use crate::wire::{Draft, Read};
use ordergate_sdk::json;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// For whom, when and for what is priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occasion {
    /// PartyId of the customer.
    pub(crate) customer: u64,
    pub(crate) currency: String,
    /// The moment for which the price holds.
    pub(crate) at: String,
    pub(crate) is_checkout: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) sku: String,
    /// InventoryItemId, when it is known.
    pub(crate) item: Option<u64>,
    pub(crate) organization: Option<String>,
    pub(crate) quantity: Decimal,
    /// Fusion's unit.
    pub(crate) unit: String,
}

/// LineId of a line of a request.
pub(crate) fn line_id(index: usize) -> String {
    (index + 1).to_string()
}

/// The body of `priceSalesTransaction`.
pub(crate) fn body(settings: &Settings, occasion: &Occasion, wanted: &[&Wanted]) -> Read<Value> {
    let pricing = &settings.pricing;
    let taxes = occasion.is_checkout && !pricing.tax_usages.is_empty();
    let header = json!({
        "HeaderId": 1, "CustomerId": occasion.customer, "SellingBusinessUnitName": settings.organization.business_unit_name,
        "AppliedCurrencyCode": occasion.currency, "TransactionTypeCode": pricing.transaction_type, "TransactionOn": occasion.at,
        "CalculatePricingChargesFlag": true, "CalculateShippingChargesFlag": occasion.is_checkout && pricing.shipping,
        "CalculateTaxFlag": taxes,
    });
    let lines: Read<Vec<Value>> =
        wanted.iter().enumerate().map(|(index, wanted)| line(settings, occasion, index, wanted)).collect();
    Ok(json!({
        "Header": [header], "Line": lines?,
        "PricingServiceParameter": {"PricingContext": pricing.context, "PerformValueIdConversionsFlag": true},
    }))
}

fn line(settings: &Settings, occasion: &Occasion, index: usize, wanted: &Wanted) -> Read<Value> {
    let Wanted { sku, item, organization, quantity, unit } = wanted;
    let pricing = &settings.pricing;
    let skips_shipping = !(occasion.is_checkout && pricing.shipping);
    let draft = Draft::new()
        .part("HeaderId", json!(1))
        .part("LineId", json!(index + 1))
        .optional("InventoryOrganizationCode", organization.as_ref())
        .text("LineCategoryCode", &pricing.line_category)
        .text("LineTypeCode", &pricing.line_type)
        .text("LineQuantityUOMCode", unit)
        .part("LineQuantity", json!({"Value": json::number(*quantity)?, "UomCode": unit}))
        .part("AllowPriceListUpdateFlag", json!(true))
        .part("SkipShippingChargesFlag", json!(skips_shipping))
        .text("TransactionOn", &occasion.at);
    let named = match (item, &pricing.item_field) {
        (Some(item), _) => draft.part("InventoryItemId", json!(item)),
        (None, Some(field)) => draft.text(field, sku),
        (None, None) => return Err(format!("{sku} has no identifier: add it to the value map items")),
    };
    Ok(named.done())
}

/// Whether a checkout asks order promising as well.
pub(crate) fn promises(settings: &Settings) -> bool {
    settings.availability.source == Source::Detailed
}
