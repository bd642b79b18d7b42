//! Reading an object of a reply, field by field. What is wrong is said with the name of the field.

use super::Read;
use crate::money;
use rust_decimal::Decimal;
use serde_json::Value;

/// One object of a reply, or an expanded part of it.
#[derive(Debug, Clone, Copy)]
pub struct Entity<'a>(&'a Value);

impl<'a> Entity<'a> {
    pub fn of(value: &'a Value) -> Self {
        Entity(value)
    }

    /// The object itself.
    pub fn value(self) -> &'a Value {
        self.0
    }

    /// Text of a field; "" and null both mean that it is not set.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub fn required(self, name: &str) -> Read<&'a str> {
        self.text(name).ok_or_else(|| format!("{name} is missing"))
    }

    /// `true`, or one of the texts that stand for it.
    pub fn flag(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == &Value::Bool(true) || matches!(value.as_str(), Some("X" | "Y" | "true")))
    }

    /// Decimal text. A JSON number is taken only when it is whole: a fraction has been through a float, unless the reply was read with [`super::exact`].
    pub fn decimal(self, name: &str) -> Read<Option<Decimal>> {
        match self.0.get(name) {
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => decimal(name, &number.to_string()).map(Some),
            Some(Value::Number(number)) => Err(format!("{name} is the number {number}, not decimal text")),
            _ => self.text(name).map(|text| decimal(name, text)).transpose(),
        }
    }

    /// A decimal that must be there.
    pub fn amount(self, name: &str) -> Read<Decimal> {
        self.decimal(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// A text of some form, such as a date.
    pub fn parsed<T>(self, name: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Read<Option<T>> {
        let parsed = |text: &str| parse(text).ok_or_else(|| format!("{name} is {:?}, which is no {what}", short(text)));
        self.text(name).map(parsed).transpose()
    }

    /// A counting number: "10" and "000010" are the same one; zero means none.
    pub fn count(self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok().filter(|number| *number > 0)
    }

    /// The objects of a list, which may stand in an object of its own (`results` or `items`); empty when it is not there.
    pub fn many(self, name: &str) -> Vec<Entity<'a>> {
        let part = self.0.get(name);
        let within = |part: &'a Value| part.get("results").or_else(|| part.get("items")).and_then(Value::as_array);
        let list = part.and_then(|part| part.as_array().or_else(|| within(part)));
        list.map(|list| list.iter().map(Entity).collect()).unwrap_or_default()
    }

    /// An object within this one; none when it is only announced (`__deferred`).
    pub fn one(self, name: &str) -> Option<Entity<'a>> {
        self.0.get(name).filter(|part| part.is_object() && part.get("__deferred").is_none()).map(Entity)
    }
}

fn decimal(name: &str, text: &str) -> Read<Decimal> {
    // ABAP writes the sign of a negative number behind it; Java writes large and small ones with an exponent.
    let signed = text.strip_suffix('-').map(|digits| format!("-{digits}"));
    let text = signed.as_deref().unwrap_or(text);
    let value = money::decimal(text).ok().or_else(|| scientific(text));
    value.ok_or_else(|| format!("{name} is {:?}, which is no decimal number", short(text)))
}

/// `1.5E+3`, exactly.
fn scientific(text: &str) -> Option<Decimal> {
    let (digits, exponent) = text.split_once(['e', 'E'])?;
    money::decimal(digits).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    // Beyond that nothing is exact any more.
    (-28..=28).contains(&exponent).then_some(())?;
    Decimal::from_scientific(text).ok()
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_decimal_is_text_with_a_sign_on_either_side_or_an_exponent() {
        let value = json!({"a": "2389.800", "b": "12.50-", "c": "1.5E+3", "d": "2e-2", "e": 7, "f": 0.5, "g": "1e99", "h": "x", "i": "e3", "j": null});
        let entity = Entity::of(&value);
        let read = |name: &str| entity.decimal(name).map(|found| found.map(|found| found.normalize().to_string()));
        for (name, expected) in [("a", "2389.8"), ("b", "-12.5"), ("c", "1500"), ("d", "0.02"), ("e", "7")] {
            assert_eq!(read(name).unwrap().as_deref(), Some(expected));
        }
        assert_eq!(read("j"), Ok(None));
        for wrong in ["f", "g", "h", "i"] {
            assert!(read(wrong).unwrap_err().starts_with(&format!("{wrong} is ")), "{wrong}");
        }
    }

    #[test]
    fn lists_are_read_bare_and_wrapped() {
        let value = json!({"a": [{}, {}], "b": {"items": [{}]}, "c": {"results": [{}, {}, {}]}, "d": null, "e": {}});
        assert_eq!(["a", "b", "c", "d", "e", "f"].map(|name| Entity::of(&value).many(name).len()), [2, 1, 3, 0, 0, 0]);
    }
}
