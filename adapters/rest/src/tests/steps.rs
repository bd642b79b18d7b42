//! Operations of several requests: what flows from one to the next, and what a failure on the way means.

use super::{body, ctx, query, rest};
use ordergate_sdk::Adapter;
use ordergate_sdk::availability::{Item, Query};
use ordergate_sdk::orders::Order;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::Failure;
use serde_json::{Value, json};

/// A customer is looked up, a draft is made and then confirmed; what is refused is deleted again.
fn in_steps() -> Value {
    let customer = json!({"path": "/customers", "query": {"code": "{.order.account}"},
        "value": r#".[0] // {error: {code: "rejected", message: "There is no such customer."}}"#});
    json!({"backend": {"endpoint": "api"}, "steps": {"customer": customer}, "operations": {"orders.submit": {
        "steps": [
            {"use": "customer"},
            {"name": "draft", "path": "/drafts", "query": {"ref": "{.reference}"}, "value": ".[0]", "resumes": true},
            {"name": "created", "when": "$steps.draft == null", "path": "/drafts", "body": "{customer: $steps.customer.id, ref: .reference}"},
            {"name": "id", "value": "$steps.draft.id // $steps.created.id"},
            {"name": "confirmed", "path": "/drafts/{$steps.id}/confirm", "body": "{}"},
        ],
        "undo": [{"name": "deleted", "method": "DELETE", "path": "/drafts/{$steps.id}"}],
        "path": "/orders/{$steps.confirmed.no}",
        "response": r#"{number: .no, status: "open"}"#,
    }}})
}

fn found(body: Value) -> Reply {
    Reply::json(200, body.to_string())
}

/// The answers to the steps of a new order.
fn before_confirming() -> Backend {
    Backend::new().reply(found(json!([{"id": 7}]))).reply(found(json!([]))).reply(found(json!({"id": 12})))
}

fn submit() -> Result<String, Failure> {
    rest(in_steps())
        .submit_order(&ctx(), Order { account: "C1".into(), ..Order::default() }, "R1".into())
        .map(|accepted| accepted.number)
}

fn sent(backend: &Backend) -> Vec<String> {
    backend.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}

#[test]
fn each_step_sees_what_those_before_it_gave() {
    let backend = before_confirming().reply(found(json!({"no": "A-1"}))).reply(found(json!({"no": "A-1"})));
    assert_eq!(submit().unwrap(), "A-1");
    assert_eq!(sent(&backend), ["GET /customers", "GET /drafts", "POST /drafts", "POST /drafts/12/confirm", "GET /orders/A-1"]);
    assert_eq!(query(&backend.requests()[0], "code"), Some("C1"));
    assert_eq!(body(&backend.requests()[2]), json!({"customer": 7, "ref": "R1"}));
}

#[test]
fn t4_what_an_attempt_before_has_left_is_gone_on_with() {
    let backend = Backend::new().reply(found(json!([{"id": 7}]))).reply(found(json!([{"id": 11}])));
    let backend = backend.reply(found(json!({"no": "A-1"}))).reply(found(json!({"no": "A-1"})));
    assert_eq!(submit().unwrap(), "A-1");
    assert_eq!(sent(&backend)[2], "POST /drafts/11/confirm", "nothing is made a second time");
}

#[test]
fn a_step_can_refuse_before_anything_is_changed() {
    let backend = Backend::new().reply(found(json!([])));
    let refused = submit().unwrap_err();
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("rejected", "There is no such customer."));
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn t4_as_long_as_nothing_was_changed_a_failure_leaves_nothing_in_doubt() {
    let _backend = Backend::new().reply(found(json!([{"id": 7}]))).reply(Reply::status(503));
    assert_eq!(submit().unwrap_err().code, "unavailable");
    let _backend = Backend::new().reply(found(json!([{"id": 7}]))).reply(found(json!([])));
    assert_eq!(submit().unwrap_err().code, "unavailable", "the change itself was not delivered");
}

#[test]
fn t4_after_a_change_the_outcome_is_open() {
    for reply in [Reply::status(503), Reply::status(401), Reply::status(429), found(json!("what?"))] {
        let _backend = before_confirming().reply(reply.clone()).reply(Reply::status(404));
        let failure = submit().unwrap_err();
        assert_eq!(failure.code, "outcome-unknown", "{reply:?}: {failure:?}");
    }
    let _backend = before_confirming().reply(found(json!({"no": "A-1"}))).reply(Reply::status(500));
    assert_eq!(submit().unwrap_err().code, "outcome-unknown", "the order could not be read back");
    let _backend = Backend::new().reply(found(json!([{"id": 7}]))).reply(found(json!([]))).reply(Reply::status(504));
    assert_eq!(submit().unwrap_err().code, "outcome-unknown", "the draft may have been made");
}

#[test]
fn what_is_refused_after_a_change_is_taken_back() {
    let backend = before_confirming().reply(Reply::json(422, r#"{"message": "blocked"}"#)).reply(Reply::status(204));
    let refused = submit().unwrap_err();
    assert_eq!((refused.code.as_str(), refused.detail.as_deref()), ("rejected", Some("blocked")));
    assert_eq!(sent(&backend).last().unwrap(), "DELETE /drafts/12");
}

#[test]
fn what_an_attempt_before_has_left_is_taken_back_with_a_refusal_and_leaves_nothing_else_in_doubt() {
    let resumed = || Backend::new().reply(found(json!([{"id": 7}]))).reply(found(json!([{"id": 11}])));
    let backend = resumed().reply(Reply::json(422, r#"{"message": "blocked"}"#)).reply(Reply::status(204));
    assert_eq!(submit().unwrap_err().code, "rejected");
    assert_eq!(sent(&backend)[2..], ["POST /drafts/11/confirm", "DELETE /drafts/11"]);
    let backend = resumed().reply(Reply::status(401));
    assert_eq!(submit().unwrap_err().code, "auth");
    assert_eq!(backend.requests().len(), 3);
}

#[test]
fn t4_what_cannot_be_taken_back_is_in_doubt() {
    let _backend = before_confirming()
        .reply(Reply::json(422, r#"{"message": "blocked"}"#))
        .reply(Reply::json(503, r#"{"message": "locked"}"#));
    let failure = submit().unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.detail.as_deref()),
        ("outcome-unknown", Some("the operation was only partly carried out, and then: locked"))
    );
}

#[test]
fn f9_a_step_for_each_of_several_values_and_an_answer_from_steps_alone() {
    let settings = json!({"backend": {"endpoint": "api"}, "operations": {"availability.check": {
        "steps": [{"name": "sites", "each": "[.items[].location] | unique", "path": "/sites/{$each}/stock",
            "query": {"sku": "{[.items[].sku] | unique}"}, "value": ". as $stock | [.[] | {sku, free, site: $each}]"}],
        "response": r#"[.sites[][] | {sku, location: .site, available: .free, unit: "C62"}]"#,
    }}});
    let stock = |free: u32| Reply::json(200, json!([{"sku": "A", "free": free}]).to_string());
    let backend = Backend::new().reply(stock(3)).reply(stock(5));
    let item = |sku: &str, site: &str| Item { sku: sku.into(), location: Some(site.into()), ..Item::default() };
    let wanted = Query { items: vec![item("A", "X"), item("A", "Y"), item("B", "Y")], ..Query::default() };
    let answers = rest(settings).check_availability(&ctx(), wanted);
    assert_eq!(sent(&backend), ["GET /sites/X/stock", "GET /sites/Y/stock"]);
    let available: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().map(|one| one.available.as_str()).map_err(|failure| failure.code.as_str()))
        .collect();
    assert_eq!(available, [Ok("3"), Ok("5"), Err("not-found")]);
}

#[test]
fn each_needs_an_array_and_its_place_is_named() {
    let settings = json!({"backend": {"endpoint": "api"}, "operations": {"orders.get": {
        "steps": [{"name": "parts", "each": ".number", "path": "/x"}], "response": "."}}});
    let backend = Backend::new();
    let failure = rest(settings).get_order(&ctx(), "C".into(), "7".into()).unwrap_err();
    assert_eq!(failure.detail.unwrap(), "test.toml: operations.\"orders.get\".steps.parts.each: it gives no array");
    assert!(backend.requests().is_empty());
}
