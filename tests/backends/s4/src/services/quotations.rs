//! `API_SALES_QUOTATION_SRV`: quotations by deep insert, their items' rejection, lists and details.

use super::orders::{ELEMENT, TEXT, merge};
use super::{Listed, entity_tag, expansions, page};
use crate::books::Books;
use crate::entity::{Kind, Type, amount, date, list, shown, text};
use crate::fault::Fault;
use crate::resource::{Query, Resource};
use serde_json::{Value, json};

pub(crate) const SERVICE: &str = "API_SALES_QUOTATION_SRV";

/// A partner of a quotation has no address here.
const PARTNER: Type = Type {
    properties: &[("PartnerFunction", Kind::Text(2)), ("Customer", Kind::Text(10)), ("ContactPerson", Kind::Text(10))],
    navigations: &[],
};
const ITEM: Type = Type {
    properties: &[
        ("SalesQuotationItem", Kind::Text(6)),
        ("HigherLevelItem", Kind::Text(6)),
        ("SalesQuotationItemText", Kind::Text(40)),
        ("PurchaseOrderByCustomer", Kind::Text(35)),
        ("Material", Kind::Text(40)),
        ("MaterialByCustomer", Kind::Text(35)),
        ("RequestedQuantity", Kind::Decimal),
        ("RequestedQuantityUnit", Kind::Text(3)),
        ("Plant", Kind::Text(4)),
        ("SalesDocumentRjcnReason", Kind::Text(2)),
        ("AlternativeToItem", Kind::Text(6)),
    ],
    navigations: &[("to_PricingElement", &ELEMENT), ("to_Partner", &PARTNER), ("to_Text", &TEXT)],
};
const QUOTATION: Type = Type {
    properties: &[
        ("SalesQuotationType", Kind::Text(4)),
        ("SalesOrganization", Kind::Text(4)),
        ("DistributionChannel", Kind::Text(2)),
        ("OrganizationDivision", Kind::Text(2)),
        ("SoldToParty", Kind::Text(10)),
        ("PurchaseOrderByCustomer", Kind::Text(35)),
        ("CustomerPurchaseOrderType", Kind::Text(4)),
        ("CustomerPurchaseOrderDate", Kind::Date),
        ("SalesQuotationDate", Kind::Date),
        ("RequestedDeliveryDate", Kind::Date),
        ("PricingDate", Kind::Date),
        ("TransactionCurrency", Kind::Text(5)),
        ("ShippingCondition", Kind::Text(2)),
        ("HeaderBillingBlockReason", Kind::Text(2)),
        ("DeliveryBlockReason", Kind::Text(2)),
        ("BindingPeriodValidityStartDate", Kind::Date),
        ("BindingPeriodValidityEndDate", Kind::Date),
        ("CustomerPaymentTerms", Kind::Text(4)),
        ("ReferenceSDDocument", Kind::Text(10)),
    ],
    navigations: &[("to_Item", &ITEM), ("to_Partner", &PARTNER), ("to_PricingElement", &ELEMENT), ("to_Text", &TEXT)],
};
const FIELDS: [&str; 5] = ["SalesQuotation", "SoldToParty", "PurchaseOrderByCustomer", "CreationDate", "OverallSDProcessStatus"];
const NAVIGATIONS: [&str; 6] =
    ["to_Item", "to_Partner", "to_Text", "to_Item/to_PricingElement", "to_PrecedingProcFlowDoc", "to_SubsequentProcFlowDoc"];

pub(crate) fn read(books: &Books, resource: &Resource, query: &Query) -> Result<Value, Fault> {
    if resource.set != "A_SalesQuotation" {
        return Err(Fault::new(404, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for segment '{}'", resource.set)));
    }
    let Some(number) = resource.key("SalesQuotation") else {
        let path = format!("sap/opu/odata/sap/{SERVICE}/A_SalesQuotation");
        let listed = Listed { path: &path, filterable: &FIELDS, navigations: &NAVIGATIONS, page_size: books.page_size };
        return page(&listed, &books.quotations, query);
    };
    query.only(&["$expand", "$select", "$format"])?;
    let quotation = find(books, number)?;
    Ok(json!({"d": shown(quotation, &expansions(query, &NAVIGATIONS)?, entity_tag(quotation).as_deref())}))
}

pub(crate) fn find<'a>(books: &'a Books, number: &str) -> Result<&'a Value, Fault> {
    let found = books.quotations.iter().find(|quotation| text(quotation, "SalesQuotation") == number);
    found.ok_or_else(|| {
        Fault::new(404, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for segment 'A_SalesQuotationType' {number}"))
    })
}

pub(crate) fn create(books: &mut Books, body: &Value) -> Result<Value, Fault> {
    QUOTATION.check(body)?;
    let customer = books.customer(body)?;
    if text(body, "SalesQuotationType") != "QT" {
        return Err(Fault::business("V1/303", "Sales document type is not defined"));
    }
    let number = (20_000_000 + books.quotations.len() + 1).to_string();
    let mut items = Vec::new();
    for (index, item) in list(&body["to_Item"]).iter().enumerate() {
        let key = Some(text(item, "SalesQuotationItem"))
            .filter(|key| !key.is_empty())
            .map_or_else(|| ((index + 1) * 10).to_string(), ToOwned::to_owned);
        let (material, quantity) = books.item(item, &key)?;
        let priced = books.price(material, customer, quantity, None);
        let mut saved = item.clone();
        merge(
            &mut saved,
            json!({"SalesQuotation": number, "SalesQuotationItem": key, "HigherLevelItem": "0", "SalesQuotationItemText": material.text, "RequestedQuantity": amount(quantity), "RequestedQuantityUnit": "PC",
                "NetAmount": amount(priced.net), "SalesDocumentRjcnReason": "", "SDProcessStatus": "A", "TransactionCurrency": "EUR", "to_PricingElement": priced.elements}),
        );
        items.push(saved);
    }
    if items.is_empty() {
        return Err(Fault::business("V1/393", "The document has no items"));
    }
    let now = books.now();
    let mut quotation = body.clone();
    let block = text(body, "DeliveryBlockReason").to_owned();
    let mut partners = vec![json!({"PartnerFunction": "SP", "Customer": text(body, "SoldToParty")})];
    partners.extend(list(&body["to_Partner"]).iter().cloned());
    let complete = json!({"SalesQuotation": number, "CreationDate": date(books.today()), "SalesQuotationDate": date(books.today()), "LastChangeDateTime": now, "TransactionCurrency": "EUR",
        "TotalNetAmount": "0.000", "HeaderBillingBlockReason": "", "DeliveryBlockReason": block, "OverallSDProcessStatus": "A", "OverallSDDocumentRejectionSts": "A", "SalesDocApprovalStatus": "",
        "BindingPeriodValidityEndDate": null, "to_Item": items, "to_Partner": partners, "to_Text": list(&body["to_Text"]), "to_SubsequentProcFlowDoc": [], "to_PrecedingProcFlowDoc": []});
    merge(&mut quotation, complete);
    let answer = json!({"d": shown(&quotation, &[], entity_tag(&quotation).as_deref())});
    books.quotations.push(quotation);
    books.settle("A_SalesQuotation", &number);
    Ok(answer)
}

/// An order has taken all of it.
pub(super) fn ordered(books: &mut Books, number: &str, order: &str) {
    let now = books.now();
    if let Some(quotation) = books.quotations.iter_mut().find(|quotation| text(quotation, "SalesQuotation") == number) {
        let flow = json!([{"SalesQuotation": number, "SubsequentDocument": order, "SubsequentDocumentCategory": "C"}]);
        merge(quotation, json!({"OverallSDProcessStatus": "C", "LastChangeDateTime": now, "to_SubsequentProcFlowDoc": flow}));
    }
}

/// `PATCH A_SalesQuotationItem(…)`.
pub(crate) fn change_item(books: &mut Books, resource: &Resource, if_match: Option<&str>, body: &Value) -> Result<(), Fault> {
    let (Some(number), Some(key)) = (resource.key("SalesQuotation").map(ToOwned::to_owned), resource.key("SalesQuotationItem"))
    else {
        return Err(Fault::syntax("The key of the item is not complete"));
    };
    ITEM.check(body)?;
    check_state(entity_tag(find(books, &number)?).as_deref(), if_match)?;
    books.check_lock(&number)?;
    let quotation = books.quotations.iter_mut().find(|quotation| text(quotation, "SalesQuotation") == number);
    let items = quotation.and_then(|quotation| quotation["to_Item"].as_array_mut());
    let item = items.into_iter().flatten().find(|item| text(item, "SalesQuotationItem").parse::<u32>().ok() == key.parse().ok());
    let item =
        item.ok_or_else(|| Fault::new(404, "/IWBEP/CM_MGW_RT/020", "Resource not found for segment 'A_SalesQuotationItemType'"))?;
    merge(item, body.clone());
    Ok(())
}

/// `If-Match` must be there and must be the state that the document has now.
pub(super) fn check_state(state: Option<&str>, if_match: Option<&str>) -> Result<(), Fault> {
    match if_match {
        None => {
            Err(Fault::new(428, "/IWFND/CM_MGW/540", "The request is required to be conditional. Try using \"If-Match\" header."))
        }
        Some(wanted) if wanted == "*" || Some(wanted) == state => Ok(()),
        Some(_) => Err(Fault::new(
            412,
            "/IWFND/CM_MGW/539",
            "The precondition is not satisfied: the document was changed in the meantime.",
        )),
    }
}
