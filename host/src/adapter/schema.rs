//! Whether settings fit the JSON Schema that an adapter gives for them. The schema is the adapter's: it may be wrong, huge or made to take for ever, so
//! this runs in the compiling process, within its bounds. Pure: nothing is fetched, references lead within the schema only, and patterns are
//! matched in linear time.

use std::error::Error;
use std::fmt::Write;

use boon::{CompileError, Compiler, ErrorKind, InstanceToken, Schemas, UrlLoader, ValidationError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Larger ones describe something else.
const MAX_SCHEMA_BYTES: usize = 256 * 1024;
/// Somebody reads them.
const MAX_VIOLATIONS: usize = 50;
const MAX_REASON_CHARACTERS: usize = 300;

/// The host's own key in the settings, which the operator did not write.
const SOURCE: &str = "$source";

/// The schema's own address, which nothing can be loaded from.
const ADDRESS: &str = "adapter://settings-schema";

/// One place in the settings that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Violation {
    pub path: Vec<Step>,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    Item(usize),
    Key(String),
}

impl Violation {
    /// RFC 6901; empty for the settings as a whole.
    pub(super) fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => format!("/{index}"),
        };
        self.path.iter().map(step).collect()
    }

    /// As in TOML: `operations."orders.get".cases[0].when`.
    pub(super) fn key(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            let dot = if text.is_empty() { "" } else { "." };
            // Writing to a text cannot fail.
            let _ = match step {
                Step::Item(index) => write!(text, "[{index}]"),
                Step::Key(key) if is_bare(key) => write!(text, "{dot}{key}"),
                Step::Key(key) => write!(text, "{dot}{key:?}"),
            };
        }
        text
    }

    /// Names of the tables that lead there, up to the first list.
    pub(super) fn tables(&self) -> Vec<&str> {
        let names = self.path.iter().map_while(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        });
        names.collect()
    }
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Everything in the settings, a JSON object, that does not fit. Err: the schema itself cannot be used.
pub(super) fn violations(schema: &str, settings: &str) -> Result<Vec<Violation>, String> {
    if schema.len() > MAX_SCHEMA_BYTES {
        return Err(format!("it has more than {MAX_SCHEMA_BYTES} bytes"));
    }
    let schema: Value = serde_json::from_str(schema).map_err(|cause| format!("it is no JSON: {cause}"))?;
    let mut settings: Value = serde_json::from_str(settings).map_err(|cause| cause.to_string())?;
    if let Some(settings) = settings.as_object_mut() {
        settings.remove(SOURCE);
    }
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.set_default_draft(boon::Draft::V2020_12);
    compiler.use_loader(Box::new(Nowhere));
    compiler.add_resource(ADDRESS, schema).map_err(|cause| fault(&cause))?;
    let index = compiler.compile(ADDRESS, &mut schemas).map_err(|cause| fault(&cause))?;
    let mut found = Vec::new();
    if let Err(error) = schemas.validate(&settings, index) {
        collect(&error, &mut found)?;
    }
    found.sort_by_cached_key(Violation::pointer);
    Ok(found)
}

/// Refuses every reference out of the schema.
struct Nowhere;

impl UrlLoader for Nowhere {
    fn load(&self, _: &str) -> Result<Value, Box<dyn Error>> {
        Err("a schema of settings may refer to nothing outside of itself".into())
    }
}

fn fault(error: &CompileError) -> String {
    let text = match error {
        CompileError::ValidationError { src, .. } => {
            let mut found = Vec::new();
            let _ = collect(src, &mut found);
            let places = found.iter().map(|violation| format!("{}: {}", violation.pointer(), violation.reason));
            format!("it is no JSON Schema: {}", places.collect::<Vec<_>>().join("; "))
        }
        // So the library says of a pattern that it cannot compile.
        CompileError::Bug(cause) => format!("a pattern in it cannot be used: {cause}"),
        other => format!("{other:#}").replace(ADDRESS, ""),
    };
    plain(&text)
}

/// The places below the combinations of a schema. Err: the schema runs in circles.
fn collect(error: &ValidationError<'_, '_>, found: &mut Vec<Violation>) -> Result<(), String> {
    let mut report = |steps: Vec<Step>, reason: &str| {
        let path = error.instance_location.tokens.iter().map(step).chain(steps).collect();
        let violation = Violation { path, reason: plain(reason) };
        if found.len() < MAX_VIOLATIONS && !found.contains(&violation) {
            found.push(violation);
        }
    };
    match &error.kind {
        ErrorKind::RefCycle { .. } => return Err(plain(&error.kind.to_string())),
        ErrorKind::AdditionalProperties { got } => {
            got.iter().for_each(|key| report(vec![Step::Key(key.to_string())], "there is no such setting"));
        }
        ErrorKind::FalseSchema => report(Vec::new(), "there is no such setting"),
        ErrorKind::Required { want } => {
            for key in want.iter().filter(|key| **key != SOURCE) {
                report(Vec::new(), &format!("{key} is missing"));
            }
        }
        ErrorKind::PropertyName { prop } => {
            report(vec![Step::Key(prop.clone())], &format!("no name for a setting here: {}", inner(error)))
        }
        ErrorKind::AnyOf | ErrorKind::OneOf(None) => {
            report(Vec::new(), &format!("none of the alternatives fits: {}", inner(error)))
        }
        _ if error.causes.is_empty() => report(Vec::new(), &error.kind.to_string()),
        _ => return error.causes.iter().try_for_each(|cause| collect(cause, found)),
    }
    Ok(())
}

fn step(token: &InstanceToken<'_>) -> Step {
    match token {
        InstanceToken::Prop(key) => Step::Key(key.to_string()),
        InstanceToken::Item(index) => Step::Item(*index),
    }
}

/// The reasons below, on one line.
fn inner(error: &ValidationError<'_, '_>) -> String {
    let mut found = Vec::new();
    let _ = error.causes.iter().try_for_each(|cause| collect(cause, &mut found));
    let mut reasons: Vec<_> = found.into_iter().map(|violation| violation.reason).collect();
    reasons.dedup();
    reasons.join("; ")
}

/// On one line, short, and without control characters: half of it is the adapter's.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_REASON_CHARACTERS).collect()
}

#[cfg(test)]
mod tests;
