//! Orders: handing over, finding, reading, listing, cancelling.

use super::{ORDERS, batch, body, ctx, error, header, json_of, lines, none, pieces, query, sap, text, token};
use ordergate_sdk::Adapter;
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderLine};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use serde_json::{Value, json};

const SAVED: &str = include_str!("../../fixtures/order.json");
const CREATED: &str = include_str!("../../fixtures/created.json");
const REFERENCE: &str = "O0123456789ABCDEFGHJKMNPQRS";
const ACCOUNT: &str = "10100001";

fn order() -> Order {
    let line = |id: &str, sku: &str, value: &str| OrderLine {
        id: id.into(),
        kind: "product".into(),
        sku: Some(sku.into()),
        quantity: pieces(value),
        ..OrderLine::default()
    };
    Order {
        account: ACCOUNT.into(),
        currency: "EUR".into(),
        placed_at: "2026-11-22T10:00:00Z".into(),
        lines: vec![line("1", "TG11", "150"), line("2", "TG12", "40")],
        ..Order::default()
    }
}

fn submit() -> Result<Accepted, Failure> {
    sap(json!({})).submit_order(&ctx(), order(), REFERENCE.into())
}

fn list_of(orders: &[Value]) -> Value {
    json!({"d": {"results": orders}})
}

fn saved() -> Value {
    serde_json::from_str::<Value>(SAVED).unwrap()["d"].clone()
}

#[test]
fn an_order_is_looked_for_created_and_read_again() {
    let backend = Backend::new().reply(none()).reply(token("T")).reply(Reply::json(201, CREATED)).reply(Reply::json(200, SAVED));
    let accepted = submit().unwrap();
    assert_eq!(
        (accepted.number.as_str(), accepted.status.as_str(), accepted.as_of.as_deref()),
        ("1000013602", "open", Some("2026-11-22T14:36:00.123Z"))
    );
    assert!(accepted.amendments.is_empty(), "{:?}", accepted.amendments);
    let sent = backend.requests();
    let service = "API_SALES_ORDER_SRV";
    assert_eq!(
        lines(&sent),
        [
            format!("GET /{service}/A_SalesOrder"),
            format!("GET /{service}/"),
            format!("POST /{service}/A_SalesOrder"),
            format!("GET /{service}/A_SalesOrder('1000013602')")
        ]
    );
    assert_eq!(
        query(&sent[0], "$filter"),
        Some("SoldToParty eq '10100001' and PurchaseOrderByCustomer eq 'O0123456789ABCDEFGHJKMNPQRS'")
    );
    assert_eq!((header(&sent[2], "x-csrf-token"), header(&sent[2], "content-type")), (Some("T"), Some("application/json")));
    assert_eq!(body(&sent[2])["to_Item"][1]["UnderlyingPurchaseOrderItem"], "2");
    assert!(sent.iter().all(|request| header(request, "accept") == Some("application/json")));
}

#[test]
fn pitfall_1_an_order_that_is_there_already_is_a_conflict_with_its_number_and_nothing_is_sent() {
    let backend = Backend::new().reply(json_of(&list_of(&[saved()])));
    let failure = submit().unwrap_err();
    assert_eq!((failure.code.as_str(), failure.detail.as_deref()), ("conflict", Some("1000013602")));
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn pitfall_1_a_look_up_that_fails_sends_nothing() {
    for reply in
        [Reply::status(500), Reply::status(404), Reply::json(200, r#"{"d":{}}"#), Reply::failure(Failure::timeout("late"))]
    {
        let backend = Backend::new().reply(reply);
        let failure = submit().unwrap_err();
        assert_ne!(failure.code, "outcome-unknown");
        assert_eq!(backend.requests().len(), 1);
    }
}

#[test]
fn pitfall_1_a_lost_reply_to_the_creation_is_an_unknown_outcome() {
    let lost = [
        Reply::failure(Failure::outcome_unknown("reset")),
        Reply::failure(Failure::timeout("late")),
        Reply::status(504),
        Reply::body(500, "text/html", "<html>short dump</html>"),
        Reply::json(201, "<html>"),
        Reply::json(201, r#"{"d":{"SalesOrder":""}}"#),
    ];
    for reply in lost {
        let _backend = Backend::new().reply(none()).reply(token("T")).reply(reply);
        assert_eq!(submit().unwrap_err().code, "outcome-unknown");
    }
}

#[test]
fn a_business_refusal_is_final_and_a_lock_is_not() {
    let refused = |reply: Reply| {
        let _backend = Backend::new().reply(none()).reply(token("T")).reply(reply);
        submit().unwrap_err()
    };
    let failure = refused(Reply::json(400, error("V1/311", "Material NOPE is not defined")));
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("rejected", "Material NOPE is not defined"));
    assert_eq!(refused(Reply::json(400, error("V1/042", "currently being processed by user X"))).code, "unavailable");
}

#[test]
fn pitfall_6_an_order_that_was_saved_with_warnings_is_accepted_with_amendments() {
    let warning = r#"{"code":"V1/555","message":"Order is incomplete","severity":"warning"}"#;
    let mut held = serde_json::from_str::<Value>(SAVED).unwrap();
    held["d"]["DeliveryBlockReason"] = json!("01");
    let created = Reply::json(201, CREATED).header("sap-message", warning);
    let _backend = Backend::new().reply(none()).reply(token("T")).reply(created).reply(json_of(&held));
    let accepted = submit().unwrap();
    assert_eq!(accepted.status, "on-hold");
    assert_eq!(accepted.amendments.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), ["block", "warning"]);
    assert_eq!(accepted.ext, [("sap.messages".to_owned(), "warning V1/555: Order is incomplete".to_owned())]);
}

#[test]
fn an_order_that_cannot_be_read_again_is_accepted_all_the_same() {
    for reply in [Reply::status(503), Reply::json(200, "{}")] {
        let backend = Backend::new().reply(none()).reply(token("T")).reply(Reply::json(201, CREATED)).reply(reply);
        assert_eq!(submit().unwrap().number, "1000013602");
        assert!(backend.log_lines()[0].contains("not read again"));
    }
}

fn find() -> Result<Option<OrderDocument>, Failure> {
    sap(json!({})).find_order(&ctx(), ACCOUNT.into(), REFERENCE.into())
}

#[test]
fn absence_is_an_empty_list_and_nothing_else() {
    let _backend = Backend::new().reply(none());
    assert_eq!(find().unwrap(), None);
    let unclear = [
        Reply::status(404),
        Reply::json(404, error("/IWFND/MED/170", "No service found")),
        Reply::json(404, error("/IWBEP/CM_MGW_RT/020", "Resource not found")),
        Reply::json(200, "{}"),
        Reply::json(200, r#"{"d":{"results":null}}"#),
        Reply::body(200, "text/html", "<html>log on</html>"),
    ];
    for reply in unclear {
        let _backend = Backend::new().reply(reply);
        assert!(find().is_err());
    }
}

#[test]
fn pitfall_3_a_look_up_follows_an_empty_page() {
    let first = json!({"d": {"results": [], "__next": "https://s4.example/A_SalesOrder?$skiptoken=5"}});
    let backend = Backend::new().reply(json_of(&first)).reply(json_of(&list_of(&[saved()])));
    assert_eq!(find().unwrap().unwrap().number, "1000013602");
    assert_eq!(query(&backend.requests()[1], "$skiptoken"), Some("5"));
}

#[test]
fn an_order_is_found_although_a_line_of_it_cannot_be_read() {
    let mut odd = saved();
    odd["to_Item"]["results"][0]["RequestedQuantityUnit"] = json!("???");
    let _backend = Backend::new().reply(json_of(&list_of(&[odd])));
    let found = find().unwrap().unwrap();
    assert_eq!((found.number.as_str(), found.reference.as_deref(), found.lines.len()), ("1000013602", Some(REFERENCE), 0));
}

#[test]
fn of_two_orders_with_one_reference_the_first_is_told_and_it_is_logged() {
    let mut second = saved();
    second["SalesOrder"] = json!("999");
    let backend = Backend::new().reply(json_of(&list_of(&[saved(), second])));
    assert_eq!(find().unwrap().unwrap().number, "999");
    assert!(backend.log_lines()[0].contains("the back end has several documents"));
}

#[test]
fn an_order_is_read_with_its_items_schedule_lines_conditions_partners_and_texts() {
    let backend = Backend::new().reply(Reply::json(200, SAVED));
    let order = sap(json!({})).get_order(&ctx(), ACCOUNT.into(), "1000013602".into()).unwrap();
    assert_eq!(order.lines.len(), 2);
    let sent = &backend.requests()[0];
    assert_eq!(sent.path, format!("{ORDERS}('1000013602')"));
    assert_eq!(query(sent, "$expand"), Some("to_Item/to_ScheduleLine,to_Item/to_PricingElement,to_Partner,to_Text"));
}

fn list(filter: DocumentFilter, cursor: Option<String>) -> (Vec<String>, Option<String>) {
    let page = PageRequest { cursor, limit: 2 };
    let found = sap(json!({})).list_orders(&ctx(), ACCOUNT.into(), filter, page).unwrap();
    (found.orders.into_iter().map(|order| order.number).collect(), found.next)
}

#[test]
fn h1_a_list_is_of_every_channel_and_type_newest_first() {
    let backend = Backend::new().reply(none());
    let filter = DocumentFilter {
        from: Some("2026-11-01".into()),
        to: Some("2026-11-22".into()),
        search: Some("O'1".into()),
        ..DocumentFilter::default()
    };
    assert_eq!(list(filter, None), (vec![], None));
    let sent = &backend.requests()[0];
    let expected = "SoldToParty eq '10100001' and CreationDate ge datetime'2026-11-01T00:00:00' and CreationDate le datetime'2026-11-22T00:00:00' and (SalesOrder eq 'O''1' or PurchaseOrderByCustomer eq 'O''1' or PurchaseOrderByShipToParty eq 'O''1')";
    assert_eq!(query(sent, "$filter"), Some(expected));
    assert_eq!(
        (query(sent, "$orderby"), query(sent, "$top"), query(sent, "$skip")),
        (Some("CreationDate desc,SalesOrder desc"), Some("2"), Some("0"))
    );
}

#[test]
fn pitfall_3_a_list_goes_on_where_the_server_cut_it() {
    let mut one = saved();
    one.as_object_mut().unwrap().remove("to_Item");
    let cut = json!({"d": {"results": [one], "__next": "https://s4.example/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder?sap-client=100&$filter=SoldToParty%20eq%20%27999%27&$top=2&$skiptoken=7"}});
    let backend = Backend::new().reply(json_of(&cut)).reply(none());
    let (numbers, next) = list(DocumentFilter::default(), None);
    assert_eq!(numbers, ["1000013602"]);
    assert_eq!(list(DocumentFilter::default(), next), (vec![], None));
    let sent = &backend.requests()[1];
    assert_eq!(
        (query(sent, "$skiptoken"), query(sent, "$filter")),
        (Some("7"), Some("SoldToParty eq '10100001'")),
        "the filter is never taken from a cursor"
    );
    assert!(
        sap(json!({}))
            .list_orders(&ctx(), "1".into(), DocumentFilter::default(), PageRequest { cursor: Some("x".into()), limit: 2 })
            .unwrap_err()
            .is("invalid-request")
    );
}

fn cancel() -> Result<OrderDocument, Failure> {
    sap(json!({"orders": {"cancel_reason": "61"}})).cancel_order(
        &ctx(),
        ACCOUNT.into(),
        "1000013602".into(),
        "changed my mind".into(),
    )
}

fn done() -> Reply {
    batch(&[("204 No Content", String::new()), ("204 No Content", String::new())])
}

fn cancelled() -> Value {
    let mut order = json!({"d": saved()});
    order["d"]["OverallSDDocumentRejectionSts"] = json!("C");
    for item in order["d"]["to_Item"]["results"].as_array_mut().unwrap() {
        item["SalesDocumentRjcnReason"] = json!("61");
    }
    order
}

#[test]
fn cancelling_rejects_every_item_in_one_change_set_with_its_state() {
    let backend = Backend::new().reply(Reply::json(200, SAVED)).reply(token("T")).reply(done()).reply(json_of(&cancelled()));
    let order = cancel().unwrap();
    assert_eq!((order.status.as_str(), order.lines[0].cancelled.as_deref()), ("cancelled", Some("150")));
    let sent = text(&backend.requests()[2]);
    for (item, etag) in [("10", "W/\"'10'\""), ("000020", "W/\"'20'\"")] {
        assert!(
            sent.contains(&format!("PATCH A_SalesOrderItem(SalesOrder='1000013602',SalesOrderItem='{item}') HTTP/1.1\r\n")),
            "{sent}"
        );
        assert!(sent.contains(&format!("If-Match: {etag}\r\n")), "{sent}");
    }
    assert_eq!(sent.matches(r#"{"SalesDocumentRjcnReason":"61"}"#).count(), 2);
}

#[test]
fn pitfall_8_a_stale_state_is_read_again_and_tried_once_more() {
    let stale = || batch(&[("412 Precondition Failed", error("/IWFND/CM_MGW/539", "changed"))]);
    let backend = Backend::new()
        .reply(Reply::json(200, SAVED))
        .reply(token("T"))
        .reply(stale())
        .reply(Reply::json(200, SAVED))
        .reply(done())
        .reply(json_of(&cancelled()));
    assert_eq!(cancel().unwrap().status, "cancelled");
    assert_eq!(backend.requests().len(), 6);
    let backend = Backend::new()
        .reply(Reply::json(200, SAVED))
        .reply(token("T"))
        .reply(stale())
        .reply(Reply::json(200, SAVED))
        .reply(batch(&[("428 Precondition Required", error("X", "y"))]));
    assert_eq!(cancel().unwrap_err().code, "unavailable");
    assert_eq!(backend.requests().len(), 5, "once only");
}

#[test]
fn what_was_delivered_is_not_cancelled_and_what_is_cancelled_stays_so() {
    let mut delivered = json!({"d": saved()});
    for item in delivered["d"]["to_Item"]["results"].as_array_mut().unwrap() {
        item["DeliveryStatus"] = json!("C");
    }
    let _backend = Backend::new().reply(json_of(&delivered));
    assert!(cancel().unwrap_err().is("rejected"));
    let backend = Backend::new().reply(json_of(&cancelled())).reply(json_of(&cancelled()));
    assert_eq!(cancel().unwrap().status, "cancelled");
    assert_eq!(backend.requests().len(), 2, "nothing is sent");
}

#[test]
fn a_lock_refuses_the_whole_change_set_and_can_be_tried_again() {
    let locked = batch(&[("400 Bad Request", error("V1/042", "currently being processed by user X"))]);
    let _backend = Backend::new().reply(Reply::json(200, SAVED)).reply(token("T")).reply(locked);
    assert!(cancel().unwrap_err().is("unavailable"));
}

#[test]
fn an_order_without_items_or_a_batch_without_parts_is_no_success() {
    let mut empty = json!({"d": saved()});
    empty["d"]["to_Item"] = json!({"results": []});
    let _backend = Backend::new().reply(json_of(&empty));
    assert!(cancel().unwrap_err().is("rejected"));
    let _backend = Backend::new().reply(Reply::json(200, SAVED)).reply(token("T")).reply(batch(&[]));
    assert!(cancel().unwrap_err().is("outcome-unknown"));
}
