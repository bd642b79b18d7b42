//! The adapter before a scripted back end.

use ordergate_sdk::testing::{Backend, Reply};

use super::*;

fn adapter() -> Nordwind {
    Nordwind { shipping: standard() }
}

const ORDER: &str = r#"{"no": "SO-7", "your_ref": "O1", "customer": "C-1", "channel": "WEB", "po": null, "entered_at": "2026-01-02T03:04:05Z",
    "changed_at": "2026-01-02T03:04:05Z", "state": "OPN", "currency": "EUR", "goods": "10.00", "freight": "0.00",
    "vat": [{"rate": "19", "amount": "1.90", "code": "V19"}], "total": "11.90", "wanted_on": null, "remarks": null,
    "positions": [{"pos": "1", "article": "NW-1", "text": "Pliers", "qty": "4", "asked_qty": "5", "uom": "PCE", "net": "2.50", "asked_net": "2.5",
    "per": "1", "value": "10.00", "site": "BER", "state": "OPN", "shipped": "0", "promised": [], "tracking": []}]}"#;

#[test]
fn each_site_is_asked_once_and_an_unknown_article_spoils_only_itself() {
    let stock = r#"{"stock": [{"article": "A", "site": "BER", "free": "7", "uom": "PCE", "made_to_order": false, "lead_days": null, "inbound": []}]}"#;
    let backend = Backend::new().reply(Reply::json(200, stock));
    let item = |sku: &str| availability::Item { sku: sku.into(), location: Some("BER".into()), ..Default::default() };
    let query = availability::Query { items: vec![item("A"), item("B")], ..Default::default() };
    let answers = adapter().check_availability(&Context::default(), query);
    let found = answers[0].as_ref().unwrap();
    assert_eq!((found.available.as_str(), found.unit.as_str()), ("7", "C62"));
    assert_eq!(answers[1].as_ref().unwrap_err().code, "not-found");
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn what_the_back_end_changed_is_told_and_what_only_looks_changed_is_not() {
    let backend = Backend::new().reply(Reply::json(201, ORDER));
    let accepted = adapter().submit_order(&Context::default(), Order::default(), "O1".into()).unwrap();
    let changes: Vec<_> = accepted.amendments.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!((accepted.number.as_str(), changes), ("SO-7", vec!["quantity"]));
    let sent: serde_json::Value = serde_json::from_slice(backend.requests()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(sent["your_ref"], "O1");
}

#[test]
fn an_order_whose_reply_is_an_error_of_the_server_may_have_been_taken() {
    let _backend = Backend::new().reply(Reply::json(500, r#"{"error": {"code": "INTERNAL", "text": "sorry"}}"#));
    let failure = adapter().submit_order(&Context::default(), Order::default(), "O1".into()).unwrap_err();
    assert_eq!(failure.code, "outcome-unknown");
}

#[test]
fn an_order_is_found_by_its_reference_alone() {
    let page = format!(r#"{{"items": [{ORDER}], "page": 1, "pages": 1}}"#);
    let _backend = Backend::new().reply(Reply::json(200, page.as_str())).reply(Reply::json(200, page.as_str()));
    let find = |reference: &str| adapter().find_order(&Context::default(), "C-1".into(), reference.into()).unwrap();
    assert_eq!(find("O1").unwrap().number, "SO-7");
    assert_eq!(find("O2"), None);
}

#[test]
fn a_business_refusal_names_its_line() {
    let _backend =
        Backend::new().reply(Reply::json(409, r#"{"error": {"code": "SHORT", "text": "Not enough", "position": "10"}}"#));
    let failure = adapter().submit_order(&Context::default(), Order::default(), "O1".into()).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.line.as_deref()), ("rejected", Some("10")));
}
