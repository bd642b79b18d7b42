//! Availability by the quick and by the detailed check.

use super::{backend, body, ctx, error, json_of, lines, oracle};
use ordergate_sdk::Adapter;
use ordergate_sdk::availability::{Availability, Item, Query};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::Failure;
use serde_json::{Value, json};

fn item(sku: &str, location: Option<&str>) -> Item {
    Item { sku: sku.into(), location: location.map(Into::into), ..Item::default() }
}

fn ask(settings: Value, items: Vec<Item>) -> Vec<Result<Availability, Failure>> {
    oracle(settings).check_availability(&ctx(), Query { buyer: None, items })
}

fn scripted(replies: impl IntoIterator<Item = Reply>) -> Backend {
    replies.into_iter().fold(backend(), Backend::reply)
}

/// An answer for items, each with what it says of organizations.
fn quick(items: &[(&str, Value)]) -> Reply {
    let item = |(sku, at): &(&str, Value)| json!({"ItemIdentifier": sku, "ErrorCode": null, "ItemAvailabilityAtOrgList": at});
    json_of(&json!({"PromisingSystem": "GOP", "ItemAvailabilityList": items.iter().map(item).collect::<Vec<_>>()}))
}

fn at(organization: &str, quantity: Value) -> Value {
    json!({"OrgInfo": {"OrgIdentifier": organization}, "AvailableQuantity": quantity, "ShelfQuantity": 999})
}

#[test]
fn many_items_and_organizations_are_asked_in_one_request() {
    let answer = quick(&[("A", json!([at("M1", json!(120)), at("M2", json!(0))])), ("B", json!([at("M1", json!(-3))]))]);
    let backend = scripted([answer]);
    let settings = json!({"availability": {"default_organization": "M1"}, "organizations": {"M2": "tacoma"}});
    let found = ask(settings, vec![item("A", None), item("A", Some("tacoma")), item("B", None)]);
    let told: Vec<_> =
        found.into_iter().map(|answer| answer.unwrap()).map(|one| (one.available, one.location.unwrap())).collect();
    assert_eq!(told, [("120".into(), "M1".into()), ("0".into(), "tacoma".into()), ("0".into(), "M1".to_owned())]);
    let sent = backend.requests();
    assert_eq!(lines(&sent), ["POST /msp/latest/globalOrderPromises/quickAvailabilityCheck"]);
    let body = body(&sent[0]);
    assert_eq!(
        (&body["CallingModule"], &body["ItemDetailList"][0]["OrgInfoList"]),
        (&json!("GOP"), &json!([{"OrgIdentifier": "M1"}, {"OrgIdentifier": "M2"}]))
    );
    assert_eq!(body["ItemDetailList"].as_array().unwrap().len(), 2);
}

#[test]
fn pitfall_6_an_error_within_a_success_is_of_its_item_or_its_organization() {
    let failed = json!({"ItemIdentifier": "B", "ErrorCode": "MSC-1", "ErrorMessage": "Not collected"});
    let place = json!({"OrgInfo": {"OrgIdentifier": "M2"}, "ErrorCode": "MSC-2", "ErrorMessage": "No such organization"});
    let answer = json!({"ItemAvailabilityList": [{"ItemIdentifier": "A", "ErrorCode": "0", "ItemAvailabilityAtOrgList": [at("M1", json!(7)), place]}, failed]});
    let _backend = scripted([json_of(&answer)]);
    let found = ask(json!({}), vec![item("A", Some("M1")), item("A", Some("M2")), item("B", Some("M1")), item("C", Some("M1"))]);
    assert_eq!(found[0].as_ref().unwrap().available, "7");
    let failure = |index: usize| found[index].as_ref().unwrap_err();
    assert_eq!((failure(1).message.as_str(), failure(1).detail.as_deref()), ("No such organization", Some("MSC-2")));
    assert_eq!((failure(2).code.as_str(), failure(2).detail.as_deref()), ("rejected", Some("MSC-1")));
    assert_eq!(failure(3).code, "invalid-response", "a known item or an error was promised");
}

#[test]
fn the_quantity_is_found_wherever_it_stands_under_its_organization() {
    let nested = json!({"OrgInfoList": [{"OrgIdentifier": "M1", "Supply": {"AvailableQuantity": 12.5}}]});
    let _backend = scripted([quick(&[("A", json!([nested]))])]);
    assert_eq!(ask(json!({}), vec![item("A", Some("M1"))])[0].as_ref().unwrap().available, "12.5");
    let _backend = scripted([quick(&[("A", json!([{"OrgInfo": {"OrgIdentifier": "M1"}}]))])]);
    assert_eq!(ask(json!({}), vec![item("A", Some("M1"))])[0].as_ref().unwrap_err().code, "invalid-response");
}

#[test]
fn an_item_is_that_of_its_day_and_a_location_that_is_not_told_does_not_have_it() {
    let of = |day: &str, quantity: u32| json!({"ItemIdentifier": "A", "RequestedDateTime": format!("{day}T08:00:00Z"), "ItemAvailabilityAtOrgList": [at("M1", json!(quantity))]});
    let on = |day: &str| Item { requested_date: Some(day.into()), ..item("A", Some("M1")) };
    let _backend = scripted([json_of(&json!({"ItemAvailabilityList": [of("2026-12-01", 1), of("2026-12-02", 2)]}))]);
    let found = ask(json!({}), vec![on("2026-12-02"), on("2026-12-01"), on("2026-12-03")]);
    assert_eq!([0, 1].map(|index: usize| found[index].as_ref().unwrap().available.clone()), ["2", "1"]);
    assert_eq!(found[2].as_ref().unwrap_err().code, "invalid-response", "it is neither of them");
    let _backend = scripted([json_of(&json!({"ItemAvailabilityList": [of("2026-12-04", 4)]}))]);
    let found = ask(json!({}), vec![on("2026-12-03"), Item { location: Some("M2".into()), ..on("2026-12-03") }]);
    assert_eq!(found[0].as_ref().unwrap().available, "4", "the back end moved the wish to the next day of its calendar");
    assert_eq!(found[1].as_ref().unwrap_err().code, "not-found");
}

#[test]
fn f9_a_refused_request_is_halved_until_the_bad_item_stands_alone() {
    let refused = || error("MSC-9", "bad item", "");
    let good = |sku: &str| quick(&[(sku, json!([at("M1", json!(1))]))]);
    let backend = scripted([refused(), good("A"), refused(), refused(), good("C")]);
    let found = ask(json!({}), ["A", "B", "C"].map(|sku| item(sku, Some("M1"))).to_vec());
    assert_eq!(backend.requests().len(), 5);
    assert!(found[0].is_ok() && found[1].is_err() && found[2].is_ok(), "{found:?}");
}

#[test]
fn f9_what_cannot_be_asked_is_the_problem_of_its_item_only() {
    let backend = scripted([quick(&[("A", json!([at("M1", json!(1))]))])]);
    let boxes = Item { unit: Some("DZN".into()), ..item("B", Some("M1")) };
    let found = ask(json!({}), vec![item("X", None), boxes, item("A", Some("M1"))]);
    let failure = |index: usize| found[index].as_ref().unwrap_err();
    assert!(failure(0).message.contains("default_organization"), "{:?}", failure(0));
    assert!(failure(1).detail.as_deref().unwrap().contains("B is counted in C62, not in DZN"), "{:?}", failure(1));
    assert_eq!(found[2].as_ref().unwrap().available, "1");
    assert_eq!(body(&backend.requests()[0])["ItemDetailList"].as_array().unwrap().len(), 1);
}

#[test]
fn pitfall_10_a_quantity_is_told_in_the_unit_in_which_the_item_is_kept() {
    let _backend = scripted([quick(&[("A", json!([at("M1", json!(4))]))])]).map_entry("primary_units", "A", "KGM");
    let kilograms = Item { unit: Some("KGM".into()), ..item("A", Some("M1")) };
    let found = ask(json!({}), vec![kilograms]).remove(0).unwrap();
    assert_eq!((found.available.as_str(), found.unit.as_str()), ("4", "KGM"));
}

fn detailed(options: Value) -> Reply {
    json_of(
        &json!({"FulfillmentLineAvailability": [{"ErrorCode": null, "AvailabilityOptionList": [{"FulfillmentSplitList": options}]}]}),
    )
}

fn option(quantity: Value, day: &str) -> Value {
    json!({"PromisedQuantity": quantity, "ExpectedShipDateTime": format!("{day}T00:00:00+00:00"), "ShipFromOrg": {"OrgIdentifier": "M2"}})
}

fn in_detail() -> Value {
    json!({"availability": {"source": "detailed", "probe_quantity": "60"}})
}

#[test]
fn a_detailed_check_promises_what_is_shipped_by_the_wanted_day_and_never_more_than_was_asked() {
    let backend = scripted([detailed(json!([option(json!(50), "2026-12-07"), option(json!(40), "2026-11-30")]))]);
    let wanted = Item { requested_date: Some("2026-11-30".into()), ..item("A", None) };
    let found = ask(in_detail(), vec![wanted]).remove(0).unwrap();
    assert_eq!((found.available.as_str(), found.location.as_deref()), ("40", Some("M2")));
    let schedule: Vec<_> =
        found.schedule.iter().map(|line| (line.quantity.value.as_str(), line.date.as_deref().unwrap())).collect();
    assert_eq!(schedule, [("40", "2026-11-30"), ("20", "2026-12-07")]);
    let sent = body(&backend.requests()[0]);
    let line = &sent["FulfillmentLineEntryList"]["FulfillmentLine"];
    assert_eq!((&line["RequestedQuantity"], &line["RequestedDateTime"]), (&json!(60), &json!("2026-11-30T00:00:00Z")));
    assert_eq!(line["GenerateAltAvailabilityFlag"], json!(false), "alternatives would be counted twice");
    assert!(line.get("RequestedShipFromOrg").is_none());
}

#[test]
fn pitfall_6_a_line_that_cannot_be_promised_says_why_and_nothing_promised_is_nothing_available() {
    let failed = json!({"FulfillmentLineAvailability": [{"ErrorCode": "MSC-1", "ErrorMessage": "Not collected"}]});
    let _backend = scripted([json_of(&failed), detailed(json!([])), Reply::status(503)]);
    let found = ask(in_detail(), vec![item("A", None), item("B", None), item("C", None)]);
    assert_eq!(found[0].as_ref().unwrap_err().message, "Not collected");
    assert_eq!(found[1].as_ref().unwrap().available, "0");
    assert_eq!(found[2].as_ref().unwrap_err().code, "unavailable");
}
