//! `checkout.calculate`: prices, charges and taxes of a whole cart by one request to pricing, and its days by order promising when availability is
//! asked there in detail. Nothing is reserved: the hub does that when it schedules the order.

use crate::availability::promise_all;
use crate::ids;
use crate::mapping::price_request::{self, Occasion, Wanted};
use crate::mapping::prices::Priced;
use crate::mapping::{money, promises, units};
use crate::price;
use crate::settings::Settings;
use crate::wire::date;
use ordergate_sdk::checkout::{CalculatedLine, Calculation, Cart, CartLine};
use ordergate_sdk::money::decimal;
use ordergate_sdk::types::{Failure, PriceComponent, ScheduleLine, Totals};
use rust_decimal::Decimal;

pub(crate) fn calculate(settings: &Settings, cart: &Cart) -> Result<Calculation, Failure> {
    let buyer = &cart.buyer;
    let account =
        buyer.account.as_deref().ok_or_else(|| Failure::invalid_request("A checkout needs the account of a customer."))?;
    if buyer.contract.is_some() {
        return Err(Failure::unsupported("A checkout under a contract is not possible."));
    }
    let occasion = Occasion {
        customer: ids::party(account).map_err(Failure::invalid_request)?,
        currency: buyer.currency.clone(),
        at: date::now(),
        is_checkout: true,
    };
    let asks = cart.lines.iter().map(|line| wanted(settings, &occasion, line)).collect::<Result<Vec<_>, Failure>>()?;
    let priced = price::price(settings, &asks);
    let lines = cart.lines.iter().zip(priced).map(|(line, priced)| priced.map_err(|failure| failure.line(&line.id)));
    let priced = lines.collect::<Result<Vec<Priced>, Failure>>()?;
    if let Some(other) = priced.iter().find(|priced| priced.currency != buyer.currency) {
        return Err(Failure::invalid_response("The back end priced it in another currency.").detail(&other.currency));
    }
    let (schedules, messages) = promised(settings, cart, &asks);
    let totals = totals(&priced, &buyer.currency)?;
    let lines = cart.lines.iter().zip(priced).zip(schedules);
    let lines = lines.map(|((line, priced), schedule)| calculated(line, priced, schedule)).collect();
    Ok(Calculation { lines, totals, messages, ..Calculation::default() })
}

fn wanted(settings: &Settings, occasion: &Occasion, line: &CartLine) -> Result<(Occasion, Wanted), Failure> {
    let at_line = |problem: String| Failure::invalid_request(problem).line(&line.id);
    let wanted = Wanted {
        sku: line.sku.clone(),
        item: ids::item(&line.sku).map_err(at_line)?,
        organization: settings.organization_for(line.location.as_deref()),
        quantity: decimal(&line.quantity.value)?,
        unit: units::to_fusion(settings, &line.quantity.unit).map_err(at_line)?,
    };
    if wanted.item.is_none() && settings.pricing.item_field.is_none() {
        return Err(Failure::rejected("The item cannot be sold.")
            .detail(format!("{} has no identifier: add it to the value map items", line.sku))
            .line(&line.id));
    }
    Ok((occasion.clone(), wanted))
}

/// Schedule lines for each line, and what the customer should know. A line that cannot be promised can be ordered all the same.
fn promised(settings: &Settings, cart: &Cart, asks: &[(Occasion, Wanted)]) -> (Vec<Vec<ScheduleLine>>, Vec<String>) {
    if !price_request::promises(settings) {
        return (cart.lines.iter().map(|_| Vec::new()).collect(), Vec::new());
    }
    let wanted: Vec<promises::Wanted> = cart
        .lines
        .iter()
        .zip(asks)
        .map(|(line, (occasion, ask))| {
            let day = line.requested_date.as_deref().or(cart.requested_date.as_deref());
            promises::Wanted {
                sku: ask.sku.clone(),
                quantity: ask.quantity,
                unit: Some(ask.unit.clone()),
                organization: ask.organization.clone(),
                at: day.map_or_else(|| occasion.at.clone(), date::midnight),
            }
        })
        .collect();
    let (mut schedules, mut messages) = (Vec::new(), Vec::new());
    for (line, promise) in cart.lines.iter().zip(promise_all(settings, &wanted)) {
        if let Err(failure) = &promise {
            messages.push(format!("When {} can be shipped is not known: {}", line.sku, failure.message));
        }
        schedules.push(promise.unwrap_or_default());
    }
    (schedules, messages)
}

fn calculated(line: &CartLine, priced: Priced, schedule: Vec<ScheduleLine>) -> CalculatedLine {
    let currency = &priced.currency;
    CalculatedLine {
        id: line.id.clone(),
        kind: "product".to_owned(),
        sku: Some(line.sku.clone()),
        quantity: line.quantity.clone(),
        unit_price: money(priced.unit_price, currency),
        amount: money(priced.amount, currency),
        components: priced.components,
        schedule,
        ..CalculatedLine::default()
    }
}

/// Lines, charges and taxes, added up.
fn totals(priced: &[Priced], currency: &str) -> Result<Totals, Failure> {
    let lines: Decimal = priced.iter().map(|line| line.amount).sum();
    let charges: Vec<PriceComponent> = priced.iter().flat_map(|line| line.charges.clone()).collect();
    let tax = ordergate_sdk::money::sum(priced.iter().flat_map(|line| &line.taxes).map(|tax| tax.amount.amount.as_str()))?;
    let charged = ordergate_sdk::money::sum(charges.iter().map(|charge| charge.amount.amount.as_str()))?;
    let taxes = PriceComponent { kind: "tax".to_owned(), amount: money(tax, currency), ..PriceComponent::default() };
    Ok(Totals {
        lines: money(lines, currency),
        charges,
        taxes: if tax.is_zero() { Vec::new() } else { vec![taxes] },
        rounding: None,
        payable: money(lines + charged + tax, currency),
    })
}
