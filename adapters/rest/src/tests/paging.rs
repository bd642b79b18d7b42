//! Pages inside one operation, and from one call to the next.

use super::{ctx, query, rest};
use ordergate_sdk::Adapter;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{DocumentFilter, PageRequest};
use serde_json::{Value, json};

const DOCUMENT: &str =
    r#"{"number": .id, "account": "C", "placed_at": "2026-11-22T10:00:00Z", "status": "open", "currency": "EUR"}"#;

fn settings() -> Value {
    let search = json!({
        "path": "/orders",
        "query": {"ref": "{.reference}", "offset": "{$page.cursor // 0}", "n": "{$page.number}"},
        "response": format!("first(.items[] | select(.ref == $request.reference) | {DOCUMENT}) // null"),
        "next": ".next",
        "max_pages": 3,
        "absent": [404],
    });
    let list = json!({"path": "/orders", "query": {"after": "{$page.cursor}"}, "response": format!("[.items[] | {DOCUMENT}]"), "next": ".next"});
    json!({"backend": {"endpoint": "api"}, "operations": {"orders.find-by-reference": search, "orders.list": list}})
}

fn page(items: &Value, next: &Value) -> Reply {
    Reply::json(200, json!({"items": items, "next": next}).to_string())
}

fn find() -> Result<Option<String>, String> {
    let found = rest(settings()).find_order(&ctx(), "C".into(), "R1".into());
    found.map(|order| order.map(|order| order.number)).map_err(|failure| failure.code)
}

#[test]
fn a_search_goes_on_until_it_finds_or_the_pages_end() {
    let backend = Backend::new()
        .reply(page(&json!([{"ref": "X", "id": 1}]), &json!(50)))
        .reply(page(&json!([{"ref": "R1", "id": 2}]), &json!(100)));
    assert_eq!(find(), Ok(Some("2".to_owned())));
    let sent = backend.requests();
    assert_eq!(sent.iter().map(|one| query(one, "offset")).collect::<Vec<_>>(), [Some("0"), Some("50")]);
    assert_eq!(sent.iter().map(|one| query(one, "n")).collect::<Vec<_>>(), [Some("1"), Some("2")]);
    drop(backend);
    let _backend = Backend::new().reply(page(&json!([]), &json!("a"))).reply(page(&json!([]), &json!(null)));
    assert_eq!(find(), Ok(None));
}

#[test]
fn t4_a_search_that_was_not_finished_proves_nothing() {
    let more = || page(&json!([]), &json!("more"));
    let _backend = Backend::new().reply(more()).reply(more()).reply(more());
    assert_eq!(find(), Err("unsupported".to_owned()));
}

#[test]
fn t4_only_a_configured_status_proves_absence() {
    let _backend = Backend::new().reply(Reply::status(404)).reply(Reply::status(410));
    assert_eq!(find(), Ok(None));
    assert_eq!(find(), Err("not-found".to_owned()));
}

#[test]
fn a_list_hands_its_cursor_to_the_next_call() {
    let backend = Backend::new().reply(page(&json!([{"id": "1"}]), &json!("abc"))).reply(page(&json!([{"id": "2"}]), &json!("")));
    let adapter = rest(settings());
    let list = |cursor: Option<String>| {
        adapter.list_orders(&ctx(), "C".into(), DocumentFilter::default(), PageRequest { cursor, limit: 10 }).unwrap()
    };
    let first = list(None);
    assert_eq!((first.orders.len(), first.next.as_deref()), (1, Some("abc")));
    assert_eq!(list(first.next).next, None);
    assert_eq!(backend.requests().iter().map(|one| query(one, "after")).collect::<Vec<_>>(), [None, Some("abc")]);
}

#[test]
fn h2_one_unreadable_document_hides_no_other_but_a_list_of_them_is_a_failure() {
    let backend = Backend::new()
        .reply(page(&json!([{"id": null}, {"id": "2"}]), &json!(null)))
        .reply(page(&json!([{"id": null}]), &json!(null)));
    let adapter = rest(settings());
    let list = || adapter.list_orders(&ctx(), "C".into(), DocumentFilter::default(), PageRequest { cursor: None, limit: 10 });
    assert_eq!(list().unwrap().orders.len(), 1);
    assert!(backend.log_lines()[0].contains("number: it is missing"));
    assert!(list().unwrap_err().is("invalid-response"));
}
