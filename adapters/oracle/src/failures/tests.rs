//! One test for each row of the vendor's status table.

use super::*;
use ordergate_sdk::http::Request;
use ordergate_sdk::testing::{Backend, Reply};
use serde_json::json;

fn of(request: Request, reply: Reply) -> Failure {
    let _backend = Backend::new().reply(reply);
    explain(&["OM-LOCK".to_owned()], &request.send().unwrap())
}

fn write(reply: Reply) -> Failure {
    of(Request::post("fusion", "/x"), reply)
}

fn read(reply: Reply) -> Failure {
    of(Request::get("fusion", "/x"), reply)
}

fn error(code: &str, text: &str, path: &str) -> String {
    json!({"title": "Bad Request", "status": "400", "o:errorDetails": [{"detail": text, "o:errorCode": code, "o:errorPath": path}]}).to_string()
}

fn page(status: u16) -> Reply {
    Reply::body(status, "text/html", "<html><h1>gateway</h1></html>")
}

#[test]
fn status_400_is_a_business_refusal_in_the_back_end_s_words_with_its_line() {
    let failure = write(Reply::json(400, error("OM-1", "The item NOPE does not exist.", "/lines/1/ProductNumber")));
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("rejected", "The item NOPE does not exist."));
    assert_eq!(failure.detail.as_deref(), Some("400 OM-1 The item NOPE does not exist."));
    assert_eq!(line_of(failure).1, Some(1));
}

#[test]
fn status_400_for_a_payload_that_cannot_be_read_is_a_wrong_request_and_no_refusal() {
    let failure = write(Reply::json(400, error("27521", "Unable to parse the provided payload", "")));
    assert_eq!(failure.code, "invalid-request");
    assert_eq!(failure.detail.as_deref(), Some("400 27521 Unable to parse the provided payload"));
}

#[test]
fn pitfall_7_status_400_in_text_or_html_is_a_wrong_request() {
    for reply in
        [page(400), Reply::body(400, "text/plain", "JBO-25002: Definition of type Attribute not found"), Reply::status(400)]
    {
        assert_eq!(write(reply).code, "invalid-request");
    }
}

#[test]
fn pitfall_8_codes_that_the_operator_knows_as_passing_are_retried() {
    for status in [400, 409] {
        assert_eq!(write(Reply::json(status, error("OM-LOCK", "The order is being processed.", ""))).code, "unavailable");
    }
}

#[test]
fn pitfall_9_status_401_and_403_are_auth() {
    assert_eq!(write(Reply::status(401)).code, "auth");
    assert!(write(page(403)).message.contains("privilege"));
}

#[test]
fn status_404_never_says_more_than_that_nothing_is_seen() {
    let failure = read(Reply::json(404, json!({"title": "Not Found", "status": "404"}).to_string()));
    assert!(failure.is("not-found") && failure.message.contains("business unit"), "{failure:?}");
    assert_eq!(read(page(404)).code, "not-found");
    assert_eq!(write(page(404)).code, "unavailable", "a proxy that knows no such address");
}

#[test]
fn status_405_406_415_and_501_are_unsupported() {
    for status in [405, 406, 415, 501] {
        assert_eq!(write(Reply::status(status)).code, "unsupported");
    }
}

#[test]
fn pitfall_8_status_412_and_428_say_that_nothing_was_done() {
    for status in [412, 428] {
        assert_eq!(write(Reply::json(status, error("X", "changed", ""))).code, "unavailable");
    }
}

#[test]
fn status_429_is_throttled_with_its_wait() {
    let failure = write(Reply::status(429).header("Retry-After", "7"));
    assert_eq!((failure.code.as_str(), failure.retry_after_ms), ("throttled", Some(7_000)));
}

#[test]
fn status_500_may_have_been_taken_by_a_write_and_hints_at_flexfields() {
    let failure = write(page(500));
    assert!(failure.is("outcome-unknown") && failure.message.contains("flexfields"), "{failure:?}");
    assert_eq!(read(page(500)).code, "unavailable");
}

#[test]
fn pitfall_1_status_504_of_a_write_may_still_be_processed() {
    let failure = write(page(504));
    assert!(failure.is("outcome-unknown") && failure.message.contains("may still be at work"), "{failure:?}");
    assert_eq!(read(page(504)).code, "timeout");
}

#[test]
fn status_502_and_503_leave_a_write_in_doubt_and_a_read_repeatable() {
    for status in [502, 503] {
        assert_eq!((write(page(status)).code.as_str(), read(page(status)).code.as_str()), ("outcome-unknown", "unavailable"));
    }
    assert_eq!(write(Reply::status(503).header("Retry-After", "3")).retry_after_ms, Some(3_000));
}

#[test]
fn several_causes_are_told_once_each() {
    let body =
        json!({"title": "Bad Request", "o:errorDetails": [{"detail": "First."}, {"detail": "Second."}, {"detail": "First."}]});
    assert_eq!(write(Reply::json(400, body.to_string())).message, "First. Second.");
}
