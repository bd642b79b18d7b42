//! Documents for the back end.

use crate::mapping::sent::{order, quotation};
use crate::settings::Settings;
use crate::tests::settings;
use ordergate_sdk::orders::{Order, OrderLine, QuoteLink};
use ordergate_sdk::quotes::{QuoteLine, QuoteRequest};
use ordergate_sdk::types::{Address, Money, Note, Party, Quantity};
use serde_json::{Value, json};

fn pieces(value: &str) -> Quantity {
    Quantity { value: value.into(), unit: "C62".into() }
}

fn party(role: &str, number: Option<&str>) -> Party {
    Party { role: role.into(), number: number.map(ToOwned::to_owned), ..Party::default() }
}

fn cart() -> Order {
    let line = OrderLine {
        id: "1".into(),
        kind: "product".into(),
        sku: Some("TG11".into()),
        quantity: pieces("150"),
        location: Some("HH".into()),
        ..OrderLine::default()
    };
    let freight = OrderLine { id: "f".into(), kind: "charge".into(), ..OrderLine::default() };
    Order {
        account: "10100001".into(),
        currency: "EUR".into(),
        purchase_order: Some("PO-4711".into()),
        placed_at: "2026-11-22T23:30:00+01:00".into(),
        requested_date: Some("2026-12-01".into()),
        parties: vec![party("sold-to", Some("10100001")), party("ship-to", Some("10100002"))],
        lines: vec![line, freight],
        ..Order::default()
    }
}

fn sent(settings: &Settings, wanted: &Order) -> Result<Value, String> {
    order(settings, &settings.order_names(), wanted, "O0123456789ABCDEFGHJKMNPQRS")
}

#[test]
fn an_order_is_a_deep_insert_and_leaves_out_what_the_back_end_determines() {
    let settings = settings(json!({"plants": {"1010": "HH"}, "orders": {"reference_type": "WEB"}}));
    let expected = json!({
        "SalesOrderType": "OR", "SalesOrganization": "1010", "DistributionChannel": "10", "OrganizationDivision": "00", "SoldToParty": "10100001",
        "TransactionCurrency": "EUR", "PurchaseOrderByCustomer": "O0123456789ABCDEFGHJKMNPQRS", "PurchaseOrderByShipToParty": "PO-4711",
        "CustomerPurchaseOrderType": "WEB", "CustomerPurchaseOrderDate": "/Date(1795305600000)/", "RequestedDeliveryDate": "/Date(1796083200000)/",
        "to_Partner": [{"PartnerFunction": "SH", "Customer": "10100002"}],
        "to_Item": [{"Material": "TG11", "RequestedQuantity": "150", "RequestedQuantityUnit": "PC", "ProductionPlant": "1010", "UnderlyingPurchaseOrderItem": "1"}],
    });
    assert_eq!(sent(&settings, &cart()).unwrap(), expected);
}

#[test]
fn codes_come_from_the_maps_and_an_unknown_word_is_an_error() {
    let settings = settings(
        json!({"delivery_methods": {"express": "02"}, "payment_terms": {"net30": "0003"}, "texts": {"payment_token": "ZPAY"}}),
    );
    let wanted = Order {
        delivery_method: Some("express".into()),
        payment_terms: Some("net30".into()),
        ship_complete: true,
        payment_token: Some("tok_1".into()),
        ..cart()
    };
    let body = sent(&settings, &wanted).unwrap();
    assert_eq!(
        (&body["ShippingCondition"], &body["CustomerPaymentTerms"], &body["CompleteDeliveryIsDefined"]),
        (&json!("02"), &json!("0003"), &json!(true))
    );
    assert_eq!(body["to_Text"], json!([{"Language": "EN", "LongTextID": "ZPAY", "LongText": "tok_1"}]));
    let unknown = Order { delivery_method: Some("drone".into()), ..cart() };
    assert!(sent(&settings, &unknown).unwrap_err().contains("\"drone\" has no code: add it under delivery_methods"));
    assert_eq!(
        sent(&crate::tests::settings(json!({})), &unknown).unwrap()["ShippingCondition"],
        Value::Null,
        "an empty map hands nothing over"
    );
}

#[test]
fn notes_of_one_kind_and_language_are_one_text_and_none_is_lost() {
    let note = |kind: &str, language: Option<&str>, text: &str| Note {
        kind: kind.into(),
        language: language.map(ToOwned::to_owned),
        text: text.into(),
    };
    let notes = vec![note("customer", Some("de-DE"), "eins"), note("other", Some("de"), "zwei"), note("delivery", None, "ring")];
    let body = sent(&settings(json!({})), &Order { notes, ..cart() }).unwrap();
    assert_eq!(
        body["to_Text"],
        json!([{"Language": "DE", "LongTextID": "TX01", "LongText": "eins\nzwei"}, {"Language": "EN", "LongTextID": "TX02", "LongText": "ring"}])
    );
}

#[test]
fn an_address_of_its_own_belongs_to_its_partner_or_to_the_customer() {
    let address = Address {
        name: Some("Site 7".into()),
        lines: vec!["Weg 1".into(), "Hof".into()],
        city: Some("Ulm".into()),
        country: Some("DE".into()),
        ..Address::default()
    };
    let parties = vec![Party { address: Some(address), ..party("ship-to", None) }];
    let body = sent(&settings(json!({})), &Order { parties: parties.clone(), ..cart() }).unwrap();
    assert_eq!(
        body["to_Partner"],
        json!([{"PartnerFunction": "SH", "Customer": "10100001", "to_Address": {
        "OrganizationName1": "Site 7", "StreetName": "Weg 1", "StreetSuffixName1": "Hof", "CityName": "Ulm", "Country": "DE", "CorrespondenceLanguage": "EN"}}])
    );
    let request = QuoteRequest { parties, ..QuoteRequest::default() };
    let settings = settings(json!({}));
    assert!(
        quotation(&settings, &settings.quotation_names(), &request, "Q1")
            .unwrap_err()
            .contains("cannot have an address of its own")
    );
}

#[test]
fn partner_functions_are_those_of_the_settings() {
    let german = settings(json!({"partner_functions": {"ship-to": "WE", "contact": "AP"}}));
    let parties = vec![party("ship-to", Some("2")), party("contact", Some("99"))];
    let body = sent(&german, &Order { parties, ..cart() }).unwrap();
    assert_eq!(
        body["to_Partner"],
        json!([{"PartnerFunction": "WE", "Customer": "2"}, {"PartnerFunction": "AP", "ContactPerson": "99"}])
    );
    assert!(sent(&german, &Order { parties: vec![party("broker", Some("2"))], ..cart() }).unwrap_err().contains("broker"));
}

#[test]
fn what_cannot_be_handed_over_is_an_error_and_not_left_out() {
    let settings = settings(json!({}));
    let mut unit = cart();
    unit.lines[0].quantity.unit = "XYZ".into();
    assert!(sent(&settings, &unit).unwrap_err().starts_with("line 1: unit XYZ"));
    assert!(sent(&settings, &Order { contract: Some("4".into()), ..cart() }).is_err());
    assert!(
        sent(&settings, &Order { purchase_order: Some("x".repeat(36)), ..cart() })
            .unwrap_err()
            .contains("more than 35 characters")
    );
    let mut nothing = cart();
    nothing.lines[0].sku = None;
    assert!(sent(&settings, &nothing).unwrap_err().contains("names no item"));
}

#[test]
fn the_earliest_day_of_the_lines_is_the_order_s_when_it_has_none() {
    let mut wanted = Order { requested_date: None, ..cart() };
    wanted.lines[0].requested_date = Some("2026-12-02".into());
    wanted.lines.push(OrderLine { requested_date: Some("2026-12-01".into()), ..wanted.lines[0].clone() });
    assert_eq!(sent(&settings(json!({})), &wanted).unwrap()["RequestedDeliveryDate"], "/Date(1796083200000)/");
}

#[test]
fn q3_an_order_of_a_quotation_refers_to_it_item_by_item() {
    let mut wanted = Order { quote: Some(QuoteLink { number: "20000001".into(), ..QuoteLink::default() }), ..cart() };
    wanted.lines[0].id = "10".into();
    let body = sent(&settings(json!({})), &wanted).unwrap();
    assert_eq!(body["ReferenceSDDocument"], "20000001");
    assert_eq!(
        (&body["to_Item"][0]["ReferenceSDDocument"], &body["to_Item"][0]["ReferenceSDDocumentItem"]),
        (&json!("20000001"), &json!("10"))
    );
}

#[test]
fn a_quote_request_is_blocked_for_sales_and_says_its_wishes_in_words() {
    let line = QuoteLine {
        id: "1".into(),
        sku: Some("TG11".into()),
        quantity: pieces("100"),
        unit_price: Some(Money { amount: "19.00".into(), currency: "EUR".into() }),
        ..QuoteLine::default()
    };
    let request = QuoteRequest {
        account: "10100001".into(),
        currency: "EUR".into(),
        purchase_order: Some("RFQ-1".into()),
        placed_at: "2026-11-22T10:00:00Z".into(),
        counters: Some("20000001".into()),
        counters_revision: Some("r1".into()),
        lines: vec![line],
        ..QuoteRequest::default()
    };
    let settings = settings(json!({"quotes": {"request_block": "09"}}));
    let body = quotation(&settings, &settings.quotation_names(), &request, "Q1").unwrap();
    assert_eq!(
        (&body["SalesQuotationType"], &body["DeliveryBlockReason"], &body["PurchaseOrderByCustomer"]),
        (&json!("QT"), &json!("09"), &json!("Q1"))
    );
    let item = json!([{"Material": "TG11", "RequestedQuantity": "100", "RequestedQuantityUnit": "PC", "SalesQuotationItem": "10", "PurchaseOrderByCustomer": "RFQ-1"}]);
    assert_eq!(body["to_Item"], item);
    assert_eq!(
        body["to_Text"][0]["LongText"],
        "Counter-offer to quotation 20000001 as of r1.\nItem 10: wished price 19.00 EUR per 1."
    );
}
