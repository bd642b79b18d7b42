//! The functions that expressions may call: jq's standard library without its contacts to the outside, and ours.

use super::{Kind, decimals, value};
use jaq_core::load::parse::Def;
use jaq_core::native::{Filter, Fun, bome, run, v};
use jaq_core::{Cv, RunPtr, load};
use jaq_json::{Error, Val};
use ordergate_sdk::settings;

/// Clock, environment, terminal and exit are not for mappings: the same input must give the same output.
const LEFT_OUT: [&str; 13] = [
    "env",
    "now",
    "localtime",
    "strflocaltime",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "input",
    "inputs",
    "input_line_number",
];

/// Ours, in jq.
const DEFINITIONS: &str = r#"
def compact: with_entries(select(.value != null and .value != ""));
def money($amount; $currency): if $amount == null then null else {amount: ($amount | decimal), currency: $currency} end;
def quantity($value; $unit): if $value == null then null else {value: ($value | decimal), unit: $unit} end;
def isodate: if . == null then null else tostring[:10] end;
def base64url: @base64 | split("+") | join("-") | split("/") | join("_");
"#;

pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    let ours = load::parse(DEFINITIONS, |parser| parser.defs()).unwrap_or_default();
    let standard = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    standard.filter(|definition| !LEFT_OUT.contains(&definition.name)).chain(ours)
}

pub(super) fn natives() -> impl Iterator<Item = Fun<Kind>> {
    let standard = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    standard.filter(|(name, ..)| !LEFT_OUT.contains(name)).chain(ours())
}

fn ours() -> impl Iterator<Item = Fun<Kind>> {
    let functions: [Filter<RunPtr<Kind>>; 13] = [
        ("map", v(2), |cv| bome(map(cv))),
        ("unmap", v(2), |cv| bome(unmap(cv))),
        ("lookup", v(2), |cv| bome(lookup(cv))),
        ("decimal", v(0), |cv| bome(decimals::plain(&cv.1))),
        ("decimal_sum", v(0), |cv| bome(decimals::sum(&cv.1))),
        ("decimal_add", v(2), |cv| bome(two(cv, decimals::add))),
        ("decimal_sub", v(2), |cv| bome(two(cv, decimals::subtract))),
        ("decimal_mul", v(2), |cv| bome(two(cv, decimals::multiply))),
        ("decimal_cmp", v(2), |cv| bome(two(cv, decimals::compare))),
        ("convert", v(2), |cv| bome(two(cv, decimals::convert))),
        ("decimal_div", v(3), |mut cv| {
            let scale = cv.0.pop_var();
            bome(two(cv, |left, right| decimals::divide(left, right, &scale)))
        }),
        ("decimal_round", v(1), |mut cv| {
            let scale = cv.0.pop_var();
            bome(decimals::round(&cv.1, &scale))
        }),
        ("decimal_round", v(2), |mut cv| {
            let (mode, scale) = (cv.0.pop_var(), cv.0.pop_var());
            bome(decimals::round_by(&cv.1, &scale, &mode))
        }),
    ];
    functions.into_iter().map(run::<Kind>)
}

/// `map("units"; .uom)`: the value for a key of a map in these settings; null for null and for an unknown key.
fn map(mut cv: Cv<'_, Kind>) -> Result<Val, Error> {
    let (key, name) = (cv.0.pop_var(), cv.0.pop_var());
    let entries = entries(&cv, &name)?;
    Ok(entries.get(&value::text_of(&key)).map_or(Val::Null, |found| Val::from(found.clone())))
}

/// `unmap("units"; .unit)`: the other direction. Of several keys, the first by name.
fn unmap(mut cv: Cv<'_, Kind>) -> Result<Val, Error> {
    let (wanted, name) = (value::text_of(&cv.0.pop_var()), cv.0.pop_var());
    let entries = entries(&cv, &name)?;
    Ok(entries.iter().find(|(_, found)| **found == wanted).map_or(Val::Null, |(key, _)| Val::from(key.clone())))
}

/// `lookup("plants"; .site)`: a value map that the operator keeps in the host.
fn lookup(mut cv: Cv<'_, Kind>) -> Result<Val, Error> {
    let (key, name) = (cv.0.pop_var(), cv.0.pop_var());
    Ok(settings::lookup(&value::text_of(&name), &value::text_of(&key)).map_or(Val::Null, Val::from))
}

fn entries<'a>(cv: &Cv<'a, Kind>, name: &Val) -> Result<&'a std::collections::BTreeMap<String, String>, Error> {
    let name = value::text_of(name);
    cv.0.data().maps().get(&name).ok_or_else(|| Error::str(format!("there is no map called {name} under [maps]")))
}

fn two(mut cv: Cv<'_, Kind>, calculate: impl FnOnce(&Val, &Val) -> Result<Val, Error>) -> Result<Val, Error> {
    let (right, left) = (cv.0.pop_var(), cv.0.pop_var());
    calculate(&left, &right)
}
