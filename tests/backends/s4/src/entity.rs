//! Entities as JSON of V2: dates, decimals as text, navigations that are expanded or deferred, metadata with an ETag.

use crate::fault::Fault;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// How a property is written and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    Decimal,
    Date,
    Flag,
}

/// A property that a caller may set.
pub(crate) type Property = (&'static str, Kind);

/// A type that can be created: its properties, and its navigations with their types.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub(crate) properties: &'static [Property],
    pub(crate) navigations: &'static [(&'static str, &'static Type)],
}

impl Type {
    /// Fails on a property that is not there or cannot be set, and on a value of another form.
    pub(crate) fn check(&self, body: &Value) -> Result<(), Fault> {
        let fields = body.as_object().ok_or_else(|| Fault::syntax("An object is expected"))?;
        fields.iter().try_for_each(|(name, value)| self.check_field(name, value))
    }

    fn check_field(&self, name: &str, value: &Value) -> Result<(), Fault> {
        if let Some((_, part)) = self.navigations.iter().find(|(known, _)| *known == name) {
            return match value {
                Value::Object(_) if value.get("results").is_none() => part.check(value),
                _ => list(value).iter().try_for_each(|entity| part.check(entity)),
            };
        }
        let (_, kind) = self
            .properties
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| Fault::syntax(format!("Property '{name}' is invalid")))?;
        let fits = match (kind, value) {
            (_, Value::Null) | (Kind::Flag, Value::Bool(_)) => true,
            (Kind::Text(most), Value::String(text)) => text.chars().count() <= *most,
            (Kind::Decimal, Value::String(text)) => text.parse::<Decimal>().is_ok(),
            (Kind::Date, Value::String(_)) => milliseconds(value).is_some(),
            _ => false,
        };
        if fits { Ok(()) } else { Err(Fault::syntax(format!("Property '{name}' at offset '1' has invalid value '{value}'"))) }
    }
}

/// A to-many part: a bare array, or `{"results": [...]}`.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().or_else(|| value.get("results")?.as_array()).map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn text<'a>(entity: &'a Value, field: &str) -> &'a str {
    entity.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn decimal(entity: &Value, field: &str) -> Decimal {
    text(entity, field).parse().unwrap_or_default()
}

/// Quantities and amounts have three digits.
pub(crate) fn amount(value: Decimal) -> Value {
    Value::String(format!("{value:.3}"))
}

pub(crate) fn ms_of(day: Date) -> i64 {
    let days = Date::constant(1970, 1, 1).until(day).map(|span| span.get_days()).unwrap_or_default();
    i64::from(days) * 86_400_000
}

/// A day.
pub(crate) fn date(day: Date) -> Value {
    Value::String(format!("/Date({})/", ms_of(day)))
}

/// A moment, with the offset in minutes.
pub(crate) fn moment(at: Timestamp) -> Value {
    Value::String(format!("/Date({}+0000)/", at.as_millisecond()))
}

/// `/Date(ms)/`, with an offset or without, or `2026-11-30T00:00:00`.
pub(crate) fn milliseconds(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    if let Some(day) = text.strip_suffix("T00:00:00") {
        return day.parse().ok().map(ms_of);
    }
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    inside.split_once('+').map_or(inside, |(ms, _)| ms).parse().ok()
}

/// The ETag of a moment.
pub(crate) fn etag(changed_at: &Value) -> String {
    let at = Timestamp::from_millisecond(milliseconds(changed_at).unwrap_or_default()).unwrap_or_default();
    let text = at.strftime("%Y-%m-%dT%H:%M:%S.%3f0000Z").to_string().replace(':', "%3A");
    format!("W/\"datetimeoffset'{text}'\"")
}

/// The entity for an answer: `expand` has the paths of the navigations that come along, the others are deferred. Private fields begin with `_`.
pub(crate) fn shown(entity: &Value, expand: &[&str], etag: Option<&str>) -> Value {
    let mut shown = Map::new();
    let uri = "https://s4.example/entity";
    shown.insert("__metadata".to_owned(), etag.map_or(json!({"uri": uri}), |etag| json!({"uri": uri, "etag": etag})));
    for (name, value) in entity.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with('_')) {
        let value = if name.starts_with("to_") { navigation(name, value, expand, etag) } else { value.clone() };
        shown.insert(name.clone(), value);
    }
    Value::Object(shown)
}

fn navigation(name: &str, value: &Value, expand: &[&str], etag: Option<&str>) -> Value {
    let is_expanded = expand.iter().any(|path| path.split('/').next() == Some(name));
    if !is_expanded {
        return json!({"__deferred": {"uri": format!("https://s4.example/{name}")}});
    }
    let below: Vec<&str> =
        expand.iter().filter_map(|path| path.split_once('/')).filter(|(first, _)| *first == name).map(|(_, rest)| rest).collect();
    let etag = etag.filter(|_| name == "to_Item");
    match value {
        Value::Array(list) => json!({"results": list.iter().map(|part| shown(part, &below, etag)).collect::<Vec<_>>()}),
        Value::Null => Value::Null,
        one => shown(one, &below, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Type = Type { properties: &[("Quantity", Kind::Decimal)], navigations: &[] };
    const DOCUMENT: Type = Type {
        properties: &[("Name", Kind::Text(3)), ("Day", Kind::Date), ("Done", Kind::Flag)],
        navigations: &[("to_Item", &LINE)],
    };

    #[test]
    fn a_body_is_checked_down_to_its_lines() {
        for right in [
            json!({"Name": "abc", "Day": "/Date(0)/", "Done": true, "to_Item": [{"Quantity": "1.5"}]}),
            json!({"Day": "2026-11-30T00:00:00", "to_Item": {"results": []}}),
        ] {
            assert!(DOCUMENT.check(&right).is_ok(), "{right}");
        }
        for wrong in [
            json!({"name": "a"}),
            json!({"Name": "abcd"}),
            json!({"Day": "2026-11-30"}),
            json!({"Done": "X"}),
            json!({"to_Item": [{"Quantity": 1.5}]}),
            json!({"to_Item": [{"Plant": "1"}]}),
        ] {
            assert_eq!(DOCUMENT.check(&wrong).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn only_what_is_expanded_comes_along() {
        let entity = json!({"A": "1", "_secret": 1, "to_Item": [{"B": "2", "to_ScheduleLine": [{"C": "3"}]}], "to_Text": []});
        let shown = shown(&entity, &["to_Item"], Some("W/\"1\""));
        assert_eq!(shown["to_Item"]["results"][0]["B"], "2");
        assert!(
            shown["to_Item"]["results"][0]["to_ScheduleLine"]["__deferred"].is_object()
                && shown["to_Text"]["__deferred"].is_object()
        );
        assert!(shown.get("_secret").is_none());
        assert_eq!(shown["to_Item"]["results"][0]["__metadata"]["etag"], "W/\"1\"");
    }
}
