//! Both sources of availability.

use super::{batch, body, ctx, error, json_of, lines, sap, text, token};
use ordergate_sdk::Adapter;
use ordergate_sdk::availability::{Availability, Item, Query};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Buyer, Failure};
use serde_json::{Value, json};

fn item(sku: &str) -> Item {
    Item { sku: sku.into(), location: Some("HH".into()), requested_date: Some("2026-12-01".into()), ..Item::default() }
}

fn at(quantity: &str, unit: &str) -> (&'static str, String) {
    ("200 OK", json!({"d": {"DetermineAvailabilityAt": {"AvailableQuantityInBaseUnit": quantity, "BaseUnit": unit}}}).to_string())
}

fn check(settings: Value, items: Vec<Item>) -> Vec<Result<Availability, Failure>> {
    sap(settings).check_availability(&ctx(), Query { buyer: None, items })
}

#[test]
fn many_items_are_one_batch_of_function_imports() {
    let backend = Backend::new().reply(token("T")).reply(batch(&[at("12.000", "PC"), at("-3.000", "PC")]));
    let found = check(json!({"plants": {"1010": "HH"}}), vec![item("TG11"), item("TG12")]);
    let first = found[0].as_ref().unwrap();
    assert_eq!(
        (first.sku.as_str(), first.available.as_str(), first.unit.as_str(), first.location.as_deref()),
        ("TG11", "12", "C62", Some("HH"))
    );
    assert_eq!(found[1].as_ref().unwrap().available, "0", "oversold is nothing, not less");
    let sent = backend.requests();
    assert_eq!(sent.len(), 2);
    let expected = "GET DetermineAvailabilityAt?SupplyingPlant=%271010%27&Material=%27TG11%27&ATPCheckingRule=%27A%27&RequestedUTCDateTime=datetimeoffset%272026-12-01T00%3A00%3A00Z%27 HTTP/1.1\r\n";
    assert!(text(&sent[1]).contains(expected), "{}", text(&sent[1]));
}

#[test]
fn f9_one_bad_part_of_a_batch_fails_its_item_only() {
    let not_found = ("404 Not Found", error("/IWBEP/CM_MGW_RT/020", "Material NOPE does not exist"));
    let _backend = Backend::new().reply(token("T")).reply(batch(&[at("12.000", "PC"), not_found]));
    let found = check(json!({}), vec![item("TG11"), item("NOPE"), item("TG13")]);
    assert!(found[0].is_ok());
    assert_eq!(found[1].as_ref().unwrap_err().code, "not-found");
    assert_eq!(found[2].as_ref().unwrap_err().code, "invalid-response", "a part that is left out");
}

#[test]
fn an_unnested_record_is_read_too_and_a_wanted_quantity_gets_its_day() {
    let bare = ("200 OK", json!({"d": {"AvailableQuantityInBaseUnit": "5.000", "BaseUnit": "PC"}}).to_string());
    let promise = ("200 OK", json!({"d": {"DetermineAvailabilityOf": {"PeriodStartUTCDateTime": "/Date(1796688000000+0000)/", "AvailableQuantityInBaseUnit": "500.000", "BaseUnit": "PC"}}}).to_string());
    let backend = Backend::new().reply(token("T")).reply(batch(&[bare, promise]));
    let wanted = Item { quantity: Some("500".into()), ..item("TG11") };
    let found = check(json!({}), vec![wanted]).remove(0).unwrap();
    assert_eq!(
        (found.available.as_str(), found.schedule[0].quantity.value.as_str(), found.schedule[0].date.as_deref()),
        ("5", "500", Some("2026-12-08"))
    );
    assert!(text(&backend.requests()[1]).contains("DetermineAvailabilityOf?SupplyingPlant=%27HH%27&Material=%27TG11%27&ATPCheckingRule=%27A%27&RequestedQuantityInBaseUnit=500M"));
}

#[test]
fn pitfall_10_the_base_unit_is_told_or_converted_exactly_never_guessed() {
    let cartons = |unit: &str| Item { unit: Some(unit.into()), ..item("TG11") };
    let reply = || Backend::new().reply(token("T")).reply(batch(&[at("25.000", "PC")]));
    let ratios = json!({"unit_ratios": {"TG11": {"CT": "12/1"}}});
    let _backend = reply();
    let found = check(ratios, vec![cartons("CT")]).remove(0).unwrap();
    assert_eq!((found.available.as_str(), found.unit.as_str()), ("2.083", "CT"));
    let _backend = reply();
    let failure = check(json!({}), vec![cartons("CT")]).remove(0).unwrap_err();
    assert!(failure.detail.unwrap().contains("add unit_ratios.TG11.CT"));
    let _backend = reply();
    assert_eq!(check(json!({}), vec![cartons("C62")]).remove(0).unwrap().available, "25");
}

#[test]
fn an_item_without_a_location_needs_the_default_plant() {
    let nowhere = || Item { location: None, ..item("TG11") };
    let backend = Backend::new();
    assert_eq!(check(json!({}), vec![nowhere()]).remove(0).unwrap_err().code, "invalid-request");
    assert!(backend.requests().is_empty(), "nothing to ask");
    let _backend = Backend::new().reply(token("T")).reply(batch(&[at("1", "PC")]));
    let found =
        check(json!({"availability": {"default_plant": "1010"}, "plants": {"1010": "HH"}}), vec![nowhere()]).remove(0).unwrap();
    assert_eq!(found.location.as_deref(), Some("HH"));
}

#[test]
fn large_questions_are_split_and_every_item_gets_its_own_answer() {
    let sku = |number: usize| format!("M{number}");
    let backend = (0..3).fold(Backend::new().reply(token("T")), |backend, part| {
        let parts: Vec<_> =
            (0..if part < 2 { 2 } else { 1 }).map(|index| at(&format!("{}.000", part * 2 + index), "PC")).collect();
        backend.reply(batch(&parts))
    });
    let found = check(json!({"availability": {"items_per_request": 2}}), (0..5).map(|number| item(&sku(number))).collect());
    for (number, answer) in found.iter().enumerate() {
        let answer = answer.as_ref().unwrap();
        assert_eq!((answer.sku.clone(), answer.available.clone()), (sku(number), number.to_string()));
    }
    assert_eq!(backend.requests().len(), 4);
}

#[test]
fn a_batch_that_fails_as_a_whole_fails_each_of_its_items() {
    let _backend =
        Backend::new().reply(token("T")).reply(Reply::body(503, "text/html", "<html>down</html>").header("Retry-After", "2"));
    let found = check(json!({}), vec![item("TG11"), item("TG12")]);
    assert!(
        found.iter().all(|answer| answer
            .as_ref()
            .is_err_and(|failure| failure.is("unavailable") && failure.retry_after_ms == Some(2_000)))
    );
}

/// Number, material, and how many are confirmed so many days later than wanted.
type Simulated<'a> = (&'a str, &'a str, &'a [(&'a str, i64)]);

fn simulated_items(items: &[Simulated<'_>]) -> Reply {
    let line = |(quantity, days): &(&str, i64)| json!({"RequestedDeliveryDate": "/Date(1796083200000)/", "ConfirmedDeliveryDate": format!("/Date({})/", 1_796_083_200_000 + days * 86_400_000), "ConfdOrderQtyByMatlAvailCheck": quantity});
    let item = |(number, sku, lines): &(&str, &str, &[(&str, i64)])| json!({"SalesOrderItem": number, "Material": sku, "RequestedQuantityUnit": "PC", "Plant": "1010", "to_ScheduleLine": {"results": lines.iter().map(line).collect::<Vec<_>>()}});
    json_of(&json!({"d": {"to_Item": {"results": items.iter().map(item).collect::<Vec<_>>()}}}))
}

fn simulate(items: Vec<Item>) -> Vec<Result<Availability, Failure>> {
    let buyer = Some(Buyer { account: Some("10100001".into()), ..Buyer::default() });
    sap(json!({"availability": {"source": "simulation"}})).check_availability(&ctx(), Query { buyer, items })
}

#[test]
fn a_simulation_promises_what_is_confirmed_by_the_wanted_day() {
    let backend =
        Backend::new().reply(token("T")).reply(simulated_items(&[("000010", "TG11", &[("30", 0), ("70", 7), ("0.000", 9)])]));
    let found = simulate(vec![Item { location: None, requested_date: None, ..item("TG11") }]).remove(0).unwrap();
    assert_eq!((found.available.as_str(), found.schedule.len(), found.location.as_deref()), ("30", 2, Some("1010")));
    let sent = body(&backend.requests()[1]);
    assert_eq!(
        sent["to_Item"][0],
        json!({"SalesOrderItem": "10", "Material": "TG11", "RequestedQuantity": "1000", "to_ScheduleLine": []})
    );
    assert!(sent.get("to_Pricing").is_none() && sent.get("TransactionCurrency").is_none(), "only promises are asked: {sent}");
}

#[test]
fn items_of_the_same_material_never_share_a_simulation() {
    let answer = || simulated_items(&[("10", "TG11", &[("5", 0)]), ("20", "TG12", &[("6", 0)])]);
    let backend = Backend::new().reply(token("T")).reply(answer()).reply(simulated_items(&[("10", "TG11", &[("5", 0)])]));
    let found = simulate(vec![item("TG11"), item("TG12"), Item { location: Some("1020".into()), ..item("TG11") }]);
    assert_eq!(found.into_iter().map(|answer| answer.unwrap().available).collect::<Vec<_>>(), ["5", "6", "5"]);
    assert_eq!(backend.requests().len(), 3, "a later item would find what the earlier one has taken");
}

#[test]
fn a_simulation_without_a_customer_is_refused() {
    let found = sap(json!({"availability": {"source": "simulation"}}))
        .check_availability(&ctx(), Query { buyer: None, items: vec![item("A"), item("B")] });
    assert!(found.iter().all(|answer| answer.as_ref().is_err_and(|failure| failure.is("invalid-request"))));
}

#[test]
fn f9_a_refused_simulation_is_halved_until_the_bad_item_stands_alone() {
    let bad = || Reply::json(400, error("V1/311", "Material NOPE is not defined"));
    let two = simulated_items(&[("10", "A", &[("1", 0)]), ("20", "B", &[("2", 0)])]);
    let backend = Backend::new().reply(token("T")).reply(bad()).reply(two).reply(bad()).reply(bad()).reply(simulated_items(&[(
        "10",
        "D",
        &[("4", 0)],
    )]));
    let found = simulate(["A", "B", "NOPE", "D"].map(item).to_vec());
    assert_eq!(lines(&backend.requests()).len(), 6);
    assert_eq!(found[2].as_ref().unwrap_err().message, "Material NOPE is not defined");
    assert_eq!([0, 1, 3].map(|place: usize| found[place].as_ref().unwrap().available.clone()), ["1", "2", "4"]);
}

#[test]
fn f9_a_unit_that_nobody_mapped_is_the_problem_of_its_item_only() {
    let two = simulated_items(&[("10", "A", &[("1", 0)]), ("20", "C", &[("3", 0)])]);
    let backend = Backend::new().reply(token("T")).reply(two);
    let strange = Item { unit: Some("XYZ".into()), ..item("B") };
    let found = simulate(vec![item("A"), strange, item("C")]);
    assert_eq!(backend.requests().len(), 2, "the others still share one request");
    let failure = found[1].as_ref().unwrap_err();
    assert!(failure.is("invalid-request") && failure.message.contains("unit XYZ has no unit of the back end"), "{failure:?}");
    assert_eq!([0, 2].map(|place: usize| found[place].as_ref().unwrap().available.clone()), ["1", "3"]);
}
