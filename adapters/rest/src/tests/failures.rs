//! Replies that are no success, and successes that cannot be read.

use super::{ctx, rest};
use ordergate_sdk::Adapter;
use ordergate_sdk::orders::Order;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::Failure;
use serde_json::{Value, json};

fn settings(error: Option<&str>, errors: Value) -> Value {
    json!({
        "backend": {"endpoint": "api"},
        "errors": errors,
        "operations": {
            "orders.submit": {"method": "POST", "path": "/orders", "body": ".order", "error": error, "response": "{number: .id, status: .state}"},
            "orders.get": {"path": "/orders/{.number}", "response": "."},
        },
    })
}

fn submit(settings: Value, reply: Reply) -> Result<String, Failure> {
    let _backend = Backend::new().reply(reply);
    rest(settings).submit_order(&ctx(), Order::default(), "R1".into()).map(|accepted| accepted.number)
}

fn get(settings: Value, reply: Reply) -> Failure {
    let _backend = Backend::new().reply(reply);
    rest(settings).get_order(&ctx(), "C".into(), "7".into()).unwrap_err()
}

#[test]
fn a_reply_that_is_no_json_is_a_failure_and_never_a_crash() {
    let html = || Reply::body(502, "text/html", "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>");
    let wide = json!({"mapping": ".error | {code, message}"});
    let found = submit(settings(None, wide.clone()), html()).unwrap_err();
    assert_eq!((found.code.as_str(), found.detail.as_deref()), ("outcome-unknown", Some("Bad Gateway nginx")));
    assert_eq!(get(settings(None, wide), html()).code, "unavailable");
    let xml = Reply::body(400, "application/xml", "<error><code>E17</code><text>bad date</text></error>");
    assert_eq!(get(settings(None, json!({})), xml).detail.as_deref(), Some("E17 bad date"));
    let bytes = Reply::body(400, "application/octet-stream", vec![0xFF, 0xFE, 0x00]);
    assert_eq!(get(settings(None, json!({})), bytes).code, "invalid-request");
}

#[test]
fn the_operation_s_own_error_mapping_goes_first_then_the_adapter_s_then_the_status() {
    let own = r#"if .code == "DUP" then {code: "conflict", detail: .no} else null end"#;
    let wide = || json!({"mapping": r#"if .code == "BAD" then {code: "rejected", message: .text, line: .pos, retry_after_ms: 5} else null end"#});
    let duplicate = submit(settings(Some(own), wide()), Reply::json(409, r#"{"code": "DUP", "no": 4711}"#)).unwrap_err();
    assert_eq!((duplicate.code.as_str(), duplicate.detail.as_deref()), ("conflict", Some("4711")));
    let bad = submit(settings(Some(own), wide()), Reply::json(400, r#"{"code": "BAD", "text": "No such color", "pos": 10}"#))
        .unwrap_err();
    assert_eq!((bad.code.as_str(), bad.message.as_str(), bad.line.as_deref()), ("rejected", "No such color", Some("10")));
    assert_eq!(bad.retry_after_ms, Some(5));
    let other = submit(settings(Some(own), wide()), Reply::json(422, r#"{"message": "credit limit"}"#)).unwrap_err();
    assert_eq!((other.code.as_str(), other.detail.as_deref()), ("rejected", Some("credit limit")));
}

#[test]
fn an_error_mapping_that_breaks_is_logged_and_the_status_decides() {
    let backend = Backend::new().reply(Reply::json(503, "[]"));
    let failure = rest(settings(None, json!({"mapping": ".error.code"}))).get_order(&ctx(), "C".into(), "7".into()).unwrap_err();
    assert_eq!(failure.code, "unavailable");
    assert!(
        backend.log_lines()[0].contains("test.toml: errors.mapping: cannot index an array of 0 with \"error\""),
        "{:?}",
        backend.log_lines()
    );
}

#[test]
fn a_mapping_that_names_an_unknown_code_is_not_believed() {
    let failure = get(settings(None, json!({"mapping": "{code: \"broken\"}"})), Reply::json(500, "{}"));
    assert_eq!(failure.code, "unavailable");
}

#[test]
fn a_status_can_be_given_another_meaning() {
    let failure = submit(settings(None, json!({"statuses": {"503": "unavailable"}})), Reply::status(503)).unwrap_err();
    assert_eq!(failure.code, "unavailable");
}

#[test]
fn an_unreadable_success_is_in_doubt_for_a_write_and_invalid_for_a_read() {
    for body in ["<html>", "", "{}", r#"{"id": {"secret": "4711"}, "state": "open"}"#] {
        let write = submit(settings(None, json!({})), Reply::json(201, body)).unwrap_err();
        assert_eq!(write.code, "outcome-unknown", "{body}");
        let detail = write.detail.unwrap();
        assert!(detail.starts_with("test.toml: operations.\"orders.submit\".response: ") && !detail.contains("4711"), "{detail}");
    }
    let read = get(settings(None, json!({})), Reply::json(200, "{}"));
    assert_eq!(read.detail.unwrap(), "test.toml: operations.\"orders.get\".response: number: it is missing");
    assert_eq!(get(settings(None, json!({})), Reply::json(200, "null")).code, "not-found");
}

#[test]
fn a_success_can_say_that_it_failed() {
    let mut wanted = settings(None, json!({}));
    wanted["operations"]["orders.submit"]["response"] =
        json!(r#"if .ok then {number: .id, status: "open"} else {error: {code: "rejected", message: .why}} end"#);
    let refused = submit(wanted.clone(), Reply::json(200, r#"{"ok": false, "why": "blocked"}"#)).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("rejected", "blocked"));
    assert_eq!(submit(wanted, Reply::json(200, r#"{"ok": true, "id": 12345678901234567890}"#)).unwrap(), "12345678901234567890");
}

#[test]
fn an_operation_that_is_not_configured_is_unsupported_and_not_among_the_capabilities() {
    let backend = Backend::new();
    let adapter = rest(settings(None, json!({})));
    assert!(adapter.cancel_order(&ctx(), "C".into(), "7".into(), "x".into()).unwrap_err().is("unsupported"));
    assert_eq!(adapter.describe().capabilities, ["orders.get", "orders.submit"]);
    assert!(backend.requests().is_empty());
}

#[test]
fn a_request_that_cannot_be_put_together_is_not_sent() {
    let backend = Backend::new();
    let failure = rest(settings(None, json!({}))).get_order(&ctx(), "C".into(), String::new()).unwrap_err();
    assert_eq!((failure.code.as_str(), backend.requests().len()), ("invalid-request", 0));
}
