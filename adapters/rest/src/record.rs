//! Between the contract's records and the mapping language's values.
//!
//! Reading is lenient where no meaning is lost: absent optional fields, lists and flags get their empty value, numbers become decimal text
//! digit by digit, `ext` may be an object. It is strict where meaning would be lost: an unknown field name is an error.

mod read;

use crate::mapping::value;
use jaq_json::{Rc, Val};
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
fn with_open_ext(mut record: Val) -> Val {
    match &mut record {
        Val::Arr(items) => Rc::make_mut(items).iter_mut().for_each(open_within),
        Val::Obj(fields) => Rc::make_mut(fields).iter_mut().for_each(|(name, field)| match field {
            Val::Arr(pairs) if is_ext(name) => *field = Val::obj(pairs.iter().filter_map(pair).collect()),
            _ => open_within(field),
        }),
        _ => {}
    }
    record
}

fn open_within(value: &mut Val) {
    *value = with_open_ext(std::mem::take(value));
}

fn is_ext(name: &Val) -> bool {
    matches!(name, Val::TStr(text) if ***text == *b"ext")
}

fn pair(pair: &Val) -> Option<(Val, Val)> {
    let Val::Arr(pair) = pair else { return None };
    Some((pair.first()?.clone(), pair.get(1)?.clone()))
}

#[cfg(test)]
mod tests;
