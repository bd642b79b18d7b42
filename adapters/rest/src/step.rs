//! One of the requests that an operation sends before its own (`steps`), or to take back what a refused one has left (`undo`).

use crate::mapping::{Builder, MappingId};
use crate::plan::{Plan, RawPlan};
use crate::reading::Reading;
use ordergate_sdk::http::Intent;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Steps that several operations use, by name: `[steps.NAME]`, and where they stand.
#[derive(Debug, Default)]
pub(crate) struct SharedSteps {
    pub(crate) file: String,
    pub(crate) steps: BTreeMap<String, Value>,
}

/// A step as the operator wrote it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    #[serde(default)]
    name: String,
    /// Resolved before the rest is read; here so that the key is known.
    #[serde(default, rename = "use")]
    _use: Option<String>,
    when: Option<String>,
    each: Option<String>,
    changes: Option<bool>,
    #[serde(default)]
    resumes: bool,
    method: Option<String>,
    path: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    value: Option<String>,
    #[serde(default)]
    success: Vec<u16>,
    #[serde(default)]
    absent: Vec<u16>,
    error: Option<String>,
    timeout_ms: Option<u32>,
}

/// A compiled step.
#[derive(Debug)]
pub(crate) struct Step {
    /// Its value is `$steps.NAME` from then on.
    pub(crate) name: String,
    /// It is left out unless this holds.
    pub(crate) when: Option<MappingId>,
    /// An array: one request for each element, which is `$each`.
    pub(crate) each: Option<MappingId>,
    pub(crate) intent: Intent,
    /// What it finds was left by an attempt before, and is taken back like what this one has made.
    pub(crate) resumes: bool,
    /// Without one, nothing is sent: the value is calculated.
    pub(crate) plan: Option<Plan>,
    pub(crate) reading: Reading,
}

/// Compiles a list of steps; their places are `PLACE.NAME`, or those of the shared steps that they use. Names are unique and can stand
/// behind `$steps.`.
pub(crate) fn compile(builder: &mut Builder, shared: &SharedSteps, place: &str, list: &[Value]) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::with_capacity(list.len());
    for (index, settings) in list.iter().enumerate() {
        let (shared_place, settings) = shared.resolve(&format!("{place}[{index}]"), settings)?;
        let raw: RawStep = serde_json::from_value(settings)
            .map_err(|error| format!("{}: {error}", shared_place.clone().unwrap_or_else(|| format!("{place}[{index}]"))))?;
        if !is_name(&raw.name) {
            return Err(format!("{place}[{index}].name: {:?} must be letters, digits and _, and begin with a letter", raw.name));
        }
        if steps.iter().any(|step| step.name == raw.name) {
            return Err(format!("{place}: two steps are called {}", raw.name));
        }
        let place = shared_place.unwrap_or_else(|| format!("{place}.{}", raw.name));
        steps.push(raw.compile(builder, &place)?);
    }
    Ok(steps)
}

impl SharedSteps {
    /// A step with what the shared one that it uses says, and that one's place.
    fn resolve(&self, place: &str, step: &Value) -> Result<(Option<String>, Value), String> {
        let Some(name) = step.get("use") else { return Ok((None, step.clone())) };
        let name = name.as_str().ok_or_else(|| format!("{place}.use: it must be the name of a step"))?;
        let Some(shared) = self.steps.get(name) else {
            let known = self.steps.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(format!("{place}.use: there is no [steps.{name}]; there are {known}"));
        };
        let (Some(shared), Some(step)) = (shared.as_object(), step.as_object()) else {
            return Err(format!("steps.{name}: it must be a table"));
        };
        if let Some(key) = step.keys().find(|key| !["use", "name", "when"].contains(&key.as_str())) {
            return Err(format!("{place}.{key}: a step with use may say name and when, nothing else"));
        }
        let mut merged = shared.clone();
        merged.entry("name").or_insert_with(|| Value::from(name));
        merged.extend(step.clone());
        Ok((Some(format!("{}: steps.{name}", self.file)), Value::Object(merged)))
    }
}

impl RawStep {
    fn compile(self, builder: &mut Builder, place: &str) -> Result<Step, String> {
        let mut mapping = |key: &str, code: Option<String>| code.map(|code| builder.add(format!("{place}.{key}"), &code));
        let (when, each) = (mapping("when", self.when), mapping("each", self.each));
        let (error, value) = (mapping("error", self.error), mapping("value", self.value));
        let RawStep { method, query, headers, body, timeout_ms, .. } = self;
        let plan = self.path.map(|path| RawPlan { method, path, query, headers, body, timeout_ms }.compile(builder, place));
        let plan = plan.transpose()?;
        let changes = self.changes.unwrap_or_else(|| plan.as_ref().is_some_and(|plan| !plan.only_reads()));
        match &plan {
            Some(plan) if changes => plan.must_change(place)?,
            None if value.is_none() => return Err(format!("{place}: it has neither a path nor a value")),
            None if changes || each.is_some() => return Err(format!("{place}.path: it is missing; each and changes need it")),
            _ => {}
        }
        Ok(Step {
            name: self.name,
            when,
            each,
            intent: if changes { Intent::Write } else { Intent::Read },
            resumes: self.resumes,
            plan,
            reading: Reading { success: self.success, absent: self.absent, error, mapping: value },
        })
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
