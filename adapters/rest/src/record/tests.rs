//! Tests of reading and writing records.

use super::{read, write};
use crate::mapping::value::{parse, to_json};
use ordergate_sdk::availability::Availability;
use ordergate_sdk::orders::{Order, OrderDocument};
use ordergate_sdk::types::{Context, Money, Party, Totals};
use serde::de::DeserializeOwned;

fn record<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    read(&parse(json.as_bytes())?).map_err(|misfit| misfit.to_string())
}

#[test]
fn what_is_optional_may_be_left_out() {
    let answer: Availability = record(r#"{"sku":"A","available":"3","unit":"C62","lead_time_days":null,"location":""}"#).unwrap();
    assert_eq!(answer, Availability { sku: "A".into(), available: "3".into(), unit: "C62".into(), ..Default::default() });
}

#[test]
fn numbers_become_decimal_text_digit_by_digit() {
    let money: Money = record(r#"{"amount":12345678901234567890.10,"currency":"EUR"}"#).unwrap();
    assert_eq!(money.amount, "12345678901234567890.10");
    let money: Money = record(r#"{"amount":-0.50,"currency":"EUR"}"#).unwrap();
    assert_eq!(money.amount, "-0.50");
    let context: Context =
        record(r#"{"store":"s","channel":"web","locale":"de","request_id":7,"remaining_ms":"900","purpose":"cart"}"#).unwrap();
    assert_eq!((context.request_id.as_str(), context.remaining_ms), ("7", 900));
}

#[test]
fn a_misfit_is_named_with_its_path_and_without_its_value() {
    let document = r#"{"number":"1","account":"C","placed_at":"t","status":"open","currency":"EUR","lines":[{"id":"10","kind":"product",
        "quantity":{"value":{"secret":"4711"},"unit":"C62"}}]}"#;
    let misfit = record::<OrderDocument>(document).unwrap_err();
    assert_eq!(misfit, "lines[0].quantity.value: expected text or a number, found an object with secret");
    assert_eq!(record::<Money>(r#"{"amount":"1"}"#).unwrap_err(), "currency: it is missing");
    assert_eq!(record::<Money>("[1]").unwrap_err(), "expected an object, found an array of 1");
}

#[test]
fn a_mistyped_field_is_an_error_that_names_the_right_ones() {
    let misfit = record::<Money>(r#"{"ammount":"1","currency":"EUR"}"#).unwrap_err();
    assert_eq!(misfit, "there is no field ammount here; the fields are amount, currency");
}

#[test]
fn an_object_is_no_list_of_records() {
    let misfit = record::<Totals>(r#"{"lines":{"amount":"1","currency":"EUR"},"charges":{"kind":"freight"}}"#).unwrap_err();
    assert_eq!(misfit, "charges.kind: expected an array, found an object");
}

#[test]
fn ext_is_an_object_for_mappings_in_both_directions() {
    let party: Party = record(r#"{"role":"ship-to","ext":{"gate":"7","empty":null,"floor":2}}"#).unwrap();
    assert_eq!(party.ext, [("gate".to_owned(), "7".to_owned()), ("floor".to_owned(), "2".to_owned())]);
    let order = Order { parties: vec![party], ..Order::default() };
    let written = to_json(&write(&order).unwrap());
    assert!(written.contains(r#""ext":{"gate":"7","floor":"2"}"#), "{written}");
    assert!(written.contains(r#""placed_at":"""#) && written.contains(r#""purchase_order":null"#));
}

#[test]
fn a_record_survives_being_written_and_read() {
    let order = Order { account: "C1".into(), lines: vec![Default::default()], ship_complete: true, ..Order::default() };
    assert_eq!(read::<Order>(&write(&order).unwrap()).unwrap(), order);
}
