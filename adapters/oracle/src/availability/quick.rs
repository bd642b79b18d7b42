//! `quickAvailabilityCheck`: many items and organizations in one request. Quantities are in the unit in which the item is kept.

use super::{failed, wanted_at};
use crate::failures;
use crate::gateway::Gateway;
use crate::ids;
use crate::mapping::plain;
use crate::mapping::quick::{self, Place, Said};
use crate::settings::Settings;
use crate::wire::{Entity, date};
use ordergate_sdk::availability::{Availability, Item};
use ordergate_sdk::halving::{self, Group, Refusal};
use ordergate_sdk::http::Response;
use ordergate_sdk::types::Failure;
use rust_decimal::Decimal;

/// Requests of one call.
const MOST_REQUESTS: usize = 24;

pub(super) fn check(settings: &Settings, items: &[Item]) -> Vec<Result<Availability, Failure>> {
    let now = date::now();
    let places: Vec<Result<Place, Failure>> = items.iter().map(|item| place(settings, item, &now)).collect();
    let good: Vec<usize> = (0..items.len()).filter(|index| places.get(*index).is_some_and(Result::is_ok)).collect();
    let groups = good.chunks(settings.availability.items_per_request as usize).map(<[usize]>::to_vec).collect();
    let answers = halving::ask(items.len(), groups, MOST_REQUESTS, |groups| {
        let body = |group: &Group| quick::body(settings, &now, &members(&places, group));
        let gateway = Gateway::new(settings);
        let requests = groups.iter().map(|group| gateway.promising("quickAvailabilityCheck", &body(group))).collect();
        let replies = gateway.send_all(requests);
        groups.iter().zip(replies).map(|(group, reply)| read(settings, items, &places, group, &reply.map_err(refusal)?)).collect()
    });
    // What could not be asked says so itself.
    places.into_iter().zip(answers).map(|(place, answer)| place.and(answer)).collect()
}

fn place(settings: &Settings, item: &Item, now: &str) -> Result<Place, Failure> {
    let organization = settings.organization_for(item.location.as_deref());
    let organization = organization
        .ok_or_else(|| Failure::invalid_request("A location is needed, or availability.default_organization in the settings."))?;
    let kept = kept_in(settings, &item.sku);
    match item.unit.as_deref().filter(|unit| *unit != kept) {
        None => Ok(Place { sku: item.sku.clone(), at: wanted_at(item, now), organization }),
        Some(unit) => Err(Failure::invalid_request("The availability cannot be told in this unit.").detail(format!(
            "{} is counted in {kept}, not in {unit}: use source = \"detailed\", or mend the value map primary_units",
            item.sku
        ))),
    }
}

fn kept_in(settings: &Settings, sku: &str) -> String {
    ids::primary_unit(sku).unwrap_or_else(|| settings.availability.unit.clone())
}

fn members<'a>(places: &'a [Result<Place, Failure>], group: &Group) -> Vec<&'a Place> {
    group.iter().filter_map(|index| places.get(*index)?.as_ref().ok()).collect()
}

fn read(
    settings: &Settings,
    items: &[Item],
    places: &[Result<Place, Failure>],
    group: &Group,
    reply: &Response,
) -> Result<Vec<Result<Availability, Failure>>, Refusal> {
    let body = reply.exact_json()?;
    let answer = Entity::of(&body);
    answer.value().get("ItemAvailabilityList").ok_or_else(|| reply.unreadable("ItemAvailabilityList is missing"))?;
    let one = |index: &usize| {
        let (item, place) = items.get(*index).zip(places.get(*index)).ok_or_else(|| Failure::invalid_response("no such item"))?;
        let place = place.as_ref().map_err(Clone::clone)?;
        match quick::said(answer, place).map_err(|problem| reply.unreadable(&problem))? {
            Said::Available(quantity) => Ok(available(settings, item, place, quantity)),
            Said::Failed(code, text) => Err(failed(code, text)),
            Said::Nothing => Err(Failure::not_found("The back end does not have it in this location.")),
        }
    };
    Ok(group.iter().map(one).collect())
}

fn available(settings: &Settings, item: &Item, place: &Place, quantity: Decimal) -> Availability {
    Availability {
        sku: item.sku.clone(),
        location: Some(item.location.clone().unwrap_or_else(|| settings.location(&place.organization))),
        available: plain(quantity.max(Decimal::ZERO)),
        unit: kept_in(settings, &item.sku),
        ..Availability::default()
    }
}

fn refusal(failure: Failure) -> Refusal {
    // The lines of this request are no lines of an order.
    let (failure, _) = failures::line_of(failure);
    failure.into()
}
