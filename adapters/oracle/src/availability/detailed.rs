//! `checkAvailability`: for each item a request of its own, all of them at once, with the days on which it can be shipped.

use super::{failed, wanted_at};
use crate::failures;
use crate::gateway::Gateway;
use crate::ids;
use crate::mapping::promises::{self, Promise, Wanted};
use crate::mapping::{plain, units};
use crate::settings::Settings;
use crate::wire::{Entity, date};
use ordergate_sdk::availability::{Availability, Item};
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::money;
use ordergate_sdk::types::{Failure, ScheduleLine};
use rust_decimal::Decimal;

/// Requests that are sent at once.
const AT_ONCE: usize = 16;

pub(super) fn check(settings: &Settings, items: &[Item]) -> Vec<Result<Availability, Failure>> {
    let now = date::now();
    let wanted: Vec<Result<Wanted, Failure>> =
        items.iter().map(|item| wanted(settings, item, &now).map_err(Failure::invalid_request)).collect();
    let asked: Vec<Wanted> = wanted.iter().filter_map(|wanted| wanted.as_ref().ok().cloned()).collect();
    let mut promised = promise_all(settings, &asked).into_iter();
    let answer = |(item, wanted): (&Item, Result<Wanted, Failure>)| {
        let wanted = wanted?;
        let schedule = promised.next().unwrap_or_else(|| Err(Failure::unavailable("the host gave no reply")))?;
        availability(settings, item, &wanted, schedule)
    };
    items.iter().zip(wanted).map(answer).collect()
}

/// What can be shipped when of each line, in their order.
pub(crate) fn promise_all(settings: &Settings, wanted: &[Wanted]) -> Vec<Result<Vec<ScheduleLine>, Failure>> {
    let gateway = Gateway::new(settings);
    let now = date::now();
    let request = |wanted: &Wanted| -> Result<Request, Failure> {
        let body = promises::body(settings, &now, wanted).map_err(Failure::invalid_request)?;
        Ok(gateway.promising("checkAvailability", &body))
    };
    let mut answers = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        let requests: Vec<Result<Request, Failure>> = some.iter().map(request).collect();
        let mut replies = gateway.send_all(requests.iter().filter_map(|one| one.as_ref().ok().cloned()).collect()).into_iter();
        answers.extend(some.iter().zip(requests).map(|(wanted, request)| {
            request?;
            let reply = replies.next().unwrap_or_else(|| Err(Failure::unavailable("the host gave no reply")));
            read(settings, wanted, &reply.map_err(|failure| failures::line_of(failure).0)?)
        }));
    }
    answers
}

fn wanted(settings: &Settings, item: &Item, now: &str) -> Result<Wanted, String> {
    let quantity = item.quantity.as_deref().unwrap_or(&settings.availability.probe_quantity);
    Ok(Wanted {
        sku: item.sku.clone(),
        quantity: money::decimal(quantity).map_err(|failure| failure.message)?,
        unit: item.unit.as_deref().map(|unit| units::to_fusion(settings, unit)).transpose()?,
        organization: settings.organization_for(item.location.as_deref()),
        at: wanted_at(item, now),
    })
}

fn read(settings: &Settings, wanted: &Wanted, reply: &Response) -> Result<Vec<ScheduleLine>, Failure> {
    let body = reply.exact_json()?;
    let kept = ids::primary_unit(&wanted.sku).unwrap_or_else(|| settings.availability.unit.clone());
    let unit = promises::unit_of(settings, wanted, &kept);
    let promise = unit.and_then(|unit| promises::read(settings, Entity::of(&body), wanted, &unit));
    match promise.map_err(|problem| reply.unreadable(&problem))? {
        Promise::Options(schedule) => Ok(schedule),
        Promise::Failed(code, text) => Err(failed(code, text)),
    }
}

/// What is promised by the wanted day is available; the rest is to come.
fn availability(settings: &Settings, item: &Item, wanted: &Wanted, schedule: Vec<ScheduleLine>) -> Result<Availability, Failure> {
    let day = date::day(&wanted.at);
    let in_time = |line: &&ScheduleLine| line.date.is_none() || line.date <= day;
    let available: Decimal = money::sum(schedule.iter().filter(in_time).map(|line| line.quantity.value.as_str()))?;
    let unit = match (&item.unit, schedule.first()) {
        (Some(unit), _) => unit.clone(),
        (None, Some(line)) => line.quantity.unit.clone(),
        (None, None) => ids::primary_unit(&item.sku).unwrap_or_else(|| settings.availability.unit.clone()),
    };
    Ok(Availability {
        sku: item.sku.clone(),
        location: item.location.clone().or_else(|| schedule.first().and_then(|line| line.location.clone())),
        available: plain(available),
        unit,
        schedule,
        ..Availability::default()
    })
}
