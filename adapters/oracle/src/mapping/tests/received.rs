//! Orders of the back end.

use crate::mapping::lines::grouped;
use crate::mapping::{amendments, order};
use crate::settings::Settings;
use crate::tests::settings;
use crate::wire::Entity;
use ordergate_sdk::json;
use ordergate_sdk::orders::{Order, OrderDocument, OrderLine};
use ordergate_sdk::types::{Money, Note, Quantity};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn saved() -> Value {
    serde_json::from_str(include_str!("../../../fixtures/order.json")).unwrap()
}

/// As it comes from the wire: numbers are text.
fn exact(value: &Value) -> Value {
    json::exact(value.to_string().as_bytes()).unwrap()
}

fn document(settings: &Settings, order: &Value) -> OrderDocument {
    order::document(settings, Entity::of(&exact(order))).unwrap()
}

/// Fulfillment lines of one line of the source: ordered, shipped, code.
fn split(parts: &[(u32, Option<u32>, &str)]) -> Value {
    let mut order = saved();
    let first = order["lines"]["items"][0].clone();
    let part = |(index, (ordered, shipped, code)): (usize, &(u32, Option<u32>, &str))| {
        let mut part = first.clone();
        let changes = json!({"FulfillLineId": 300_000_000_012_345_680_u64 + index as u64, "OrderedQuantity": ordered, "ShippedQuantity": shipped, "StatusCode": code, "ExtendedAmount": ordered});
        part.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        part
    };
    order["lines"] = parts.iter().enumerate().map(part).collect();
    order
}

#[test]
fn an_order_is_shown_with_exact_amounts() {
    let found = document(&settings(json!({"channels": {"OPS": "web"}, "organizations": {"M1": "seattle"}})), &saved());
    assert_eq!((found.number.as_str(), found.reference.as_deref(), found.account.as_str()), ("97414", Some("O1"), "10060"));
    assert_eq!(
        (found.channel.as_deref(), found.status.as_str(), found.raw_status.as_deref()),
        (Some("web"), "open", Some("OPEN"))
    );
    assert_eq!((found.placed_at.as_str(), found.requested_date.as_deref()), ("2026-11-22T10:00:00Z", Some("2026-11-30")));
    let line = &found.lines[0];
    assert_eq!(
        (line.unit_price.as_ref().unwrap().amount.as_str(), line.amount.as_ref().unwrap().amount.as_str()),
        ("2500.1", "25001")
    );
    assert_eq!(
        (line.location.as_deref(), line.status.as_deref(), line.schedule[0].date.as_deref()),
        (Some("seattle"), Some("in-process"), Some("2026-11-30"))
    );
    assert_eq!(found.totals, None, "nobody said which totals are which");
    assert!(found.ext.contains(&("oracle.header-id".to_owned(), "300000012345678".to_owned())));
}

#[test]
fn pitfall_12_an_order_that_was_entered_by_hand_is_not_ours_although_it_has_our_system() {
    let mut by_hand = saved();
    by_hand["SourceTransactionId"] = json!("300000012345678");
    let own = settings(json!({"channels": {"OPS": "web"}}));
    let found = document(&own, &by_hand);
    assert_eq!((found.reference, found.channel.as_deref()), (None, Some("other")));
    by_hand["SourceTransactionSystem"] = json!("LEGACY");
    assert_eq!(document(&own, &by_hand).channel.as_deref(), Some("other"), "a system that nobody named is shown all the same");
}

#[test]
fn a_split_line_is_one_line_and_half_shipped_is_not_shipped() {
    let own = settings(json!({}));
    let shown = |parts: &[(u32, Option<u32>, &str)]| {
        let found = document(&own, &split(parts));
        assert_eq!(found.lines.len(), 1);
        let line = found.lines[0].clone();
        (found.status, line.status.unwrap(), line.quantity.value, line.shipped.unwrap(), line.cancelled)
    };
    let told = |order: &str, line: &str, quantity: &str, shipped: &str, cancelled: Option<&str>| {
        (order.to_owned(), line.to_owned(), quantity.to_owned(), shipped.to_owned(), cancelled.map(ToOwned::to_owned))
    };
    assert_eq!(
        shown(&[(6, Some(6), "SHIPPED"), (4, None, "AWAIT_SHIP")]),
        told("partially-shipped", "partially-shipped", "10", "6", None)
    );
    assert_eq!(shown(&[(6, Some(6), "SHIPPED"), (4, Some(4), "SHIPPED")]), told("shipped", "shipped", "10", "10", None));
    assert_eq!(shown(&[(6, Some(6), "SHIPPED"), (4, None, "CANCELED")]), told("shipped", "shipped", "10", "6", Some("4")));
    assert_eq!(shown(&[(6, None, "CANCELED"), (4, None, "CANCELED")]), told("cancelled", "cancelled", "10", "0", Some("10")));
    assert_eq!(shown(&[(10, None, "AWAIT_SHIP")]), told("open", "in-process", "10", "0", None));
}

#[test]
fn pitfall_6_drafts_and_holds_are_on_hold_and_unknown_codes_are_unknown() {
    let own = settings(json!({"statuses": {"BOOKED": "in-process"}}));
    let status = |changes: Value| {
        let mut order = saved();
        order.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        document(&own, &order).status
    };
    assert_eq!(status(json!({"SubmittedFlag": false, "StatusCode": "DRAFT"})), "on-hold");
    assert_eq!(status(json!({"OnHoldFlag": true})), "on-hold");
    assert_eq!(status(json!({"StatusCode": "BOOKED"})), "in-process");
    assert_eq!(status(json!({"StatusCode": "CLOSED"})), "completed");
    assert_eq!(status(json!({"StatusCode": "SOMETHING_ELSE"})), "unknown");
    assert_eq!(status(json!({"SubmittedFlag": null})), "open", "what is not told is not false");
}

#[test]
fn totals_are_told_only_when_all_of_them_are_there() {
    let own = settings(json!({"totals": {"lines": "NET", "tax": "TAX", "payable": "PAY"}}));
    let totals = document(&own, &saved()).totals.unwrap();
    assert_eq!(
        (totals.lines.amount.as_str(), totals.taxes[0].amount.amount.as_str(), totals.charges.len()),
        ("25001", "4750.19", 0)
    );
    let other = settings(json!({"totals": {"lines": "NET", "tax": "OTHER", "payable": "PAY"}}));
    assert_eq!(document(&other, &saved()).totals, None);
}

fn cart() -> Order {
    let line = OrderLine {
        id: "1".into(),
        kind: "product".into(),
        sku: Some("AS54888".into()),
        quantity: Quantity { value: "10".into(), unit: "C62".into() },
        amount: Some(Money { amount: "25001.00".into(), currency: "USD".into() }),
        requested_date: Some("2026-11-30".into()),
        ..OrderLine::default()
    };
    Order { lines: vec![line], ..Order::default() }
}

fn amended(order: &Order, saved: &Value) -> Vec<String> {
    let found = amendments::of(&settings(json!({})), order, Entity::of(&exact(saved))).unwrap();
    found
        .into_iter()
        .map(|one| format!("{} {} {}", one.kind, one.from.unwrap_or_default(), one.to.unwrap_or_default()).trim().to_owned())
        .collect()
}

#[test]
fn t9_every_difference_to_what_was_sent_is_told() {
    assert!(amended(&cart(), &saved()).is_empty());
    let with = |field: &str, value: Value| {
        let mut order = saved();
        order["lines"]["items"][0][field] = value;
        amended(&cart(), &order)
    };
    assert_eq!(with("OrderedQuantity", json!(8)), ["quantity 10 C62 8 C62"]);
    assert_eq!(with("ProductNumber", json!("AS54889")), ["substitution AS54888 AS54889"]);
    assert_eq!(with("ExtendedAmount", json!(26_000.5)), ["price 25001.00 26000.5"]);
    assert_eq!(with("ScheduleShipDate", json!("2026-12-07T00:00:00+00:00")), ["date 2026-11-30 2026-12-07"]);
    assert_eq!(with("StatusCode", json!("CANCELED")), ["rejected-line  CANCELED"]);
    assert_eq!(with("SourceTransactionLineId", json!("9")), ["rejected-line", "added-line  AS54888"]);
    let noted = Order { notes: vec![Note { kind: "customer".into(), text: "ring".into(), ..Note::default() }], ..cart() };
    assert_eq!(amended(&noted, &saved()), ["note customer"]);
    let mut draft = saved();
    draft["SubmittedFlag"] = json!(false);
    assert_eq!(amended(&cart(), &draft), ["draft  OPEN"]);
}

#[test]
fn a_split_line_with_the_whole_quantity_is_no_amendment() {
    let mut order = split(&[(6, None, "AWAIT_SHIP"), (4, None, "AWAIT_SHIP")]);
    order["lines"][0]["ExtendedAmount"] = json!(15_000.6);
    order["lines"][1]["ExtendedAmount"] = json!(10_000.4);
    assert!(amended(&cart(), &order).is_empty());
}

proptest! {
    /// However a line is split, its quantities add up.
    #[test]
    fn splitting_changes_no_quantity(parts in prop::collection::vec((1u32..1_000, any::<bool>(), any::<bool>()), 1..8)) {
        let parts: Vec<(u32, Option<u32>, &str)> = parts
            .into_iter()
            .map(|(ordered, shipped, cancelled)| match (shipped, cancelled) {
                (true, _) => (ordered, Some(ordered), "SHIPPED"),
                (_, true) => (ordered, None, "CANCELED"),
                _ => (ordered, None, "AWAIT_SHIP"),
            })
            .collect();
        let all: u32 = parts.iter().map(|(ordered, ..)| ordered).sum();
        let shipped: u32 = parts.iter().filter_map(|(_, shipped, _)| *shipped).sum();
        let order = exact(&split(&parts));
        let lines = grouped(Entity::of(&order)).unwrap();
        prop_assert_eq!(lines.len(), 1);
        prop_assert_eq!((lines[0].quantity(), lines[0].shipped), (Decimal::from(all), Decimal::from(shipped)));
    }

    /// Amounts come out as they went in, digit by digit.
    #[test]
    fn pitfall_4_an_amount_keeps_its_digits(mantissa in 0u64..1_000_000_000_000_000, scale in 0u32..6) {
        let amount = Decimal::from_i128_with_scale(mantissa.into(), scale);
        let mut text = saved().to_string();
        text = text.replace("\"ExtendedAmount\":25001.0", &format!("\"ExtendedAmount\":{amount}"));
        let body = json::exact(text.as_bytes()).unwrap();
        let found = order::document(&settings(json!({})), Entity::of(&body)).unwrap();
        let told: Decimal = found.lines[0].amount.as_ref().unwrap().amount.parse().unwrap();
        prop_assert_eq!(told, amount);
    }
}
