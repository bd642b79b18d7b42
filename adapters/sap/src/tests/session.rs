//! The CSRF token and the session.

use super::{batch, ctx, error, header, lines, none, query, sap, token};
use ordergate_sdk::Adapter;
use ordergate_sdk::availability::{Item, Query};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::Failure;
use serde_json::json;

fn refused() -> Reply {
    Reply::body(403, "text/plain", "CSRF token validation failed").header("x-csrf-token", "Required")
}

fn answered() -> Reply {
    batch(&[(
        "200 OK",
        json!({"d": {"DetermineAvailabilityAt": {"AvailableQuantityInBaseUnit": "7.000", "BaseUnit": "PC"}}}).to_string(),
    )])
}

fn check(backend: &Backend) -> Result<String, Failure> {
    let _ = backend;
    let item = Item { sku: "TG11".into(), location: Some("1010".into()), ..Item::default() };
    let mut found =
        sap(json!({"client": "100", "language": "EN"})).check_availability(&ctx(), Query { buyer: None, items: vec![item] });
    found.remove(0).map(|availability| availability.available)
}

#[test]
fn a_token_is_fetched_once_and_kept_in_the_session() {
    let backend = Backend::new().reply(token("T1")).reply(answered()).reply(answered());
    assert_eq!(check(&backend).unwrap(), "7");
    assert_eq!(check(&backend).unwrap(), "7");
    let sent = backend.requests();
    let service = "/API_PRODUCT_AVAILY_INFO_BASIC";
    assert_eq!(lines(&sent), [format!("GET {service}/"), format!("POST {service}/$batch"), format!("POST {service}/$batch")]);
    assert_eq!(header(&sent[0], "x-csrf-token"), Some("fetch"));
    assert_eq!([header(&sent[1], "x-csrf-token"), header(&sent[2], "x-csrf-token")], [Some("T1"), Some("T1")]);
    assert_eq!((query(&sent[1], "sap-client"), query(&sent[1], "sap-language")), (Some("100"), Some("EN")));
    assert_eq!(backend.session().get("csrf.100").map(String::as_str), Some("T1"));
}

#[test]
fn pitfall_2_an_expired_token_is_fetched_once_more_and_the_request_sent_again() {
    let backend = Backend::new().session_entry("csrf.100", "OLD").reply(refused()).reply(token("NEW")).reply(answered());
    assert_eq!(check(&backend).unwrap(), "7");
    let sent = backend.requests();
    assert_eq!(sent.iter().map(|one| header(one, "x-csrf-token").unwrap()).collect::<Vec<_>>(), ["OLD", "fetch", "NEW"]);
    assert_eq!(backend.session().get("csrf.100").map(String::as_str), Some("NEW"));
}

#[test]
fn pitfall_2_a_fresh_token_that_is_refused_too_ends_it() {
    let backend =
        Backend::new().session_entry("csrf.100", "OLD").reply(refused()).reply(token("NEW")).reply(refused()).reply(token("X"));
    let failure = check(&backend).unwrap_err();
    assert!(failure.is("auth") && failure.message.contains("cookies"), "{failure:?}");
    assert_eq!(backend.requests().len(), 3, "one refetch only");
}

#[test]
fn pitfall_2_a_403_without_the_header_is_a_missing_authorization_and_fetches_nothing() {
    let backend =
        Backend::new().session_entry("csrf.100", "T1").reply(Reply::json(403, error("/IWFND/CM/1", "No authorization")));
    assert!(check(&backend).unwrap_err().is("auth"));
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn a_failure_to_get_a_token_is_never_an_unknown_outcome() {
    for (reply, code) in [
        (Reply::status(500), "unavailable"),
        (Reply::failure(Failure::timeout("late")), "unavailable"),
        (Reply::status(401), "auth"),
        (Reply::json(200, "{}"), "unavailable"),
        (Reply::status(429), "throttled"),
    ] {
        let _backend = Backend::new().reply(none()).reply(reply);
        let failure = sap(json!({})).submit_order(&ctx(), Default::default(), "O1".into()).unwrap_err();
        assert_eq!(failure.code, code, "{failure:?}");
    }
}

#[test]
fn pitfall_9_a_token_is_never_logged() {
    let backend = Backend::new().session_entry("csrf.100", "SECRET1").reply(refused()).reply(token("SECRET2")).reply(answered());
    check(&backend).unwrap();
    assert!(!backend.log_lines().join("\n").contains("SECRET"), "{:?}", backend.log_lines());
}

#[test]
fn the_probe_of_the_writing_side_warms_the_token() {
    let backend = Backend::new().reply(Reply::json(200, "{}")).reply(token("T9"));
    let adapter = sap(json!({}));
    adapter.probe(&ctx(), "read".into()).unwrap();
    assert_eq!(header(&backend.requests()[0], "x-csrf-token"), None);
    adapter.probe(&ctx(), "write".into()).unwrap();
    assert_eq!(backend.session().get("csrf.").map(String::as_str), Some("T9"));
    assert!(adapter.probe(&ctx(), "read".into()).unwrap_err().is("unavailable"));
}
