//! Quotes: asking, accepting, declining, withdrawing.

use super::{batch, body, ctx, json_of, lines, none, query, sap, text, token};
use ordergate_sdk::Adapter;
use ordergate_sdk::orders::{Accepted, Order, OrderLine, QuoteLink};
use ordergate_sdk::quotes::{Acceptance, QuoteRequest};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use serde_json::{Value, json};

const QUOTATION: &str = include_str!("../../fixtures/quotation.json");
const ORDER: &str = include_str!("../../fixtures/order.json");
const CREATED: &str = include_str!("../../fixtures/created.json");
const REVISION: &str = "2026-11-22T14:36:00.123Z";

fn adapter() -> crate::Sap {
    sap(json!({"quotes": {"decline_reason": "51", "withdraw_reason": "52", "request_block": "09"}}))
}

fn quotation(changes: Value) -> Reply {
    let mut quote: Value = serde_json::from_str(QUOTATION).unwrap();
    for (field, value) in changes.as_object().unwrap() {
        quote["d"][field] = value.clone();
    }
    json_of(&quote)
}

#[test]
fn a_request_is_looked_for_created_and_read_again() {
    let created = Reply::json(201, r#"{"d":{"SalesQuotation":"20000001"}}"#);
    let backend =
        Backend::new().reply(none()).reply(token("T")).reply(created).reply(quotation(json!({"DeliveryBlockReason": "09"})));
    let request = QuoteRequest {
        account: "10100001".into(),
        currency: "EUR".into(),
        placed_at: "2026-11-22T10:00:00Z".into(),
        ..QuoteRequest::default()
    };
    let received = adapter().submit_quote(&ctx(), request, "Q1".into()).unwrap();
    assert_eq!(
        (received.number.as_str(), received.status.as_str(), received.revision.as_deref()),
        ("20000001", "in-review", Some(REVISION))
    );
    let sent = backend.requests();
    let service = "API_SALES_QUOTATION_SRV";
    assert_eq!(
        lines(&sent)[2..],
        [format!("POST /{service}/A_SalesQuotation"), format!("GET /{service}/A_SalesQuotation('20000001')")]
    );
    assert_eq!(body(&sent[2])["DeliveryBlockReason"], "09");
}

fn accept(revision: &str, replies: Vec<Reply>) -> (Result<Accepted, Failure>, Vec<String>, Option<Value>) {
    let backend = replies.into_iter().fold(Backend::new(), Backend::reply);
    let line = OrderLine {
        id: "10".into(),
        kind: "product".into(),
        sku: Some("TG11".into()),
        quantity: super::pieces("150"),
        ..OrderLine::default()
    };
    let quote = Some(QuoteLink { number: "20000001".into(), ..QuoteLink::default() });
    let order = Order {
        account: "10100001".into(),
        currency: "EUR".into(),
        placed_at: "2026-11-22T10:00:00Z".into(),
        quote,
        lines: vec![line],
        ..Order::default()
    };
    let acceptance = Acceptance { number: "20000001".into(), revision: revision.into(), order, reference: "O1".into() };
    let found = adapter().accept_quote(&ctx(), acceptance);
    let sent = backend.requests();
    let posted = sent.iter().find(|request| request.method == "POST").map(body);
    (found, lines(&sent), posted)
}

#[test]
fn q3_accepting_makes_an_order_that_refers_to_the_quotation() {
    let replies = vec![none(), quotation(json!({})), token("T"), Reply::json(201, CREATED), Reply::json(200, ORDER)];
    let (accepted, sent, posted) = accept(REVISION, replies);
    assert_eq!(accepted.unwrap().number, "1000013602");
    assert_eq!(sent.len(), 5);
    let posted = posted.unwrap();
    assert_eq!(
        (&posted["ReferenceSDDocument"], &posted["to_Item"][0]["ReferenceSDDocumentItem"]),
        (&json!("20000001"), &json!("10"))
    );
}

#[test]
fn q2_a_stale_revision_is_refused() {
    let (found, sent, _) = accept("2026-11-20T00:00:00Z", vec![none(), quotation(json!({}))]);
    assert!(found.unwrap_err().is("rejected"));
    assert_eq!(sent.len(), 2);
}

#[test]
fn pitfall_11_a_quote_that_is_ordered_in_whole_or_in_part_is_not_accepted_again() {
    for status in ["C", "B"] {
        let (found, sent, _) = accept(REVISION, vec![none(), quotation(json!({"OverallSDProcessStatus": status}))]);
        assert!(found.unwrap_err().is("rejected"));
        assert_eq!(sent.len(), 2);
    }
}

#[test]
fn pitfall_1_an_acceptance_whose_order_is_there_is_a_conflict_with_its_number() {
    let order: Value = serde_json::from_str(ORDER).unwrap();
    let (found, sent, _) = accept(REVISION, vec![json_of(&json!({"d": {"results": [order["d"]]}}))]);
    assert_eq!(found.unwrap_err().detail.as_deref(), Some("1000013602"));
    assert_eq!(sent.len(), 1);
}

#[test]
fn declining_and_withdrawing_reject_the_items_with_their_own_reasons() {
    let rejected = |reason: &str| {
        let mut quote: Value = serde_json::from_str(QUOTATION).unwrap();
        quote["d"]["OverallSDDocumentRejectionSts"] = json!("C");
        quote["d"]["to_Item"]["results"][0]["SalesDocumentRjcnReason"] = json!(reason);
        json_of(&quote)
    };
    let done = || batch(&[("204 No Content", String::new())]);
    let backend = Backend::new()
        .reply(quotation(json!({})))
        .reply(quotation(json!({})))
        .reply(token("T"))
        .reply(done())
        .reply(rejected("51"));
    let declined =
        adapter().decline_quote(&ctx(), "10100001".into(), "20000001".into(), REVISION.into(), Some("too dear".into())).unwrap();
    assert_eq!(declined.status, "declined");
    let sent = text(&backend.requests()[3]);
    assert!(
        sent.contains("PATCH A_SalesQuotationItem(SalesQuotation='20000001',SalesQuotationItem='10') HTTP/1.1\r\n")
            && sent.contains(r#"{"SalesDocumentRjcnReason":"51"}"#),
        "{sent}"
    );
    let _backend = Backend::new()
        .reply(quotation(json!({"DeliveryBlockReason": "09"})))
        .reply(token("T"))
        .reply(done())
        .reply(rejected("52"));
    assert_eq!(adapter().cancel_quote(&ctx(), "10100001".into(), "20000001".into(), None).unwrap().status, "withdrawn");
}

#[test]
fn declining_a_stale_revision_is_refused() {
    let _backend = Backend::new().reply(quotation(json!({})));
    let failure = adapter().decline_quote(&ctx(), "10100001".into(), "20000001".into(), "old".into(), None).unwrap_err();
    assert!(failure.is("rejected"));
}

#[test]
fn a_list_tells_declined_from_withdrawn_by_the_items() {
    let mut quote: Value = serde_json::from_str::<Value>(QUOTATION).unwrap()["d"].clone();
    quote["OverallSDDocumentRejectionSts"] = json!("C");
    quote["to_Item"]["results"][0]["SalesDocumentRjcnReason"] = json!("52");
    let backend = Backend::new().reply(json_of(&json!({"d": {"results": [quote]}})));
    let page = PageRequest { cursor: None, limit: 20 };
    let found = adapter().list_quotes(&ctx(), "10100001".into(), DocumentFilter::default(), page).unwrap();
    assert_eq!((found.quotes[0].status.as_str(), found.next), ("withdrawn", None));
    assert_eq!(query(&backend.requests()[0], "$expand"), Some("to_Item,to_SubsequentProcFlowDoc"));
}

#[test]
fn a_quote_is_found_by_its_reference() {
    let quote: Value = serde_json::from_str::<Value>(QUOTATION).unwrap()["d"].clone();
    let _backend = Backend::new().reply(json_of(&json!({"d": {"results": [quote]}})));
    let found = adapter().find_quote(&ctx(), "10100001".into(), "Q0123456789ABCDEFGHJKMNPQRS".into()).unwrap().unwrap();
    assert_eq!(found.number, "20000001");
    let _backend = Backend::new().reply(none());
    assert_eq!(adapter().find_quote(&ctx(), "1".into(), "Q".into()).unwrap(), None);
}
