//! What is wrong is named with file, key and mend.

use super::{SCHEMA, configure};
use crate::tests::{problem_with, settings};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().filter(|key| *key != "$source").cloned().collect()
}

#[test]
fn only_the_organization_has_no_default() {
    let settings = settings(json!({}));
    assert_eq!((settings.endpoint.as_str(), settings.framework_version.as_str()), ("fusion", "4"));
    assert_eq!((settings.propagation_delay_ms, settings.orders.page_size), (120_000, 50));
    assert!(configure(r#"{"$source": "fusion.toml"}"#).unwrap_err().starts_with("fusion.toml: missing field `organization`"));
}

#[test]
fn the_settings_that_the_repository_shows_are_valid_and_complete() {
    let shown: toml::Table = include_str!("../../adapter.toml").parse().unwrap();
    configure(&serde_json::to_string(&shown).unwrap()).unwrap();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let shown = serde_json::to_value(&shown).unwrap();
    assert_eq!(keys(&shown), keys(&schema["properties"]));
    for section in ["organization", "orders", "availability", "pricing", "totals", "quotes"] {
        assert_eq!(keys(&shown[section]), keys(&schema["properties"][section]["properties"]), "{section}");
    }
    for section in ["fields", "line_fields"] {
        let known = &schema["properties"]["quotes"]["properties"][section]["properties"];
        assert_eq!(keys(&shown["quotes"][section]), keys(known), "{section}");
    }
}

#[test]
fn the_schema_knows_every_key_that_the_reader_knows() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let known = |found: String| -> BTreeSet<String> { found.split('`').skip(3).step_by(2).map(ToOwned::to_owned).collect() };
    assert_eq!(known(problem_with(json!({"nothing": 1}))), schema["properties"].as_object().unwrap().keys().cloned().collect());
    for section in ["organization", "orders", "availability", "pricing", "totals", "quotes"] {
        let found = known(problem_with(json!({section: {"nothing": 1}})));
        assert_eq!(found, keys(&schema["properties"][section]["properties"]), "{section}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    let found = problem_with(json!({"order": {}}));
    assert!(found.starts_with("fusion.toml: unknown field `order`, expected one of"), "{found}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let organization = |change: Value| {
        let mut own = json!({"source_system": "OPS", "business_unit_id": "300000046987012", "business_unit_name": "US1"});
        own.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"organization": own})
    };
    for (settings, expected) in [
        (json!({"resources_path": "fscm/"}), "resources_path: \"fscm/\" must begin with /"),
        (json!({"framework_version": "1"}), "framework_version: \"1\" is not between 2 and 9"),
        (organization(json!({"source_system": "A:B"})), "organization.source_system: \"A:B\""),
        (organization(json!({"business_unit_id": "US1"})), "organization.business_unit_id: \"US1\" is no identifier"),
        (organization(json!({"requesting_business_unit_id": "x"})), "organization.requesting_business_unit_id: \"x\""),
        (json!({"orders": {"page_size": 501}}), "orders.page_size: 501 is not between 1 and 500"),
        (json!({"availability": {"items_per_request": 0}}), "availability.items_per_request: 0 is not between 1 and 100"),
        (json!({"pricing": {"items_per_request": 101}}), "pricing.items_per_request: 101 is not"),
        (json!({"availability": {"probe_quantity": "0"}}), "availability.probe_quantity: \"0\" is no decimal number above zero"),
        (json!({"pricing": {"breaks": "quantities"}}), "pricing.quantities: list the quantities"),
        (json!({"pricing": {"quantities": ["1", "x"]}}), "pricing.quantities: \"x\""),
        (json!({"quotes": {"enabled": true}}), "quotes.statuses: name the status of your site that means \"offered\""),
    ] {
        let found = problem_with(settings);
        assert!(found.starts_with("fusion.toml: ") && found.contains(expected), "{found}");
    }
}
