//! Tests of reading the settings: what is wrong is named with file, place and mend.

use super::{SCHEMA, configure};
use serde_json::{Value, json};

fn problem(settings: Value) -> String {
    let mut settings = settings;
    settings["$source"] = json!("profiles/x.toml");
    configure(&settings.to_string()).map(|_| ()).unwrap_err()
}

fn with_operation(name: &str, operation: Value) -> Value {
    let mut operations = json!({});
    operations[name] = operation;
    json!({"backend": {"endpoint": "api"}, "operations": operations})
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    let found = problem(json!({"backend": {"endpoint": "api"}, "operation": {}}));
    assert!(found.starts_with("profiles/x.toml: unknown field `operation`, expected one of"), "{found}");
    let found = problem(json!({"backend": {"endpiont": "api"}}));
    assert!(found.starts_with("profiles/x.toml: backend: unknown field `endpiont`, expected one of `endpoint`"), "{found}");
    let found = problem(with_operation("orders.get", json!({"path": "/x", "respones": "."})));
    assert!(found.starts_with("profiles/x.toml: operations.\"orders.get\": unknown field `respones`"), "{found}");
    assert!(found.contains("`response`"), "{found}");
}

#[test]
fn a_write_by_get_is_refused_because_it_may_be_sent_twice() {
    let found = problem(with_operation("orders.submit", json!({"path": "/rpc", "query": {"cmd": "create"}, "response": "."})));
    assert!(found.contains("operations.\"orders.submit\".method: GET must not change anything"), "{found}");
}

#[test]
fn an_undefined_function_is_named_with_file_operation_line_and_column() {
    let found = problem(with_operation(
        "orders.submit",
        json!({"method": "POST", "path": "/x", "response": "{\n  number: .no,\n  status: (.s | foo)\n}"}),
    ));
    assert_eq!(found, "profiles/x.toml: operations.\"orders.submit\".response: line 3, column 17: undefined function foo");
    let found = problem(with_operation("orders.get", json!({"path": "/x/{.number | foo(1)}", "response": "."})));
    assert_eq!(
        found,
        "profiles/x.toml: operations.\"orders.get\".path: {.number | foo(1)}: line 1, column 11: undefined function foo/1"
    );
    let mut settings = with_operation("orders.get", json!({"path": "/x", "response": "."}));
    settings["library"] = json!("def a: 1;\ndef b: $c;");
    assert_eq!(problem(settings), "profiles/x.toml: library: line 2, column 8: undefined variable $c");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let cases = [
        ("orders.fetch", json!({"path": "/x"}), "there is no such operation; they are availability.check"),
        ("orders.get", json!({"response": "."}), "path: it is missing"),
        ("orders.get", json!({"path": "x", "response": "."}), "path: it must begin with /"),
        ("orders.get", json!({"path": "/x?a=b", "response": "."}), "path: parameters belong under query"),
        ("orders.get", json!({"path": "/x"}), "response: it is missing"),
        ("orders.get", json!({"path": "/x", "response": ".", "method": "FETCH"}), "method: FETCH is not known"),
        ("orders.get", json!({"path": "/x", "response": ".", "absent": [404]}), "absent: it belongs to find-by-reference"),
        (
            "orders.get",
            json!({"path": "/x", "response": ".", "group_by": "."}),
            "group_by, items_per_request and max_items belong to",
        ),
        ("orders.get", json!({"path": "/x", "response": ".", "cases": [{"path": "/y"}]}), "cases[0].when: it is missing"),
        (
            "orders.get",
            json!({"path": "/x", "response": ".", "cases": [{"when": ".", "pth": "/y"}]}),
            "cases[0]: unknown field `pth`",
        ),
        ("inbound.translate", json!({"path": "/x", "response": "."}), "path: this operation sends no request"),
        (
            "inbound.translate",
            json!({"steps": [{"name": "a", "path": "/a"}], "response": "."}),
            "steps: this operation sends no request",
        ),
        ("orders.get", json!({"steps": [{"name": "a", "path": "a"}], "response": "."}), "steps.a.path: it must begin with /"),
        ("orders.get", json!({"steps": [{"name": "a b", "path": "/a"}], "response": "."}), "steps[0].name: \"a b\" must be"),
        (
            "orders.get",
            json!({"steps": [{"name": "a", "path": "/a"}, {"name": "a", "path": "/b"}], "response": "."}),
            "steps: two steps are called a",
        ),
        (
            "orders.get",
            json!({"steps": [{"name": "a", "path": "/a", "body": "{}"}], "response": "."}),
            "steps.a: this operation only reads, and so must its steps: say changes = false when it does",
        ),
        (
            "orders.submit",
            json!({"steps": [{"name": "a", "path": "/a"}], "response": "."}),
            "steps: this operation changes something, and none of its requests does",
        ),
        (
            "orders.submit",
            json!({"steps": [{"name": "a", "path": "/a", "changes": true}], "response": "."}),
            "steps.a.method: GET must not change anything",
        ),
        (
            "orders.submit",
            json!({"path": "/x", "body": "{}", "undo": [{"name": "u", "path": "/u", "body": "{}"}], "response": "."}),
            "undo: none of the steps changes anything that it could take back",
        ),
        ("orders.get", json!({"steps": [{"use": "a"}], "response": "."}), "steps[0].use: there is no [steps.a]; there are "),
        ("orders.get", json!({"steps": [{"name": "a"}], "response": "."}), "steps.a: it has neither a path nor a value"),
        (
            "orders.get",
            json!({"steps": [{"name": "a", "value": ".", "each": "."}], "response": "."}),
            "steps.a.path: it is missing; each and changes need it",
        ),
        (
            "orders.get",
            json!({"steps": [{"name": "a", "path": "/a"}], "headers": {"x": "y"}, "response": "."}),
            "path: it is missing; method, query, headers and body need it",
        ),
    ];
    for (name, operation, expected) in cases {
        let found = problem(with_operation(name, operation));
        assert!(found.starts_with(&format!("profiles/x.toml: operations.\"{name}\"")) && found.contains(expected), "{found}");
    }
}

#[test]
fn what_is_wrong_with_a_shared_step_is_told_where_it_stands() {
    let with = |shared: Value, step: Value| {
        let mut settings = with_operation("orders.get", json!({"steps": [step], "response": "."}));
        settings["steps"] = json!({"customer": shared});
        problem(settings)
    };
    let found = with(json!({"path": "/x", "value": "foo"}), json!({"use": "customer"}));
    assert_eq!(found, "profiles/x.toml: steps.customer.value: line 1, column 1: undefined function foo");
    let found = with(json!({"path": "/x", "vale": "foo"}), json!({"use": "customer"}));
    assert!(found.starts_with("profiles/x.toml: steps.customer: unknown field `vale`"), "{found}");
    let found = with(json!({"path": "/x"}), json!({"use": "customer", "path": "/y"}));
    assert!(found.contains("steps[0].path: a step with use may say name and when, nothing else"), "{found}");
}

#[test]
fn wrong_facts_about_the_back_end_are_refused() {
    let found = |backend: Value| problem(json!({"backend": backend}));
    assert!(found(json!({})).contains("missing field `endpoint`"));
    assert!(
        found(json!({"endpoint": "api", "deduplication": "maybe"}))
            .contains("one of native-key, unique-reference, queryable, none")
    );
    assert!(
        found(json!({"endpoint": "api", "price_dimensions": ["mood"]})).contains("backend.price_dimensions: mood is not known")
    );
    assert!(found(json!({"endpoint": "api", "price_dimensions": ["unit"]})).contains("account is missing"), "F6");
    let found = problem(json!({"backend": {"endpoint": "api"}, "errors": {"statuses": {"503": "gone"}}}));
    assert!(found.contains("errors.statuses.503: gone is not known"), "{found}");
}

#[test]
fn the_schema_knows_every_key_that_the_reader_knows() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let properties = schema["$defs"]["operation"]["properties"].as_object().unwrap();
    let found = problem(with_operation("orders.get", json!({"nothing": 1})));
    let known: Vec<&str> = found.split('`').skip(3).step_by(2).collect();
    assert_eq!(known.len(), properties.len(), "{known:?}");
    assert!(known.iter().all(|key| properties.contains_key(*key)), "{known:?}");
    let properties = schema["$defs"]["step"]["properties"].as_object().unwrap();
    let found = problem(with_operation("orders.get", json!({"steps": [{"nothing": 1}], "response": "."})));
    let known: Vec<&str> = found.split('`').skip(3).step_by(2).collect();
    assert_eq!(known.len(), properties.len(), "{known:?}");
    assert!(known.iter().all(|key| properties.contains_key(*key)), "{known:?}");
}
