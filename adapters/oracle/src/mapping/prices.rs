//! What pricing answers: flat lists of lines, charges and components that are joined by their identifiers.

use super::{money, plain};
use crate::settings::Settings;
use crate::wire::{Entity, Read};
use ordergate_sdk::types::PriceComponent;
use rust_decimal::Decimal;

pub(super) const NET: &str = "QP_NET_PRICE";
pub(super) const NET_USAGE: &str = "NET_PRICE";
pub(super) const LIST_USAGE: &str = "LIST_PRICE";
const LISTS: [&str; 2] = ["QP_BASE_LIST_PRICE", "QP_LIST_PRICE"];

/// One line, priced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Priced {
    pub(crate) unit_price: Decimal,
    pub(crate) amount: Decimal,
    pub(crate) list_price: Option<Decimal>,
    pub(crate) currency: String,
    pub(crate) components: Vec<PriceComponent>,
    /// Other charges than the price itself, such as shipping.
    pub(crate) charges: Vec<PriceComponent>,
    pub(crate) taxes: Vec<PriceComponent>,
}

/// Whether this is an answer of pricing at all, and not the page of something in its place.
pub(crate) fn is_answer(answer: Entity<'_>) -> bool {
    ["PricingServiceParameter", "Line", "Charge"].into_iter().any(|list| !answer.many(list).is_empty())
}

/// Whether pricing says that it worked at all; what it says otherwise.
pub(crate) fn check(answer: Entity<'_>) -> Result<(), String> {
    let failed = answer.many("PricingServiceParameter").into_iter().find_map(|parameter| {
        let status = parameter.text("OutputStatus")?;
        (status != "SUCCESS" && status != "WARNING").then(|| status.to_owned())
    });
    match failed {
        Some(status) => Err(messages(answer, None).into_iter().next().unwrap_or(status)),
        None => Ok(()),
    }
}

/// The line with this identifier; nothing when it has no price.
pub(crate) fn line(settings: &Settings, answer: Entity<'_>, id: &str, quantity: Decimal) -> Read<Option<Priced>> {
    let of_line = |charge: &Entity<'_>| charge.text("LineId").or_else(|| charge.text("ParentEntityId")) == Some(id);
    let charges: Vec<Entity<'_>> = answer.many("Charge").into_iter().filter(of_line).collect();
    let Some(primary) = charges.iter().find(|charge| charge.flag("PrimaryFlag")) else { return Ok(None) };
    let parts = components_of(answer, *primary)?;
    let Some(net) = parts.iter().find(|part| is_net(**part)) else { return Ok(None) };
    let currency = currency(answer, *primary, *net)?;
    let (unit_price, amount) = price(*net, quantity)?;
    let list = parts.iter().find(|part| LISTS.iter().any(|code| part.text("PriceElementCode") == Some(code)));
    let list_price = list.map(|list| price(*list, quantity)).transpose()?.map(|(unit, _)| unit);
    let is_tax = |part: &Entity<'_>| {
        part.text("PriceElementUsageCode").is_some_and(|usage| settings.pricing.tax_usages.iter().any(|known| known == usage))
    };
    let mut priced = Priced {
        unit_price,
        amount,
        list_price,
        components: Vec::new(),
        charges: Vec::new(),
        taxes: Vec::new(),
        currency: currency.clone(),
    };
    for part in parts.iter().filter(|part| !is_net(**part)) {
        let target = if is_tax(part) { &mut priced.taxes } else { &mut priced.components };
        target.push(component(settings, *part, quantity, &currency, if is_tax(part) { "tax" } else { usual(*part)? })?);
    }
    for charge in charges.iter().filter(|charge| !charge.flag("PrimaryFlag") && !charge.flag("RollupFlag")) {
        for part in components_of(answer, *charge)? {
            if is_tax(&part) {
                priced.taxes.push(component(settings, part, quantity, &currency, "tax")?);
            } else if is_net(part) {
                let kind = charge.text("ChargeDefinitionCode").and_then(|code| settings.charges.get(code));
                priced.charges.push(component(settings, part, quantity, &currency, kind.map_or("charge", String::as_str))?);
            }
        }
    }
    Ok(Some(priced))
}

/// What pricing says about a line, or about the whole.
pub(crate) fn messages(answer: Entity<'_>, line: Option<&str>) -> Vec<String> {
    let text = |message: Entity<'_>| {
        let text = ["MessageText", "Message", "Text", "Explanation"].into_iter().find_map(|name| message.text(name));
        text.map(|text| text.chars().take(400).collect())
    };
    let is_meant = |message: &Entity<'_>| {
        line.is_none_or(|line| message.text("LineId").or_else(|| message.text("ParentEntityId")) == Some(line))
    };
    answer.many("PricingMessage").into_iter().filter(is_meant).filter_map(text).collect()
}

fn components_of<'a>(answer: Entity<'a>, charge: Entity<'a>) -> Read<Vec<Entity<'a>>> {
    let id = charge.required("ChargeId")?;
    let of_charge = |part: &Entity<'_>| part.text("ChargeId") == Some(id) && !part.flag("RollupFlag");
    Ok(answer.many("ChargeComponent").into_iter().filter(of_charge).collect())
}

fn is_net(part: Entity<'_>) -> bool {
    part.text("PriceElementCode") == Some(NET) || part.text("PriceElementUsageCode") == Some(NET_USAGE)
}

/// Price of one unit, and of all of them.
fn price(part: Entity<'_>, quantity: Decimal) -> Read<(Decimal, Decimal)> {
    let value = |field: &str| part.one(field).map(|amount| amount.decimal("Value")).transpose().map(Option::flatten);
    match (value("UnitPrice")?, value("ExtendedAmount")?) {
        (Some(unit), Some(extended)) => Ok((unit, extended)),
        (Some(unit), None) => unit.checked_mul(quantity).map(|all| (unit, all)).ok_or_else(|| "a price is too large".to_owned()),
        (None, Some(extended)) => {
            let unit = extended.checked_div(quantity).ok_or("a price is for no units")?;
            Ok((unit.round_dp(9), extended))
        }
        (None, None) => Err("a price component has neither UnitPrice nor ExtendedAmount".to_owned()),
    }
}

fn currency(answer: Entity<'_>, charge: Entity<'_>, net: Entity<'_>) -> Read<String> {
    let told = net.one("UnitPrice").and_then(|price| price.text("CurrencyCode")).or_else(|| charge.text("CurrencyCode"));
    let headers = answer.many("Header");
    let applied = || headers.iter().find_map(|header| header.text("AppliedCurrencyCode"));
    told.or_else(applied).map(ToOwned::to_owned).ok_or_else(|| "CurrencyCode is missing".to_owned())
}

fn component(settings: &Settings, part: Entity<'_>, quantity: Decimal, currency: &str, usual: &str) -> Read<PriceComponent> {
    let (_, amount) = price(part, quantity)?;
    let code = part.text("PriceElementCode");
    let kind = code.and_then(|code| settings.charges.get(code)).map_or(usual, String::as_str);
    Ok(PriceComponent {
        kind: kind.to_owned(),
        description: part.text("Explanation").map(ToOwned::to_owned),
        amount: money(amount, currency),
        rate: None,
        code: code.map(ToOwned::to_owned),
    })
}

fn usual(part: Entity<'_>) -> Read<&'static str> {
    let (unit, _) = price(part, Decimal::ONE)?;
    Ok(match part.text("PriceElementUsageCode") {
        Some(LIST_USAGE) => "base",
        _ if unit < Decimal::ZERO => "discount",
        _ => "surcharge",
    })
}

/// For messages: a quantity as it was asked.
pub(crate) fn nothing_priced(sku: &str, quantity: Decimal) -> String {
    format!("The back end has no price for {} of {sku}.", plain(quantity))
}
