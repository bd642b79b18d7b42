//! From a reply that is no success to a failure: the operation's own mapping, then the adapter-wide one, then the status.

use crate::mapping::{MappingId, Program, Scope, value};
use crate::record;
use crate::settings::ErrorRules;
use jaq_json::Val;
use ordergate_sdk::failure::code;
use ordergate_sdk::http::{Intent, Response, for_status};
use ordergate_sdk::types::Failure;
use ordergate_sdk::{log, markup};
use serde::Deserialize;

/// What an error mapping gives. What it leaves out is filled in by the status.
#[derive(Debug, Default, Deserialize)]
struct Explained {
    code: Option<String>,
    message: Option<String>,
    detail: Option<String>,
    line: Option<String>,
    retry_after_ms: Option<u64>,
    ext: Vec<(String, String)>,
}

/// The failure that a reply of an unsuccessful status stands for. Never fails itself: a broken mapping is logged and skipped.
pub(crate) fn explain(
    program: &Program,
    own: Option<MappingId>,
    rules: &ErrorRules,
    response: &Response,
    scope: &Scope,
) -> Failure {
    let body = body(response);
    let fallback = fallback(rules, response, &body);
    let mapped = own.into_iter().chain(rules.mapping).find_map(|mapping| {
        let found = program.run(mapping, body.clone(), scope).map_err(|error| error.to_string());
        let found = found.and_then(|value| if value::is_null(&value) { Ok(None) } else { explained(&value).map(Some) });
        found.unwrap_or_else(|problem| {
            log::warn("an error mapping failed; the status decides", &[("problem", problem), ("place", program.place(mapping))]);
            None
        })
    });
    mapped.map_or(fallback.clone(), |explained| merged(explained, fallback))
}

/// `{error: {…}}` in a reply of a successful status.
pub(crate) fn inside(reply: &Val, intent: Intent) -> Option<Failure> {
    let error = value::field(reply, "error");
    if value::is_null(&error) {
        return None;
    }
    let fallback = match intent {
        Intent::Read => Failure::invalid_response("The back end answered with an error."),
        Intent::Write => Failure::outcome_unknown("The back end answered with an error."),
    };
    match explained(&error) {
        Ok(explained) => Some(merged(explained, fallback)),
        Err(problem) => Some(fallback.detail(format!("error: {problem}"))),
    }
}

fn explained(error: &Val) -> Result<Explained, String> {
    let explained: Explained = record::read(error).map_err(|misfit| misfit.to_string())?;
    match explained.code.as_deref() {
        Some(unknown) if !code::ALL.contains(&unknown) => {
            Err(format!("code {unknown} is not known; it is one of {}", code::ALL.join(", ")))
        }
        _ => Ok(explained),
    }
}

fn merged(explained: Explained, fallback: Failure) -> Failure {
    Failure {
        code: explained.code.unwrap_or(fallback.code),
        message: explained.message.unwrap_or(fallback.message),
        detail: explained.detail.or(fallback.detail),
        line: explained.line,
        retry_after_ms: explained.retry_after_ms.or(fallback.retry_after_ms),
        ext: explained.ext,
    }
}

fn fallback(rules: &ErrorRules, response: &Response, body: &Val) -> Failure {
    let mut failure = for_status(response.intent(), response);
    if let Some(configured) = rules.statuses.get(&response.status()) {
        failure.code.clone_from(configured);
    }
    // The detail of a conflict is the number of the existing document; a sentence would be taken for one. Only a mapping can name it.
    if failure.code != "conflict" {
        failure.detail = Some(said(body)).filter(|text| !text.is_empty());
    }
    failure
}

/// The body as JSON; when it is none, as text without markup (proxies answer in HTML, older systems in XML).
fn body(response: &Response) -> Val {
    value::parse(response.body()).unwrap_or_else(|_| Val::from(markup::text_of(&response.text(), 500)))
}

/// What the back end says in the usual places of an error body (RFC 9457 and common habits).
fn said(body: &Val) -> String {
    let nested = value::field(body, "error");
    let texts = ["message", "detail", "title", "error_description", "text", "error"];
    let found = [&nested, body].into_iter().flat_map(|object| texts.map(|name| value::field(object, name)));
    let text = match body {
        Val::TStr(_) => value::text_of(body),
        _ => found.into_iter().find(|one| matches!(one, Val::TStr(_))).map(|one| value::text_of(&one)).unwrap_or_default(),
    };
    text.chars().take(200).collect()
}
