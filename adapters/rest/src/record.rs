//! Between the contract's records and the mapping language's values.
//!
//! Reading is lenient where no meaning is lost: absent optional fields, lists and flags get their empty value, numbers become decimal text
//! digit by digit, `ext` may be an object. It is strict where meaning would be lost: an unknown field name is an error.

mod read;

use crate::mapping::value;
use jaq_json::Val;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use read::Misfit;

/// A record of the contract from what a mapping gave.
pub(crate) fn read<T: DeserializeOwned>(value: &Val) -> Result<T, Misfit> {
    T::deserialize(read::Reader::of(value))
}

/// A record of the contract as mappings see it: snake_case, `ext` as an object.
pub(crate) fn write<T: Serialize>(record: &T) -> Result<Val, String> {
    let json = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    Ok(with_open_ext(value::parse(&json)?))
}

/// Lists of pairs called `ext` become objects, however deep they are.
fn with_open_ext(record: Val) -> Val {
    match record {
        Val::Arr(items) => items.iter().cloned().map(with_open_ext).collect(),
        Val::Obj(fields) => Val::obj(fields.iter().map(|(name, field)| (name.clone(), open(name, field))).collect()),
        other => other,
    }
}

fn open(name: &Val, field: &Val) -> Val {
    match field {
        Val::Arr(pairs) if value::text_of(name) == "ext" => Val::obj(pairs.iter().filter_map(pair).collect()),
        other => with_open_ext(other.clone()),
    }
}

fn pair(pair: &Val) -> Option<(Val, Val)> {
    let Val::Arr(pair) = pair else { return None };
    Some((pair.first()?.clone(), pair.get(1)?.clone()))
}

#[cfg(test)]
mod tests;
