//! The quick check of order promising: many items in many organizations, how many of each can be promised.

use crate::settings::Settings;
use crate::wire::{Entity, Read};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An item in an organization, on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) sku: String,
    pub(crate) at: String,
    pub(crate) organization: String,
}

/// What the check says about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Available(Decimal),
    /// An error of this item only, although the whole request succeeded: code and text.
    Failed(String, String),
    /// The item is not kept in this organization.
    Nothing,
}

/// The body: organizations of the same item and day together.
pub(crate) fn body(settings: &Settings, now: &str, places: &[&Place]) -> Value {
    let mut items: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for place in places {
        match items.iter_mut().find(|(sku, at, _)| *sku == place.sku && *at == place.at) {
            Some((_, _, organizations)) if organizations.contains(&place.organization.as_str()) => {}
            Some((_, _, organizations)) => organizations.push(&place.organization),
            None => items.push((&place.sku, &place.at, vec![&place.organization])),
        }
    }
    let detail = |(sku, at, organizations): &(&str, &str, Vec<&str>)| {
        let organizations: Vec<Value> = organizations.iter().map(|code| json!({"OrgIdentifier": code})).collect();
        json!({"ItemIdentifier": sku, "OrgInfoList": organizations, "RequestedDateTime": at,
            "AvailabilityForSubstitutesFlag": false, "AvailabilityForDropShipSupplierFlag": false})
    };
    json!({
        "CallingModule": settings.availability.calling_module, "CallingInstance": settings.availability.calling_instance,
        "RequestCreationDateTime": now, "RequestTimeZone": "GMT", "ItemDetailList": items.iter().map(detail).collect::<Vec<_>>(),
    })
}

/// What the answer says about a place. Where exactly the organization stands in it is not documented: it is searched.
pub(crate) fn said(answer: Entity<'_>, place: &Place) -> Read<Said> {
    let item = item(answer, place).ok_or_else(|| format!("{} is not in the answer", place.sku))?;
    if let Some(failed) = error(item) {
        return Ok(failed);
    }
    let entries = item.many("ItemAvailabilityAtOrgList");
    let entry = entries.into_iter().find(|entry| organization(*entry) == Some(place.organization.as_str()));
    let Some(entry) = entry else { return Ok(Said::Nothing) };
    if let Some(failed) = error(entry) {
        return Ok(failed);
    }
    let available = deep(entry.value(), "AvailableQuantity").ok_or("AvailableQuantity is missing")?;
    Entity::of(available).amount("AvailableQuantity").map(Said::Available)
}

/// The item of that day. When it is there only once it is the one that was asked for, whatever day the back end made of it.
fn item<'a>(answer: Entity<'a>, place: &Place) -> Option<Entity<'a>> {
    let day = |at: &str| at.get(..10).map(ToOwned::to_owned);
    let same: Vec<Entity<'a>> = answer
        .many("ItemAvailabilityList")
        .into_iter()
        .filter(|item| item.text("ItemIdentifier") == Some(place.sku.as_str()))
        .collect();
    let of_day = |item: &&Entity<'a>| item.text("RequestedDateTime").is_some_and(|at| day(at) == day(&place.at));
    let only = || same.first().filter(|_| same.len() == 1);
    same.iter().find(of_day).or_else(only).copied()
}

/// `ErrorCode` and `ErrorMessage`, when there is one.
pub(super) fn error(part: Entity<'_>) -> Option<Said> {
    let code = part.text("ErrorCode").filter(|code| *code != "0")?;
    let text = part.text("ErrorMessage").unwrap_or("order promising failed");
    Some(Said::Failed(code.to_owned(), text.to_owned()))
}

fn organization<'a>(entry: Entity<'a>) -> Option<&'a str> {
    Entity::of(deep(entry.value(), "OrgIdentifier")?).text("OrgIdentifier")
}

/// The first object, this one or one within it, that has the field.
pub(super) fn deep<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) if fields.get(field).is_some_and(|found| !found.is_null()) => Some(value),
        Value::Object(fields) => fields.values().find_map(|part| deep(part, field)),
        Value::Array(list) => list.iter().find_map(|part| deep(part, field)),
        _ => None,
    }
}
