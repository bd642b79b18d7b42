//! `availability.check`.

use super::super::bindings::guest::availability as wit;
use super::super::instance::{Guest, Ran};
use super::records::{from_schedule, to_buyer, to_date};
use super::strict::{Place, optional};
use super::{accept_items, bounded, to_context};
use crate::domain::{Availability, AvailabilityItem, AvailabilityQuery, CallContext, Failure};

pub(in super::super) async fn check(
    guest: &mut Guest,
    context: &CallContext,
    query: &AvailabilityQuery,
) -> Ran<Vec<Result<Availability, Failure>>> {
    let context = to_context(guest, context);
    let asked = wit::Query { buyer: query.buyer.as_ref().map(to_buyer), items: query.items.iter().map(to_item).collect() };
    let replies = guest.availability()?.call_check(&mut guest.store, &context, &asked).await?;
    accept_items(&query.items, replies, from_availability)
}

fn to_item(item: &AvailabilityItem) -> wit::Item {
    wit::Item {
        sku: item.sku.to_string(),
        location: item.location.as_ref().map(ToString::to_string),
        unit: item.unit.as_ref().map(ToString::to_string),
        quantity: item.quantity.map(|quantity| quantity.to_string()),
        requested_date: item.requested_date.as_ref().map(to_date),
        ext: Vec::new(),
    }
}

/// Most lines of a schedule that are kept: those that come first.
const MAX_SCHEDULE: usize = 64;

pub(super) fn from_availability(asked: &AvailabilityItem, answer: wit::Availability) -> Result<Availability, Failure> {
    let place = Place::new("availability", asked.sku.as_str());
    if answer.sku != asked.sku.as_str() {
        return Err(place.another("sku", &answer.sku));
    }
    let mut schedule = from_schedule(answer.schedule, place)?;
    schedule.sort_by_key(|line| (line.date.is_none(), line.date));
    schedule.truncate(MAX_SCHEDULE);
    Ok(Availability {
        sku: asked.sku.clone(),
        available: place.amount_of_goods("available", &answer.available)?,
        unit: place.unit("unit", &answer.unit)?,
        unlimited: answer.unlimited,
        schedule,
        lead_time_days: answer.lead_time_days,
        as_of: optional(answer.as_of.as_ref(), |text| place.instant("as-of", text))?,
        location: place.optional_text("location", answer.location)?,
        ext: bounded::extensions(answer.ext),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureCode;

    fn asked() -> AvailabilityItem {
        AvailabilityItem { sku: "A".into(), location: None, unit: None, quantity: None, requested_date: None }
    }

    fn answer(available: &str) -> wit::Availability {
        wit::Availability {
            sku: "A".into(),
            location: None,
            available: available.into(),
            unit: "C62".into(),
            unlimited: false,
            schedule: vec![],
            lead_time_days: None,
            as_of: None,
            ext: vec![],
        }
    }

    #[test]
    fn a_negative_availability_breaks_the_contract() {
        assert!(from_availability(&asked(), answer("0")).is_ok());
        assert_eq!(from_availability(&asked(), answer("-1")).unwrap_err().code, FailureCode::InvalidResponse);
    }

    #[test]
    fn of_a_long_schedule_the_next_dates_are_kept() {
        let line = |day: u64| wit::ScheduleLine {
            quantity: super::super::wit::Quantity { value: "1".into(), unit: "C62".into() },
            date: (day > 0).then(|| format!("2026-11-{day:02}")),
            location: None,
        };
        let schedule = (0..30).chain(1..30).chain(1..30).rev().map(line).collect();
        let read = from_availability(&asked(), wit::Availability { schedule, ..answer("5") }).unwrap();
        assert_eq!(read.schedule.len(), MAX_SCHEDULE);
        assert!(read.schedule.iter().all(|line| line.date.is_some_and(|date| date.day() <= 22)));
    }

    #[test]
    fn an_answer_for_another_item_is_never_used() {
        let other = wit::Availability { sku: "B".into(), ..answer("5") };
        assert_eq!(from_availability(&asked(), other).unwrap_err().code, FailureCode::InvalidResponse);
    }
}
