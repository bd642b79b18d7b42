//! From which quantities on another price can hold: the scales of condition records, or a list of the settings.

use crate::gateway::Gateway;
use crate::mapping::scales::{self, Records, Scales};
use crate::settings::{Breaks, Settings};
use crate::wire::names::scales as names;
use crate::wire::{self, Entity, Read, date, literal};
use ordergate_sdk::http::Request;
use ordergate_sdk::money;
use ordergate_sdk::pricing::Item;
use ordergate_sdk::types::Failure;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;

/// Materials or records of one filter: the address stays below two kilobytes.
const ALTERNATIVES: usize = 20;

/// Most pages of one list of records or scales.
const MOST_PAGES: usize = 10;

/// Most quantities of one material: more are a mistake in the back end, and each is priced.
const MOST_STEPS: usize = 20;

/// Quantities by material.
#[derive(Debug)]
pub(super) enum Thresholds {
    /// The same for every material, in the asked unit.
    Fixed(Vec<Decimal>),
    Scaled(Scales),
}

/// What the settings say, or what the condition records of the items' materials say.
pub(super) fn thresholds(settings: &Settings, items: &[Item]) -> Result<Thresholds, Failure> {
    match settings.pricing.breaks {
        Breaks::None => Ok(Thresholds::Fixed(Vec::new())),
        Breaks::Quantities => {
            let mut fixed = settings.pricing.quantities.iter().map(|text| money::decimal(text)).collect::<Result<Vec<_>, _>>()?;
            fixed.sort_unstable();
            fixed.dedup();
            Ok(Thresholds::Fixed(fixed))
        }
        Breaks::ConditionRecords => scaled(settings, items).map(Thresholds::Scaled),
    }
}

impl Thresholds {
    /// Ascending, with the beginning: below the first scale another price may hold.
    pub(super) fn of(&self, material: &str, unit: &str) -> Result<Vec<Decimal>, Failure> {
        let steps = match self {
            Self::Fixed(steps) => return Ok(steps.clone()),
            Self::Scaled(scales) => scales.get(material).cloned().unwrap_or_default(),
        };
        if let Some((_, other)) = steps.iter().find(|(_, of)| of != unit) {
            return Err(Failure::unsupported(format!("The scale of its price is in {other}; ask in that unit.")));
        }
        if steps.len() > MOST_STEPS {
            return Err(Failure::unsupported(format!("Its price has more than {MOST_STEPS} steps.")));
        }
        let first = steps.first().map(|(quantity, _)| *quantity);
        let beginning = first.filter(|first| *first > Decimal::ONE).map(|_| Decimal::ONE);
        Ok(beginning.into_iter().chain(steps.into_iter().map(|(quantity, _)| quantity)).collect())
    }
}

/// First the records that hold for the materials, then their scales: a nested expand of both comes back empty on some systems.
fn scaled(settings: &Settings, items: &[Item]) -> Result<Scales, Failure> {
    let today = date::today();
    let days: BTreeSet<&str> = items.iter().map(|item| item.date.as_deref().unwrap_or(&today)).collect();
    let materials: Vec<&str> = items.iter().map(|item| item.sku.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let kinds = literal::one_of(names::KIND, settings.pricing.condition_types.iter().map(String::as_str));
    let mut filters = Vec::new();
    for day in days {
        let day = literal::date(day);
        filters.extend(materials.chunks(ALTERNATIVES).map(|some| {
            let of = literal::one_of(names::MATERIAL, some.iter().copied());
            format!("{of} and {kinds} and {} le {day} and {} ge {day}", names::VALID_FROM, names::VALID_TO)
        }));
    }
    let mut records = Records::new();
    each_page(settings, names::VALIDITY_SET, filters, |validities| {
        scales::add_records(&mut records, validities);
        Ok(())
    })?;
    let numbers: Vec<&str> = records.keys().map(String::as_str).collect();
    let filters = numbers.chunks(ALTERNATIVES).map(|some| literal::one_of(names::RECORD, some.iter().copied())).collect();
    let mut scales = Scales::new();
    each_page(settings, names::SCALE_SET, filters, |lines| scales::add_scales(&mut scales, &records, lines))?;
    Ok(scales)
}

/// Every page of the lists with these filters.
fn each_page(
    settings: &Settings,
    set: &str,
    filters: Vec<String>,
    mut add: impl FnMut(&[Entity<'_>]) -> Read<()>,
) -> Result<(), Failure> {
    use crate::paging::Cursor;
    let gateway = Gateway::new(settings);
    let mut waiting: Vec<(String, Cursor)> = filters.into_iter().map(|filter| (filter, Cursor::first(1_000))).collect();
    for _ in 0..MOST_PAGES {
        let request = |(filter, cursor): &(String, Cursor)| -> Request {
            let options = cursor.options(&[("$filter", filter.clone())]);
            options
                .into_iter()
                .fold(gateway.request("GET", names::SERVICE, set), |request, (name, value)| request.query(name, value))
        };
        let replies = gateway.read_all(waiting.iter().map(request).collect());
        let mut next = Vec::new();
        for ((filter, cursor), reply) in waiting.into_iter().zip(replies) {
            let reply = reply?;
            let body: Value = reply.json()?;
            let page = wire::collection(&body).map_err(|problem| reply.unreadable(&problem))?;
            add(&page.entities).map_err(|problem| reply.unreadable(&problem))?;
            next.extend(cursor.after(page.entities.len(), page.next).map(|cursor| (filter, cursor)));
        }
        if next.is_empty() {
            return Ok(());
        }
        waiting = next;
    }
    Err(Failure::invalid_response("The back end answers an endless list of condition records."))
}
