//! Orders: handing over, finding, reading, listing, cancelling.

use super::{ORDERS, backend, body, ctx, error, header, json_of, lines, not_found, oracle, page, pieces, query};
use ordergate_sdk::Adapter;
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderLine};
use ordergate_sdk::testing::Reply;
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use serde_json::{Value, json};

const SAVED: &str = include_str!("../../fixtures/order.json");
const ACCOUNT: &str = "10060";

fn order() -> Order {
    let line = OrderLine {
        id: "1".into(),
        kind: "product".into(),
        sku: Some("AS54888".into()),
        quantity: pieces("10"),
        ..OrderLine::default()
    };
    let placed_at = "2026-11-22T10:00:00Z".into();
    Order { account: ACCOUNT.into(), currency: "USD".into(), placed_at, lines: vec![line], ..Order::default() }
}

fn submit() -> Result<Accepted, Failure> {
    oracle(json!({})).submit_order(&ctx(), order(), "O1".into())
}

fn saved() -> Value {
    serde_json::from_str(SAVED).unwrap()
}

fn with(changes: Value) -> Value {
    let mut order = saved();
    order.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    order
}

fn of_line(changes: Value) -> Value {
    let mut order = saved();
    order["lines"]["items"][0].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    order
}

/// What the user sees of the business unit.
fn some_order() -> Reply {
    page(&[json!({"HeaderId": 1})])
}

/// Replies to the three questions of a look-up that finds nothing.
fn absent() -> [Reply; 3] {
    [not_found(), page(&[]), some_order()]
}

fn scripted(replies: impl IntoIterator<Item = Reply>) -> ordergate_sdk::testing::Backend {
    replies.into_iter().fold(backend(), ordergate_sdk::testing::Backend::reply)
}

#[test]
fn an_order_is_looked_for_by_its_key_created_and_read_again() {
    let backend = scripted(absent().into_iter().chain([Reply::json(201, SAVED), Reply::json(200, SAVED)]));
    let accepted = submit().unwrap();
    assert_eq!(
        (accepted.number.as_str(), accepted.status.as_str(), accepted.as_of.as_deref()),
        ("97414", "open", Some("2026-11-22T10:00:05Z"))
    );
    assert!(accepted.amendments.is_empty(), "{:?}", accepted.amendments);
    let sent = backend.requests();
    assert_eq!(lines(&sent), ["GET /OPS:O1", "GET ", "GET ", "POST ", "GET /OPS:O1"]);
    assert_eq!(sent[0].path, format!("{ORDERS}/OPS:O1"));
    assert_eq!(query(&sent[1], "q"), Some("SourceTransactionSystem='OPS' and SourceTransactionId='O1'"));
    assert_eq!(query(&sent[2], "q"), Some("BusinessUnitId=300000046987012"));
    assert_eq!(header(&sent[3], "content-type"), Some("application/vnd.oracle.adf.resourceitem+json"));
    assert_eq!((&body(&sent[3])["SourceTransactionId"], &body(&sent[3])["SubmittedFlag"]), (&json!("O1"), &json!(true)));
}

#[test]
fn pitfall_1_an_order_that_is_there_already_is_a_conflict_with_its_number_and_nothing_is_sent() {
    for replies in [vec![Reply::json(200, SAVED)], vec![not_found(), page(&[saved()]), some_order()]] {
        let backend = scripted(replies);
        let failure = submit().unwrap_err();
        assert_eq!((failure.code.as_str(), failure.detail.as_deref()), ("conflict", Some("97414")));
        assert!(backend.requests().iter().all(|request| request.method == "GET"));
    }
}

#[test]
fn pitfall_1_a_look_up_that_fails_sends_nothing() {
    let unclear = [
        Reply::status(500),
        Reply::status(504),
        Reply::json(200, "{\"items\":[]}"),
        Reply::body(200, "text/html", "<html>log on</html>"),
        Reply::failure(Failure::timeout("late")),
    ];
    for reply in unclear {
        let backend = scripted([reply]);
        assert_ne!(submit().unwrap_err().code, "outcome-unknown");
        assert_eq!(backend.requests().len(), 1);
    }
    let backend = scripted([not_found(), Reply::status(503), some_order()]);
    assert_eq!(submit().unwrap_err().code, "unavailable");
    assert_eq!(backend.requests().len(), 3);
}

#[test]
fn pitfall_1_a_lost_reply_to_the_creation_is_an_unknown_outcome() {
    let lost = [
        Reply::failure(Failure::outcome_unknown("reset")),
        Reply::failure(Failure::timeout("late")),
        Reply::status(504),
        Reply::body(500, "text/html", "<html>broken</html>"),
        Reply::json(201, "<html>"),
        Reply::json(201, r#"{"items":[]}"#),
    ];
    for reply in lost {
        let _backend = scripted(absent().into_iter().chain([reply]));
        assert_eq!(submit().unwrap_err().code, "outcome-unknown");
    }
}

#[test]
fn pitfall_1_an_order_without_a_number_yet_is_looked_up_later() {
    let nameless = with(json!({"OrderNumber": null}));
    let replies = [Reply::json(201, nameless.to_string()), json_of(&nameless)];
    let _backend = scripted(absent().into_iter().chain(replies));
    assert_eq!(submit().unwrap_err().code, "outcome-unknown");
    let _backend = scripted(absent().into_iter().chain([Reply::json(201, nameless.to_string()), json_of(&saved())]));
    assert_eq!(submit().unwrap().number, "97414", "the order itself has it");
}

#[test]
fn a_refusal_names_its_line_and_a_code_that_passes_is_no_refusal() {
    let refused = |reply: Reply, settings: Value| {
        let _backend = scripted(absent().into_iter().chain([reply]));
        oracle(settings).submit_order(&ctx(), order(), "O1".into()).unwrap_err()
    };
    let failure = refused(error("FOM-1", "The item does not exist.", "/lines/0/ProductNumber"), json!({}));
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str(), failure.line.as_deref()),
        ("rejected", "The item does not exist.", Some("1"))
    );
    assert_eq!(refused(error("FOM-LOCK", "Processing", ""), json!({"retry_codes": ["FOM-LOCK"]})).code, "unavailable");
}

#[test]
fn pitfall_6_a_draft_is_submitted_and_read_again() {
    let draft = with(json!({"SubmittedFlag": false, "StatusCode": "DRAFT"}));
    let replies = [Reply::json(201, draft.to_string()), json_of(&draft), Reply::json(200, "{}"), json_of(&saved())];
    let backend = scripted(absent().into_iter().chain(replies));
    let accepted = submit().unwrap();
    assert_eq!((accepted.status.as_str(), accepted.amendments.len()), ("open", 0));
    let sent = backend.requests();
    assert_eq!(lines(&sent)[5], "PATCH /OPS:O1");
    assert_eq!(body(&sent[5]), json!({"SubmittedFlag": true}));
}

#[test]
fn pitfall_6_a_draft_that_is_not_submitted_is_accepted_and_told_as_held() {
    let draft = with(json!({"SubmittedFlag": false, "StatusCode": "DRAFT"}));
    for refused in [error("X", "The tax is not determined.", ""), Reply::status(504)] {
        let replies = [Reply::json(201, draft.to_string()), json_of(&draft), refused];
        let _backend = scripted(absent().into_iter().chain(replies));
        let accepted = submit().unwrap();
        assert_eq!((accepted.number.as_str(), accepted.status.as_str()), ("97414", "on-hold"));
        assert_eq!(accepted.amendments[0].kind, "draft");
    }
}

#[test]
fn an_order_that_cannot_be_read_again_is_accepted_all_the_same() {
    for reply in [Reply::status(503), Reply::json(200, "{\"items\":[]}"), not_found()] {
        let backend = scripted(absent().into_iter().chain([Reply::json(201, SAVED), reply]));
        assert_eq!(submit().unwrap().number, "97414");
        assert!(backend.log_lines()[0].contains("not read again"));
    }
}

fn find() -> Result<Option<OrderDocument>, Failure> {
    oracle(json!({})).find_order(&ctx(), ACCOUNT.into(), "O1".into())
}

#[test]
fn pitfall_1_absence_is_proved_only_to_a_user_who_sees_the_business_unit() {
    let _backend = scripted(absent());
    assert_eq!(find().unwrap(), None);
    let _backend = scripted([not_found(), page(&[]), page(&[])]);
    let failure = find().unwrap_err();
    assert!(failure.is("invalid-response") && failure.detail.as_deref().unwrap().contains("data security"), "{failure:?}");
    for unclear in [Reply::status(500), Reply::json(200, "{}"), not_found(), Reply::body(200, "text/html", "<html>log on</html>")]
    {
        let _backend = scripted([not_found(), unclear, some_order()]);
        assert!(find().is_err());
    }
}

#[test]
fn an_order_is_found_although_a_line_of_it_cannot_be_read() {
    let _backend = scripted([json_of(&of_line(json!({"OrderedUOMCode": "???"})))]);
    let found = find().unwrap().unwrap();
    assert_eq!((found.number.as_str(), found.reference.as_deref(), found.lines.len()), ("97414", Some("O1"), 0));
}

#[test]
fn of_several_versions_of_an_order_the_newest_is_shown() {
    let revised =
        with(json!({"HeaderId": 300_000_012_999_999_u64, "SourceTransactionRevisionNumber": 2, "CustomerPONumber": "PO-2"}));
    let _backend = scripted([page(&[saved(), revised])]);
    let order = oracle(json!({})).get_order(&ctx(), ACCOUNT.into(), "97414".into()).unwrap();
    assert_eq!(order.purchase_order.as_deref(), Some("PO-2"));
}

#[test]
fn an_order_is_read_with_its_lines_and_totals() {
    let backend = scripted([page(&[saved()])]);
    let totals = json!({"totals": {"lines": "NET", "tax": "TAX", "payable": "PAY"}});
    let order = oracle(totals).get_order(&ctx(), ACCOUNT.into(), "97414".into()).unwrap();
    assert_eq!((order.lines.len(), order.totals.unwrap().payable.amount.as_str()), (1, "29751.19"));
    let sent = &backend.requests()[0];
    assert_eq!((query(sent, "q"), query(sent, "expand")), (Some("OrderNumber='97414'"), Some("lines,totals")));
}

#[test]
fn a_number_that_cannot_be_asked_for_is_not_found_without_asking() {
    let backend = scripted([]);
    assert_eq!(oracle(json!({})).get_order(&ctx(), ACCOUNT.into(), "O'Neil".into()).unwrap_err().code, "not-found");
    assert!(backend.requests().is_empty());
}

fn list(filter: DocumentFilter, cursor: Option<String>) -> (Vec<String>, Option<String>) {
    let page = PageRequest { cursor, limit: 2 };
    let found = oracle(json!({})).list_orders(&ctx(), ACCOUNT.into(), filter, page).unwrap();
    (found.orders.into_iter().map(|order| order.number).collect(), found.next)
}

#[test]
fn h1_pitfall_12_a_list_is_of_every_system_and_type_newest_first() {
    let backend = scripted([page(&[])]);
    let filter = DocumentFilter {
        from: Some("2026-11-01".into()),
        to: Some("2026-11-22".into()),
        search: Some("PO-1".into()),
        ..DocumentFilter::default()
    };
    assert_eq!(list(filter, None), (vec![], None));
    let sent = &backend.requests()[0];
    let expected = "BuyingPartyNumber='10060' and CreationDate>='2026-11-01T00:00:00Z' and CreationDate<='2026-11-22T23:59:59Z' and (OrderNumber='PO-1' or SourceTransactionNumber='PO-1' or CustomerPONumber='PO-1')";
    assert_eq!(query(sent, "q"), Some(expected));
    assert_eq!(
        (query(sent, "orderBy"), query(sent, "limit"), query(sent, "offset")),
        (Some("CreationDate:desc"), Some("2"), Some("0"))
    );
}

#[test]
fn pitfall_3_a_list_goes_on_where_the_server_cut_it() {
    let cut = json_of(&json!({"items": [saved()], "count": 1, "hasMore": true, "limit": 1, "offset": 0}));
    let backend = scripted([cut, page(&[])]);
    let (numbers, next) = list(DocumentFilter::default(), None);
    assert_eq!(numbers, ["97414"]);
    assert_eq!(list(DocumentFilter::default(), next), (vec![], None));
    assert_eq!(query(&backend.requests()[1], "offset"), Some("1"));
    let page = PageRequest { cursor: Some("x".into()), limit: 2 };
    assert!(oracle(json!({})).list_orders(&ctx(), ACCOUNT.into(), DocumentFilter::default(), page).is_err());
}

#[test]
fn a_draft_without_a_number_does_not_hide_the_other_orders() {
    let draft = with(json!({"OrderNumber": null, "SubmittedFlag": false}));
    let _backend = scripted([page(&[draft, saved()])]);
    assert_eq!(list(DocumentFilter::default(), None).0, ["97414"]);
}

#[test]
fn a_search_that_cannot_be_asked_finds_nothing_and_sends_nothing() {
    let backend = scripted([]);
    let filter = DocumentFilter { search: Some("x' or HeaderId>'0".into()), ..DocumentFilter::default() };
    assert_eq!(list(filter, None), (vec![], None));
    assert!(backend.requests().is_empty());
}

fn cancel() -> Result<OrderDocument, Failure> {
    let settings = json!({"orders": {"cancel_reason": "CUSTOMER REQUEST"}});
    oracle(settings).cancel_order(&ctx(), ACCOUNT.into(), "97414".into(), "changed my mind".into())
}

fn cancelled() -> Value {
    of_line(json!({"StatusCode": "CANCELED", "OrderedQuantity": 0, "CanceledQuantity": 10}))
}

#[test]
fn pitfall_4_cancelling_takes_every_open_line_back_by_its_eighteen_digits() {
    let backend = scripted([page(&[saved()]), Reply::json(200, "{}"), page(&[cancelled()])]);
    let order = cancel().unwrap();
    assert_eq!((order.status.as_str(), order.lines[0].cancelled.as_deref()), ("cancelled", Some("10")));
    let sent = &backend.requests()[1];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("PATCH", format!("{ORDERS}/OPS:O1").as_str()));
    assert_eq!(header(sent, "if-match"), Some("ACED0005"));
    let text = String::from_utf8(sent.body.clone().unwrap()).unwrap();
    assert!(text.contains("\"FulfillLineId\":300000000012345680"), "{text}");
    assert_eq!(body(sent)["lines"][0]["OrderedQuantity"], json!(0));
}

#[test]
fn pitfall_8_a_stale_state_is_read_again_and_tried_once_more() {
    let stale = || Reply::json(412, r#"{"title":"Precondition Failed","status":"412"}"#);
    let backend = scripted([page(&[saved()]), stale(), page(&[saved()]), Reply::json(200, "{}"), page(&[cancelled()])]);
    assert_eq!(cancel().unwrap().status, "cancelled");
    assert_eq!(backend.requests().len(), 5);
    let backend = scripted([page(&[saved()]), stale(), page(&[saved()]), stale()]);
    assert_eq!(cancel().unwrap_err().code, "unavailable");
    assert_eq!(backend.requests().len(), 4, "once only");
}

#[test]
fn what_was_shipped_is_not_cancelled_and_what_is_cancelled_stays_so() {
    let _backend = scripted([page(&[of_line(json!({"StatusCode": "SHIPPED", "ShippedQuantity": 10}))])]);
    assert!(cancel().unwrap_err().is("rejected"));
    let backend = scripted([page(&[cancelled()]), page(&[cancelled()])]);
    assert_eq!(cancel().unwrap().status, "cancelled");
    assert_eq!(backend.requests().len(), 2, "nothing is sent");
}

#[test]
fn of_a_line_that_was_shipped_in_part_only_the_rest_is_taken_back() {
    let mut split = of_line(json!({"StatusCode": "SHIPPED", "ShippedQuantity": 6, "OrderedQuantity": 6}));
    let mut rest = saved()["lines"]["items"][0].clone();
    rest["FulfillLineId"] = json!(300_000_000_012_345_681_u64);
    split["lines"]["items"].as_array_mut().unwrap().push(rest);
    let backend = scripted([page(&[split.clone()]), Reply::json(200, "{}"), page(&[split])]);
    cancel().unwrap();
    let lines = body(&backend.requests()[1])["lines"].clone();
    assert_eq!(
        lines,
        json!([{"FulfillLineId": 300_000_000_012_345_681_u64, "OrderedQuantity": 0, "CancelReason": "CUSTOMER REQUEST"}])
    );
}

#[test]
fn pitfall_1_a_cancellation_whose_reply_is_lost_is_an_unknown_outcome() {
    for reply in [Reply::status(504), Reply::failure(Failure::outcome_unknown("reset"))] {
        let _backend = scripted([page(&[saved()]), reply]);
        assert!(cancel().unwrap_err().is("outcome-unknown"));
    }
}
