//! What is wrong is named with file, key and mend.

use super::{SCHEMA, configure};
use crate::tests::{problem_with, settings};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn only_the_sales_area_has_no_default() {
    let settings = settings(json!({}));
    assert_eq!((settings.endpoint.as_str(), settings.service_path.as_str()), ("s4", "/sap/opu/odata/sap"));
    assert_eq!((settings.orders.kind.as_str(), settings.quotes.kind.as_str()), ("OR", "QT"));
    assert!(configure(r#"{"$source": "erp.toml"}"#).unwrap_err().starts_with("erp.toml: missing field `sales_area`"));
}

#[test]
fn the_settings_that_the_repository_shows_are_valid_and_complete() {
    let shown: toml::Table = include_str!("../../adapter.toml").parse().unwrap();
    let settings = configure(&serde_json::to_string(&shown).unwrap()).unwrap();
    assert_eq!(settings.units.get("ST").map(String::as_str), Some("C62"));
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let keys =
        |value: &Value| value.as_object().unwrap().keys().filter(|key| *key != "$source").cloned().collect::<BTreeSet<_>>();
    let shown = serde_json::to_value(&shown).unwrap();
    assert_eq!(keys(&shown), keys(&schema["properties"]));
    for section in ["orders", "quotes", "availability", "pricing", "partner_functions", "texts"] {
        assert_eq!(keys(&shown[section]), keys(&schema["properties"][section]["properties"]), "{section}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    let found = problem_with(json!({"order": {}}));
    assert!(found.starts_with("erp.toml: unknown field `order`, expected one of"), "{found}");
    let found = problem_with(json!({"orders": {"typ": "OR"}}));
    assert!(found.contains("unknown field `typ`, expected one of `type`"), "{found}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    for (settings, expected) in [
        (json!({"service_path": "sap/"}), "service_path: \"sap/\" must begin with /"),
        (json!({"orders": {"reference_field": "AssignmentReference"}}), "orders.reference_field: use PurchaseOrderByCustomer or"),
        (json!({"quotes": {"decline_reason": "51", "withdraw_reason": "51"}}), "quotes.withdraw_reason: it must differ"),
        (json!({"availability": {"items_per_request": 0}}), "availability.items_per_request: 0 is not between 1 and 100"),
        (json!({"pricing": {"items_per_request": 101}}), "pricing.items_per_request: 101 is not"),
        (json!({"availability": {"probe_quantity": "0"}}), "availability.probe_quantity: \"0\" is no decimal number above zero"),
        (json!({"pricing": {"breaks": "quantities"}}), "pricing.quantities: list the quantities"),
        (json!({"pricing": {"quantities": ["1", "x"]}}), "pricing.quantities: \"x\""),
        (json!({"unit_ratios": {"TG11": {"CT": "12"}}}), "unit_ratios.TG11.CT: \"12\" is no ratio"),
        (json!({"unit_ratios": {"TG11": {"CT": "0/1"}}}), "unit_ratios.TG11.CT"),
    ] {
        let found = problem_with(settings);
        assert!(found.starts_with("erp.toml: ") && found.contains(expected), "{found}");
    }
}

#[test]
fn the_reference_and_the_customer_s_own_number_change_places() {
    let usual = settings(json!({})).order_names();
    assert_eq!((usual.reference, usual.purchase_order), ("PurchaseOrderByCustomer", Some("PurchaseOrderByShipToParty")));
    let other = settings(json!({"orders": {"reference_field": "PurchaseOrderByShipToParty"}})).order_names();
    assert_eq!((other.reference, other.purchase_order), ("PurchaseOrderByShipToParty", Some("PurchaseOrderByCustomer")));
}

#[test]
fn the_schema_knows_every_key_that_the_reader_knows() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let known = |found: String| -> BTreeSet<String> { found.split('`').skip(3).step_by(2).map(ToOwned::to_owned).collect() };
    let at = |path: &str| schema.pointer(path).and_then(Value::as_object).unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(known(problem_with(json!({"nothing": 1}))), at("/properties"));
    for section in ["sales_area", "orders", "quotes", "availability", "pricing", "partner_functions", "texts"] {
        let keys = known(problem_with(json!({section: {"nothing": 1}})));
        assert_eq!(keys, at(&format!("/properties/{section}/properties")), "{section}");
    }
}
