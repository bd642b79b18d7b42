//! A whole cart.

use super::{body, ctx, error, pieces, sap, token};
use ordergate_sdk::Adapter;
use ordergate_sdk::checkout::{Calculation, Cart, CartLine};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Buyer, Failure};
use serde_json::{Value, json};

fn cart() -> Cart {
    let buyer = Buyer { account: Some("10100001".into()), currency: "EUR".into(), ..Buyer::default() };
    let line = CartLine {
        id: "A".into(),
        sku: "TG11".into(),
        quantity: pieces("120"),
        location: Some("1010".into()),
        ..CartLine::default()
    };
    Cart { buyer, lines: vec![line], requested_date: Some("2026-12-01".into()), ..Cart::default() }
}

fn calculate(settings: Value, reply: Reply) -> (Result<Calculation, Failure>, Value) {
    let backend = Backend::new().reply(token("T")).reply(reply);
    let found = sap(settings).calculate(&ctx(), cart());
    (found, body(&backend.requests()[1]))
}

fn simulation() -> Value {
    serde_json::from_str(include_str!("../../fixtures/simulation.json")).unwrap()
}

#[test]
fn one_simulation_gives_prices_promises_totals_and_credit() {
    let (found, sent) = calculate(json!({}), Reply::json(201, simulation().to_string()));
    let found = found.unwrap();
    assert_eq!(
        (found.lines[0].id.as_str(), found.lines[0].amount.amount.as_str(), found.totals.payable.amount.as_str()),
        ("A", "1680", "1999.2")
    );
    assert!(found.messages.is_empty());
    assert_eq!((&sent["to_Pricing"], &sent["to_Credit"]), (&json!({}), &json!({})));
    assert_eq!(sent["RequestedDeliveryDate"], "/Date(1796083200000)/");
    assert_eq!(sent["to_Item"][0]["Plant"], "1010");
    assert_eq!((&sent["to_Item"][0]["to_PricingElement"], &sent["to_Item"][0]["to_ScheduleLine"]), (&json!([]), &json!([])));
}

#[test]
fn a_failed_credit_check_is_told_or_refused() {
    let mut blocked = simulation();
    blocked["d"]["to_Credit"]["TotalCreditCheckStatus"] = json!("B");
    let reply = || Reply::json(201, blocked.to_string());
    assert!(calculate(json!({}), reply()).0.unwrap().messages[0].contains("credit limit"));
    let refused = calculate(json!({"pricing": {"credit": "refuse"}}), reply()).0.unwrap_err();
    assert!(refused.is("rejected"));
}

#[test]
fn pitfall_6_warnings_of_the_simulation_are_told() {
    let warning = r#"{"code":"V1/555","message":"Order is incomplete","severity":"warning","details":[{"code":"V1/1","message":"fine","severity":"success"}]}"#;
    let found = calculate(json!({}), Reply::json(201, simulation().to_string()).header("sap-message", warning)).0.unwrap();
    assert_eq!(found.messages, ["Order is incomplete"]);
}

#[test]
fn a_refusal_names_the_line_of_the_cart() {
    let body = json!({"error": {"code": "V1/311", "message": {"value": "Not defined"}, "innererror": {"errordetails": [
        {"code": "V1/311", "message": "Not defined", "severity": "error", "target": "to_Item(SalesOrderItem='10')"}]}}});
    let failure = calculate(json!({}), Reply::json(400, body.to_string())).0.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.line.as_deref()), ("rejected", Some("A")));
    let nameless = calculate(json!({}), Reply::json(400, error("V1/311", "x"))).0.unwrap_err();
    assert_eq!(nameless.line, None);
}

#[test]
fn c5_totals_that_the_items_do_not_add_up_to_are_passed_on_for_the_host_to_find() {
    let mut odd = simulation();
    odd["d"]["to_Pricing"]["TotalNetAmount"] = json!("1680.01");
    assert_eq!(calculate(json!({}), Reply::json(201, odd.to_string())).0.unwrap().totals.lines.amount, "1680.01");
}

#[test]
fn a_line_that_nothing_prices_is_not_sold_for_nothing() {
    let mut free = simulation();
    let item = &mut free["d"]["to_Item"]["results"][0];
    item["NetAmount"] = json!("0.000");
    item["to_PricingElement"] = json!({"results": []});
    let failure = calculate(json!({}), Reply::json(201, free.to_string())).0.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.line.as_deref()), ("rejected", Some("A")));
}

#[test]
fn a_simulation_changes_nothing_so_its_lost_reply_is_no_unknown_outcome() {
    assert_eq!(calculate(json!({}), Reply::failure(Failure::outcome_unknown("reset"))).0.unwrap_err().code, "timeout");
    assert_eq!(calculate(json!({}), Reply::json(201, "<html>")).0.unwrap_err().code, "invalid-response");
}
