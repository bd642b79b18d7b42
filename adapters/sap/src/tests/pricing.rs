//! Offer prices and their breaks.

use super::{body, ctx, error, json_of, lines, none, pieces, query, sap, token};
use ordergate_sdk::Adapter;
use ordergate_sdk::pricing::{Item, OfferPrice, Query};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Buyer, Failure};
use serde_json::{Value, json};

fn item(sku: &str, quantity: &str) -> Item {
    Item { sku: sku.into(), quantity: pieces(quantity), ..Item::default() }
}

/// A simulated answer: number, material, quantity, net amount.
fn simulated(items: &[(&str, &str, &str, &str)]) -> Reply {
    let item = |(number, sku, quantity, net): &(&str, &str, &str, &str)| {
        json!({"SalesOrderItem": number, "Material": sku, "RequestedQuantity": quantity, "RequestedQuantityUnit": "PC", "NetAmount": net, "to_PricingElement": {"results": [
            {"ConditionType": "PPR0", "ConditionClass": "B", "ConditionRateValue": "15.00", "ConditionCurrency": "EUR", "ConditionQuantity": "1", "ConditionQuantityUnit": "PC", "ConditionAmount": "1", "ConditionInactiveReason": ""},
            {"ConditionType": "PR00", "ConditionClass": "B", "ConditionRateValue": "99.00", "ConditionCurrency": "EUR", "ConditionQuantity": "1", "ConditionQuantityUnit": "PC", "ConditionAmount": "1", "ConditionInactiveReason": "Y"},
        ]}})
    };
    json_of(&json!({"d": {"TransactionCurrency": "EUR", "to_Item": {"results": items.iter().map(item).collect::<Vec<_>>()}}}))
}

fn offer(settings: Value, items: Vec<Item>) -> Vec<Result<OfferPrice, Failure>> {
    let buyer =
        Buyer { account: Some("10100001".into()), ship_to: Some("10100002".into()), currency: "EUR".into(), ..Buyer::default() };
    sap(settings).offer_prices(&ctx(), Query { buyer, items })
}

#[test]
fn a_price_is_the_net_amount_of_a_simulated_item() {
    let backend = Backend::new().reply(token("T")).reply(simulated(&[("10", "TG11", "120.000", "1680.000")]));
    let found = offer(json!({}), vec![item("TG11", "120")]).remove(0).unwrap();
    assert_eq!(
        (found.unit_price.amount.as_str(), found.unit_price.currency.as_str(), found.per.as_deref()),
        ("14", "EUR", Some("1"))
    );
    assert_eq!(found.list_price.unwrap().amount, "15", "the inactive condition is another price");
    let sent = body(&backend.requests()[1]);
    assert_eq!(
        (&sent["SoldToParty"], &sent["TransactionCurrency"], &sent["to_Pricing"]),
        (&json!("10100001"), &json!("EUR"), &json!({}))
    );
    assert_eq!(sent["to_Partner"], json!([{"PartnerFunction": "SH", "Customer": "10100002"}]));
    assert_eq!(
        sent["to_Item"],
        json!([{"SalesOrderItem": "10", "Material": "TG11", "RequestedQuantity": "120", "RequestedQuantityUnit": "PC", "to_PricingElement": []}])
    );
    assert!(sent.get("to_Credit").is_none());
}

#[test]
fn f7_breaks_of_condition_records_are_priced_for_the_customer() {
    let records = json_of(
        &json!({"d": {"results": [{"ConditionRecord": "0001", "Material": "TG11", "ConditionType": "PPR0"}, {"ConditionRecord": "0002", "Material": "TG11", "ConditionType": "K005"}]}}),
    );
    let scales = json_of(&json!({"d": {"results": [
        {"ConditionRecord": "0001", "ConditionScaleQuantity": "0.000", "ConditionScaleQuantityUnit": "PC"},
        {"ConditionRecord": "0001", "ConditionScaleQuantity": "100.000", "ConditionScaleQuantityUnit": "PC"},
        {"ConditionRecord": "0002", "ConditionScaleQuantity": "10.000", "ConditionScaleQuantityUnit": "PC"},
    ]}}));
    let prices = simulated(&[
        ("10", "TG11", "5", "75.00"),
        ("20", "TG11", "1", "15.00"),
        ("30", "TG11", "10", "140.00"),
        ("40", "TG11", "100", "1200.00"),
    ]);
    let backend = Backend::new().reply(records).reply(scales).reply(token("T")).reply(prices);
    let settings = json!({"pricing": {"breaks": "condition-records", "condition_types": ["PPR0", "K005"]}});
    let dated = Item { date: Some("2026-11-22".into()), ..item("TG11", "5") };
    let found = offer(settings, vec![dated]).remove(0).unwrap();
    let breaks: Vec<_> = found.breaks.iter().map(|step| (step.from.as_str(), step.unit_price.amount.as_str())).collect();
    assert_eq!(breaks, [("1", "15"), ("10", "14"), ("100", "12")]);
    let sent = backend.requests();
    let filter = "(Material eq 'TG11') and (ConditionType eq 'PPR0' or ConditionType eq 'K005') and ConditionValidityStartDate le datetime'2026-11-22T00:00:00' and ConditionValidityEndDate ge datetime'2026-11-22T00:00:00'";
    assert_eq!(query(&sent[0], "$filter"), Some(filter));
    assert_eq!(query(&sent[1], "$filter"), Some("(ConditionRecord eq '0001' or ConditionRecord eq '0002')"));
    assert_eq!(body(&sent[3])["PricingDate"], "/Date(1795305600000)/");
}

#[test]
fn f7_a_price_without_its_breaks_is_never_given_for_all_quantities() {
    let _backend = Backend::new().reply(Reply::status(503));
    let found = offer(json!({"pricing": {"breaks": "condition-records"}}), vec![item("TG11", "5")]);
    assert!(found[0].as_ref().is_err_and(|failure| failure.is("unavailable")));
    let records = json_of(&json!({"d": {"results": [{"ConditionRecord": "1", "Material": "TG11"}]}}));
    let scales = json_of(
        &json!({"d": {"results": [{"ConditionRecord": "1", "ConditionScaleQuantity": "10", "ConditionScaleQuantityUnit": "CT"}]}}),
    );
    let _backend = Backend::new().reply(records).reply(scales);
    let failure = offer(json!({"pricing": {"breaks": "condition-records"}}), vec![item("TG11", "5")]).remove(0).unwrap_err();
    assert!(failure.is("unsupported") && failure.message.contains("in CT"), "{failure:?}");
}

#[test]
fn a_material_without_scales_has_one_price_for_all_quantities() {
    let _backend = Backend::new().reply(none()).reply(token("T")).reply(simulated(&[("10", "TG11", "5", "75.00")]));
    let found = offer(json!({"pricing": {"breaks": "condition-records"}}), vec![item("TG11", "5")]).remove(0).unwrap();
    assert!(found.breaks.is_empty());
}

#[test]
fn breaks_can_be_a_list_of_the_settings() {
    let prices = simulated(&[("10", "TG11", "5", "75.00"), ("20", "TG11", "1", "15.00"), ("30", "TG11", "50", "650.00")]);
    let _backend = Backend::new().reply(token("T")).reply(prices);
    let found = offer(json!({"pricing": {"breaks": "quantities", "quantities": ["50", "1"]}}), vec![item("TG11", "5")])
        .remove(0)
        .unwrap();
    assert_eq!(found.breaks.iter().map(|step| step.unit_price.amount.as_str()).collect::<Vec<_>>(), ["15", "13"]);
}

#[test]
fn zero_without_a_price_condition_is_no_price() {
    let free = json_of(
        &json!({"d": {"to_Item": {"results": [{"SalesOrderItem": "10", "RequestedQuantity": "1", "RequestedQuantityUnit": "PC", "NetAmount": "0.00", "to_PricingElement": {"results": []}}]}}}),
    );
    let _backend = Backend::new().reply(token("T")).reply(free);
    let failure = offer(json!({}), vec![item("TG11", "1")]).remove(0).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("rejected", "The back end has no price for it."));
}

#[test]
fn f9_the_item_that_a_refusal_names_fails_and_the_others_are_asked_again() {
    let named = json!({"error": {"code": "V1/311", "message": {"value": "Material NOPE is not defined"}, "innererror": {"errordetails": [
        {"code": "V1/311", "message": "Material NOPE is not defined", "severity": "error", "target": "/to_Item(SalesOrder='',SalesOrderItem='000020')"}]}}});
    let rest = simulated(&[("10", "A", "1", "10"), ("20", "C", "1", "30")]);
    let backend = Backend::new().reply(token("T")).reply(Reply::json(400, named.to_string())).reply(rest);
    let found = offer(json!({}), vec![item("A", "1"), item("NOPE", "1"), item("C", "1")]);
    assert_eq!(found[1].as_ref().unwrap_err().message, "Material NOPE is not defined");
    assert_eq!([0, 2].map(|place: usize| found[place].as_ref().unwrap().unit_price.amount.clone()), ["10", "30"]);
    assert_eq!(lines(&backend.requests()).len(), 3);
}

#[test]
fn an_order_type_that_cannot_be_simulated_says_so_in_the_back_end_s_words() {
    let _backend =
        Backend::new().reply(token("T")).reply(Reply::json(400, error("V1/313", "Order type ZREF needs a reference document")));
    let failure = offer(json!({"orders": {"simulation_type": "ZREF"}}), vec![item("A", "1")]).remove(0).unwrap_err();
    assert_eq!(failure.message, "Order type ZREF needs a reference document");
}

#[test]
fn an_outage_is_not_halved() {
    let backend = Backend::new().reply(token("T")).reply(Reply::status(502));
    let found = offer(json!({}), vec![item("A", "1"), item("B", "1")]);
    assert!(found.iter().all(|price| price.as_ref().is_err_and(|failure| failure.is("unavailable"))));
    assert_eq!(backend.requests().len(), 2);
}
