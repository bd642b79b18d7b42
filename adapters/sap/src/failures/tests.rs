//! One test for each row of the vendor's status table.

use super::explain;
use crate::tests::settings;
use ordergate_sdk::http::Request;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::Failure;
use serde_json::json;

fn of(request: Request, reply: Reply) -> Failure {
    let _backend = Backend::new().reply(reply);
    explain(&settings(json!({"locked_codes": ["ZZ/900"]})), &request.send().unwrap())
}

fn write(reply: Reply) -> Failure {
    of(Request::post("s4", "/x"), reply)
}

fn read(reply: Reply) -> Failure {
    of(Request::get("s4", "/x"), reply)
}

fn error(code: &str, text: &str) -> String {
    json!({"error": {"code": code, "message": {"lang": "en", "value": text}, "innererror": {"errordetails": [
        {"code": code, "message": text, "severity": "error", "target": "/to_Item(SalesOrder='',SalesOrderItem='000020')"},
        {"code": "/IWBEP/CX_MGW_BUSI_EXCEPTION", "message": "An exception was raised", "severity": "error"},
    ]}}})
    .to_string()
}

#[test]
fn status_400_is_a_business_refusal_in_the_back_end_s_words() {
    let failure = write(Reply::json(400, error("V1/311", "Material NOPE is not defined for sales org.1710")));
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        ("rejected", "Material NOPE is not defined for sales org.1710")
    );
    assert_eq!(failure.detail.as_deref(), Some("400 V1/311 Material NOPE is not defined for sales org.1710"));
    assert_eq!(failure.ext, [("sap.item".to_owned(), "20".to_owned())]);
}

#[test]
fn status_400_of_the_frame_is_a_wrong_request_and_no_refusal() {
    let frame =
        json!({"error": {"code": "005056A509B11EE1B9A8FEC11C21D78E", "message": {"value": "Property X is invalid"}}}).to_string();
    for body in [
        frame,
        json!({"error": {"code": "/IWBEP/CM_MGW_RT/021", "message": "x"}}).to_string(),
        "<html>Bad Request</html>".to_owned(),
    ] {
        assert_eq!(write(Reply::json(400, body)).code, "invalid-request");
    }
}

#[test]
fn pitfall_8_a_lock_is_retryable_by_code_by_words_and_by_status() {
    let locked = [
        Reply::json(400, error("V1/042", "Sales document 1 is currently being processed by user BOB")),
        Reply::json(400, error("VL/045", "x")),
        Reply::json(400, error("ZZ/900", "customizing of this system")),
        Reply::json(400, error("X/1", "Material TG11 is locked by user BOB")),
        Reply::json(400, error("X/1", "Beleg 1 wird gerade von BOB bearbeitet")),
        Reply::body(400, "application/xml", "<error><code>V1/042</code><message>locked</message></error>"),
        Reply::json(409, error("X/1", "x")),
        Reply::status(423),
    ];
    for reply in locked {
        let failure = write(reply);
        assert_eq!(failure.code, "unavailable", "{failure:?}");
        assert!(failure.message.contains("locked"));
    }
    assert_eq!(write(Reply::json(400, error("X/2", "The block of stock is empty"))).code, "rejected");
}

#[test]
fn status_401_is_auth() {
    let page = "<html><head><title>Anmeldung fehlgeschlagen</title></head></html>";
    assert_eq!(write(Reply::body(401, "text/html", page)).code, "auth");
}

#[test]
fn pitfall_2_status_403_with_and_without_the_token_header_is_told_apart() {
    let csrf = write(Reply::body(403, "text/plain", "CSRF token validation failed").header("x-csrf-token", "Required"));
    assert!(csrf.is("auth") && csrf.message.contains("cookies"), "{csrf:?}");
    let authorization = write(Reply::json(403, error("/IWFND/CM_CONSUMER/101", "No authorization")));
    assert!(authorization.is("auth") && authorization.message.contains("authorization"), "{authorization:?}");
}

#[test]
fn status_404_is_not_found_for_an_entity_and_a_service_that_is_off_for_the_rest() {
    assert_eq!(read(Reply::json(404, error("/IWBEP/CM_MGW_RT/020", "Resource not found for segment"))).code, "not-found");
    assert_eq!(read(Reply::json(404, error("V1/302", "Sales document 1 is not in the database"))).code, "not-found");
    for reply in [
        Reply::json(404, error("/IWFND/MED/170", "No service found")),
        Reply::body(404, "text/html", "<html>404</html>"),
        Reply::status(404),
    ] {
        let failure = read(reply);
        assert!(failure.is("unavailable") && failure.message.contains("not active"), "{failure:?}");
    }
}

#[test]
fn status_405_415_and_501_are_unsupported() {
    for status in [405, 415, 501] {
        assert_eq!(write(Reply::status(status)).code, "unsupported");
    }
}

#[test]
fn pitfall_8_status_412_and_428_say_that_nothing_was_done() {
    for status in [412, 428] {
        assert_eq!(write(Reply::json(status, error("/IWFND/CM_MGW/539", "x"))).code, "unavailable");
    }
}

#[test]
fn status_429_is_throttled_with_its_wait() {
    let failure = write(Reply::status(429).header("Retry-After", "7"));
    assert_eq!((failure.code.as_str(), failure.retry_after_ms), ("throttled", Some(7_000)));
}

#[test]
fn status_500_may_have_been_taken_by_a_write() {
    let dump = || Reply::body(500, "text/html", "<html><h1>500 Internal Server Error</h1>ABAP runtime error</html>");
    let failure = write(dump());
    assert_eq!(failure.code, "outcome-unknown");
    assert!(failure.detail.unwrap().contains("ABAP runtime error"));
    assert_eq!(read(dump()).code, "unavailable");
    assert_eq!(write(Reply::json(500, error("SY/530", "business exception without a status"))).code, "outcome-unknown");
}

#[test]
fn status_502_503_and_504_leave_a_write_in_doubt_and_a_read_repeatable() {
    for status in [502, 503, 504] {
        assert_eq!(write(Reply::body(status, "text/html", "<html>gateway</html>")).code, "outcome-unknown", "{status}");
    }
    assert_eq!([502, 503, 504].map(|status| read(Reply::status(status)).code), ["unavailable", "unavailable", "timeout"]);
    assert_eq!(write(Reply::status(503).header("Retry-After", "3")).retry_after_ms, Some(3_000));
}

#[test]
fn several_causes_are_told_together_and_hints_are_not() {
    let body = json!({"error": {"code": "A/1", "message": {"value": "head"}, "innererror": {"errordetails": [
        {"code": "A/1", "message": "First.", "severity": "error"}, {"code": "A/2", "message": {"value": "Second."}, "severity": "error"},
        {"code": "A/1", "message": "First.", "severity": "error"}, {"code": "A/3", "message": "hint", "severity": "info"},
    ]}}});
    assert_eq!(write(Reply::json(400, body.to_string())).message, "First. Second.");
}

#[test]
fn pitfall_9_no_failure_repeats_a_token_or_cookie() {
    let reply =
        Reply::body(403, "text/plain", "no").header("x-csrf-token", "Required").header("set-cookie", "SAP_SESSIONID=secret");
    let failure = of(Request::post("s4", "/x").header("x-csrf-token", "topsecret"), reply);
    assert!(!format!("{failure:?}").contains("secret"), "{failure:?}");
}
