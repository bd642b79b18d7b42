//! ATP by material and plant: each item is a GET of a function import, many of them in one `$batch`. Quantities are in the material's base unit.

use crate::batch;
use crate::failures;
use crate::gateway::Gateway;
use crate::mapping::{plain, units};
use crate::settings::Settings;
use crate::wire::names::atp as names;
use crate::wire::{self, Entity, Read, date, literal};
use ordergate_sdk::availability::{Availability, Item};
use ordergate_sdk::http::Response;
use ordergate_sdk::money;
use ordergate_sdk::types::{Failure, Quantity, ScheduleLine};
use rust_decimal::Decimal;
use serde_json::Value;

/// A part of a batch: how much of an item there is on a day, or when so much of it can be had.
#[derive(Debug, Clone)]
struct Part {
    item: usize,
    is_promise: bool,
    address: String,
}

pub(super) fn check(settings: &Settings, items: &[Item]) -> Vec<Result<Availability, Failure>> {
    let today = date::today();
    let mut answers: Vec<Result<Availability, Failure>> =
        items.iter().map(|_| Err(Failure::not_found("The back end told nothing about it."))).collect();
    let mut parts = Vec::new();
    for (place, item) in items.iter().enumerate() {
        match addresses(settings, item, &today) {
            Ok(addresses) => parts.extend(addresses.into_iter().enumerate().map(|(index, address)| Part {
                item: place,
                is_promise: index > 0,
                address,
            })),
            Err(failure) => set(&mut answers, place, Err(failure)),
        }
    }
    let batches: Vec<&[Part]> = parts.chunks(settings.availability.items_per_request as usize).collect();
    let request = |batch: &&[Part]| {
        let addresses: Vec<String> = batch.iter().map(|part| part.address.clone()).collect();
        let request = Gateway::new(settings).request("POST", names::SERVICE, "$batch").reading();
        request.body(batch::reads(&addresses), &batch::content_type())
    };
    let replies = Gateway::new(settings).post_all(names::SERVICE, batches.iter().map(request).collect());
    let mut promises = Vec::new();
    for (batch, reply) in batches.into_iter().zip(replies) {
        let replies = reply.and_then(|reply| batch::replies(&reply).map_err(|problem| reply.unreadable(&problem)));
        for (index, part) in batch.iter().enumerate() {
            let reply = match &replies {
                Ok(replies) => {
                    replies.get(index).ok_or_else(|| Failure::invalid_response("The back end left a part of the batch out."))
                }
                Err(failure) => Err(failure.clone()),
            };
            match (part.is_promise, items.get(part.item)) {
                // Applied when all batches are read: a promise and its item may be in different ones.
                (true, Some(_)) => promises.extend(reply.ok().map(|reply| (part.item, reply.clone()))),
                (false, Some(item)) => set(&mut answers, part.item, reply.and_then(|reply| available(settings, item, reply))),
                (_, None) => {}
            }
        }
    }
    for (place, reply) in promises {
        if let (Some(Ok(answer)), Some(item)) = (answers.get_mut(place), items.get(place)) {
            answer.schedule.extend(promise(settings, item, answer, &reply));
        }
    }
    answers
}

/// What is asked about an item, relative to the service: how much there is, and when the wanted quantity can be had.
fn addresses(settings: &Settings, item: &Item, today: &str) -> Result<Vec<String>, Failure> {
    let plant =
        item.location.as_deref().map(|location| settings.plant(location)).or_else(|| settings.availability.default_plant.clone());
    let plant =
        plant.ok_or_else(|| Failure::invalid_request("A location is needed, or availability.default_plant in the settings."))?;
    let day = item.requested_date.as_deref().unwrap_or(today);
    let common = |last: (&'static str, String)| {
        [
            ("SupplyingPlant", literal::text(&plant)),
            ("Material", literal::text(&item.sku)),
            ("ATPCheckingRule", literal::text(&settings.availability.checking_rule)),
            last,
        ]
    };
    let mut addresses = vec![literal::call(names::AT, &common(("RequestedUTCDateTime", literal::midnight(day))))];
    if let Some(quantity) = in_base_unit(settings, item)? {
        addresses.push(literal::call(names::OF, &common(("RequestedQuantityInBaseUnit", literal::decimal(&plain(quantity))))));
    }
    Ok(addresses)
}

/// The wanted quantity, when it is wanted and the ratio to the base unit is known or not needed.
fn in_base_unit(settings: &Settings, item: &Item) -> Result<Option<Decimal>, Failure> {
    let Some(quantity) = item.quantity.as_deref() else { return Ok(None) };
    let quantity = money::decimal(quantity)?;
    let unit = item.unit.as_deref().and_then(|unit| units::to_sap(settings, unit).ok());
    Ok(match unit.and_then(|unit| units::ratio(settings, &item.sku, &unit)) {
        Some(ratio) => ratio.base_units_of(quantity),
        None => Some(quantity),
    })
}

fn available(settings: &Settings, item: &Item, reply: &Response) -> Result<Availability, Failure> {
    let reply = reply.clone().ok_or(|response| failures::explain(settings, response))?;
    let body: Value = reply.json()?;
    let read = record(&body, names::AT).and_then(|record| {
        let available = record.amount(names::AVAILABLE)?.max(Decimal::ZERO);
        Ok((available, record.required(names::UNIT)?))
    });
    let (available, base) = read.map_err(|problem| reply.unreadable(&problem))?;
    let (available, unit) = in_asked_unit(settings, item, available, base)?;
    Ok(Availability {
        sku: item.sku.clone(),
        location: item
            .location
            .clone()
            .or_else(|| settings.availability.default_plant.as_deref().map(|plant| settings.location(plant))),
        available: plain(available),
        unit,
        ..Availability::default()
    })
}

/// In the unit that was asked for, by the exact ratio of the settings; in the base unit when nobody asked for another.
fn in_asked_unit(settings: &Settings, item: &Item, base: Decimal, base_unit: &str) -> Result<(Decimal, String), Failure> {
    let wrong = |problem: String| Failure::invalid_response("The availability cannot be told in this unit.").detail(problem);
    let known = units::to_un(settings, base_unit);
    let asked = match item.unit.as_deref() {
        None => return known.map(|unit| (base, unit)).map_err(wrong),
        Some(asked) if known.as_deref() == Ok(asked) => return Ok((base, asked.to_owned())),
        Some(asked) => asked,
    };
    let unit = units::to_sap(settings, asked).map_err(wrong)?;
    let ratio = units::ratio(settings, &item.sku, &unit).and_then(|ratio| ratio.units_of(base));
    let missing =
        || wrong(format!("{} is counted in {base_unit}: add unit_ratios.{}.{unit} to the settings", item.sku, item.sku));
    ratio.map(|available| (available, asked.to_owned())).ok_or_else(missing)
}

/// When the wanted quantity can be had. It is a bonus: what cannot be read is left out.
fn promise(settings: &Settings, item: &Item, answer: &Availability, reply: &Response) -> Option<ScheduleLine> {
    let reply = reply.clone().ok_or(|response| failures::explain(settings, response)).ok()?;
    let body: Value = reply.json().ok()?;
    let record = record(&body, names::OF).ok()?;
    let enough = record.amount(names::AVAILABLE).ok().filter(|quantity| *quantity > Decimal::ZERO);
    let (value, day) = (item.quantity.clone()?, record.parsed(names::FROM, "time", date::instant).ok()??);
    enough?;
    let date = date::day_of_instant(&day)?.to_owned();
    Some(ScheduleLine {
        quantity: Quantity { value, unit: answer.unit.clone() },
        date: Some(date),
        location: answer.location.clone(),
    })
}

/// `{"d": {"DetermineAvailabilityAt": {…}}}`, or without the name of the function.
fn record<'a>(body: &'a Value, function: &str) -> Read<Entity<'a>> {
    let whole = wire::entity(body)?;
    Ok(whole.one(function).unwrap_or(whole))
}

fn set(answers: &mut [Result<Availability, Failure>], place: usize, answer: Result<Availability, Failure>) {
    if let Some(slot) = answers.get_mut(place) {
        *slot = answer;
    }
}
