//! `checkout.calculate`: prices, promises, totals and the credit check of a whole cart, by one simulated order. The back end reserves nothing, so there
//! is no `reserve`.

use crate::failures::ITEM;
use crate::gateway::Gateway;
use crate::mapping::checkout::{CREDIT_MESSAGE, calculation, exceeds_credit};
use crate::mapping::sent::item_number as number;
use crate::mapping::simulation::{self, Area, Customer, Days, Purpose, Wanted};
use crate::mapping::{prices, units};
use crate::settings::{Credit, Settings};
use crate::simulate::{NAMES, post};
use crate::wire::{self, Entity, message};
use ordergate_sdk::checkout::{Calculation, Cart, CartLine};
use ordergate_sdk::types::Failure;
use serde_json::Value;

pub(crate) fn calculate(settings: &Settings, cart: &Cart) -> Result<Calculation, Failure> {
    let buyer = &cart.buyer;
    let account =
        buyer.account.as_deref().ok_or_else(|| Failure::invalid_request("A checkout needs the account of a customer."))?;
    if buyer.contract.is_some() {
        return Err(Failure::unsupported("A checkout under a contract is not possible."));
    }
    let area = Area::of(settings, buyer.sales_area.as_ref());
    let party = cart.parties.iter().find(|party| party.role == "ship-to").and_then(|party| party.number.as_deref());
    let customer = Customer { account, ship_to: buyer.ship_to.as_deref().or(party), currency: &buyer.currency, area };
    let wanted =
        cart.lines.iter().enumerate().map(|(index, line)| wanted(settings, index, line)).collect::<Result<Vec<_>, _>>()?;
    let earliest = cart.lines.iter().filter_map(|line| line.requested_date.as_deref()).min();
    let days = Days { requested: cart.requested_date.as_deref().or(earliest), pricing: None };
    let body = simulation::request(settings, NAMES, &customer, days, Purpose::Checkout, &wanted);
    let reply = Gateway::new(settings).post(NAMES.service, post(settings, &body)).map_err(|failure| at_line(failure, cart))?;
    let body: Value = reply.json()?;
    let simulated = wire::entity(&body).map_err(|problem| reply.unreadable(&problem))?;
    let messages = messages(settings, reply.header("sap-message"), simulated)?;
    check_priced(cart, simulated)?;
    calculation(settings, NAMES, simulated, |number| line_of(cart, number), messages)
        .map_err(|problem| reply.unreadable(&problem))
}

fn wanted(settings: &Settings, index: usize, line: &CartLine) -> Result<Wanted, Failure> {
    let unit =
        units::to_sap(settings, &line.quantity.unit).map_err(|problem| Failure::invalid_request(problem).line(&line.id))?;
    Ok(Wanted {
        number: number(index),
        sku: line.sku.clone(),
        quantity: line.quantity.value.clone(),
        unit: Some(unit),
        plant: line.location.as_deref().map(|location| settings.plant(location)),
    })
}

fn line_of(cart: &Cart, item: u32) -> Option<&CartLine> {
    cart.lines.iter().enumerate().find(|(index, _)| number(*index) == item).map(|(_, line)| line)
}

/// A refusal that names an item is about a line.
fn at_line(failure: Failure, cart: &Cart) -> Failure {
    let item = failure.ext.iter().find(|(name, _)| name == ITEM).and_then(|(_, item)| item.parse().ok());
    match item.and_then(|item| line_of(cart, item)) {
        Some(line) => failure.line(&line.id),
        None => failure,
    }
}

/// What the customer should know. A failed credit check is one of these, or ends it.
fn messages(settings: &Settings, header: Option<&str>, simulated: Entity<'_>) -> Result<Vec<String>, Failure> {
    let serious = message::messages(header).into_iter().filter(message::Message::is_serious).map(|message| message.text);
    let exceeded = exceeds_credit(NAMES, simulated);
    if exceeded && settings.pricing.credit == Credit::Refuse {
        return Err(Failure::rejected("The order would exceed the credit limit."));
    }
    Ok(serious.chain(exceeded.then(|| CREDIT_MESSAGE.to_owned())).collect())
}

/// A line that nothing prices comes back with zero: it must not be sold for that.
fn check_priced(cart: &Cart, simulated: Entity<'_>) -> Result<(), Failure> {
    for (index, line) in cart.lines.iter().enumerate() {
        let item = simulation::numbered(NAMES, simulated, number(index));
        let free = item.is_some_and(|item| item.decimal(NAMES.net_amount).is_ok_and(|net| net.is_none_or(|net| net.is_zero())));
        if free && !item.is_some_and(|item| prices::is_priced(NAMES, item)) {
            return Err(Failure::rejected("The back end has no price for it.").line(&line.id));
        }
    }
    Ok(())
}
