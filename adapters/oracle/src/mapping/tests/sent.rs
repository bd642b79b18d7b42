//! New orders, as they are sent.

use crate::ids::Sites;
use crate::mapping::sent;
use crate::settings::Prices;
use crate::tests::settings;
use ordergate_sdk::orders::{Order, OrderLine};
use ordergate_sdk::types::{Money, Note, Quantity};
use serde_json::{Value, json};

fn line(id: &str) -> OrderLine {
    let money = |amount: &str| Some(Money { amount: amount.into(), currency: "USD".into() });
    OrderLine {
        id: id.into(),
        kind: "product".into(),
        sku: Some("AS54888".into()),
        quantity: Quantity { value: "2.50".into(), unit: "C62".into() },
        unit_price: money("950"),
        per: Some("100".into()),
        amount: money("23.75"),
        location: Some("seattle".into()),
        ..OrderLine::default()
    }
}

fn cart() -> Order {
    Order {
        account: "10060".into(),
        currency: "USD".into(),
        purchase_order: Some("PO-4711".into()),
        placed_at: "2026-11-22T10:00:00+01:00".into(),
        requested_date: Some("2026-11-30".into()),
        payment_terms: Some("net30".into()),
        delivery_method: Some("express".into()),
        lines: vec![line("1"), OrderLine { kind: "charge".into(), ..line("freight") }],
        ..Order::default()
    }
}

fn sent(extra: Value, order: &Order, prices: Prices) -> Result<Value, String> {
    let sites = Sites { bill_to: Some((300_000_047_368_661, 300_000_047_368_662)), ship_to: None };
    sent::order(&settings(extra), order, "O1", sites, prices)
}

#[test]
fn an_order_has_the_source_key_and_only_its_products() {
    let extra =
        json!({"organizations": {"M1": "seattle"}, "payment_terms": {"net30": "30 Net"}, "orders": {"transaction_type": "STD"}});
    let body = sent(extra, &cart(), Prices::Fusion).unwrap();
    let expected = json!({
        "SourceTransactionNumber": "O1", "SourceTransactionSystem": "OPS", "SourceTransactionId": "O1", "SourceTransactionRevisionNumber": 1,
        "TransactionalCurrencyCode": "USD", "BusinessUnitId": 300_000_046_987_012_u64, "RequestingBusinessUnitId": 300_000_046_987_012_u64,
        "BuyingPartyNumber": "10060", "CustomerPONumber": "PO-4711", "TransactionTypeCode": "STD", "TransactionOn": "2026-11-22T09:00:00Z",
        "RequestedShipDate": "2026-11-30T00:00:00Z", "PaymentTerms": "30 Net", "FreezePriceFlag": false, "FreezeShippingChargeFlag": false,
        "FreezeTaxFlag": false, "SubmittedFlag": true, "billToCustomer": [{"CustomerAccountId": 300_000_047_368_661_u64, "SiteUseId": 300_000_047_368_662_u64}],
        "lines": [{"SourceTransactionLineId": "1", "SourceTransactionLineNumber": "1", "SourceScheduleNumber": "1", "SourceTransactionScheduleId": "1",
            "TransactionCategoryCode": "ORDER", "TransactionLineType": "Buy", "ProductNumber": "AS54888", "OrderedQuantity": 2.5, "OrderedUOMCode": "Ea",
            "RequestedFulfillmentOrganizationCode": "M1"}],
    });
    assert_eq!(body, expected);
}

#[test]
fn a_sealed_price_is_a_frozen_charge_of_one_unit() {
    let body = sent(json!({}), &cart(), Prices::Sealed).unwrap();
    assert_eq!(body["FreezePriceFlag"], json!(true));
    let charge = &body["lines"][0]["charges"][0];
    assert_eq!(
        (&charge["GSAUnitPrice"], &charge["PricedQuantity"], &charge["PrimaryFlag"]),
        (&json!(9.5), &json!(2.5), &json!(true))
    );
    assert_eq!(charge["chargeComponents"][1]["HeaderCurrencyExtendedAmount"], json!(23.75));
    let mut unpriced = cart();
    unpriced.lines[0].unit_price = None;
    assert_eq!(sent(json!({}), &unpriced, Prices::Sealed).unwrap_err(), "line 1: it has no agreed price to freeze");
}

#[test]
fn notes_and_delivery_go_where_the_settings_say() {
    let note = |kind: &str, text: &str| Note { kind: kind.into(), text: text.into(), ..Note::default() };
    let order = Order { notes: vec![note("customer", "ring"), note("customer", "twice")], ship_complete: true, ..cart() };
    let extra = json!({"orders": {"note_fields": {"customer": "PackingInstructions"}, "delivery_method_field": "ShippingServiceLevelCode",
        "partial_shipping_field": "PartialShipAllowedFlag"}, "delivery_methods": {"express": "AIR"}});
    let body = sent(extra, &order, Prices::Fusion).unwrap();
    assert_eq!(
        (&body["PackingInstructions"], &body["ShippingServiceLevelCode"], &body["PartialShipAllowedFlag"]),
        (&json!("ring\ntwice"), &json!("AIR"), &json!(false))
    );
}

#[test]
fn what_cannot_be_handed_over_is_named() {
    let problem = |order: Order, extra: Value| sent(extra, &order, Prices::Fusion).unwrap_err();
    assert!(problem(Order { contract: Some("4".into()), ..cart() }, json!({})).contains("under a contract"));
    assert!(problem(Order { ship_complete: true, ..cart() }, json!({})).contains("orders.partial_shipping_field"));
    assert!(
        problem(cart(), json!({"payment_terms": {"net60": "60 Net"}}))
            .contains("\"net30\" has no code: add it under payment_terms")
    );
    let with = |change: fn(&mut OrderLine)| {
        let mut order = cart();
        change(&mut order.lines[0]);
        problem(order, json!({}))
    };
    assert!(with(|line| line.quantity.unit = "XYZ".into()).starts_with("line 1: unit XYZ has no unit"));
    assert!(with(|line| line.sku = None).starts_with("line 1: it names no item"));
    assert!(with(|line| line.quantity.value = "1234567890.1234567890".into()).contains("too many digits"));
}

#[test]
fn the_earliest_day_of_the_lines_is_the_order_s_when_it_has_none() {
    let day = |day: &str| OrderLine { requested_date: Some(day.into()), ..line(day) };
    let order = Order { requested_date: None, lines: vec![day("2026-12-02"), day("2026-12-01")], ..cart() };
    assert_eq!(sent(json!({}), &order, Prices::Fusion).unwrap()["RequestedShipDate"], "2026-12-01T00:00:00Z");
}
