//! `API_SALES_ORDER_SRV`: orders by deep insert, their items' rejection, lists and details.

use super::{Listed, entity_tag, expansions, page};
use crate::books::{Books, wanted};
use crate::entity::{Kind, Type, amount, date, decimal, list, milliseconds, shown, text};
use crate::fault::Fault;
use crate::resource::{Query, Resource};
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(crate) const SERVICE: &str = "API_SALES_ORDER_SRV";

const ADDRESS: Type = Type {
    properties: &[
        ("OrganizationName1", Kind::Text(40)),
        ("OrganizationName2", Kind::Text(40)),
        ("StreetName", Kind::Text(60)),
        ("StreetSuffixName1", Kind::Text(40)),
        ("HouseNumber", Kind::Text(10)),
        ("CityName", Kind::Text(40)),
        ("PostalCode", Kind::Text(10)),
        ("Region", Kind::Text(3)),
        ("Country", Kind::Text(3)),
        ("EmailAddress", Kind::Text(241)),
        ("PhoneNumber", Kind::Text(30)),
        ("CorrespondenceLanguage", Kind::Text(2)),
    ],
    navigations: &[],
};
const PARTNER: Type = Type {
    properties: &[
        ("PartnerFunction", Kind::Text(2)),
        ("Customer", Kind::Text(10)),
        ("ContactPerson", Kind::Text(10)),
        ("Personnel", Kind::Text(8)),
    ],
    navigations: &[("to_Address", &ADDRESS)],
};
pub(super) const TEXT: Type = Type {
    properties: &[("Language", Kind::Text(2)), ("LongTextID", Kind::Text(4)), ("LongText", Kind::Text(100_000))],
    navigations: &[],
};
pub(super) const ELEMENT: Type = Type {
    properties: &[
        ("ConditionType", Kind::Text(4)),
        ("ConditionRateValue", Kind::Decimal),
        ("ConditionCurrency", Kind::Text(5)),
        ("ConditionQuantity", Kind::Decimal),
        ("ConditionQuantityUnit", Kind::Text(3)),
    ],
    navigations: &[],
};
/// Schedule lines are no part of the deep insert.
const ITEM: Type = Type {
    properties: &[
        ("SalesOrderItem", Kind::Text(6)),
        ("HigherLevelItem", Kind::Text(6)),
        ("SalesOrderItemCategory", Kind::Text(4)),
        ("SalesOrderItemText", Kind::Text(40)),
        ("Material", Kind::Text(40)),
        ("MaterialByCustomer", Kind::Text(35)),
        ("RequestedQuantity", Kind::Decimal),
        ("RequestedQuantityUnit", Kind::Text(3)),
        ("ProductionPlant", Kind::Text(4)),
        ("StorageLocation", Kind::Text(4)),
        ("ShippingPoint", Kind::Text(4)),
        ("SalesDocumentRjcnReason", Kind::Text(2)),
        ("ReferenceSDDocument", Kind::Text(10)),
        ("ReferenceSDDocumentItem", Kind::Text(6)),
        ("UnderlyingPurchaseOrderItem", Kind::Text(6)),
    ],
    navigations: &[("to_PricingElement", &ELEMENT), ("to_Partner", &PARTNER), ("to_Text", &TEXT)],
};
const ORDER: Type = Type {
    properties: &[
        ("SalesOrderType", Kind::Text(4)),
        ("SalesOrganization", Kind::Text(4)),
        ("DistributionChannel", Kind::Text(2)),
        ("OrganizationDivision", Kind::Text(2)),
        ("SoldToParty", Kind::Text(10)),
        ("PurchaseOrderByCustomer", Kind::Text(35)),
        ("PurchaseOrderByShipToParty", Kind::Text(35)),
        ("CustomerPurchaseOrderType", Kind::Text(4)),
        ("CustomerPurchaseOrderDate", Kind::Date),
        ("SalesOrderDate", Kind::Date),
        ("RequestedDeliveryDate", Kind::Date),
        ("PricingDate", Kind::Date),
        ("TransactionCurrency", Kind::Text(5)),
        ("CustomerPaymentTerms", Kind::Text(4)),
        ("ShippingCondition", Kind::Text(2)),
        ("IncotermsClassification", Kind::Text(3)),
        ("CompleteDeliveryIsDefined", Kind::Flag),
        ("HeaderBillingBlockReason", Kind::Text(2)),
        ("DeliveryBlockReason", Kind::Text(2)),
        ("ReferenceSDDocument", Kind::Text(10)),
        ("AssignmentReference", Kind::Text(18)),
    ],
    navigations: &[("to_Item", &ITEM), ("to_Partner", &PARTNER), ("to_PricingElement", &ELEMENT), ("to_Text", &TEXT)],
};

/// What `$filter` and `$orderby` know.
const FIELDS: [&str; 9] = [
    "SalesOrder",
    "SalesOrderType",
    "SoldToParty",
    "PurchaseOrderByCustomer",
    "PurchaseOrderByShipToParty",
    "CustomerPurchaseOrderType",
    "CreationDate",
    "LastChangeDate",
    "OverallSDProcessStatus",
];
const NAVIGATIONS: [&str; 9] = [
    "to_Item",
    "to_Partner",
    "to_PricingElement",
    "to_Text",
    "to_Item/to_ScheduleLine",
    "to_Item/to_PricingElement",
    "to_Item/to_Partner",
    "to_PrecedingProcFlowDoc",
    "to_SubsequentProcFlowDoc",
];

pub(crate) fn read(books: &Books, resource: &Resource, query: &Query) -> Result<Value, Fault> {
    if resource.set != "A_SalesOrder" {
        return Err(unknown(&resource.set));
    }
    let Some(number) = resource.key("SalesOrder") else {
        let path = format!("sap/opu/odata/sap/{SERVICE}/A_SalesOrder");
        let listed = Listed { path: &path, filterable: &FIELDS, navigations: &NAVIGATIONS, page_size: books.page_size };
        return leaking(books, page(&listed, &books.orders, query)?);
    };
    query.only(&["$expand", "$select", "$format"])?;
    let order = find(books, number)?;
    Ok(json!({"d": shown(order, &expansions(query, &NAVIGATIONS)?, entity_tag(order).as_deref())}))
}

/// A document of somebody else among the others.
fn leaking(books: &Books, mut answer: Value) -> Result<Value, Fault> {
    let foreign = json!({"SalesOrder": "1999999999", "SalesOrderType": "OR", "SoldToParty": "10109999", "CreationDate": date(books.today()), "TransactionCurrency": "EUR",
        "PurchaseOrderByCustomer": "somebody else's", "OverallSDProcessStatus": "A"});
    let results = answer.pointer_mut("/d/results").and_then(Value::as_array_mut);
    if let Some(results) = results.filter(|_| books.leaks) {
        results.push(foreign);
    }
    Ok(answer)
}

pub(crate) fn find<'a>(books: &'a Books, number: &str) -> Result<&'a Value, Fault> {
    let found = books.orders.iter().find(|order| text(order, "SalesOrder") == number);
    found.ok_or_else(|| {
        Fault::new(404, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for segment 'A_SalesOrderType' {number}"))
    })
}

fn unknown(set: &str) -> Fault {
    Fault::new(404, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for segment '{set}'"))
}

/// A deep insert; gives the answer, which has little more than was sent, and a message when the order was saved with a block.
pub(crate) fn create(books: &mut Books, body: &Value) -> Result<(Value, Option<String>), Fault> {
    ORDER.check(body)?;
    let customer = books.customer(body)?;
    match text(body, "SalesOrderType") {
        "OR" | "TA" => {}
        other => return Err(Fault::business("V1/303", format!("Sales document type {other} is not defined"))),
    }
    if !matches!(text(body, "TransactionCurrency"), "" | "EUR") {
        return Err(Fault::business("V1/555", "The currency is not possible for this customer"));
    }
    check_partners(body)?;
    let sent = list(&body["to_Item"]);
    let number = (1_000_000_000 + books.orders.len() + 1).to_string();
    let mut stock = books.stock.clone();
    let mut items = Vec::new();
    for (index, item) in sent.iter().enumerate() {
        let key = Some(text(item, "SalesOrderItem"))
            .filter(|key| !key.is_empty())
            .map_or_else(|| ((index + 1) * 10).to_string(), ToOwned::to_owned);
        let (material, quantity) = books.item(item, &key)?;
        let quoted = quoted(books, item)?;
        let priced = books.price(material, customer, quantity, quoted);
        let (confirmed, schedule) = books.promise(&mut stock, item, quantity, wanted(body));
        let mut saved = item.clone();
        let complete = json!({"SalesOrder": number, "SalesOrderItem": key, "HigherLevelItem": "0", "SalesOrderItemText": material.text, "RequestedQuantity": amount(quantity), "RequestedQuantityUnit": "PC",
            "OrderQuantityUnit": "PC", "ConfdDelivQtyInOrderQtyUnit": amount(confirmed), "NetAmount": amount(priced.net), "TaxAmount": amount(priced.tax), "SalesDocumentRjcnReason": "",
            "SDProcessStatus": "A", "DeliveryStatus": "A", "TransactionCurrency": "EUR", "to_PricingElement": priced.elements, "to_ScheduleLine": schedule});
        merge(&mut saved, complete);
        items.push(saved);
    }
    if items.is_empty() {
        return Err(Fault::business("V1/393", "The document has no items"));
    }
    refer(books, body, &number)?;
    books.stock = stock;
    let order = saved(books, body, &number, items, customer.credit_ok);
    let message = (!customer.credit_ok).then(|| json!({"code": "V1/152", "message": "Credit limit exceeded: the order is blocked", "severity": "warning", "target": "", "details": []}).to_string());
    let mut answer = order.clone();
    merge(&mut answer, json!({"CreationDate": null, "TotalNetAmount": "0.000"}));
    let answer = json!({"d": shown(&answer, &[], entity_tag(&order).as_deref())});
    books.orders.push(order);
    let total = number.clone();
    books.settle("A_SalesOrder", &total);
    Ok((answer, message))
}

fn saved(books: &mut Books, body: &Value, number: &str, items: Vec<Value>, credit_ok: bool) -> Value {
    let now = books.now();
    let mut order = body.clone();
    let mut partners = vec![json!({"SalesOrder": number, "PartnerFunction": "SP", "Customer": text(body, "SoldToParty")})];
    partners.extend(list(&body["to_Partner"]).iter().cloned());
    let texts: Vec<Value> = list(&body["to_Text"]).to_vec();
    let reference = text(body, "ReferenceSDDocument");
    let category = if reference.is_empty() { "" } else { "B" };
    let complete = json!({"SalesOrder": number, "CreationDate": date(books.today()), "SalesOrderDate": date(books.today()), "LastChangeDateTime": now, "TransactionCurrency": "EUR",
        "TotalNetAmount": "0.000", "OverallSDProcessStatus": "A", "OverallTotalDeliveryStatus": "A", "OverallSDDocumentRejectionSts": "A", "SalesDocApprovalStatus": "",
        "TotalCreditCheckStatus": if credit_ok { "A" } else { "B" }, "ReferenceSDDocumentCategory": category, "SenderBusinessSystemName": "", "ExternalDocumentID": "",
        "to_Item": items, "to_Partner": partners, "to_Text": texts, "to_PricingElement": [], "to_SubsequentProcFlowDoc": [], "to_PrecedingProcFlowDoc": []});
    for field in [
        "HeaderBillingBlockReason",
        "DeliveryBlockReason",
        "PurchaseOrderByShipToParty",
        "CustomerPurchaseOrderType",
        "ReferenceSDDocument",
    ] {
        if order.get(field).is_none() {
            merge(&mut order, json!({field: ""}));
        }
    }
    merge(&mut order, complete);
    order
}

fn check_partners(body: &Value) -> Result<(), Fault> {
    let known = ["SP", "SH", "BP", "PY", "CP"];
    match list(&body["to_Partner"])
        .iter()
        .map(|partner| text(partner, "PartnerFunction"))
        .find(|function| !known.contains(function))
    {
        Some(unknown) => Err(Fault::business("VP/204", format!("Partner function {unknown} is not defined"))),
        None => Ok(()),
    }
}

/// The price of one piece that a quotation gave.
fn quoted(books: &Books, item: &Value) -> Result<Option<Decimal>, Fault> {
    let number = text(item, "ReferenceSDDocument");
    if number.is_empty() {
        return Ok(None);
    }
    let quotation = super::quotations::find(books, number)
        .map_err(|_| Fault::business("V1/404", format!("Reference document {number} does not exist")))?;
    let key = text(item, "ReferenceSDDocumentItem");
    let source = list(&quotation["to_Item"]).iter().find(|source| text(source, "SalesQuotationItem") == key);
    let source = source.ok_or_else(|| Fault::business("V1/405", format!("Item {key} of {number} does not exist")))?;
    Ok(Some(decimal(source, "NetAmount") / decimal(source, "RequestedQuantity")))
}

/// Marks the quotation behind an order as ordered.
fn refer(books: &mut Books, body: &Value, order: &str) -> Result<(), Fault> {
    let number = text(body, "ReferenceSDDocument").to_owned();
    if number.is_empty() {
        return Ok(());
    }
    let today = crate::entity::ms_of(books.today());
    let quotation = super::quotations::find(books, &number)
        .map_err(|_| Fault::business("V1/404", format!("Reference document {number} does not exist")))?;
    if text(quotation, "OverallSDProcessStatus") == "C" {
        return Err(Fault::business("V1/493", format!("Quotation {number} has been completely referenced or rejected")));
    }
    if milliseconds(&quotation["BindingPeriodValidityEndDate"]).is_some_and(|end| end < today) {
        return Err(Fault::business("V1/494", format!("Quotation {number} is no longer valid")));
    }
    super::quotations::ordered(books, &number, order);
    Ok(())
}

/// `PATCH A_SalesOrderItem(…)`.
pub(crate) fn change_item(books: &mut Books, resource: &Resource, if_match: Option<&str>, body: &Value) -> Result<(), Fault> {
    let (Some(number), Some(key)) = (resource.key("SalesOrder").map(ToOwned::to_owned), resource.key("SalesOrderItem")) else {
        return Err(Fault::syntax("The key of the item is not complete"));
    };
    ITEM.check(body)?;
    super::quotations::check_state(entity_tag(find(books, &number)?).as_deref(), if_match)?;
    books.check_lock(&number)?;
    let order = books.orders.iter_mut().find(|order| text(order, "SalesOrder") == number);
    let items = order.and_then(|order| order["to_Item"].as_array_mut());
    let item = items.into_iter().flatten().find(|item| text(item, "SalesOrderItem").parse::<u32>().ok() == key.parse().ok());
    let item =
        item.ok_or_else(|| Fault::new(404, "/IWBEP/CM_MGW_RT/020", "Resource not found for segment 'A_SalesOrderItemType'"))?;
    if text(item, "DeliveryStatus") != "A" && body.get("SalesDocumentRjcnReason").is_some() {
        return Err(Fault::business("V1/489", format!("Item {key} has already been delivered")));
    }
    merge(item, body.clone());
    Ok(())
}

/// Puts the fields of `more` over those of `entity`.
pub(crate) fn merge(entity: &mut Value, more: Value) {
    if let (Some(fields), Value::Object(more)) = (entity.as_object_mut(), more) {
        fields.extend(more);
    }
}
