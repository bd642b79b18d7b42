//! The vendor's status table: from an unsuccessful reply to the failure that it stands for. `README.md` shows the same table.

use crate::gateway::wants_token;
use crate::settings::Settings;
use crate::wire::error_body::ErrorBody;
use ordergate_sdk::http::{Intent, Response, for_status};
use ordergate_sdk::types::Failure;

/// Codes of messages that say that somebody else has the document open, without their slash.
const LOCKED_CODES: [&str; 4] = ["V1042", "VL045", "MC601", "V1041"];

/// The same in words, for codes that are not known: English and German.
const LOCKED_WORDS: [&str; 6] =
    ["currently being processed by", "locked by", "is locked", "being edited by", "ist gesperrt", "wird gerade von"];

/// Codes of the gateway itself: the request is wrong, not the business behind it.
const FRAME_CODES: [&str; 2] = ["/IWBEP/CM_MGW_RT/", "005056A5"];

/// Codes of the hub, which knows no such service.
const HUB_CODES: &str = "/IWFND/";

/// What an unsuccessful reply stands for.
pub(crate) fn explain(settings: &Settings, response: &Response) -> Failure {
    let body = ErrorBody::parse(response.body());
    let by_status = for_status(response.intent(), response);
    let failure = match response.status() {
        _ if is_locked(settings, response.status(), &body) => Failure { retry_after_ms: by_status.retry_after_ms, ..locked() },
        400 | 422 if is_of_the_frame(&body) => Failure::invalid_request("The back end does not understand the request."),
        400 | 422 => refusal(&body),
        403 if wants_token(response) => Failure::auth(
            "The back end refuses a fresh CSRF token: its session cookies must come back (cookies = true at the endpoint).",
        ),
        403 => Failure::auth("The back end user of this endpoint lacks an authorization."),
        404 if body.code.is_empty() || body.code.starts_with(HUB_CODES) => {
            Failure::unavailable("A service of the back end is not active or not reachable under this address.")
        }
        405 | 406 | 415 | 501 => Failure::unsupported("The back end does not have this operation."),
        412 | 428 => Failure::unavailable("The document is being changed by somebody else."),
        500 if response.intent() == Intent::Write => Failure::outcome_unknown("The back end broke down over the request."),
        _ => by_status.clone(),
    };
    let detail = said(response.status(), &body);
    Failure { retry_after_ms: failure.retry_after_ms.or(by_status.retry_after_ms), ..failure }.detail(detail)
}

/// A stale or a missing `If-Match`: read again, try once more.
pub(crate) fn is_stale(response: &Response) -> bool {
    matches!(response.status(), 412 | 428)
}

/// Nothing was done, and the same request passes when the other one has finished.
fn locked() -> Failure {
    Failure::unavailable("The document is locked by another user of the back end.")
}

fn is_locked(settings: &Settings, status: u16, body: &ErrorBody) -> bool {
    let by_code = |code: &str| {
        let plain = code.replace('/', "");
        LOCKED_CODES.contains(&plain.as_str()) || settings.locked_codes.iter().any(|known| known.replace('/', "") == plain)
    };
    let by_words = |text: &str| {
        let text = text.to_lowercase();
        LOCKED_WORDS.iter().any(|words| text.contains(words))
    };
    let says_so = || body.everything().any(|(code, text)| by_code(code) || by_words(text));
    matches!(status, 409 | 423) || status == 400 && says_so()
}

fn is_of_the_frame(body: &ErrorBody) -> bool {
    let of_frame = |code: &str| FRAME_CODES.iter().any(|frame| code.starts_with(frame));
    body.code.is_empty() || body.causes().iter().all(|(code, _)| of_frame(code))
}

/// A business refusal, in the back end's words.
fn refusal(body: &ErrorBody) -> Failure {
    let causes = body.causes();
    let texts: Vec<&str> = causes.iter().map(|(_, text)| text.trim()).filter(|text| !text.is_empty()).collect();
    let mut distinct: Vec<&str> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    let message = if distinct.is_empty() { "The back end refused the request.".to_owned() } else { distinct.join(" ") };
    let failure = Failure::rejected(message.chars().take(400).collect::<String>());
    match item(body) {
        Some(number) => Failure { ext: vec![(ITEM.to_owned(), number)], ..failure },
        None => failure,
    }
}

/// Name in a failure's `ext` of the item that a refusal names; the flow turns it into the caller's line.
pub(crate) const ITEM: &str = "sap.item";

/// `…SalesOrderItem='10'…` in the target of a message.
fn item(body: &ErrorBody) -> Option<String> {
    let number = |target: &str| {
        let (_, after) = target.split_once("Item='")?;
        let (number, _) = after.split_once('\'')?;
        number.parse::<u32>().ok().map(|number| number.to_string())
    };
    body.details.iter().find_map(|detail| number(&detail.target))
}

/// For operators: status, code and text.
fn said(status: u16, body: &ErrorBody) -> String {
    let all: Vec<String> = body.causes().iter().map(|(code, text)| format!("{code} {text}").trim().to_owned()).collect();
    format!("{status} {}", all.join("; ")).trim().chars().take(500).collect()
}

#[cfg(test)]
mod tests;
