//! Offer prices and their breaks.

use super::{backend, body, ctx, error, json_of, oracle, pieces};
use ordergate_sdk::Adapter;
use ordergate_sdk::pricing::{Item, OfferPrice, Query};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Buyer, Failure};
use serde_json::{Value, json};

fn item(sku: &str, quantity: &str) -> Item {
    Item { sku: sku.into(), quantity: pieces(quantity), ..Item::default() }
}

fn scripted(replies: impl IntoIterator<Item = Reply>) -> Backend {
    replies.into_iter().fold(backend(), Backend::reply)
}

/// An answer with the net prices of these lines.
pub(super) fn priced(nets: &[(u32, &str, &str)]) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let amount = |text: &str| json!({"Value": number(text), "CurrencyCode": "USD"});
    let charge = |(id, ..): &(u32, &str, &str)| json!({"ChargeId": id + 10, "LineId": id, "PrimaryFlag": true, "RollupFlag": false, "CurrencyCode": "USD"});
    let components = nets.iter().flat_map(|(id, unit, all)| {
        let part = |element: &str, usage: &str, unit: &str, all: &str| {
            json!({"ChargeId": id + 10, "PriceElementCode": element, "PriceElementUsageCode": usage, "UnitPrice": amount(unit), "ExtendedAmount": amount(all), "Explanation": "because"})
        };
        [part("QP_BASE_LIST_PRICE", "LIST_PRICE", "17.55", "1755"), part("QP_DISCOUNT_ADJ", "PRICE_ADJUSTMENT", "-1.75", "-175"), part("QP_NET_PRICE", "NET_PRICE", unit, all)]
    });
    json!({"PricingServiceParameter": [{"OutputStatus": "SUCCESS"}], "Charge": nets.iter().map(charge).collect::<Vec<_>>(), "ChargeComponent": components.collect::<Vec<_>>()})
}

fn offer(settings: Value, items: Vec<Item>) -> Vec<Result<OfferPrice, Failure>> {
    let buyer = Buyer { account: Some("10060".into()), currency: "USD".into(), ..Buyer::default() };
    oracle(settings).offer_prices(&ctx(), Query { buyer, items })
}

#[test]
fn a_price_is_joined_from_line_charge_and_components() {
    let backend = scripted([json_of(&priced(&[(1, "15.80", "1580")]))]);
    let found = offer(json!({}), vec![item("AS54888", "100")]).remove(0).unwrap();
    assert_eq!((found.unit_price.amount.as_str(), found.unit_price.currency.as_str()), ("15.8", "USD"));
    assert_eq!(found.list_price.unwrap().amount, "17.55");
    let kinds: Vec<_> = found.components.iter().map(|part| (part.kind.as_str(), part.amount.amount.as_str())).collect();
    assert_eq!(kinds, [("base", "1755"), ("discount", "-175")]);
    assert_eq!(found.components[1].description.as_deref(), Some("because"));
    let sent = body(&backend.requests()[0]);
    assert_eq!(
        (&sent["Header"][0]["CustomerId"], &sent["Header"][0]["AppliedCurrencyCode"]),
        (&json!(300_000_047_368_660_u64), &json!("USD"))
    );
    assert_eq!(
        (&sent["Line"][0]["InventoryItemId"], &sent["Line"][0]["LineQuantity"]),
        (&json!(300_000_047_414_679_u64), &json!({"Value": 100, "UomCode": "Ea"}))
    );
    assert_eq!(sent["Header"][0]["CalculateTaxFlag"], json!(false));
}

#[test]
fn pitfall_4_a_unit_price_that_is_not_told_comes_from_the_amount() {
    let mut answer = priced(&[(1, "0", "50")]);
    answer["ChargeComponent"][2].as_object_mut().unwrap().remove("UnitPrice");
    let _backend = scripted([json_of(&answer)]);
    assert_eq!(offer(json!({}), vec![item("AS54888", "4")]).remove(0).unwrap().unit_price.amount, "12.5");
}

#[test]
fn f7_breaks_are_lines_of_the_same_request() {
    let backend = scripted([json_of(&priced(&[(1, "13", "65"), (2, "14", "14"), (3, "12.5", "1250")]))]);
    let settings = json!({"pricing": {"breaks": "quantities", "quantities": ["100", "1"]}});
    let found = offer(settings, vec![item("AS54888", "5")]).remove(0).unwrap();
    let breaks: Vec<_> = found.breaks.iter().map(|step| (step.from.as_str(), step.unit_price.amount.as_str())).collect();
    assert_eq!((found.unit_price.amount.as_str(), breaks), ("13", vec![("1", "14"), ("100", "12.5")]));
    assert_eq!(body(&backend.requests()[0])["Line"].as_array().unwrap().len(), 3);
}

#[test]
fn f9_a_line_without_a_price_says_what_pricing_said_and_the_others_have_theirs() {
    let mut answer = priced(&[(2, "15.80", "1580")]);
    answer["PricingMessage"] =
        json!([{"LineId": 1, "MessageText": "No price list applies."}, {"LineId": 2, "MessageText": "other"}]);
    let _backend = scripted([json_of(&answer)]);
    let found = offer(json!({}), vec![item("AS54888", "1"), item("AS10000", "1"), item("NOPE", "1")]);
    let failure = |index: usize| found[index].as_ref().unwrap_err();
    assert_eq!((failure(0).code.as_str(), failure(0).detail.as_deref()), ("rejected", Some("No price list applies.")));
    assert!(found[1].is_ok());
    assert_eq!(failure(2).message, "NOPE has no identifier: add it to the value map items");
}

#[test]
fn an_item_without_an_identifier_goes_by_its_number_where_the_settings_say_so() {
    let backend = scripted([json_of(&priced(&[(1, "1", "1")]))]);
    assert!(offer(json!({"pricing": {"item_field": "InventoryItemNumber"}}), vec![item("NOPE", "1")])[0].is_ok());
    assert_eq!(body(&backend.requests()[0])["Line"][0]["InventoryItemNumber"], "NOPE");
}

#[test]
fn f9_a_refused_request_is_asked_again_in_halves() {
    let backend = scripted([error("QP-1", "no", ""), error("QP-1", "no", ""), json_of(&priced(&[(1, "2", "2")]))]);
    let found = offer(json!({}), vec![item("AS54888", "1"), item("AS10000", "1")]);
    assert!(found[0].is_err() && found[1].is_ok(), "{found:?}");
    assert_eq!(backend.requests().len(), 3);
}

#[test]
fn prices_of_different_days_never_share_a_request() {
    let backend = scripted([json_of(&priced(&[(1, "1", "1")])), json_of(&priced(&[(1, "2", "2")]))]);
    let later = Item { date: Some("2026-12-01".into()), ..item("AS54888", "1") };
    let found = offer(json!({}), vec![item("AS54888", "1"), later]);
    assert_eq!(found.into_iter().map(|price| price.unwrap().unit_price.amount).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(body(&backend.requests()[1])["Header"][0]["TransactionOn"], "2026-12-01T00:00:00Z");
}

#[test]
fn pitfall_6_pricing_that_failed_with_200_or_answered_nonsense_is_no_price() {
    let failed =
        json!({"PricingServiceParameter": [{"OutputStatus": "ERROR"}], "PricingMessage": [{"MessageText": "No strategy."}]});
    let _backend = scripted([json_of(&failed)]);
    let failure = offer(json!({}), vec![item("AS54888", "1")]).remove(0).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.detail.as_deref()), ("rejected", Some("No strategy.")));
    let mut other = priced(&[(1, "1", "1")]);
    for part in other["ChargeComponent"].as_array_mut().unwrap() {
        part["UnitPrice"]["CurrencyCode"] = json!("EUR");
    }
    let _backend = scripted([json_of(&other)]);
    assert!(offer(json!({}), vec![item("AS54888", "1")])[0].as_ref().unwrap_err().message.contains("another currency"));
    for nonsense in [Reply::body(200, "text/html", "<html>log on</html>"), json_of(&json!({})), json_of(&json!([]))] {
        let _backend = scripted([nonsense]);
        assert!(offer(json!({}), vec![item("AS54888", "1")])[0].as_ref().unwrap_err().is("invalid-response"));
    }
}

#[test]
fn a_customer_without_an_identifier_has_no_prices_and_nothing_is_sent() {
    let backend = backend();
    let buyer = Buyer { account: Some("10999".into()), currency: "USD".into(), ..Buyer::default() };
    let found = oracle(json!({})).offer_prices(&ctx(), Query { buyer, items: vec![item("AS54888", "1")] });
    assert_eq!(found[0].as_ref().unwrap_err().message, "10999 has no identifier: add it to the value map parties");
    assert!(backend.requests().is_empty());
}
