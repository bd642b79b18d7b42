//! The vendor's status table: from an unsuccessful reply to the failure that it stands for. `README.md` shows the same table.

use crate::wire::error_body::ErrorBody;
use ordergate_sdk::http::{Intent, Response, for_status};
use ordergate_sdk::types::Failure;

/// The payload could not be read: the request is wrong, not the business behind it.
const PAYLOAD_CODES: [&str; 1] = ["27521"];

/// Name in a failure's `ext` of the line that a refusal names, counted from zero; the flow turns it into the caller's line.
pub(crate) const LINE: &str = "oracle.line";

/// What an unsuccessful reply stands for. `retry_codes` are the operator's.
pub(crate) fn explain(retry_codes: &[String], response: &Response) -> Failure {
    let body = ErrorBody::parse(response.body());
    let by_status = for_status(response.intent(), response);
    let is_write = response.intent() == Intent::Write;
    let failure = match response.status() {
        400 | 409 | 422 if has_code(&body, |code| retry_codes.iter().any(|known| known == code)) => {
            Failure::unavailable("The back end asks to try it again later.")
        }
        400 | 422 if !body.is_structured || has_code(&body, |code| PAYLOAD_CODES.contains(&code)) => {
            Failure::invalid_request("The back end does not understand the request.")
        }
        400 | 422 => refusal(&body),
        401 => Failure::auth("The back end does not accept the credential of this endpoint."),
        403 => Failure::auth("The back end user of this endpoint lacks a privilege."),
        404 if !body.is_structured && is_write => Failure::unavailable("The back end is not reachable under this address."),
        404 => Failure::not_found("The back end does not know it, or its user may not see the business unit."),
        405 | 406 | 415 | 501 => Failure::unsupported("The back end does not have this operation."),
        412 | 428 => Failure::unavailable("The document is being changed by somebody else."),
        500 if is_write => Failure::outcome_unknown("The back end broke down over the request; are its flexfields deployed?"),
        504 if is_write => Failure::outcome_unknown("The gateway gave up waiting; the back end may still be at work on it."),
        _ => by_status.clone(),
    };
    Failure { retry_after_ms: by_status.retry_after_ms, ..failure }.detail(said(response.status(), &body))
}

/// A stale `If-Match`: read again, try once more.
pub(crate) fn is_stale(response: &Response) -> bool {
    matches!(response.status(), 412 | 428)
}

/// The place of the line that a failure is about; the failure without it.
pub(crate) fn line_of(failure: Failure) -> (Failure, Option<usize>) {
    let line = failure.ext.iter().find(|(name, _)| name == LINE).and_then(|(_, line)| line.parse().ok());
    (Failure { ext: Vec::new(), ..failure }, line)
}

fn has_code(body: &ErrorBody, is_meant: impl Fn(&str) -> bool) -> bool {
    body.details.iter().any(|detail| is_meant(&detail.code))
}

/// A business refusal, in the back end's words.
fn refusal(body: &ErrorBody) -> Failure {
    let mut distinct: Vec<&str> = Vec::new();
    for (_, text) in body.causes() {
        if !text.is_empty() && !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    let message = if distinct.is_empty() { "The back end refused the request.".to_owned() } else { distinct.join(" ") };
    let ext = body.line().map(|line| vec![(LINE.to_owned(), line.to_string())]).unwrap_or_default();
    Failure { ext, ..Failure::rejected(message.chars().take(400).collect::<String>()) }
}

/// For operators: status, code and text.
fn said(status: u16, body: &ErrorBody) -> String {
    let all: Vec<String> = body.causes().iter().map(|(code, text)| format!("{code} {text}").trim().to_owned()).collect();
    format!("{status} {}", all.join("; ")).chars().take(500).collect()
}

#[cfg(test)]
mod tests;
