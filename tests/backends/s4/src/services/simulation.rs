//! `API_SALES_ORDER_SIMULATION_SRV`: an order that is not saved. The answer has only the parts that the request names.

use super::orders::{ELEMENT, merge};
use crate::books::{Books, wanted};
use crate::entity::{Kind, Type, amount, list, shown, text};
use crate::fault::Fault;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(crate) const SERVICE: &str = "API_SALES_ORDER_SIMULATION_SRV";

const EMPTY: Type = Type { properties: &[], navigations: &[] };
const PARTNER: Type = Type { properties: &[("PartnerFunction", Kind::Text(2)), ("Customer", Kind::Text(10))], navigations: &[] };
/// The plant of a simulated item is `Plant`.
const ITEM: Type = Type {
    properties: &[
        ("SalesOrderItem", Kind::Text(6)),
        ("HigherLevelItem", Kind::Text(6)),
        ("Material", Kind::Text(40)),
        ("MaterialByCustomer", Kind::Text(35)),
        ("RequestedQuantity", Kind::Decimal),
        ("RequestedQuantityUnit", Kind::Text(3)),
        ("Plant", Kind::Text(4)),
    ],
    navigations: &[("to_PricingElement", &ELEMENT), ("to_ScheduleLine", &EMPTY), ("to_Partner", &PARTNER)],
};
const SIMULATION: Type = Type {
    properties: &[
        ("SalesOrderType", Kind::Text(4)),
        ("SalesOrganization", Kind::Text(4)),
        ("DistributionChannel", Kind::Text(2)),
        ("OrganizationDivision", Kind::Text(2)),
        ("SoldToParty", Kind::Text(10)),
        ("PurchaseOrderByCustomer", Kind::Text(35)),
        ("RequestedDeliveryDate", Kind::Date),
        ("PricingDate", Kind::Date),
        ("TransactionCurrency", Kind::Text(5)),
        ("CustomerPriceGroup", Kind::Text(2)),
        ("PriceListType", Kind::Text(2)),
    ],
    navigations: &[
        ("to_Item", &ITEM),
        ("to_Partner", &PARTNER),
        ("to_Pricing", &EMPTY),
        ("to_Credit", &EMPTY),
        ("to_PricingElement", &ELEMENT),
    ],
};

pub(crate) fn simulate(books: &Books, body: &Value) -> Result<Value, Fault> {
    SIMULATION.check(body)?;
    let customer = books.customer(body)?;
    if text(body, "SalesOrderType") != "OR" {
        return Err(Fault::business(
            "V1/313",
            format!("Sales document type {} requires a reference document", text(body, "SalesOrderType")),
        ));
    }
    if !matches!(text(body, "TransactionCurrency"), "" | "EUR") {
        return Err(Fault::business("V1/555", "The currency is not possible for this customer"));
    }
    let mut stock = books.stock.clone();
    let (mut items, mut net) = (Vec::new(), Decimal::ZERO);
    for sent in list(&body["to_Item"]) {
        let key = text(sent, "SalesOrderItem");
        let (material, quantity) = books.item(sent, key)?;
        let priced = books.price(material, customer, quantity, None);
        net += priced.net;
        let (confirmed, schedule) = books.promise(&mut stock, sent, quantity, wanted(body));
        let mut item = json!({"SalesOrder": "", "SalesOrderItem": format!("{:0>6}", key), "HigherLevelItem": "0", "Material": material.number, "SalesOrderItemText": material.text,
            "RequestedQuantity": amount(quantity), "RequestedQuantityUnit": "PC", "Plant": if text(sent, "Plant").is_empty() { "1010" } else { text(sent, "Plant") }, "TransactionCurrency": "EUR",
            "NetAmount": amount(priced.net), "TaxAmount": amount(priced.tax), "ConfdDelivQtyInOrderQtyUnit": amount(confirmed)});
        let parts = [("to_PricingElement", Value::Array(priced.elements)), ("to_ScheduleLine", Value::Array(schedule))];
        for (name, part) in parts.into_iter().filter(|(name, _)| sent.get(name).is_some()) {
            merge(&mut item, json!({name: part}));
        }
        items.push(item);
    }
    if items.is_empty() {
        return Err(Fault::business("V1/393", "The document has no items"));
    }
    if books.freight {
        items.insert(0, freight(&items));
    }
    let mut simulated = json!({"SalesOrder": "", "SalesOrderType": "OR", "SoldToParty": text(body, "SoldToParty"), "TransactionCurrency": "EUR", "to_Item": items});
    if body.get("to_Pricing").is_some() {
        merge(&mut simulated, json!({"to_Pricing": {"TotalNetAmount": amount(net), "TransactionCurrency": "EUR"}}));
    }
    if body.get("to_Credit").is_some() {
        let status = if customer.credit_ok { "A" } else { "B" };
        merge(&mut simulated, json!({"to_Credit": {"TotalCreditCheckStatus": status}}));
    }
    let named = ["to_Item", "to_Item/to_PricingElement", "to_Item/to_ScheduleLine", "to_Pricing", "to_Credit"];
    Ok(json!({"d": shown(&simulated, &named, None)}))
}

/// As the first item, under another number and with a price of its own.
fn freight(items: &[Value]) -> Value {
    let mut freight = items.first().cloned().unwrap_or_default();
    let own = json!({"SalesOrderItem": "009990", "Material": "FREIGHT", "SalesOrderItemText": "Freight", "RequestedQuantity": "1", "NetAmount": "99.00"});
    merge(&mut freight, own);
    freight
}
