//! The detailed check of order promising: when so many of an item can be shipped, and from where.

use super::quick::{self, Said};
use super::{plain, units};
use crate::settings::Settings;
use crate::wire::{Draft, Entity, Read, date};
use ordergate_sdk::json;
use ordergate_sdk::types::{Quantity, ScheduleLine};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Names under which the quantity of an option is told.
const QUANTITIES: [&str; 5] = ["PromisedQuantity", "ShipQuantity", "AvailableQuantity", "Quantity", "RequestedQuantity"];

/// No alternatives: together with the promise itself they would be more than there is.
const FLAGS: [(&str, bool); 6] = [
    ("SubstitutionsAllowedFlag", false),
    ("SplitsAllowedFlag", true),
    ("GenerateAltAvailabilityFlag", false),
    ("GeneratePeggingFlag", false),
    ("IgnoreReservationFlag", false),
    ("IgnoreDateReservationFlag", false),
];

/// What is asked about one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) sku: String,
    pub(crate) quantity: Decimal,
    /// Absent for the unit in which the item is kept.
    pub(crate) unit: Option<String>,
    pub(crate) organization: Option<String>,
    /// The moment from which on it is wanted.
    pub(crate) at: String,
}

/// The body of `checkAvailability`.
pub(crate) fn body(settings: &Settings, now: &str, wanted: &Wanted) -> Read<Value> {
    let line = Draft::new()
        .text("FulfillmentLineIdentifier", "1")
        .text("SalesOrderNumber", "1")
        .text("InstanceNumber", &settings.availability.calling_instance)
        .text("SalesOrderLineNumber", "1")
        .text("RequestType", "Order")
        .text("RequestedCreationDate", now)
        .text("RequestedItem", &wanted.sku)
        .text("PromisingType", "Ship")
        .text("RequestedDateTime", &wanted.at)
        .part("RequestedQuantity", json::number(wanted.quantity)?)
        .optional("RequestedQuantityUOM", wanted.unit.as_ref())
        .text("AvailabilityBasis", "Delivery");
    let line = FLAGS.into_iter().fold(line, |line, (flag, value)| line.part(flag, Value::Bool(value)));
    let line = match &wanted.organization {
        Some(organization) => line.part("RequestedShipFromOrg", json!({"OrgIdentifier": organization})),
        None => line,
    };
    Ok(json!({
        "CallingModule": settings.availability.calling_module, "CallingInstance": settings.availability.calling_instance,
        "RequestCreationDate": now, "RequestTimeZone": "GMT", "ReleaseNumber": "1", "UniqueOrderIdentifier": "1",
        "FulfillmentLineEntryList": {"FulfillmentLine": line.done()},
    }))
}

/// A promise: what comes when, never more than was asked; or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Promise {
    Options(Vec<ScheduleLine>),
    Failed(String, String),
}

/// Where exactly the options stand in the answer is not documented: whatever has a day of shipping is one.
pub(crate) fn read(settings: &Settings, answer: Entity<'_>, wanted: &Wanted, unit: &str) -> Read<Promise> {
    let mut found = Vec::new();
    options(answer.value(), &mut found);
    if found.is_empty()
        && let Some(Said::Failed(code, text)) = first_error(answer)
    {
        return Ok(Promise::Failed(code, text));
    }
    let mut lines = Vec::new();
    for option in found {
        let day = option.parsed("ExpectedShipDateTime", "time", date::day)?;
        let quantity = QUANTITIES.into_iter().find_map(|name| option.decimal(name).transpose()).transpose()?;
        let organization = quick::deep(option.value(), "OrgIdentifier").and_then(|found| Entity::of(found).text("OrgIdentifier"));
        let location = organization.or(wanted.organization.as_deref()).map(|code| settings.location(code));
        lines.push((day, quantity.unwrap_or(wanted.quantity), location));
    }
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    let mut open = wanted.quantity;
    let mut kept = Vec::new();
    for (day, quantity, location) in lines {
        let taken = quantity.min(open);
        if taken > Decimal::ZERO {
            open -= taken;
            kept.push(ScheduleLine { quantity: Quantity { value: plain(taken), unit: unit.to_owned() }, date: day, location });
        }
    }
    Ok(Promise::Options(kept))
}

/// The unit in which a promise is told.
pub(crate) fn unit_of(settings: &Settings, wanted: &Wanted, fallback: &str) -> Read<String> {
    wanted.unit.as_deref().map_or_else(|| Ok(fallback.to_owned()), |unit| units::to_un(settings, unit))
}

fn options<'a>(value: &'a Value, found: &mut Vec<Entity<'a>>) {
    match value {
        Value::Object(fields) if fields.get("ExpectedShipDateTime").is_some_and(|at| !at.is_null()) => {
            found.push(Entity::of(value))
        }
        Value::Object(fields) => fields.values().for_each(|part| options(part, found)),
        Value::Array(list) => list.iter().for_each(|part| options(part, found)),
        _ => {}
    }
}

fn first_error(answer: Entity<'_>) -> Option<Said> {
    quick::error(Entity::of(quick::deep(answer.value(), "ErrorCode")?))
}
