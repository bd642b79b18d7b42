//! One configured operation: how its requests are made and its reply read. Compiled at configure.

use crate::mapping::{Builder, MappingId};
use crate::plan::{Plan, RawPlan};
use crate::reading::Reading;
use crate::step::{self, SharedSteps, Step};
use ordergate_sdk::http::Intent;
use ordergate_sdk::operation as names;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `[operations."…"]` as the operator wrote it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOperation {
    #[serde(default)]
    steps: Vec<Value>,
    #[serde(default)]
    undo: Vec<Value>,
    method: Option<String>,
    path: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    response: Option<String>,
    next: Option<String>,
    error: Option<String>,
    group_by: Option<String>,
    #[serde(default)]
    success: Vec<u16>,
    #[serde(default)]
    absent: Vec<u16>,
    items_per_request: Option<u32>,
    max_items: Option<u32>,
    max_pages: Option<u32>,
    timeout_ms: Option<u32>,
    /// Compiled by `cases`; here so that the key is known.
    #[serde(default, rename = "cases")]
    _cases: Vec<Value>,
}

/// A compiled operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) intent: Intent,
    /// Sent before its own request, in order.
    pub(crate) steps: Vec<Step>,
    /// Sent when it is refused after one of its steps has changed something.
    pub(crate) undo: Vec<Step>,
    /// Its own request; without one, the steps are all that is sent.
    pub(crate) plan: Option<Plan>,
    pub(crate) reading: Reading,
    pub(crate) next: Option<MappingId>,
    pub(crate) group_by: Option<MappingId>,
    pub(crate) items_per_request: Option<u32>,
    pub(crate) max_items: Option<u32>,
    pub(crate) max_pages: u32,
    /// The first whose condition holds is used instead.
    cases: Vec<(MappingId, Operation)>,
}

/// What an operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One result per item.
    Batch,
    /// One record.
    Record,
    /// One record, or nothing when it is certainly not there.
    Found,
    /// A page of a list.
    Page,
    /// Only success or failure.
    Nothing,
    /// Events of a message that came in; no request is sent.
    Events,
}

impl Operation {
    /// `place` names file and operation, for errors.
    pub(crate) fn compile(
        builder: &mut Builder,
        shared: &SharedSteps,
        place: &str,
        name: &str,
        settings: Value,
    ) -> Result<Self, String> {
        let raw: RawOperation = serde_json::from_value(settings.clone()).map_err(|error| format!("{place}: {error}"))?;
        let (intent, form) =
            nature(name).ok_or_else(|| format!("{place}: there is no such operation; they are {}", names::ALL.join(", ")))?;
        raw.check(place, form)?;
        let mut mapping = |key: &str, code: Option<String>| code.map(|code| builder.add(format!("{place}.{key}"), &code));
        let (response, next, error) = (mapping("response", raw.response), mapping("next", raw.next), mapping("error", raw.error));
        let group_by = mapping("group_by", raw.group_by);
        let RawOperation { method, query, headers, body, timeout_ms, .. } = raw;
        let plan = raw.path.map(|path| RawPlan { method, path, query, headers, body, timeout_ms }.compile(builder, place));
        let operation = Operation {
            intent,
            steps: step::compile(builder, shared, &format!("{place}.steps"), &raw.steps)?,
            undo: step::compile(builder, shared, &format!("{place}.undo"), &raw.undo)?,
            plan: plan.transpose()?,
            reading: Reading { success: raw.success, absent: raw.absent, error, mapping: response },
            next,
            group_by,
            items_per_request: raw.items_per_request,
            max_items: raw.max_items,
            max_pages: raw.max_pages.unwrap_or(10),
            cases: cases(builder, shared, place, name, &settings)?,
        };
        operation.check_changes(place)?;
        Ok(operation)
    }

    /// What only reads changes nothing, and what writes does not write by a request that may be sent twice.
    fn check_changes(&self, place: &str) -> Result<(), String> {
        let changing = self.steps.iter().find(|step| step.intent == Intent::Write);
        if changing.is_none() && !self.undo.is_empty() {
            return Err(format!("{place}.undo: none of the steps changes anything that it could take back"));
        }
        match (self.intent, changing) {
            (Intent::Read, Some(step)) => Err(format!(
                "{place}.steps.{}: this operation only reads, and so must its steps: say changes = false when it does",
                step.name
            )),
            (Intent::Write, None) => match &self.plan {
                Some(plan) => plan.must_change(place),
                None => Err(format!("{place}.steps: this operation changes something, and none of its requests does")),
            },
            _ => Ok(()),
        }
    }

    /// The intent of its own request: after steps that made the change, reading back is only a read.
    pub(crate) fn own_intent(&self) -> Intent {
        let only_reads = !self.steps.is_empty() && self.plan.as_ref().is_some_and(Plan::only_reads);
        if only_reads { Intent::Read } else { self.intent }
    }

    /// This operation, or the first of its cases whose condition holds.
    pub(crate) fn for_case<E>(&self, holds: impl Fn(MappingId) -> Result<bool, E>) -> Result<&Operation, E> {
        for (when, case) in &self.cases {
            if holds(*when)? {
                return Ok(case);
            }
        }
        Ok(self)
    }

    /// At most so many items in one call: as configured, or as many as 16 requests carry (the host allows 32 in one call).
    pub(crate) fn batch_cap(&self) -> Option<u32> {
        self.max_items.or_else(|| self.items_per_request.map(|items| items.saturating_mul(16)))
    }
}

/// Each case is the operation with some keys replaced.
fn cases(
    builder: &mut Builder,
    shared: &SharedSteps,
    place: &str,
    name: &str,
    settings: &Value,
) -> Result<Vec<(MappingId, Operation)>, String> {
    let Some(cases) = settings.get("cases").and_then(Value::as_array) else { return Ok(Vec::new()) };
    let compile = |(index, case): (usize, &Value)| {
        let place = format!("{place}.cases[{index}]");
        let (Some(base), Some(case)) = (settings.as_object(), case.as_object()) else {
            return Err(format!("{place}: it must be a table"));
        };
        let when = case.get("when").and_then(Value::as_str).ok_or_else(|| format!("{place}.when: it is missing"))?;
        if case.contains_key("cases") {
            return Err(format!("{place}: cases have no cases"));
        }
        let mut merged = base.clone();
        merged.remove("cases");
        merged.extend(case.iter().filter(|(key, _)| *key != "when").map(|(key, value)| (key.clone(), value.clone())));
        let when = builder.add(format!("{place}.when"), when);
        Ok((when, Operation::compile(builder, shared, &place, name, Value::Object(merged))?))
    };
    cases.iter().enumerate().map(compile).collect()
}

impl RawOperation {
    fn check(&self, place: &str, form: Form) -> Result<(), String> {
        let refuse = |key: &str, problem: &str| Err(format!("{place}.{key}: {problem}"));
        match &self.path {
            Some(_) if form == Form::Events => {
                return refuse("path", "this operation sends no request; only response belongs here");
            }
            None if form == Form::Events && !self.steps.is_empty() => {
                return refuse("steps", "this operation sends no request; only response belongs here");
            }
            None if form != Form::Events && self.steps.is_empty() => return refuse("path", "it is missing"),
            None if self.body.is_some() || self.method.is_some() || !self.query.is_empty() || !self.headers.is_empty() => {
                return refuse("path", "it is missing; method, query, headers and body need it");
            }
            _ => {}
        }
        if self.response.is_none() && form != Form::Nothing {
            return refuse("response", "it is missing; without it no answer can be read");
        }
        if self.items_per_request == Some(0) || self.max_items == Some(0) || self.max_pages == Some(0) {
            return Err(format!("{place}: items_per_request, max_items and max_pages are at least 1"));
        }
        let for_batches = self.group_by.is_some() || self.items_per_request.is_some() || self.max_items.is_some();
        if for_batches && form != Form::Batch {
            return Err(format!(
                "{place}: group_by, items_per_request and max_items belong to availability.check and pricing.offer-prices"
            ));
        }
        if (self.group_by.is_some() || self.items_per_request.is_some()) && self.path.is_none() {
            return refuse("path", "it is missing; group_by and items_per_request are about the operation's own request");
        }
        if !self.absent.is_empty() && form != Form::Found {
            return refuse("absent", "it belongs to find-by-reference");
        }
        if self.next.is_some() && (matches!(form, Form::Record | Form::Nothing | Form::Events) || self.path.is_none()) {
            return refuse("next", "this operation has no pages");
        }
        Ok(())
    }
}

fn nature(name: &str) -> Option<(Intent, Form)> {
    Some(match name {
        names::CHECK_AVAILABILITY | names::OFFER_PRICES => (Intent::Read, Form::Batch),
        names::CALCULATE | names::GET_ORDER | names::GET_QUOTE => (Intent::Read, Form::Record),
        names::FIND_ORDER | names::FIND_QUOTE => (Intent::Read, Form::Found),
        names::LIST_ORDERS | names::LIST_QUOTES => (Intent::Read, Form::Page),
        names::PROBE => (Intent::Read, Form::Nothing),
        names::RELEASE => (Intent::Write, Form::Nothing),
        names::RESERVE
        | names::SUBMIT_ORDER
        | names::CANCEL_ORDER
        | names::SUBMIT_QUOTE
        | names::ACCEPT_QUOTE
        | names::DECLINE_QUOTE
        | names::CANCEL_QUOTE => (Intent::Write, Form::Record),
        names::TRANSLATE => (Intent::Read, Form::Events),
        _ => return None,
    })
}
