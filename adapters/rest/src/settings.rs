//! The operator's configuration: read, checked, and compiled once. Everything that is wrong is named with file and place.
//!
//! `lib.rs` calls [`configure`]; nothing here sends anything.

use crate::mapping::{Builder, MappingId, Program, ValueMaps};
use crate::operation::Operation;
use crate::step::SharedSteps;
use crate::template::Template;
use ordergate_sdk::failure::code;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// JSON Schema (2020-12) of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

/// The compiled configuration.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) backend: Backend,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) errors: ErrorRules,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) program: Program,
}

/// `[backend]`: facts about the back end that the description carries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backend {
    pub(crate) endpoint: String,
    /// Which back end it is, for people.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default = "no_deduplication")]
    pub(crate) deduplication: String,
    #[serde(default)]
    pub(crate) propagation_delay_ms: u32,
    #[serde(default = "account_and_currency")]
    pub(crate) price_dimensions: Vec<String>,
    #[serde(default)]
    pub(crate) account_independent_prices: bool,
    #[serde(default)]
    pub(crate) availability_dimensions: Vec<String>,
    #[serde(default)]
    pub(crate) combined_price_and_availability: bool,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What failures the back end's error replies stand for.
#[derive(Debug, Default)]
pub(crate) struct ErrorRules {
    pub(crate) mapping: Option<MappingId>,
    pub(crate) statuses: BTreeMap<u16, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// Read before the rest, for errors; here so that the key is known.
    #[serde(rename = "$source")]
    _source: Option<String>,
    backend: Value,
    #[serde(default)]
    maps: ValueMaps,
    #[serde(default)]
    library: String,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    steps: BTreeMap<String, Value>,
    #[serde(default)]
    operations: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawErrors {
    mapping: Option<String>,
    #[serde(default)]
    statuses: BTreeMap<String, String>,
}

/// Reads and compiles the settings. The error says file, place and mend.
pub(crate) fn configure(json: &str) -> Result<Configuration, String> {
    let raw: Value = serde_json::from_str(json).map_err(|error| format!("settings: {error}"))?;
    let file = raw.get("$source").and_then(Value::as_str).unwrap_or("settings").to_owned();
    assemble(&file, raw).map_err(|problem| if problem.starts_with(&file) { problem } else { format!("{file}: {problem}") })
}

fn assemble(file: &str, settings: Value) -> Result<Configuration, String> {
    let Raw { _source: _, backend, maps, library, errors, steps, operations } = section("", settings)?;
    let backend: Backend = section("backend", backend)?;
    backend.check()?;
    let mut builder = Builder::new(format!("{file}: library"), &library);
    let headers = templates(&mut builder, &format!("{file}: backend.headers"), &backend.headers)?;
    let errors = error_rules(&mut builder, file, errors)?;
    let shared = SharedSteps { file: file.to_owned(), steps };
    let mut compiled = BTreeMap::new();
    for (name, raw) in operations {
        let place = format!("operations.\"{name}\"");
        let operation = Operation::compile(&mut builder, &shared, &format!("{file}: {place}"), &name, raw)?;
        compiled.insert(name, operation);
    }
    let program = builder.finish(maps)?;
    Ok(Configuration { backend, headers, errors, operations: compiled, program })
}

/// Compiles a table of templates, such as headers.
pub(crate) fn templates(
    builder: &mut Builder,
    place: &str,
    table: &BTreeMap<String, String>,
) -> Result<Vec<(String, Template)>, String> {
    table.iter().map(|(name, text)| Ok((name.clone(), Template::compile(builder, &format!("{place}.{name}"), text)?))).collect()
}

fn error_rules(builder: &mut Builder, file: &str, raw: Value) -> Result<ErrorRules, String> {
    let raw: RawErrors = if raw.is_null() { RawErrors::default() } else { section("errors", raw)? };
    let mapping = raw.mapping.map(|code| builder.add(format!("{file}: errors.mapping"), &code));
    let mut statuses = BTreeMap::new();
    for (status, failure) in raw.statuses {
        let number: u16 = status.parse().map_err(|_| format!("errors.statuses: {status} is no HTTP status"))?;
        one_of(&format!("errors.statuses.{status}"), &failure, &code::ALL)?;
        statuses.insert(number, failure);
    }
    Ok(ErrorRules { mapping, statuses })
}

fn section<T: DeserializeOwned>(place: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| if place.is_empty() { error.to_string() } else { format!("{place}: {error}") })
}

fn one_of(place: &str, value: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&value) { Ok(()) } else { Err(format!("{place}: {value} is not known; it is one of {}", known.join(", "))) }
}

impl Backend {
    fn check(&self) -> Result<(), String> {
        const PRICE: [&str; 9] =
            ["account", "ship-to", "contract", "currency", "unit", "quantity", "location", "date", "sales-area"];
        const AVAILABILITY: [&str; 5] = ["account", "ship-to", "contract", "date", "sales-area"];
        const CLASSES: [&str; 4] = ["native-key", "unique-reference", "queryable", "none"];
        one_of("backend.deduplication", &self.deduplication, &CLASSES)?;
        self.price_dimensions.iter().try_for_each(|name| one_of("backend.price_dimensions", name, &PRICE))?;
        self.availability_dimensions
            .iter()
            .try_for_each(|name| one_of("backend.availability_dimensions", name, &AVAILABILITY))?;
        let per_account = self.price_dimensions.iter().any(|name| name == "account");
        match (per_account, self.account_independent_prices) {
            (false, false) => {
                Err("backend.price_dimensions: account is missing; or say account_independent_prices = true".to_owned())
            }
            (true, true) => Err("backend.account_independent_prices: price_dimensions names account".to_owned()),
            _ => Ok(()),
        }
    }
}

fn no_deduplication() -> String {
    "none".to_owned()
}

fn account_and_currency() -> Vec<String> {
    vec!["account".to_owned(), "currency".to_owned()]
}

#[cfg(test)]
mod tests;
