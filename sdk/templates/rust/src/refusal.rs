//! The back end's own words for what went wrong.

use ordergate_sdk::failure::code;
use ordergate_sdk::http::{Response, for_status};
use ordergate_sdk::types::Failure;

use crate::wire;

/// The failure that a reply tells, or that its status stands for: then nobody knows whether a write was taken.
pub fn refusal(reply: &Response) -> Failure {
    let by_status = || for_status(reply.intent(), reply);
    let is_told = reply.status() != 429 && reply.status() < 500;
    match reply.json::<wire::Refusal>() {
        Ok(told) if is_told => failure(told.error),
        _ => by_status(),
    }
}

/// What is wrong with one position of a price inquiry.
pub fn refused_position(error: &wire::Error) -> Failure {
    // Of a single article it means that there is none.
    let code = if error.code == "UNKNOWN_ARTICLE" { code::NOT_FOUND } else { code_of(&error.code) };
    Failure::new(code, &error.text).detail(&error.code)
}

fn failure(error: wire::Error) -> Failure {
    // Of an order that is there already: its number.
    let detail = if error.code == "REF_TAKEN" { error.no } else { Some(error.code.clone()) };
    Failure { detail, line: error.position, ..Failure::new(code_of(&error.code), error.text) }
}

fn code_of(code: &str) -> &'static str {
    match code {
        "BAD_KEY" | "NOT_LOCAL" => code::AUTH,
        "BAD_REQUEST" | "BAD_METHOD" | "NOT_FOUND" => code::INVALID_REQUEST,
        "UNKNOWN_ORDER" => code::NOT_FOUND,
        "REF_TAKEN" => code::CONFLICT,
        _ => code::REJECTED,
    }
}
