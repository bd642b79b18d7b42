//! Quotes in CPQ: asking, finding, accepting, declining, withdrawing.

use super::{backend, body, ctx, error, json_of, not_found, oracle, page, pieces, query};
use crate::Oracle;
use ordergate_sdk::Adapter;
use ordergate_sdk::orders::{Accepted, Order, OrderLine};
use ordergate_sdk::quotes::{Acceptance, QuoteLine, QuoteRequest};
use ordergate_sdk::testing::{Backend, Reply, SentRequest};
use ordergate_sdk::types::{DocumentFilter, Failure, Money, PageRequest};
use serde_json::{Value, json};

const ROOT: &str = "/rest/v19/commerceDocumentsOraclecpqoTransaction";
const ORDER: &str = include_str!("../../fixtures/order.json");

fn adapter() -> Oracle {
    oracle(json!({"quotes": {"enabled": true, "decline_action": "decline_t", "cancel_action": "withdraw_t",
        "statuses": {"SUBMITTED": "in-review", "PUBLISHED": "offered", "ACCEPTED": "accepted", "ORDERED": "ordered", "DECLINED": "declined", "WITHDRAWN": "withdrawn"}}}))
}

fn scripted(replies: impl IntoIterator<Item = Reply>) -> Backend {
    replies.into_iter().fold(backend(), Backend::reply)
}

/// A transaction with one line, as an answer that has its lines with it.
fn quote(changes: Value) -> Value {
    let mut quote = json!({"transactionID_t": "36", "externalReference_t": "Q1", "customerNumber_t": "10060", "currency_t": "USD", "status_t": "PUBLISHED", "version_t": 2,
        "createdDate_t": "2026-11-22T10:00:00Z", "expiresOnDate_t": "2026-12-06T00:00:00Z", "orderReference_t": "",
        "transactionLine": {"items": [{"_sequence_number": 1, "_part_number": "AS54888", "_price_quantity": "10", "unitOfMeasure_l": "Ea", "netPrice_l": {"value": 9.45, "currency": "USD"}, "netAmount_l": 94.50}]}});
    quote.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    quote
}

/// `METHOD path` of all requests, without the path of the collection.
fn lines(requests: &[SentRequest]) -> Vec<String> {
    requests
        .iter()
        .map(|request| {
            format!(
                "{} {}",
                request.method,
                request
                    .path
                    .replace(ROOT, "cpq")
                    .rsplit_once("11.13.18.05/")
                    .map_or(request.path.replace(ROOT, "cpq"), |(_, rest)| rest.to_owned())
            )
        })
        .collect()
}

fn request() -> QuoteRequest {
    let wished = Some(Money { amount: "8.00".into(), currency: "USD".into() });
    let line = QuoteLine {
        id: "1".into(),
        sku: Some("AS54888".into()),
        quantity: pieces("10"),
        unit_price: wished,
        ..QuoteLine::default()
    };
    let counters = Some("35".into());
    QuoteRequest { account: "10060".into(), currency: "USD".into(), counters, lines: vec![line], ..QuoteRequest::default() }
}

#[test]
fn a_request_is_looked_for_created_handed_to_sales_and_read_again() {
    let submitted = quote(json!({"status_t": "SUBMITTED"}));
    let created = Reply::json(201, json!({"documents": {"transactionID_t": "36"}, "cacheInstanceId": "x"}).to_string());
    let backend = scripted([page(&[]), created, Reply::json(200, "{}"), json_of(&submitted)]);
    let received = adapter().submit_quote(&ctx(), request(), "Q1".into()).unwrap();
    assert_eq!(
        (received.number.as_str(), received.status.as_str(), received.revision.as_deref()),
        ("36", "in-review", Some("2"))
    );
    let sent = backend.requests();
    assert_eq!(lines(&sent), ["GET cpq", "POST cpq", "POST cpq/36/actions/submit_t", "GET cpq/36"]);
    assert_eq!((sent[0].endpoint.as_str(), query(&sent[0], "q")), ("cpq", Some(r#"{"externalReference_t":{"$eq":"Q1"}}"#)));
    let documents = &body(&sent[1])["documents"];
    assert_eq!(documents["notes_t"], "Counter-offer to quote 35.\nLine 1: wished price 8.00 USD per 1.");
    assert_eq!(
        documents["transactionLine"]["items"],
        json!([{"_part_number": "AS54888", "_price_quantity": "10", "unitOfMeasure_l": "Ea", "_sequence_number": 1}])
    );
}

#[test]
fn pitfall_1_a_request_that_is_there_already_is_a_conflict_and_a_lost_reply_is_in_doubt() {
    let _backend = scripted([page(&[quote(json!({}))])]);
    let failure = adapter().submit_quote(&ctx(), request(), "Q1".into()).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.detail.as_deref()), ("conflict", Some("36")));
    for lost in [Reply::status(504), Reply::json(201, "{}"), Reply::failure(Failure::outcome_unknown("reset"))] {
        let _backend = scripted([page(&[]), lost]);
        assert_eq!(adapter().submit_quote(&ctx(), request(), "Q1".into()).unwrap_err().code, "outcome-unknown");
    }
}

#[test]
fn absence_of_a_quote_is_an_empty_list_and_nothing_else() {
    let find = |reply: Reply| {
        let _backend = scripted([reply]);
        adapter().find_quote(&ctx(), "10060".into(), "Q1".into())
    };
    assert_eq!(find(page(&[])).unwrap(), None);
    assert_eq!(find(page(&[quote(json!({}))])).unwrap().unwrap().number, "36");
    for unclear in [not_found(), Reply::status(500), Reply::json(200, "{}")] {
        assert!(find(unclear).is_err());
    }
}

#[test]
fn lines_that_do_not_come_along_are_read_by_themselves() {
    let mut bare = quote(json!({}));
    let items = bare["transactionLine"]["items"].take();
    let backend = scripted([json_of(&bare), page(items.as_array().unwrap())]);
    let found = adapter().get_quote(&ctx(), "10060".into(), "36".into()).unwrap();
    assert_eq!(lines(&backend.requests())[1], "GET cpq/36/transactionLine");
    let line = &found.lines[0];
    assert_eq!(
        (line.unit_price.as_ref().unwrap().amount.as_str(), line.amount.as_ref().unwrap().amount.as_str()),
        ("9.45", "94.5")
    );
    assert_eq!(
        (found.valid_until.as_deref(), found.status.as_str(), line.quantity.unit.as_str()),
        (Some("2026-12-06"), "offered", "C62")
    );
}

fn accept(revision: &str, quantity: &str, replies: Vec<Reply>) -> (Result<Accepted, Failure>, Vec<SentRequest>) {
    let backend = scripted(replies);
    let line = OrderLine {
        id: "1".into(),
        kind: "product".into(),
        sku: Some("AS54888".into()),
        quantity: pieces(quantity),
        ..OrderLine::default()
    };
    let order = Order {
        account: "10060".into(),
        currency: "USD".into(),
        placed_at: "2026-11-22T10:00:00Z".into(),
        lines: vec![line],
        ..Order::default()
    };
    let acceptance = Acceptance { number: "36".into(), revision: revision.into(), order, reference: "O1".into() };
    (adapter().accept_quote(&ctx(), acceptance), backend.requests())
}

fn absent() -> Vec<Reply> {
    vec![not_found(), page(&[]), page(&[json!({"HeaderId": 1})])]
}

#[test]
fn q3_accepting_orders_at_the_quoted_price_between_two_words_to_cpq() {
    let mut replies = absent();
    replies.extend([
        json_of(&quote(json!({}))),
        Reply::json(200, "{}"),
        Reply::json(201, ORDER),
        Reply::json(200, ORDER),
        Reply::json(200, "{}"),
    ]);
    let (accepted, sent) = accept("2", "10", replies);
    assert_eq!(accepted.unwrap().number, "97414");
    let told = lines(&sent);
    assert_eq!(
        told[3..],
        [
            "GET cpq/36",
            "POST cpq/36/actions/_s_accept_quote",
            "POST salesOrdersForOrderHub",
            "GET salesOrdersForOrderHub/OPS:O1",
            "POST cpq/36/actions/_s_selfServiceCheckout"
        ]
    );
    assert_eq!(body(&sent[4])["documents"], json!({"orderReference_t": "O1"}));
    let order = body(&sent[5]);
    assert_eq!(order["FreezePriceFlag"], json!(true));
    let net = &order["lines"][0]["charges"][0]["chargeComponents"][1];
    assert_eq!(
        (&net["PriceElementCode"], &net["HeaderCurrencyUnitPrice"], &net["HeaderCurrencyExtendedAmount"]),
        (&json!("QP_NET_PRICE"), &json!(9.45), &json!(94.5))
    );
    assert_eq!(body(&sent[7])["documents"], json!({"orderNumber_t": "97414"}));
}

#[test]
fn pitfall_1_an_acceptance_that_was_cut_off_goes_on_where_it_stopped() {
    let ours = json_of(&quote(json!({"status_t": "ACCEPTED", "orderReference_t": "O1"})));
    let mut replies = absent();
    replies.extend([ours, Reply::json(201, ORDER), Reply::json(200, ORDER), Reply::status(503)]);
    let (accepted, sent) = accept("2", "10", replies);
    assert_eq!(accepted.unwrap().number, "97414", "the order stands, whatever CPQ is told");
    assert!(!lines(&sent).iter().any(|line| line.contains("_s_accept_quote")), "it was accepted already");
    let (conflict, sent) = accept("2", "10", vec![Reply::json(200, ORDER)]);
    assert_eq!((conflict.unwrap_err().detail.as_deref(), sent.len()), (Some("97414"), 1));
}

#[test]
fn q2_pitfall_11_what_is_not_on_offer_any_more_is_not_ordered() {
    for (revision, changes) in [
        ("1", json!({})),
        ("2", json!({"status_t": "ORDERED"})),
        ("2", json!({"status_t": "ACCEPTED", "orderReference_t": "O9"})),
        ("2", json!({"status_t": "???"})),
    ] {
        let mut replies = absent();
        replies.push(json_of(&quote(changes)));
        let (found, sent) = accept(revision, "10", replies);
        assert!(found.unwrap_err().is("rejected"));
        assert_eq!(sent.len(), 4);
    }
}

#[test]
fn q3_a_line_that_was_not_offered_so_is_not_ordered_at_some_other_price() {
    let mut replies = absent();
    replies.push(json_of(&quote(json!({}))));
    let (found, sent) = accept("2", "11", replies);
    let failure = found.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.line.as_deref(), sent.len()), ("rejected", Some("1"), 4));
}

#[test]
fn declining_and_withdrawing_are_actions_of_the_site() {
    let backend =
        scripted([json_of(&quote(json!({}))), Reply::json(200, "{}"), json_of(&quote(json!({"status_t": "DECLINED"})))]);
    let declined = adapter().decline_quote(&ctx(), "10060".into(), "36".into(), "2".into(), None).unwrap();
    assert_eq!((declined.status.as_str(), lines(&backend.requests())[1].as_str()), ("declined", "POST cpq/36/actions/decline_t"));
    let _backend = scripted([json_of(&quote(json!({})))]);
    assert!(adapter().decline_quote(&ctx(), "10060".into(), "36".into(), "1".into(), None).unwrap_err().is("rejected"), "stale");
    let _backend = scripted([Reply::json(200, "{}"), json_of(&quote(json!({"status_t": "WITHDRAWN"})))]);
    assert_eq!(adapter().cancel_quote(&ctx(), "10060".into(), "36".into(), None).unwrap().status, "withdrawn");
    let _backend = scripted([error("CPQ-1", "The action is not possible.", "")]);
    assert_eq!(
        adapter().cancel_quote(&ctx(), "10060".into(), "36".into(), None).unwrap_err().message,
        "The action is not possible."
    );
}

#[test]
fn a_list_is_of_the_account_newest_first() {
    let more = json!({"items": [quote(json!({}))], "hasMore": true, "limit": 1, "offset": 0});
    let backend = scripted([json_of(&more)]);
    let page = PageRequest { cursor: None, limit: 1 };
    let found = adapter().list_quotes(&ctx(), "10060".into(), DocumentFilter::default(), page).unwrap();
    assert_eq!((found.quotes.len(), found.next.as_deref()), (1, Some("1")));
    let sent = &backend.requests()[0];
    assert_eq!(
        (query(sent, "q"), query(sent, "orderby")),
        (Some(r#"{"customerNumber_t":{"$eq":"10060"}}"#), Some("createdDate_t:desc"))
    );
}
