//! Schemas that are useful, wrong, or made to do harm; what would end the process is tried before a real host.

use ordergate_adapter_rest::Rest;
use ordergate_sdk::Adapter as _;
use serde_json::json;

use super::*;

fn found(schema: &Value, settings: &Value) -> Vec<String> {
    let found = violations(&schema.to_string(), &settings.to_string()).unwrap();
    found.iter().map(|violation| format!("{} {}: {}", violation.pointer(), violation.key(), violation.reason)).collect()
}

fn fault_of(schema: &Value) -> String {
    violations(&schema.to_string(), "{}").unwrap_err()
}

#[test]
fn everything_that_does_not_fit_is_named_by_pointer_and_key() {
    let schema = json!({
        "type": "object", "required": ["customer"], "additionalProperties": false,
        "properties": {
            "customer": {"type": "string"}, "count": {"type": "integer", "maximum": 5},
            "units": {"type": "array", "items": {"enum": ["C62", "KGM"]}},
            "operations": {"additionalProperties": {"type": "object", "properties": {"path": {"pattern": "^/"}}}}
        }
    });
    let settings = json!({
        "$source": "erp.toml", "cuont": 1, "count": 6, "units": ["C62", "kg"], "operations": {"orders.get": {"path": "x"}}
    });
    assert_eq!(
        found(&schema, &settings),
        [
            " : customer is missing",
            "/count count: must be <=5, but got 6",
            "/cuont cuont: there is no such setting",
            "/operations/orders.get/path operations.\"orders.get\".path: 'x' does not match pattern '^/'",
            "/units/1 units[1]: value must be one of 'C62', 'KGM'",
        ]
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>(),
    );
    assert_eq!(found(&schema, &json!({"$source": "erp.toml", "customer": "C1"})), Vec::<String>::new());
    let either = json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
    assert_eq!(found(&either, &json!({})), [" : none of the alternatives fits: a is missing; b is missing"]);
}

#[test]
fn a_schema_that_leads_out_of_itself_is_refused_and_nothing_is_fetched() {
    for reference in
        ["http://127.0.0.1:1/schema", "https://example.com/schema", "file:///etc/hostname", "other.json", "/etc/hostname"]
    {
        for schema in [json!({"$ref": reference}), json!({"$schema": reference}), json!({"$dynamicRef": reference})] {
            let fault = fault_of(&schema);
            let reasons = ["nothing outside of itself", "invalid $schema", "is no JSON Schema", "error parsing"];
            assert!(reasons.iter().any(|reason| fault.contains(reason)), "{schema}: {fault}");
        }
    }
}

#[test]
fn a_schema_that_is_none_is_refused_with_the_reason() {
    assert!(violations("{", "{}").unwrap_err().starts_with("it is no JSON: "));
    assert!(
        fault_of(&json!({"type": "strnig"})).starts_with("it is no JSON Schema: /type: "),
        "{}",
        fault_of(&json!({"type": "strnig"}))
    );
    assert!(fault_of(&json!({"properties": {"a": {"$ref": "#/$defs/none"}}})).contains("#/$defs/none"));
    assert!(fault_of(&json!({"description": "x".repeat(MAX_SCHEMA_BYTES)})).contains("more than 262144 bytes"));
    let deep = format!("{}true{}", "{\"not\":".repeat(1_000), "}".repeat(1_000));
    assert!(violations(&deep, "{}").unwrap_err().contains("recursion limit"));
}

#[test]
fn a_schema_that_runs_in_circles_is_found_out() {
    assert!(fault_of(&json!({"$ref": "#"})).contains("cycle"));
    let two = json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}});
    assert!(fault_of(&two).contains("cycle"));
    let descending = json!({"additionalProperties": {"$ref": "#"}});
    assert_eq!(found(&descending, &json!({"a": {"b": {"c": 1}}})), Vec::<String>::new());
}

#[test]
fn patterns_are_matched_in_linear_time_and_never_grow_without_bounds() {
    let schema = json!({"properties": {"name": {"pattern": "^(a+)+$"}}});
    assert_eq!(found(&schema, &json!({"name": format!("{}b", "a".repeat(5_000))})).len(), 1);
    assert!(fault_of(&json!({"patternProperties": {"((a{1000}){1000}){1000}": {}}})).contains("size limit"));
}

#[test]
fn what_is_told_is_bounded_and_cannot_steer_a_terminal() {
    let unknown: serde_json::Map<_, _> = (0..1_000).map(|number| (format!("key{number}"), json!(1))).collect();
    assert_eq!(found(&json!({"additionalProperties": false}), &Value::Object(unknown)).len(), MAX_VIOLATIONS);
    let shown = found(&json!({"required": [format!("\u{1b}[2J{}", "x".repeat(10_000))]}), &json!({}));
    assert!(shown[0].len() < 400 && !shown[0].contains('\u{1b}'), "{shown:?}");
}

#[test]
fn every_profile_fits_the_rest_adapters_schema_and_a_typo_in_one_does_not() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters/rest/profiles");
    let schema: Value = serde_json::from_str(&Rest::settings_schema()).unwrap();
    let mut profiles = 0;
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let text = std::fs::read_to_string(file).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let mut settings = serde_json::to_value(table).unwrap();
        assert_eq!(found(&schema, &settings), Vec::<String>::new());
        settings["operations"]["orders.get"]["pth"] = json!("/x");
        settings["backend"]["deduplication"] = json!("uniqe");
        settings["operations"]["orders.get"]["cases"] = json!([{"when": "true", "respones": "."}]);
        let told = found(&schema, &settings);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(
            told[0].starts_with("/backend/deduplication backend.deduplication: value must be one of 'native-key'"),
            "{told:#?}"
        );
        assert!(
            told.contains(&"/operations/orders.get/pth operations.\"orders.get\".pth: there is no such setting".into()),
            "{told:#?}"
        );
        let case =
            "/operations/orders.get/cases/0/respones operations.\"orders.get\".cases[0].respones: there is no such setting";
        assert!(told.contains(&case.into()), "{told:#?}");
        profiles += 1;
    }
    assert!(profiles > 0);
}
