//! Checkouts: amounts, charges, taxes, promises.

use super::pricing::priced;
use super::{backend, body, ctx, json_of, lines, oracle, pieces};
use ordergate_sdk::Adapter;
use ordergate_sdk::checkout::{Calculation, Cart, CartLine};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Buyer, Failure};
use serde_json::{Value, json};

fn calculate(settings: Value, skus: &[&str], replies: Vec<Reply>) -> (Result<Calculation, Failure>, Backend) {
    let backend = replies.into_iter().fold(backend(), Backend::reply);
    let buyer = Buyer { account: Some("10060".into()), currency: "USD".into(), ..Buyer::default() };
    let line = |(index, sku): (usize, &&str)| CartLine {
        id: format!("L{index}"),
        sku: (*sku).into(),
        quantity: pieces("100"),
        ..CartLine::default()
    };
    let cart = Cart { buyer, lines: skus.iter().enumerate().map(line).collect(), ..Cart::default() };
    (oracle(settings).calculate(&ctx(), cart), backend)
}

/// A component of a charge.
fn component(charge: u32, element: &str, usage: &str, amount: &str) -> Value {
    let value = json!({"Value": serde_json::from_str::<Value>(amount).unwrap(), "CurrencyCode": "USD"});
    json!({"ChargeId": charge, "PriceElementCode": element, "PriceElementUsageCode": usage, "UnitPrice": value, "ExtendedAmount": value})
}

fn push(answer: &mut Value, list: &str, more: Value) {
    answer[list].as_array_mut().unwrap().push(more);
}

#[test]
fn c5_lines_charges_and_taxes_add_up_to_what_is_payable() {
    let mut answer = priced(&[(1, "15.80", "1580.00"), (2, "10.50", "1050.00")]);
    push(&mut answer, "ChargeComponent", component(11, "QP_TAX", "TAX", "300.20"));
    push(&mut answer, "ChargeComponent", component(12, "QP_TAX", "TAX", "199.50"));
    push(&mut answer, "Charge", json!({"ChargeId": 20, "LineId": 1, "PrimaryFlag": false, "ChargeDefinitionCode": "QP_FREIGHT"}));
    push(&mut answer, "ChargeComponent", component(20, "QP_NET_PRICE", "NET_PRICE", "9.90"));
    let settings = json!({"pricing": {"tax_usages": ["TAX"], "shipping": true}, "charges": {"QP_FREIGHT": "freight"}});
    let (found, backend) = calculate(settings, &["AS54888", "AS10000"], vec![json_of(&answer)]);
    let found = found.unwrap();
    let totals = &found.totals;
    assert_eq!(
        (totals.lines.amount.as_str(), totals.taxes[0].amount.amount.as_str(), totals.payable.amount.as_str()),
        ("2630", "499.7", "3139.6")
    );
    assert_eq!((totals.charges[0].kind.as_str(), totals.charges[0].amount.amount.as_str()), ("freight", "9.9"));
    assert_eq!(
        (found.lines[1].id.as_str(), found.lines[1].unit_price.amount.as_str(), found.lines[1].amount.amount.as_str()),
        ("L1", "10.5", "1050")
    );
    let sent = body(&backend.requests()[0]);
    assert_eq!(
        (
            &sent["Header"][0]["CalculateTaxFlag"],
            &sent["Header"][0]["CalculateShippingChargesFlag"],
            &sent["Line"][0]["SkipShippingChargesFlag"]
        ),
        (&json!(true), &json!(true), &json!(false))
    );
}

#[test]
fn without_taxes_in_the_settings_none_are_asked_and_none_are_stated() {
    let (found, backend) = calculate(json!({}), &["AS54888"], vec![json_of(&priced(&[(1, "15.80", "1580")]))]);
    let totals = found.unwrap().totals;
    assert_eq!((totals.taxes.len(), totals.payable.amount.as_str()), (0, "1580"));
    assert_eq!(body(&backend.requests()[0])["Header"][0]["CalculateTaxFlag"], json!(false));
}

#[test]
fn a_line_that_cannot_be_sold_is_named() {
    let (found, _backend) = calculate(json!({}), &["AS54888", "AS10000"], vec![json_of(&priced(&[(1, "1", "100")]))]);
    let failure = found.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.line.as_deref()), ("rejected", Some("L1")));
    let (found, backend) = calculate(json!({}), &["AS54888", "NOPE"], vec![]);
    let failure = found.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.line.as_deref()), ("rejected", Some("L1")));
    assert!(backend.requests().is_empty());
}

#[test]
fn promises_come_along_when_availability_is_asked_in_detail_and_a_missing_one_is_told() {
    let promise = json!({"X": [{"ExpectedShipDateTime": "2026-12-01T00:00:00Z", "PromisedQuantity": 100}]});
    let failed = json!({"X": [{"ErrorCode": "MSC-1", "ErrorMessage": "Not collected"}]});
    let replies = vec![json_of(&priced(&[(1, "1", "100"), (2, "1", "100")])), json_of(&promise), json_of(&failed)];
    let (found, backend) = calculate(json!({"availability": {"source": "detailed"}}), &["AS54888", "AS10000"], replies);
    let found = found.unwrap();
    assert_eq!(found.lines[0].schedule[0].date.as_deref(), Some("2026-12-01"));
    assert_eq!(found.messages, ["When AS10000 can be shipped is not known: Not collected"]);
    assert_eq!(lines(&backend.requests()).len(), 3);
}
