//! Exactly what the back end sends and takes: OData V2 envelopes and entities, field names as a table ([`names`]), dates, URL literals, error
//! bodies and messages. Nothing here knows Ordergate's records.

pub(crate) mod date;
pub(crate) mod draft;
pub(crate) mod error_body;
pub(crate) mod literal;
pub(crate) mod message;
pub(crate) mod names;

use ordergate_sdk::money;
use rust_decimal::Decimal;
use serde_json::Value;

/// What was read, or what cannot be read and why.
pub(crate) type Read<T> = Result<T, String>;

/// One entity of a reply, or an expanded part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entity<'a>(&'a Value);

/// One page of a collection.
#[derive(Debug)]
pub(crate) struct Collection<'a> {
    pub(crate) entities: Vec<Entity<'a>>,
    /// Address of the next page, when the server cut the list.
    pub(crate) next: Option<&'a str>,
}

/// `{"d": {…}}` of a single entity.
pub(crate) fn entity(body: &Value) -> Read<Entity<'_>> {
    body.get("d").filter(|entity| entity.is_object()).map(Entity).ok_or_else(|| "the reply has no entity \"d\"".to_owned())
}

/// `{"d": {"results": […], "__next": …}}`. Very old gateways leave `results` out: `{"d": […]}`.
pub(crate) fn collection(body: &Value) -> Read<Collection<'_>> {
    let data = body.get("d").ok_or("the reply has no \"d\"")?;
    let list = data.as_array().or_else(|| data.get("results")?.as_array()).ok_or("the reply has no list \"d.results\"")?;
    Ok(Collection { entities: list.iter().map(Entity).collect(), next: data.get("__next").and_then(Value::as_str) })
}

impl<'a> Entity<'a> {
    /// Text of a field; "" and null both mean that it is not set.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub(crate) fn required(self, name: &str) -> Read<&'a str> {
        self.text(name).ok_or_else(|| format!("{name} is missing"))
    }

    pub(crate) fn flag(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == &Value::Bool(true) || value.as_str() == Some("X"))
    }

    /// Edm.Decimal and Edm.Int64 travel as text. A JSON number is taken only when it is whole: a fraction has been through a float.
    pub(crate) fn decimal(self, name: &str) -> Read<Option<Decimal>> {
        match self.0.get(name) {
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => decimal(name, &number.to_string()).map(Some),
            Some(Value::Number(number)) => Err(format!("{name} is the number {number}, not decimal text")),
            _ => self.text(name).map(|text| decimal(name, text)).transpose(),
        }
    }

    /// A decimal that must be there.
    pub(crate) fn amount(self, name: &str) -> Read<Decimal> {
        self.decimal(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// A day, whichever of the two forms it has.
    pub(crate) fn date(self, name: &str) -> Read<Option<String>> {
        self.text(name).map(|text| date::day(text).ok_or_else(|| format!("{name} is {text:?}, which is no date"))).transpose()
    }

    /// A point in time, in UTC.
    pub(crate) fn instant(self, name: &str) -> Read<Option<String>> {
        self.text(name).map(|text| date::instant(text).ok_or_else(|| format!("{name} is {text:?}, which is no time"))).transpose()
    }

    /// Number of an item: "10" and "000010" are the same one; zero means none.
    pub(crate) fn item_number(self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok().filter(|number| *number > 0)
    }

    /// What a to-many navigation holds; empty when it was not expanded.
    pub(crate) fn many(self, navigation: &str) -> Vec<Entity<'a>> {
        let part = self.0.get(navigation);
        let list = part.and_then(|part| part.as_array().or_else(|| part.get("results")?.as_array()));
        list.map(|list| list.iter().map(Entity).collect()).unwrap_or_default()
    }

    /// What a to-one navigation holds; none when it was not expanded or is empty.
    pub(crate) fn one(self, navigation: &str) -> Option<Entity<'a>> {
        self.0.get(navigation).filter(|part| part.is_object() && part.get("__deferred").is_none()).map(Entity)
    }

    /// State of the entity, for `If-Match`.
    pub(crate) fn etag(self) -> Option<&'a str> {
        self.0.get("__metadata")?.get("etag")?.as_str()
    }
}

fn decimal(name: &str, text: &str) -> Read<Decimal> {
    // ABAP writes the sign of a negative number behind it when nobody formatted it.
    let signed = text.strip_suffix('-').map(|digits| format!("-{digits}"));
    let value = money::decimal(signed.as_deref().unwrap_or(text));
    value.map_err(|_| format!("{name} is {:?}, which is no decimal number", text.chars().take(40).collect::<String>()))
}

#[cfg(test)]
mod tests;
