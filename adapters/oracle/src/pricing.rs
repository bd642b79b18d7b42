//! `pricing.offer-prices`: one priced line for each asked quantity, and one for each quantity from which on another price can hold.

use crate::ids;
use crate::mapping::price_request::{Occasion, Wanted};
use crate::mapping::prices::Priced;
use crate::mapping::{money, plain, units};
use crate::price;
use crate::settings::{Breaks, Settings};
use crate::wire::date;
use ordergate_sdk::json;
use ordergate_sdk::money::decimal;
use ordergate_sdk::pricing::{Item, OfferPrice, QuantityBreak, Query};
use ordergate_sdk::types::{Failure, Quantity};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// One result for each item, in the order asked.
pub(crate) fn offer_prices(settings: &Settings, query: &Query) -> Vec<Result<OfferPrice, Failure>> {
    let buyer = &query.buyer;
    let all = |failure: Failure| query.items.iter().map(|_| Err(failure.clone())).collect();
    let Some(account) = buyer.account.as_deref() else {
        return all(Failure::invalid_request("Prices need the account of a customer."));
    };
    if buyer.contract.is_some() {
        return all(Failure::unsupported("Prices of a contract cannot be asked."));
    }
    let customer = match ids::party(account) {
        Ok(customer) => customer,
        Err(problem) => return all(Failure::invalid_request(problem)),
    };
    let now = date::now();
    let (mut asks, mut spans) = (Vec::new(), Vec::new());
    for item in &query.items {
        let at = item.date.as_deref().map_or_else(|| now.clone(), date::midnight);
        let occasion = Occasion { customer, currency: buyer.currency.clone(), at, is_checkout: false };
        let own = wanted(settings, item).map_err(Failure::invalid_request);
        spans.push(own.as_ref().map(|own| asks.len()..asks.len() + own.len()).map_err(Clone::clone));
        asks.extend(own.unwrap_or_default().into_iter().map(|wanted| (occasion.clone(), wanted)));
    }
    let priced = price::price(settings, &asks);
    let offer = |(item, span): (&Item, Result<std::ops::Range<usize>, Failure>)| {
        let span = span?;
        let asked = asks.get(span.clone()).unwrap_or_default().iter().map(|(_, wanted)| wanted.quantity);
        let found = priced.get(span.clone()).unwrap_or_default();
        offer(item, &buyer.currency, asked.zip(found))
    };
    query.items.iter().zip(spans).map(offer).collect()
}

/// The asked quantity first, then those of the breaks.
fn wanted(settings: &Settings, item: &Item) -> Result<Vec<Wanted>, String> {
    let read = |text: &str| decimal(text).map_err(|failure| failure.message);
    let asked = read(&item.quantity.value)?;
    let breaks: BTreeSet<Decimal> = match settings.pricing.breaks {
        Breaks::None => BTreeSet::new(),
        Breaks::Quantities => settings.pricing.quantities.iter().map(|text| read(text)).collect::<Result<_, _>>()?,
    };
    let line = Wanted {
        sku: item.sku.clone(),
        item: ids::item(&item.sku)?,
        organization: settings.organization_for(item.location.as_deref()),
        quantity: asked,
        unit: units::to_fusion(settings, &item.quantity.unit)?,
    };
    // A number that cannot be sent must not spoil the request of the others.
    json::number(asked)?;
    if line.item.is_none() && settings.pricing.item_field.is_none() {
        return Err(format!("{} has no identifier: add it to the value map items", item.sku));
    }
    Ok(std::iter::once(asked).chain(breaks).map(|quantity| Wanted { quantity, ..line.clone() }).collect())
}

fn offer<'a>(
    item: &Item,
    currency: &str,
    mut priced: impl Iterator<Item = (Decimal, &'a Result<Priced, Failure>)>,
) -> Result<OfferPrice, Failure> {
    let (quantity, own) = priced.next().ok_or_else(|| Failure::invalid_response("nothing was priced"))?;
    let own = own.clone()?;
    if own.currency != currency {
        return Err(Failure::invalid_response("The back end priced it in another currency.").detail(own.currency));
    }
    let step = |(from, priced): (Decimal, &Result<Priced, Failure>)| {
        let priced = priced.clone()?;
        Ok(QuantityBreak { from: plain(from), unit_price: money(priced.unit_price, currency) })
    };
    // Without one of its breaks a price would be taken for that of every quantity.
    let breaks = priced.map(step).collect::<Result<Vec<_>, Failure>>()?;
    Ok(OfferPrice {
        sku: item.sku.clone(),
        quantity: Quantity { value: plain(quantity), unit: item.quantity.unit.clone() },
        unit_price: money(own.unit_price, currency),
        list_price: own.list_price.map(|list| money(list, currency)),
        components: own.components,
        breaks,
        ..OfferPrice::default()
    })
}
