//! A cart as a simulated order priced and promised it.

use super::lines::{self, Item};
use super::{head, money, plain, prices};
use crate::settings::Settings;
use crate::wire::names::{Names, SIMULATED_CREDIT, SIMULATED_TOTALS};
use crate::wire::{Entity, Read};
use ordergate_sdk::checkout::{CalculatedLine, Calculation, CartLine};
use rust_decimal::Decimal;

/// What a customer is told when the credit check failed.
pub(crate) const CREDIT_MESSAGE: &str = "The order will exceed the credit limit and will be held until it is released.";

/// Whether the credit check of a simulation failed.
pub(crate) fn exceeds_credit(names: &Names, simulated: Entity<'_>) -> bool {
    simulated.one(SIMULATED_CREDIT).is_some_and(|credit| credit.text(names.credit_status) == Some("B"))
}

/// `line_of` gives the cart line behind the number of an item; items without one were added by the back end.
pub(crate) fn calculation<'a>(
    settings: &Settings,
    names: &Names,
    simulated: Entity<'_>,
    line_of: impl Fn(u32) -> Option<&'a CartLine>,
    messages: Vec<String>,
) -> Read<Calculation> {
    let pricing = simulated.one(SIMULATED_TOTALS).ok_or("the simulation has no totals")?;
    let currency = pricing.text(names.currency).or_else(|| simulated.text(names.currency));
    let currency = currency.ok_or_else(|| format!("{} is missing", names.currency))?;
    let (mut calculated, mut tax) = (Vec::new(), Decimal::ZERO);
    for entity in simulated.many(names.items) {
        tax += names.tax_amount.map(|field| entity.decimal(field)).transpose()?.flatten().unwrap_or_default();
        calculated.push(line(settings, names, entity, currency, &line_of)?);
    }
    // The header's own sum: if the items do not add up to it, the host finds out.
    let net = pricing.amount(names.net_total)?;
    Ok(Calculation { lines: calculated, totals: head::sums(net, tax, currency), valid_until: None, messages, ext: Vec::new() })
}

fn line<'a>(
    settings: &Settings,
    names: &Names,
    entity: Entity<'_>,
    currency: &str,
    line_of: &impl Fn(u32) -> Option<&'a CartLine>,
) -> Read<CalculatedLine> {
    let Item { id, quantity, net, price, per, .. } = lines::item(settings, names, entity, currency)?;
    let asked = id.parse().ok().and_then(line_of);
    let parent = entity.count(names.higher_item).and_then(line_of);
    let added = format!("sap-{id}");
    // The back end adds its own lines to the order again: as a product it would come twice.
    let kind = if asked.is_some() { "product" } else { "charge" };
    Ok(CalculatedLine {
        id: asked.map_or(added, |line| line.id.clone()),
        kind: kind.to_owned(),
        parent: parent.map(|line| line.id.clone()),
        sku: entity.text(names.material).map(ToOwned::to_owned),
        description: entity.text(names.item_text).map(ToOwned::to_owned),
        unit_price: money(price.unwrap_or_default(), currency),
        per: Some(plain(per)),
        amount: money(net, currency),
        components: prices::components(settings, names, entity, currency)?,
        schedule: lines::schedule(settings, names, entity, &quantity.unit)?,
        quantity,
        ext: Vec::new(),
    })
}
