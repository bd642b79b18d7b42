//! What a body may have: fields with their kinds, and parts. What is not known is refused, and so is a value of another kind.

use crate::fault::Fault;
use serde_json::Value;

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A whole number.
    Id,
    Number,
    Flag,
    /// `2026-11-22T00:00:00Z`, or without an offset.
    Time,
}

/// An object: its fields, its lists of objects, and its single objects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub(crate) fields: &'static [(&'static str, Kind)],
    pub(crate) lists: &'static [(&'static str, &'static Type)],
    pub(crate) objects: &'static [(&'static str, &'static Type)],
}

impl Type {
    pub(crate) fn check(&self, body: &Value, path: &str) -> Result<(), Fault> {
        let fields = body.as_object().ok_or_else(|| Fault::payload("An object is expected").at(path.to_owned()))?;
        fields.iter().try_for_each(|(name, value)| self.check_field(name, value, &format!("{path}/{name}")))
    }

    fn check_field(&self, name: &str, value: &Value, path: &str) -> Result<(), Fault> {
        if let Some((_, part)) = self.lists.iter().find(|(known, _)| *known == name) {
            let list = value.as_array().ok_or_else(|| Fault::payload("A list is expected").at(path.to_owned()))?;
            return list.iter().enumerate().try_for_each(|(index, value)| part.check(value, &format!("{path}/{index}")));
        }
        if let Some((_, part)) = self.objects.iter().find(|(known, _)| *known == name) {
            return part.check(value, path);
        }
        let known = self.fields.iter().find(|(known, _)| *known == name);
        let (_, kind) = known.ok_or_else(|| Fault::payload(format!("Unknown attribute {name}")).at(path.to_owned()))?;
        let fits = match (kind, value) {
            (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => true,
            (Kind::Id, Value::Number(number)) => number.is_u64(),
            (Kind::Time, Value::String(text)) => is_time(text),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(Fault::payload(format!("Attribute {name} has the invalid value {value}")).at(path.to_owned()))
        }
    }
}

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok() || format!("{text}Z").parse::<jiff::Timestamp>().is_ok() && text.contains('T')
}

/// Fails on a field that must be there and is not.
pub(crate) fn require(body: &Value, fields: &[&str], path: &str) -> Result<(), Fault> {
    match fields.iter().find(|field| body.get(**field).is_none_or(Value::is_null)) {
        Some(missing) => {
            Err(Fault::business("OM-REQUIRED", format!("A value is required for {missing}.")).at(format!("{path}/{missing}")))
        }
        None => Ok(()),
    }
}

pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A number as it was written.
pub(crate) fn decimal(value: &Value, field: &str) -> rust_decimal::Decimal {
    let text = value.get(field).map(|number| number.to_string().trim_matches('"').to_owned()).unwrap_or_default();
    text.parse().or_else(|_| rust_decimal::Decimal::from_scientific(&text)).unwrap_or_default()
}

/// A decimal as a JSON number.
pub(crate) fn number(value: rust_decimal::Decimal) -> Value {
    serde_json::from_str(&value.normalize().to_string()).unwrap_or_default()
}

/// Puts the fields of `more` over those of `entity`.
pub(crate) fn merge(entity: &mut Value, more: Value) {
    if let (Some(fields), Value::Object(more)) = (entity.as_object_mut(), more) {
        fields.extend(more);
    }
}
