//! One configured operation: how its request is made and its reply read. Compiled at configure.

use crate::mapping::{Builder, MappingId};
use crate::settings::templates;
use crate::template::Template;
use ordergate_sdk::http::Intent;
use ordergate_sdk::operation as names;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `[operations."…"]` as the operator wrote it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOperation {
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
    pub(crate) method: String,
    pub(crate) path: Template,
    pub(crate) query: Vec<(String, Template)>,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: Option<MappingId>,
    pub(crate) response: Option<MappingId>,
    pub(crate) next: Option<MappingId>,
    pub(crate) error: Option<MappingId>,
    pub(crate) group_by: Option<MappingId>,
    /// Statuses that are success; empty for 2xx.
    pub(crate) success: Vec<u16>,
    /// Statuses that prove that the document is not there.
    pub(crate) absent: Vec<u16>,
    pub(crate) items_per_request: Option<u32>,
    pub(crate) max_items: Option<u32>,
    pub(crate) max_pages: u32,
    pub(crate) timeout_ms: Option<u32>,
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
    pub(crate) fn compile(builder: &mut Builder, place: &str, name: &str, settings: Value) -> Result<Self, String> {
        let raw: RawOperation = serde_json::from_value(settings.clone()).map_err(|error| format!("{place}: {error}"))?;
        let (intent, form) =
            nature(name).ok_or_else(|| format!("{place}: there is no such operation; they are {}", names::ALL.join(", ")))?;
        raw.check(place, form)?;
        let method = raw.method.unwrap_or_else(|| if raw.body.is_some() { "POST" } else { "GET" }.to_owned());
        if intent == Intent::Write && matches!(method.as_str(), "GET" | "HEAD") {
            return Err(format!(
                "{place}.method: {method} must not change anything, it may be sent twice: use POST, PUT, PATCH or DELETE"
            ));
        }
        let path = raw.path.as_deref().unwrap_or_default();
        let mut mapping = |key: &str, code: Option<String>| code.map(|code| builder.add(format!("{place}.{key}"), &code));
        Ok(Operation {
            body: mapping("body", raw.body),
            response: mapping("response", raw.response),
            next: mapping("next", raw.next),
            error: mapping("error", raw.error),
            group_by: mapping("group_by", raw.group_by),
            path: Template::compile(builder, &format!("{place}.path"), path)?,
            query: templates(builder, &format!("{place}.query"), &raw.query)?,
            headers: templates(builder, &format!("{place}.headers"), &raw.headers)?,
            intent,
            method,
            success: raw.success,
            absent: raw.absent,
            items_per_request: raw.items_per_request,
            max_items: raw.max_items,
            max_pages: raw.max_pages.unwrap_or(10),
            timeout_ms: raw.timeout_ms,
            cases: cases(builder, place, name, &settings)?,
        })
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

    pub(crate) fn succeeded(&self, status: u16) -> bool {
        if self.success.is_empty() { (200..300).contains(&status) } else { self.success.contains(&status) }
    }

    /// At most so many items in one call: as configured, or as many as 16 requests carry (the host allows 32 in one call).
    pub(crate) fn batch_cap(&self) -> Option<u32> {
        self.max_items.or_else(|| self.items_per_request.map(|items| items.saturating_mul(16)))
    }
}

/// Each case is the operation with some keys replaced.
fn cases(builder: &mut Builder, place: &str, name: &str, settings: &Value) -> Result<Vec<(MappingId, Operation)>, String> {
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
        Ok((when, Operation::compile(builder, &place, name, Value::Object(merged))?))
    };
    cases.iter().enumerate().map(compile).collect()
}

impl RawOperation {
    fn check(&self, place: &str, form: Form) -> Result<(), String> {
        const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        let refuse = |key: &str, problem: &str| Err(format!("{place}.{key}: {problem}"));
        if let Some(method) = self.method.as_deref().filter(|method| !METHODS.contains(method)) {
            return refuse("method", &format!("{method} is not known; it is one of {}", METHODS.join(", ")));
        }
        match &self.path {
            None if form != Form::Events => return refuse("path", "it is missing"),
            Some(_) if form == Form::Events => {
                return refuse("path", "this operation sends no request; only response belongs here");
            }
            Some(path) if !path.starts_with('/') => return refuse("path", "it must begin with /"),
            Some(path) if path.split('{').next().is_some_and(|fixed| fixed.contains('?')) => {
                return refuse("path", "parameters belong under query");
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
        if !self.absent.is_empty() && form != Form::Found {
            return refuse("absent", "it belongs to find-by-reference");
        }
        if self.next.is_some() && matches!(form, Form::Record | Form::Nothing | Form::Events) {
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
