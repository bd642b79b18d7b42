//! Availability as an order would be confirmed: a simulated order for the customer, with the days of its schedule lines, in the sales unit.

use crate::mapping::simulation::{Customer, Purpose};
use crate::mapping::{lines, plain, units};
use crate::settings::Settings;
use crate::simulate::{Ask, NAMES, Simulation, misread};
use crate::wire::{Entity, Read, date};
use ordergate_sdk::availability::{Availability, Item};
use ordergate_sdk::money;
use ordergate_sdk::types::{Failure, ScheduleLine};
use rust_decimal::Decimal;

pub(super) fn check(settings: &Settings, customer: &Customer<'_>, items: &[Item]) -> Vec<Result<Availability, Failure>> {
    // A unit that nobody mapped is the problem of its item: the others are asked all the same.
    let (mut answers, mut asks, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        let asked = ask(settings, item).map_err(Failure::invalid_request);
        answers.push(asked.as_ref().map(|_| Availability::default()).map_err(Clone::clone));
        places.extend(asked.is_ok().then_some(place));
        asks.extend(asked.ok());
    }
    let simulation =
        Simulation { settings, customer, purpose: Purpose::Promises, items_per_request: settings.availability.items_per_request };
    let found = simulation.run(&asks, |place, _, simulated| match places.get(place).and_then(|place| items.get(*place)) {
        Some(item) => misread(availability(settings, item, simulated)),
        None => Err(Failure::invalid_response("there is no such item")),
    });
    for (place, answer) in places.iter().zip(found) {
        if let Some(slot) = answers.get_mut(*place) {
            *slot = answer;
        }
    }
    answers
}

fn ask(settings: &Settings, item: &Item) -> Read<Ask> {
    Ok(Ask {
        sku: item.sku.clone(),
        quantity: item.quantity.clone().unwrap_or_else(|| settings.availability.probe_quantity.clone()),
        unit: item.unit.as_deref().map(|unit| units::to_sap(settings, unit)).transpose()?,
        plant: item.location.as_deref().map(|location| settings.plant(location)),
        requested: item.requested_date.clone(),
        pricing: None,
    })
}

fn availability(settings: &Settings, item: &Item, simulated: Entity<'_>) -> Read<Availability> {
    let unit = units::to_un(settings, simulated.required(NAMES.unit)?)?;
    let schedule = lines::schedule(settings, NAMES, simulated, &unit)?;
    let wanted = match &item.requested_date {
        Some(day) => Some(day.clone()),
        None => requested_day(simulated)?,
    };
    Ok(Availability {
        sku: item.sku.clone(),
        location: item.location.clone().or_else(|| simulated.text(NAMES.plant).map(|plant| settings.location(plant))),
        available: plain(in_time(&schedule, wanted.as_deref())?),
        unit,
        schedule,
        ..Availability::default()
    })
}

/// The day that the back end took for the wish.
fn requested_day(simulated: Entity<'_>) -> Read<Option<String>> {
    let lines = simulated.many(NAMES.schedule);
    lines.first().map(|line| line.parsed(NAMES.requested_date, "date", date::day)).transpose().map(Option::flatten)
}

/// How many are confirmed by the wanted day.
fn in_time(schedule: &[ScheduleLine], wanted: Option<&str>) -> Read<Decimal> {
    let in_time = schedule.iter().filter(|line| match (&line.date, wanted) {
        (Some(day), Some(wanted)) => day.as_str() <= wanted,
        _ => true,
    });
    money::sum(in_time.map(|line| line.quantity.value.as_str())).map_err(|failure| failure.message)
}
