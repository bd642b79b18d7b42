//! Documents of the back end.

use crate::mapping::{amendments, checkout, order, quote, status};
use crate::settings::Settings;
use crate::tests::settings;
use crate::wire::message::Message;
use crate::wire::names::SIMULATION;
use crate::wire::{self, Entity};
use ordergate_sdk::checkout::CartLine;
use ordergate_sdk::orders::{Order, OrderLine};
use ordergate_sdk::types::{Money, Quantity};
use serde_json::{Value, json};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn order_fixture() -> Value {
    fixture(include_str!("../../../fixtures/order.json"))
}

fn changed(changes: Value) -> Value {
    let mut body = order_fixture();
    for (field, value) in changes.as_object().unwrap() {
        body["d"][field] = value.clone();
    }
    body
}

fn status_of(settings: &Settings, changes: Value) -> String {
    status::of_order(settings, &settings.order_names(), wire::entity(&changed(changes)).unwrap()).0
}

#[test]
fn an_order_is_read_whole() {
    let settings = settings(json!({"channels": {"WEB": "web"}, "plants": {"1010": "HH"}, "orders": {"reference_type": "WEB"}}));
    let body = order_fixture();
    let order = order::document(&settings, &settings.order_names(), wire::entity(&body).unwrap(), "0010100001").unwrap();
    assert_eq!(
        (order.number.as_str(), order.account.as_str()),
        ("1000013602", "0010100001"),
        "the account in the caller's spelling"
    );
    assert_eq!(order.reference.as_deref(), Some("O0123456789ABCDEFGHJKMNPQRS"));
    assert_eq!((order.purchase_order.as_deref(), order.channel.as_deref()), (Some("PO-4711"), Some("web")));
    assert_eq!(
        (order.placed_at.as_str(), order.changed_at.as_deref()),
        ("2026-11-22T00:00:00Z", Some("2026-11-22T14:36:00.123Z"))
    );
    assert_eq!((order.status.as_str(), order.requested_date.as_deref()), ("open", Some("2026-12-01")));
    assert_eq!(order.raw_status.as_deref(), Some("process A, delivery A, rejection A"));
    let totals = order.totals.unwrap();
    assert_eq!(
        [&totals.lines, &totals.taxes[0].amount, &totals.payable].map(|money| money.amount.as_str()),
        ["2389.8", "454.06", "2843.86"]
    );
    let line = &order.lines[0];
    assert_eq!((line.id.as_str(), line.reference.as_deref(), line.parent.as_deref()), ("10", Some("1"), None));
    assert_eq!((line.quantity.value.as_str(), line.quantity.unit.as_str(), line.location.as_deref()), ("150", "C62", Some("HH")));
    assert_eq!((line.unit_price.as_ref().unwrap().amount.as_str(), line.per.as_deref()), ("1326.533333333", Some("100")));
    assert_eq!(
        line.schedule.iter().map(|line| (line.quantity.value.as_str(), line.date.as_deref())).collect::<Vec<_>>(),
        [("100", Some("2026-12-01")), ("50", Some("2026-12-08"))]
    );
    assert_eq!((order.lines[1].id.as_str(), order.lines[1].parent.as_deref()), ("20", Some("10")), "leading zeros");
    assert!(order.lines[1].schedule.is_empty(), "nothing of it is confirmed");
    assert_eq!(
        order.parties.iter().map(|party| (party.role.as_str(), party.number.as_deref().unwrap())).collect::<Vec<_>>(),
        [("sold-to", "10100001"), ("ship-to", "10100002")]
    );
    assert_eq!(
        (order.notes[0].kind.as_str(), order.notes[0].language.as_deref(), order.notes[0].text.as_str()),
        ("customer", Some("en"), "Please ring")
    );
}

#[test]
fn pitfall_12_an_order_of_an_unknown_channel_is_shown_as_other_with_its_own_reference() {
    let settings = settings(json!({"channels": {"WEB": "web"}, "orders": {"reference_type": "WEB"}}));
    let body = changed(
        json!({"CustomerPurchaseOrderType": "TELE", "PurchaseOrderByCustomer": "4500001", "PurchaseOrderByShipToParty": ""}),
    );
    let order = order::summary(&settings, &settings.order_names(), wire::entity(&body).unwrap(), "10100001").unwrap();
    assert_eq!((order.channel.as_deref(), order.purchase_order.as_deref()), (Some("other"), Some("4500001")));
    let ours = changed(json!({"PurchaseOrderByShipToParty": ""}));
    let order = order::summary(&settings, &settings.order_names(), wire::entity(&ours).unwrap(), "10100001").unwrap();
    assert_eq!(order.purchase_order, None, "our reference is not the customer's number");
}

#[test]
fn a_new_order_has_no_creation_date_yet() {
    let settings = settings(json!({}));
    let names = settings.order_names();
    let placed =
        |changes| order::summary(&settings, &names, wire::entity(&changed(changes)).unwrap(), "1").map(|order| order.placed_at);
    assert_eq!(placed(json!({"CreationDate": null})).unwrap(), "2026-11-22T00:00:00Z");
    assert_eq!(placed(json!({"CreationDate": null, "SalesOrderDate": null})).unwrap(), "2026-11-22T14:36:00.123Z");
}

#[test]
fn statuses_come_from_rejection_delivery_blocks_and_process() {
    let settings = settings(json!({}));
    let cases = [
        (json!({}), "open"),
        (json!({"OverallSDProcessStatus": "B"}), "in-process"),
        (json!({"OverallSDProcessStatus": "C"}), "completed"),
        (json!({"OverallSDProcessStatus": "B", "OverallTotalDeliveryStatus": "B"}), "partially-shipped"),
        (json!({"OverallSDProcessStatus": "B", "OverallTotalDeliveryStatus": "C"}), "shipped"),
        (json!({"OverallSDDocumentRejectionSts": "C", "OverallSDProcessStatus": "C"}), "cancelled"),
        (json!({"OverallSDDocumentRejectionSts": "B"}), "open"),
        (json!({"DeliveryBlockReason": "01"}), "on-hold"),
        (json!({"HeaderBillingBlockReason": "08"}), "on-hold"),
        (json!({"TotalCreditCheckStatus": "B"}), "on-hold"),
        (json!({"TotalCreditCheckStatus": "D"}), "open"),
        (json!({"SalesDocApprovalStatus": "A"}), "on-hold"),
        (json!({"OverallSDProcessStatus": "Z"}), "unknown"),
    ];
    for (changes, expected) in cases {
        assert_eq!(status_of(&settings, changes.clone()), expected, "{changes}");
    }
    let own = crate::tests::settings(json!({"statuses": {"B": "open"}}));
    assert_eq!(status_of(&own, json!({"OverallSDProcessStatus": "B"})), "open");
}

fn quote_status(changes: Value) -> (String, Option<String>) {
    let settings = settings(json!({"quotes": {"decline_reason": "51", "withdraw_reason": "52", "request_block": "09"}}));
    let mut body = fixture(include_str!("../../../fixtures/quotation.json"));
    for (field, value) in changes.as_object().unwrap() {
        match field.as_str() {
            "reason" => body["d"]["to_Item"]["results"][0]["SalesDocumentRjcnReason"] = value.clone(),
            field => body["d"][field] = value.clone(),
        }
    }
    let quote = quote::document(&settings, &settings.quotation_names(), wire::entity(&body).unwrap(), "10100001").unwrap();
    (quote.status, quote.order_number)
}

#[test]
fn pitfall_11_a_quote_is_offered_in_review_ordered_in_part_ordered_declined_withdrawn_or_cancelled() {
    assert_eq!(quote_status(json!({})), ("offered".into(), None));
    assert_eq!(quote_status(json!({"DeliveryBlockReason": "09"})).0, "in-review");
    assert_eq!(quote_status(json!({"SalesDocApprovalStatus": "A"})).0, "in-review");
    assert_eq!(quote_status(json!({"OverallSDProcessStatus": "B"})).0, "accepted");
    let flow = json!({"results": [{"SubsequentDocument": "8000", "SubsequentDocumentCategory": "J"}, {"SubsequentDocument": "0000001234", "SubsequentDocumentCategory": "C"}]});
    assert_eq!(
        quote_status(json!({"OverallSDProcessStatus": "C", "to_SubsequentProcFlowDoc": flow})),
        ("ordered".into(), Some("1234".into()))
    );
    for (reason, expected) in [("51", "declined"), ("52", "withdrawn"), ("00", "cancelled")] {
        assert_eq!(quote_status(json!({"OverallSDDocumentRejectionSts": "C", "reason": reason})).0, expected);
    }
}

#[test]
fn pitfall_11_a_quote_tells_its_last_day_its_revision_and_the_taxes_of_its_conditions() {
    let settings = settings(json!({"orders": {"reference_type": "WEB"}}));
    let body = fixture(include_str!("../../../fixtures/quotation.json"));
    let quote = quote::document(&settings, &settings.quotation_names(), wire::entity(&body).unwrap(), "10100001").unwrap();
    assert_eq!((quote.valid_until.as_deref(), quote.revision.as_str()), (Some("2026-12-01"), "2026-11-22T14:36:00.123Z"));
    assert_eq!(quote.totals.unwrap().payable.amount, "2261");
    assert_eq!((quote.purchase_order.as_deref(), quote.lines[0].id.as_str()), (Some("RFQ-1"), "10"));
    assert_eq!(
        (quote.lines[0].unit_price.as_ref().unwrap().amount.as_str(), quote.lines[0].location.as_deref()),
        ("19", Some("1010"))
    );
}

fn sent_order() -> Order {
    let line = |id: &str, sku: &str, value: &str, amount: &str| OrderLine {
        id: id.into(),
        kind: "product".into(),
        sku: Some(sku.into()),
        quantity: Quantity { value: value.into(), unit: "C62".into() },
        amount: Some(Money { amount: amount.into(), currency: "EUR".into() }),
        ..OrderLine::default()
    };
    let requested_date = Some("2026-12-01".to_owned());
    Order {
        lines: vec![line("1", "TG11", "150", "1989.80"), line("2", "TG12", "40.000", "400")],
        requested_date,
        ..Order::default()
    }
}

/// Line, kind, from, to.
type Told = (Option<String>, String, Option<String>, Option<String>);
type Change = fn(&mut Value);

fn amended(order: &Order, change: impl FnOnce(&mut Value), messages: &[Message]) -> Vec<Told> {
    let settings = settings(json!({}));
    let mut body = order_fixture();
    // Everything is confirmed for the wanted day.
    body["d"]["to_Item"]["results"][0]["to_ScheduleLine"]["results"][1]["ConfdOrderQtyByMatlAvailCheck"] = json!("0.000");
    change(&mut body["d"]);
    let saved: Entity<'_> = wire::entity(&body).unwrap();
    let found = amendments::of(&settings, &settings.order_names(), order, saved, messages).unwrap();
    found.into_iter().map(|one| (one.line, one.kind, one.from, one.to)).collect()
}

#[test]
fn an_order_that_was_saved_as_it_was_sent_has_no_amendments() {
    assert_eq!(amended(&sent_order(), |_| {}, &[]), []);
}

#[test]
fn every_difference_of_a_line_is_told() {
    let text = |text: &str| Some(text.to_owned());
    let item = |change: Change| amended(&sent_order(), |order| change(&mut order["to_Item"]["results"][0]), &[]);
    let cases: [(Change, &str, Option<String>, Option<String>); 6] = [
        (|item| item["RequestedQuantity"] = json!("144"), "quantity", text("150 C62"), text("144 C62")),
        (|item| item["Material"] = json!("TG99"), "substitution", text("TG11"), text("TG99")),
        (|item| item["NetAmount"] = json!("1999.800"), "price", text("1989.80"), text("1999.8")),
        (|item| item["ConfdDelivQtyInOrderQtyUnit"] = json!("90.000"), "backorder", text("150"), text("90")),
        (|item| item["SalesDocumentRjcnReason"] = json!("61"), "rejected-line", None, text("61")),
        (
            |item| item["to_ScheduleLine"]["results"][1]["ConfdOrderQtyByMatlAvailCheck"] = json!("50"),
            "date",
            text("2026-12-01"),
            text("2026-12-08"),
        ),
    ];
    for (change, kind, from, to) in cases {
        let found = item(change);
        assert!(found.contains(&(text("1"), kind.to_owned(), from, to)), "{kind}: {found:?}");
    }
}

#[test]
fn lines_that_are_missing_or_were_added_are_told() {
    let found = amended(&sent_order(), |order| order["to_Item"]["results"][1]["UnderlyingPurchaseOrderItem"] = json!(""), &[]);
    let kinds: Vec<_> = found.iter().map(|(line, kind, ..)| (line.as_deref(), kind.as_str())).collect();
    assert_eq!(kinds, [(Some("2"), "rejected-line"), (None, "added-line")]);
}

#[test]
fn pitfall_6_blocks_and_warnings_of_a_saved_order_are_told() {
    let warning = Message { code: "V1/555".into(), text: "Order is incomplete".into(), severity: "warning".into() };
    let info = Message { severity: "info".into(), ..warning.clone() };
    let block = |order: &mut Value| {
        order["DeliveryBlockReason"] = json!("01");
        order["TotalCreditCheckStatus"] = json!("B");
    };
    let found = amended(&sent_order(), block, &[warning, info]);
    let expected = [("block", "delivery block 01, credit check B"), ("warning", "V1/555")];
    assert_eq!(found.iter().map(|(_, kind, _, to)| (kind.as_str(), to.as_deref().unwrap())).collect::<Vec<_>>(), expected);
}

#[test]
fn a_simulated_cart_has_lines_taxes_and_what_was_added() {
    let settings = settings(json!({"conditions": {"PPR0": "base"}}));
    let body = fixture(include_str!("../../../fixtures/simulation.json"));
    let cart = CartLine { id: "A".into(), ..CartLine::default() };
    let line_of = |number| (number == 10).then_some(&cart);
    let found = checkout::calculation(&settings, &SIMULATION, wire::entity(&body).unwrap(), line_of, vec![]).unwrap();
    let line = &found.lines[0];
    assert_eq!(
        (line.id.as_str(), line.unit_price.amount.as_str(), line.per.as_deref(), line.amount.amount.as_str()),
        ("A", "1400", Some("100"), "1680")
    );
    assert_eq!(line.schedule.iter().map(|line| line.quantity.value.as_str()).collect::<Vec<_>>(), ["90", "30"]);
    let added = &found.lines[1];
    assert_eq!((added.id.as_str(), added.kind.as_str(), added.parent.as_deref()), ("sap-11", "charge", Some("A")));
    assert_eq!((found.totals.taxes[0].amount.amount.as_str(), found.totals.payable.amount.as_str()), ("319.2", "1999.2"));
    assert_eq!(line.components[0].kind, "base");
}

#[test]
fn conditions_are_told_by_class_and_statistical_ones_are_left_out() {
    let settings = settings(json!({"conditions": {"K007": "rebate"}}));
    let body = order_fixture();
    let item = wire::entity(&body).unwrap().many("to_Item")[0];
    let found = crate::mapping::prices::components(&settings, &settings.order_names(), item, "EUR").unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.kind.as_str(), one.amount.amount.as_str(), one.rate.as_deref(), one.code.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("base", "2100", None, "PPR0"), ("rebate", "-110.2", Some("-5.247619"), "K007"), ("tax", "378.06", Some("19"), "TTX1")]
    );
}
