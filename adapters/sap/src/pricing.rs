//! `pricing.offer-prices`: one simulated item for each asked quantity, and one for each quantity from which on another price can hold.

mod breaks;

use crate::mapping::simulation::{Area, Customer, Purpose};
use crate::mapping::{money, plain, prices, units};
use crate::settings::Settings;
use crate::simulate::{Ask, NAMES, Simulation, misread};
use crate::wire::{Entity, Read};
use breaks::Thresholds;
use ordergate_sdk::pricing::{Item, OfferPrice, QuantityBreak, Query};
use ordergate_sdk::types::{Failure, Money, PriceComponent};
use rust_decimal::Decimal;

/// What one simulated item says.
#[derive(Debug, Clone)]
struct Simulated {
    net: Decimal,
    quantity: Decimal,
    currency: String,
    list: Option<prices::ListPrice>,
    components: Vec<PriceComponent>,
}

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
    let thresholds = match breaks::thresholds(settings, &query.items) {
        Ok(thresholds) => thresholds,
        // Without its breaks a price would be taken for that of every quantity.
        Err(failure) => return all(failure),
    };
    let area = Area::of(settings, buyer.sales_area.as_ref());
    let customer = Customer { account, ship_to: buyer.ship_to.as_deref(), currency: &buyer.currency, area };
    let (mut asks, mut spans) = (Vec::new(), Vec::new());
    for item in &query.items {
        let own = asks_of(settings, item, &thresholds);
        spans.push(own.as_ref().map(|own| asks.len()..asks.len() + own.len()).map_err(Clone::clone));
        asks.extend(own.unwrap_or_default());
    }
    let simulation = Simulation {
        settings,
        customer: &customer,
        purpose: Purpose::Prices,
        items_per_request: settings.pricing.items_per_request,
    };
    let simulated =
        simulation.run(&asks, |place, _, item| misread(read(settings, asks.get(place), item, &buyer.currency)).and_then(priced));
    let offer = |(item, span): (&Item, Result<std::ops::Range<usize>, Failure>)| {
        let span = span?;
        let all: Result<Vec<Simulated>, Failure> = simulated.get(span).unwrap_or_default().iter().cloned().collect();
        misread(offer(item, &all?))
    };
    query.items.iter().zip(spans).map(offer).collect()
}

/// The asked quantity first, then those of the breaks.
fn asks_of(settings: &Settings, item: &Item, thresholds: &Thresholds) -> Result<Vec<Ask>, Failure> {
    let unit = units::to_sap(settings, &item.quantity.unit).map_err(Failure::invalid_request)?;
    let steps = thresholds.of(&item.sku, &unit)?.into_iter().map(plain);
    let quantities = std::iter::once(item.quantity.value.clone()).chain(steps);
    let ask = |quantity| Ask {
        sku: item.sku.clone(),
        quantity,
        unit: Some(unit.clone()),
        plant: item.location.as_deref().map(|location| settings.plant(location)),
        requested: None,
        pricing: item.date.clone(),
    };
    Ok(quantities.map(ask).collect())
}

fn read(settings: &Settings, ask: Option<&Ask>, item: Entity<'_>, currency: &str) -> Read<Option<Simulated>> {
    let currency = item.text(NAMES.currency).unwrap_or(currency).to_owned();
    let net = item.amount(NAMES.net_amount)?;
    if net.is_zero() && !prices::is_priced(NAMES, item) {
        return Ok(None);
    }
    let unit = item.text(NAMES.unit).or_else(|| ask?.unit.as_deref()).unwrap_or_default();
    Ok(Some(Simulated {
        net,
        quantity: item.amount(NAMES.quantity)?,
        list: prices::list_price(NAMES, item, &currency, unit)?,
        components: prices::components(settings, NAMES, item, &currency)?,
        currency,
    }))
}

/// An item category without pricing gives zero, and zero must not be taken for a gift.
fn priced(simulated: Option<Simulated>) -> Result<Simulated, Failure> {
    simulated.ok_or_else(|| Failure::rejected("The back end has no price for it."))
}

fn offer(item: &Item, simulated: &[Simulated]) -> Read<OfferPrice> {
    let (asked, steps) = simulated.split_first().ok_or("nothing was simulated")?;
    let per = asked.list.as_ref().map_or(Decimal::ONE, |list| list.per);
    let unit_price =
        |one: &Simulated| -> Read<Money> { Ok(money(prices::unit_price(one.net, one.quantity, per)?, &one.currency)) };
    let step = |one: &Simulated| -> Read<QuantityBreak> {
        Ok(QuantityBreak { from: plain(one.quantity), unit_price: unit_price(one)? })
    };
    Ok(OfferPrice {
        sku: item.sku.clone(),
        quantity: item.quantity.clone(),
        unit_price: unit_price(asked)?,
        list_price: asked.list.as_ref().map(|list| list.price.clone()),
        per: Some(plain(per)),
        breaks: steps.iter().map(step).collect::<Read<_>>()?,
        components: asked.components.clone(),
        valid_until: None,
        as_of: None,
        ext: Vec::new(),
    })
}
