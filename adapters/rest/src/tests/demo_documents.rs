//! Orders and quotes of the demo back end.

use super::{body, ctx, demo, query};
use ordergate_sdk::Adapter;
use ordergate_sdk::orders::{Order, OrderLine};
use ordergate_sdk::quotes::{Acceptance, QuoteLine, QuoteRequest};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{DocumentFilter, Money, Note, PageRequest, Party, Quantity};
use serde_json::json;

fn line(id: &str, sku: &str, count: &str, net: Option<&str>) -> OrderLine {
    let unit_price = net.map(|net| Money { amount: net.into(), currency: "EUR".into() });
    let quantity = Quantity { value: count.into(), unit: "C62".into() };
    OrderLine { id: id.into(), kind: "product".into(), sku: Some(sku.into()), quantity, unit_price, ..OrderLine::default() }
}

fn order() -> Order {
    Order {
        account: "C-1001".into(),
        currency: "EUR".into(),
        purchase_order: Some("PO-77".into()),
        ship_complete: true,
        delivery_method: Some("express".into()),
        parties: vec![Party { role: "ship-to".into(), number: Some("C-1001-1".into()), ..Party::default() }],
        notes: vec![Note { kind: "customer".into(), text: "Ring twice".into(), ..Note::default() }],
        lines: vec![
            line("1", "NW-1013", "2", Some("1.00")),
            OrderLine { kind: "charge".into(), ..line("f", "FREIGHT", "1", None) },
        ],
        ..Order::default()
    }
}

#[test]
fn an_order_is_handed_over_in_the_back_end_s_words_and_its_price_change_comes_back() {
    let backend = Backend::new().reply(Reply::json(201, include_str!("../../fixtures/order.json")));
    let accepted = demo().submit_order(&ctx(), order(), "OG-1".into()).unwrap();
    assert_eq!(
        (accepted.number.as_str(), accepted.status.as_str(), accepted.raw_status.as_deref()),
        ("SO-100023", "open", Some("OPN"))
    );
    assert_eq!(accepted.amendments.len(), 1);
    let change = &accepted.amendments[0];
    assert_eq!((change.line.as_deref(), change.kind.as_str()), (Some("1"), "price"));
    assert_eq!((change.from.as_deref(), change.to.as_deref()), (Some("1.00"), Some("78.32")));
    let sent = body(&backend.requests()[0]);
    let position = json!({"pos": "1", "article": "NW-1013", "qty": "2", "uom": "PCE", "net": "1.00"});
    let expected = json!({"customer": "C-1001", "po": "PO-77", "currency": "EUR", "shipping": "EXP", "complete": true, "remarks": "Ring twice",
        "ship_to": "C-1001-1", "positions": [position], "your_ref": "OG-1"});
    assert_eq!(sent, expected);
}

#[test]
fn an_order_is_found_by_its_reference_or_certainly_not_there() {
    let found = Reply::json(200, include_str!("../../fixtures/found.json"));
    let backend = Backend::new()
        .reply(found)
        .reply(Reply::json(200, include_str!("../../fixtures/nothing.json")))
        .reply(Reply::status(500));
    let adapter = demo();
    let find = |reference: &str| adapter.find_order(&ctx(), "C-1001".into(), reference.into());
    assert_eq!(find("OG-1").unwrap().unwrap().number, "SO-100023");
    assert_eq!(find("OG-404"), Ok(None));
    assert!(find("OG-1").unwrap_err().is("unavailable"));
    let sent = backend.requests();
    assert_eq!(
        (query(&sent[0], "customer"), query(&sent[0], "your_ref"), query(&sent[0], "page")),
        (Some("C-1001"), Some("OG-1"), None)
    );
}

#[test]
fn an_order_document_is_complete() {
    let _backend = Backend::new().reply(Reply::json(200, include_str!("../../fixtures/order.json")));
    let found = demo().get_order(&ctx(), "C-1001".into(), "SO-100023".into()).unwrap();
    assert_eq!(
        (found.account.as_str(), found.channel.as_deref(), found.reference.as_deref()),
        ("C-1001", Some("web"), Some("OG-1"))
    );
    assert_eq!(
        (found.status.as_str(), found.purchase_order.as_deref(), found.placed_at.as_str()),
        ("open", Some("PO-77"), "2026-11-22T15:17:35.203Z")
    );
    let totals = found.totals.as_ref().unwrap();
    assert_eq!((totals.lines.amount.as_str(), totals.payable.amount.as_str()), ("186.39", "250.96"));
    assert_eq!(found.parties[0].address.as_ref().unwrap().city.as_deref(), Some("Kiel"));
    assert_eq!(found.lines[1].per.as_deref(), Some("100"));
    assert_eq!((found.lines[1].schedule.len(), found.lines[1].reference.as_deref()), (1, Some("2")));
}

#[test]
fn h1_a_list_pages_through_all_channels() {
    let backend = Backend::new().reply(Reply::json(200, include_str!("../../fixtures/orders.json")));
    let filter = DocumentFilter {
        statuses: vec!["open".into(), "shipped".into()],
        from: Some("2026-01-01".into()),
        ..DocumentFilter::default()
    };
    let page = PageRequest { cursor: Some("2".into()), limit: 500 };
    let found = demo().list_orders(&ctx(), "C-1001".into(), filter, page).unwrap();
    assert_eq!(found.next.as_deref(), Some("2"), "the recorded page is the first");
    assert!(found.orders.iter().any(|order| order.channel.as_deref() == Some("telephone") && order.reference.is_none()));
    let sent = &backend.requests()[0];
    assert_eq!([query(sent, "state"), query(sent, "since"), query(sent, "until")], [Some("OPN,SHP"), Some("2026-01-01"), None]);
    assert_eq!([query(sent, "page"), query(sent, "size"), query(sent, "q")], [Some("2"), Some("100"), None]);
}

#[test]
fn an_unknown_order_is_not_found_and_a_wrong_path_is_not() {
    let wrong_path = r#"{"error": {"code": "NOT_FOUND", "text": "no such path"}}"#;
    let _backend = Backend::new()
        .reply(Reply::json(404, include_str!("../../fixtures/unknown-order.json")))
        .reply(Reply::json(404, wrong_path));
    let get = || demo().get_order(&ctx(), "C-1001".into(), "SO-1".into()).unwrap_err();
    let adapter_failures = [get(), get()];
    assert_eq!(adapter_failures.map(|failure| failure.code), ["not-found", "invalid-request"]);
}

#[test]
fn a_cancelled_order_comes_back_as_it_then_is() {
    let cancelled = include_str!("../../fixtures/order.json").replace("\"OPN\"", "\"CAN\"");
    let backend = Backend::new().reply(Reply::json(200, cancelled));
    let found = demo().cancel_order(&ctx(), "C-1001".into(), "SO-100023".into(), "ordered twice".into()).unwrap();
    assert_eq!((found.status.as_str(), found.lines[0].cancelled.as_deref()), ("cancelled", Some("2")));
    assert_eq!(backend.requests()[0].path, "/api/orders/SO-100023/cancellation");
}

#[test]
fn a_quote_is_requested_and_a_counter_offer_names_what_it_answers() {
    let new = include_str!("../../fixtures/rfq-new.json");
    let countered = new.replace("\"NEW\"", "\"CTR\"");
    let backend = Backend::new().reply(Reply::json(201, new)).reply(Reply::json(201, countered));
    let wish = Some(Money { amount: "20.00".into(), currency: "EUR".into() });
    let quantity = Quantity { value: "40".into(), unit: "C62".into() };
    let line = QuoteLine { id: "1".into(), sku: Some("NW-1013".into()), quantity, unit_price: wish, ..QuoteLine::default() };
    let request = QuoteRequest { account: "C-1001".into(), currency: "EUR".into(), lines: vec![line], ..QuoteRequest::default() };
    let adapter = demo();
    let received = adapter.submit_quote(&ctx(), request.clone(), "OG-Q1".into()).unwrap();
    assert_eq!(
        (received.number.as_str(), received.status.as_str(), received.revision.as_deref()),
        ("RQ-20008", "requested", Some("0"))
    );
    let counter = QuoteRequest { counters: Some("RQ-20008".into()), counters_revision: Some("1".into()), ..request };
    assert_eq!(adapter.submit_quote(&ctx(), counter, "OG-Q2".into()).unwrap().status, "countered");
    let sent = backend.requests();
    assert_eq!(
        body(&sent[0])["positions"][0],
        json!({"pos": "1", "article": "NW-1013", "qty": "40", "uom": "PCE", "wish": "20.00"})
    );
    assert_eq!((&body(&sent[0])["counters"], &body(&sent[1])["counters"]), (&json!(null), &json!("RQ-20008")));
}

#[test]
fn a_quote_is_found_by_the_reference_of_its_counter_offer() {
    let mut rfq: serde_json::Value = serde_json::from_str(include_str!("../../fixtures/rfq-offered.json")).unwrap();
    rfq["counter_refs"] = json!(["OG-Q2"]);
    let _backend = Backend::new().reply(Reply::json(200, json!({"items": [rfq], "page": 1, "pages": 1}).to_string()));
    let found = demo().find_quote(&ctx(), "C-1001".into(), "OG-Q2".into()).unwrap().unwrap();
    assert_eq!((found.reference.as_deref(), found.number.as_str()), (Some("OG-Q2"), "RQ-20008"));
}

#[test]
fn an_offered_quote_has_its_prices_and_its_last_day() {
    let _backend = Backend::new().reply(Reply::json(200, include_str!("../../fixtures/rfq-offered.json")));
    let found = demo().get_quote(&ctx(), "C-1001".into(), "RQ-20008".into()).unwrap();
    assert_eq!(
        (found.status.as_str(), found.revision.as_str(), found.valid_until.as_deref()),
        ("offered", "1", Some("2026-12-06"))
    );
    assert_eq!(found.lines[0].unit_price.as_ref().unwrap().amount, "72.8376");
    let totals = found.totals.unwrap();
    assert!(totals.charges.is_empty());
    assert_eq!((totals.taxes[0].amount.amount.as_str(), totals.payable.amount.as_str()), ("553.57", "3467.07"));
}

#[test]
fn q2_accepting_names_the_revision_and_a_stale_one_is_rejected() {
    let backend = Backend::new()
        .reply(Reply::json(201, include_str!("../../fixtures/accepted.json")))
        .reply(Reply::json(409, include_str!("../../fixtures/stale.json")))
        .reply(Reply::json(409, include_str!("../../fixtures/closed.json")));
    let order = Order { lines: vec![line("1", "NW-1013", "40", None)], ..order() };
    let acceptance = Acceptance { number: "RQ-20008".into(), revision: "1".into(), order, reference: "OG-2".into() };
    let adapter = demo();
    let accept = || adapter.accept_quote(&ctx(), acceptance.clone());
    assert_eq!(accept().unwrap().number, "SO-100024");
    assert_eq!(accept().unwrap_err().code, "rejected");
    let taken = accept().unwrap_err();
    assert_eq!((taken.code.as_str(), taken.detail.as_deref()), ("conflict", Some("SO-100024")));
    let sent = body(&backend.requests()[0]);
    assert_eq!((&sent["rev"], &sent["your_ref"], &sent["positions"][0]["qty"]), (&json!("1"), &json!("OG-2"), &json!("40")));
}

#[test]
fn a_quote_is_declined_withdrawn_and_listed() {
    let offered = include_str!("../../fixtures/rfq-offered.json");
    let list = format!(r#"{{"items": [{offered}], "page": 1, "pages": 1}}"#);
    let backend = Backend::new()
        .reply(Reply::json(200, offered.replace("\"OFR\"", "\"REF\"")))
        .reply(Reply::json(200, offered.replace("\"OFR\"", "\"WDN\"")))
        .reply(Reply::json(200, list));
    let adapter = demo();
    let declined =
        adapter.decline_quote(&ctx(), "C-1001".into(), "RQ-20008".into(), "1".into(), Some("too dear".into())).unwrap();
    let withdrawn = adapter.cancel_quote(&ctx(), "C-1001".into(), "RQ-20008".into(), None).unwrap();
    assert_eq!((declined.status.as_str(), withdrawn.status.as_str()), ("declined", "withdrawn"));
    let page = PageRequest { cursor: None, limit: 20 };
    let listed = adapter.list_quotes(&ctx(), "C-1001".into(), DocumentFilter::default(), page).unwrap();
    assert_eq!((listed.quotes.len(), listed.next), (1, None));
    let sent = backend.requests();
    assert_eq!((body(&sent[0]), body(&sent[1])), (json!({"rev": "1", "reason": "too dear"}), json!({"reason": null})));
    assert_eq!((query(&sent[2], "size"), query(&sent[2], "state"), query(&sent[2], "page")), (Some("20"), None, None));
}
