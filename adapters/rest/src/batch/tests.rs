//! Tests of batches: grouping, matching, and failures of single items (F9).

use crate::Rest;
use ordergate_sdk::Adapter;
use ordergate_sdk::availability::{Item, Query};
use ordergate_sdk::pricing;
use ordergate_sdk::settings::Settings;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Context, Failure, Quantity};
use serde_json::{Value, json};

fn check(extra: Value, items: &[(&str, Option<&str>)]) -> Vec<Result<(String, Option<String>), String>> {
    let mut operation = json!({"method": "POST", "path": "/stock", "body": "[.items[].sku]", "response": "."});
    operation.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let settings = json!({"backend": {"endpoint": "api"}, "operations": {"availability.check": operation}});
    let adapter = Rest::configure(&Settings::from_json(settings.to_string())).unwrap();
    let item = |(sku, location): &(&str, Option<&str>)| Item {
        sku: (*sku).into(),
        location: location.map(Into::into),
        ..Item::default()
    };
    let query = Query { items: items.iter().map(item).collect(), ..Query::default() };
    let answers = adapter.check_availability(&Context::default(), query);
    answers
        .into_iter()
        .map(|answer| answer.map(|found| (found.available, found.location)).map_err(|failure| failure.code))
        .collect()
}

fn stock(sku: &str, location: Value, available: &str) -> Value {
    json!({"sku": sku, "location": location, "available": available, "unit": "C62"})
}

fn reply(answers: Value) -> Reply {
    Reply::json(200, answers.to_string())
}

fn found(available: &str, location: Option<&str>) -> Result<(String, Option<String>), String> {
    Ok((available.to_owned(), location.map(ToOwned::to_owned)))
}

fn failed(code: &str) -> Result<(String, Option<String>), String> {
    Err(code.to_owned())
}

#[test]
fn answers_in_any_order_find_their_items() {
    let _backend = Backend::new().reply(reply(json!([
        stock("B", json!(null), "2"),
        stock("X", json!(null), "9"),
        stock("A", json!(null), "1")
    ])));
    assert_eq!(
        check(json!({}), &[("A", None), ("B", None), ("A", None)]),
        [found("1", None), found("2", None), found("1", None)]
    );
}

#[test]
fn f9_answers_that_nobody_asked_for_shift_no_other() {
    let freight = |index: Value| json!({"index": index, "sku": "FREIGHT", "available": "9", "unit": "C62"});
    let own = |index: usize, available: &str| json!({"index": index, "available": available, "unit": "C62"});
    let backend = Backend::new()
        .reply(reply(json!([stock("FREIGHT", json!(null), "9"), stock("A", json!(null), "1"), stock("B", json!(null), "2")])))
        .reply(reply(json!([freight(json!(2)), own(1, "2"), own(0, "1"), freight(json!(null))])));
    for _ in 0..2 {
        assert_eq!(check(json!({}), &[("A", None), ("B", None)]), [found("1", None), found("2", None)]);
    }
    let told: Vec<_> = backend.log_lines().into_iter().filter(|line| line.contains("nobody asked for")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("2"), "{told:?}");
}

#[test]
fn f9_a_missing_a_failed_and_a_misfitting_item_spoil_no_other() {
    let misfit = json!({"sku": "C", "available": {"n": 1}, "unit": "C62"});
    let refused = json!({"sku": "D", "error": {"code": "rejected", "message": "discontinued"}});
    let _backend = Backend::new().reply(reply(json!([stock("A", json!(null), "1"), misfit, refused])));
    let answers = check(json!({}), &[("A", None), ("B", None), ("C", None), ("D", None)]);
    assert_eq!(answers, [found("1", None), failed("not-found"), failed("invalid-response"), failed("rejected")]);
}

#[test]
fn an_answer_without_a_location_is_not_taken_for_two() {
    let _backend =
        Backend::new().reply(reply(json!([stock("A", json!(null), "5")]))).reply(reply(json!([stock("A", json!(null), "5")])));
    let both = check(json!({}), &[("A", Some("BER")), ("A", Some("HAM"))]);
    assert_eq!(both, [failed("not-found"), failed("not-found")]);
    assert_eq!(check(json!({}), &[("A", Some("BER"))]), [found("5", Some("BER"))]);
}

#[test]
fn an_index_wins_over_names() {
    let answers = json!([{"index": 1, "available": "2", "unit": "C62"}, {"index": "0", "available": "1", "unit": "C62"}]);
    let _backend = Backend::new().reply(reply(answers));
    assert_eq!(check(json!({}), &[("A", Some("BER")), ("A", Some("HAM"))]), [found("1", Some("BER")), found("2", Some("HAM"))]);
}

#[test]
fn one_request_per_item_goes_out_together_and_fails_alone() {
    let backend = Backend::new()
        .reply(reply(json!(stock("A", json!(null), "1"))))
        .reply(Reply::status(500))
        .reply(reply(json!(stock("C", json!(null), "-3"))));
    let answers = check(json!({"items_per_request": 1}), &[("A", None), ("B", None), ("C", None)]);
    assert_eq!(answers, [found("1", None), failed("unavailable"), found("0", None)], "oversold stock is none");
    let bodies: Vec<_> =
        backend.requests().into_iter().map(|request| String::from_utf8(request.body.unwrap()).unwrap()).collect();
    assert_eq!(bodies, [r#"["A"]"#, r#"["B"]"#, r#"["C"]"#]);
}

#[test]
fn pages_of_a_batch_are_put_together() {
    let page = |answers: Value, next: Value| reply(json!({"answers": answers, "next": next}));
    let extra = json!({"response": ".answers", "next": ".next", "max_pages": 2, "query": {"at": "{$page.cursor}"}});
    let backend = Backend::new()
        .reply(page(json!([stock("A", json!(null), "1")]), json!(7)))
        .reply(page(json!([stock("B", json!(null), "2")]), json!(8)));
    let answers = check(extra, &[("A", None), ("B", None), ("C", None)]);
    assert_eq!(answers, [found("1", None), found("2", None), failed("invalid-response")], "the third page was not asked for");
    assert_eq!(backend.requests().len(), 2);
}

#[test]
fn a_failed_request_fails_all_of_its_items() {
    let _backend = Backend::new().reply(Reply::failure(Failure::unavailable("no route")));
    assert_eq!(check(json!({}), &[("A", None), ("B", None)]), [failed("unavailable"), failed("unavailable")]);
}

#[test]
fn prices_of_different_quantities_are_not_mixed_up() {
    let price = |value: &str, amount: &str| json!({"sku": "A", "quantity": {"value": value, "unit": "C62"}, "unit_price": {"amount": amount, "currency": "EUR"}});
    let _backend = Backend::new().reply(reply(json!([price("100.0", "8"), price("1", "10")])));
    let settings =
        json!({"backend": {"endpoint": "api"}, "operations": {"pricing.offer-prices": {"path": "/prices", "response": "."}}});
    let adapter = Rest::configure(&Settings::from_json(settings.to_string())).unwrap();
    let item = |value: &str| pricing::Item {
        sku: "A".into(),
        quantity: Quantity { value: value.into(), unit: "C62".into() },
        ..Default::default()
    };
    let query = pricing::Query { items: vec![item("1"), item("100"), item("5")], ..Default::default() };
    let answers: Vec<_> = adapter
        .offer_prices(&Context::default(), query)
        .into_iter()
        .map(|answer| answer.map(|price| price.unit_price.amount))
        .collect();
    assert_eq!((answers[0].as_deref(), answers[1].as_deref()), (Ok("10"), Ok("8")));
    assert!(answers[2].as_ref().unwrap_err().is("not-found"));
}
