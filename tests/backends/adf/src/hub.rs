//! `salesOrdersForOrderHub`: orders of the hub.

use crate::adf::{self, Version};
use crate::books::Books;
use crate::data::{self, CURRENCY, Customer};
use crate::fault::Fault;
use crate::query::Query;
use crate::schema::{Kind, Type, decimal, list, merge, number, require, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const BILL_TO: Type = Type { fields: &[("CustomerAccountId", Kind::Id), ("SiteUseId", Kind::Id)], lists: &[], objects: &[] };
const SHIP_TO: Type = Type { fields: &[("PartyId", Kind::Id), ("SiteId", Kind::Id)], lists: &[], objects: &[] };
const COMPONENT: Type = Type {
    fields: &[
        ("SourceChargeComponentId", Kind::Text),
        ("PriceElementCode", Kind::Text),
        ("PriceElementUsageCode", Kind::Text),
        ("HeaderCurrencyUnitPrice", Kind::Number),
        ("HeaderCurrencyExtendedAmount", Kind::Number),
        ("RollupFlag", Kind::Flag),
        ("SequenceNumber", Kind::Id),
    ],
    lists: &[],
    objects: &[],
};
const CHARGE: Type = Type {
    fields: &[
        ("SourceChargeId", Kind::Text),
        ("ApplyTo", Kind::Text),
        ("PricedQuantity", Kind::Number),
        ("GSAUnitPrice", Kind::Number),
        ("PriceType", Kind::Text),
        ("ChargeType", Kind::Text),
        ("ChargeSubType", Kind::Text),
        ("ChargeCurrencyCode", Kind::Text),
        ("SequenceNumber", Kind::Id),
        ("ChargeDefinitionCode", Kind::Text),
        ("PrimaryFlag", Kind::Flag),
        ("RollupFlag", Kind::Flag),
    ],
    lists: &[("chargeComponents", &COMPONENT)],
    objects: &[],
};
const LINE: Type = Type {
    fields: &[
        ("SourceTransactionLineId", Kind::Text),
        ("SourceTransactionLineNumber", Kind::Text),
        ("SourceScheduleNumber", Kind::Text),
        ("SourceTransactionScheduleId", Kind::Text),
        ("TransactionCategoryCode", Kind::Text),
        ("TransactionLineType", Kind::Text),
        ("ProductNumber", Kind::Text),
        ("OrderedQuantity", Kind::Number),
        ("OrderedUOMCode", Kind::Text),
        ("RequestedFulfillmentOrganizationCode", Kind::Text),
    ],
    lists: &[("charges", &CHARGE)],
    objects: &[],
};
const ORDER: Type = Type {
    fields: &[
        ("SourceTransactionNumber", Kind::Text),
        ("SourceTransactionSystem", Kind::Text),
        ("SourceTransactionId", Kind::Text),
        ("SourceTransactionRevisionNumber", Kind::Id),
        ("TransactionalCurrencyCode", Kind::Text),
        ("BusinessUnitId", Kind::Id),
        ("RequestingBusinessUnitId", Kind::Id),
        ("BuyingPartyNumber", Kind::Text),
        ("CustomerPONumber", Kind::Text),
        ("TransactionTypeCode", Kind::Text),
        ("TransactionOn", Kind::Time),
        ("RequestedShipDate", Kind::Time),
        ("RequestedFulfillmentOrganizationCode", Kind::Text),
        ("PaymentTerms", Kind::Text),
        ("PackingInstructions", Kind::Text),
        ("FreezePriceFlag", Kind::Flag),
        ("FreezeShippingChargeFlag", Kind::Flag),
        ("FreezeTaxFlag", Kind::Flag),
        ("SubmittedFlag", Kind::Flag),
    ],
    lists: &[("lines", &LINE), ("billToCustomer", &BILL_TO), ("shipToCustomer", &SHIP_TO)],
    objects: &[],
};
const REQUIRED: [&str; 11] = [
    "SourceTransactionNumber",
    "SourceTransactionSystem",
    "SourceTransactionId",
    "BusinessUnitId",
    "RequestingBusinessUnitId",
    "BuyingPartyNumber",
    "TransactionalCurrencyCode",
    "SubmittedFlag",
    "FreezePriceFlag",
    "FreezeShippingChargeFlag",
    "FreezeTaxFlag",
];
const REQUIRED_LINE: [&str; 9] = [
    "SourceTransactionLineId",
    "SourceTransactionLineNumber",
    "SourceScheduleNumber",
    "SourceTransactionScheduleId",
    "OrderedUOMCode",
    "OrderedQuantity",
    "ProductNumber",
    "TransactionCategoryCode",
    "TransactionLineType",
];
/// What a change may have: submission, or quantities of fulfillment lines.
const CHANGED_LINE: Type = Type {
    fields: &[("FulfillLineId", Kind::Id), ("OrderedQuantity", Kind::Number), ("CancelReason", Kind::Text)],
    lists: &[],
    objects: &[],
};
const CHANGE: Type = Type { fields: &[("SubmittedFlag", Kind::Flag)], lists: &[("lines", &CHANGED_LINE)], objects: &[] };

/// What `q` and `orderBy` know.
const ATTRIBUTES: [&str; 10] = [
    "HeaderId",
    "OrderNumber",
    "SourceTransactionNumber",
    "SourceTransactionSystem",
    "SourceTransactionId",
    "CustomerPONumber",
    "BuyingPartyNumber",
    "BusinessUnitId",
    "TransactionOn",
    "CreationDate",
];

pub(crate) fn list_orders(books: &Books, version: Version, query: &Query) -> Result<Value, Fault> {
    let mut page = adf::page(version, books.paging, &books.visible(), query, &ATTRIBUTES)?;
    if let Some(items) = page.get_mut("items").and_then(Value::as_array_mut).filter(|_| books.leaks) {
        items.push(json!({"HeaderId": 300_000_999_999_999_u64, "OrderNumber": "99999", "BuyingPartyNumber": "99999", "CreationDate": books.in_days(0),
            "TransactionalCurrencyCode": CURRENCY, "SourceTransactionSystem": "OPS", "SourceTransactionId": "somebody else's", "StatusCode": "OPEN"}));
    }
    Ok(page)
}

pub(crate) fn read(books: &Books, version: Version, key: &str, query: &Query) -> Result<Value, Fault> {
    query.only(&["expand", "fields", "onlyData", "dependency"])?;
    let children = adf::children(query)?;
    let found = books.visible().into_iter().rev().find(|order| has_key(order, key)).ok_or_else(Fault::not_found)?;
    Ok(adf::shown(version, found, &children, query.get("onlyData") == Some("true")))
}

/// `SYSTEM:ID`, or the header's identifier.
fn has_key(order: &Value, key: &str) -> bool {
    let by_source = format!("{}:{}", text(order, "SourceTransactionSystem"), text(order, "SourceTransactionId"));
    key == by_source || order.get("HeaderId").and_then(Value::as_u64).is_some_and(|id| key.parse() == Ok(id))
}

/// A second order of the same key is taken like the first one: what it would become is not known, so nobody may rely on it.
pub(crate) fn create(books: &mut Books, version: Version, body: &Value) -> Result<Value, Fault> {
    ORDER.check(body, "")?;
    require(body, &REQUIRED, "")?;
    let customer = books.customer(text(body, "BuyingPartyNumber"))?;
    check_header(body, customer)?;
    let mut lines = Vec::new();
    for (index, line) in list(body, "lines").iter().enumerate() {
        let path = format!("/lines/{index}");
        require(line, &REQUIRED_LINE, &path)?;
        lines.push(check_line(books, body, line, &path)?);
    }
    if lines.is_empty() {
        return Err(Fault::business("FOM-1020", "The order has no lines."));
    }
    let order = saved(books, body, customer, lines);
    let shown = adf::shown(version, &order, &[], false);
    books.orders.push(order);
    Ok(shown)
}

fn check_header(body: &Value, customer: &Customer) -> Result<(), Fault> {
    let refuse = |code: &str, text: String, field: &str| Err(Fault::business(code, text).at(format!("/{field}")));
    if !data::SOURCE_SYSTEMS.contains(&text(body, "SourceTransactionSystem")) {
        return refuse("FOM-1001", "The source system is not set up.".to_owned(), "SourceTransactionSystem");
    }
    if body["BusinessUnitId"].as_u64() != Some(data::BUSINESS_UNIT) {
        return refuse("FOM-1002", "The business unit is not valid.".to_owned(), "BusinessUnitId");
    }
    if text(body, "TransactionalCurrencyCode") != CURRENCY {
        return refuse("FOM-1003", "The currency is not valid.".to_owned(), "TransactionalCurrencyCode");
    }
    if body.get("TransactionTypeCode").is_some_and(|code| code != "STD") {
        return refuse("FOM-1004", "The transaction type is not valid.".to_owned(), "TransactionTypeCode");
    }
    let [bill_to, ship_to] = customer.sites;
    let is_known = |part: &Value, owner: (&str, u64), site: (&str, u64)| {
        part[owner.0].as_u64() == Some(owner.1) && part[site.0].as_u64() == Some(site.1)
    };
    let bill = list(body, "billToCustomer");
    if !bill.iter().all(|part| is_known(part, ("CustomerAccountId", customer.account), ("SiteUseId", bill_to))) {
        return refuse("FOM-1011", "The bill-to site is not valid.".to_owned(), "billToCustomer/0");
    }
    let ship = list(body, "shipToCustomer");
    if !ship.iter().all(|part| is_known(part, ("PartyId", customer.party), ("SiteId", ship_to))) {
        return refuse("FOM-1012", "The ship-to site is not valid.".to_owned(), "shipToCustomer/0");
    }
    Ok(())
}

/// What is kept of a line.
struct Checked {
    line: Value,
    quantity: Decimal,
    unit_price: Option<Decimal>,
    amount: Decimal,
}

fn check_line(books: &Books, order: &Value, line: &Value, path: &str) -> Result<Checked, Fault> {
    let product = text(line, "ProductNumber");
    let item = books.item(product).ok_or_else(|| {
        Fault::business("FOM-2001", format!("The item {product} does not exist.")).at(format!("{path}/ProductNumber"))
    })?;
    if text(line, "OrderedUOMCode") != data::UNIT {
        return Err(Fault::business("FOM-2002", "The unit of measure is not valid.").at(format!("{path}/OrderedUOMCode")));
    }
    let quantity = decimal(line, "OrderedQuantity");
    if quantity <= Decimal::ZERO {
        return Err(Fault::business("FOM-2003", "Enter an ordered quantity.").at(format!("{path}/OrderedQuantity")));
    }
    let customer = books.customer(text(order, "BuyingPartyNumber"))?;
    if order["FreezePriceFlag"] == json!(true) {
        let charge = list(line, "charges").iter().find(|charge| charge["PrimaryFlag"] == json!(true));
        let charge =
            charge.ok_or_else(|| Fault::business("FOM-2004", "A frozen price needs charges.").at(format!("{path}/charges")))?;
        let components = list(charge, "chargeComponents");
        let net = components.iter().find(|part| part["PriceElementCode"] == "QP_NET_PRICE");
        let net =
            net.ok_or_else(|| Fault::business("FOM-2005", "A charge needs a net price.").at(format!("{path}/charges/0")))?;
        let (unit_price, amount) = (decimal(net, "HeaderCurrencyUnitPrice"), decimal(net, "HeaderCurrencyExtendedAmount"));
        return Ok(Checked { line: line.clone(), quantity, unit_price: Some(unit_price), amount });
    }
    let unit_price = books.price(item, customer, quantity).map(|(_, net)| net);
    let amount = unit_price.map(|price| (price * quantity).round_dp(2)).unwrap_or_default();
    Ok(Checked { line: line.clone(), quantity, unit_price, amount })
}

fn saved(books: &mut Books, body: &Value, customer: &Customer, lines: Vec<Checked>) -> Value {
    let (change, now) = (books.next(), books.now());
    let header_id = 300_000_100_000_000 + change;
    let is_draft = books.keeps_drafts || body["SubmittedFlag"] != json!(true);
    let net: Decimal = lines.iter().map(|line| line.amount).sum();
    let tax = (net * Decimal::from(19) / Decimal::ONE_HUNDRED).round_dp(2);
    let kept: Vec<Value> = lines.iter().enumerate().map(|(index, line)| kept_line(books, line, index, change)).collect();
    let total = |code: &str, amount: Decimal| json!({"TotalCode": code, "TotalAmount": number(amount), "CurrencyCode": CURRENCY});
    let mut order = body.clone();
    merge(
        &mut order,
        json!({
            "HeaderId": header_id, "OrderNumber": (97_000 + change).to_string(), "BuyingPartyName": customer.name,
            "OrderKey": format!("{}:{}", text(body, "SourceTransactionSystem"), text(body, "SourceTransactionId")),
            "BusinessUnitName": data::BUSINESS_UNIT_NAME, "TransactionType": "Standard Orders", "CreationDate": now, "LastUpdateDate": now,
            "Status": if is_draft { "Draft" } else { "Processing" }, "StatusCode": if is_draft { "DRAFT" } else { "OPEN" },
            "SubmittedFlag": !is_draft, "OnHoldFlag": !customer.credit_ok, "lines": kept, "_changes": change,
            "totals": [total("QP_TOTAL_NET_PRICE", net), total("QP_TOTAL_TAX", tax), total("QP_TOTAL_PAY_NOW", net + tax)],
        }),
    );
    order
}

fn kept_line(books: &Books, line: &Checked, index: usize, change: u64) -> Value {
    let Checked { line: sent, quantity, unit_price, amount } = line;
    let item = books.item(text(sent, "ProductNumber"));
    let organization = Some(text(sent, "RequestedFulfillmentOrganizationCode")).filter(|code| !code.is_empty()).unwrap_or("M1");
    let promised = books.promise(text(sent, "ProductNumber"), organization, *quantity);
    let mut kept = sent.clone();
    if let Some(fields) = kept.as_object_mut() {
        fields.remove("charges");
    }
    merge(
        &mut kept,
        json!({
            "LineNumber": (index + 1).to_string(), "DisplayLineNumber": (index + 1).to_string(),
            "FulfillLineId": 300_000_000_000_100_000_u64 + change * 100 + index as u64, "ProductDescription": item.map(|item| item.description),
            "ShippedQuantity": null, "CanceledQuantity": null, "UnitSellingPrice": unit_price.map(number), "ExtendedAmount": number(*amount),
            "Status": "Awaiting Shipping", "StatusCode": "AWAIT_SHIP", "RequestedFulfillmentOrganizationCode": organization,
            "ScheduleShipDate": promised.last().map(|(_, day)| day.clone()),
        }),
    );
    kept
}

/// Submission, or quantities of fulfillment lines.
pub(crate) fn change(books: &mut Books, key: &str, if_match: Option<&str>, body: &Value) -> Result<Value, Fault> {
    CHANGE.check(body, "")?;
    let (change, now) = (books.next(), books.now());
    let refuses_submission = books.refuses_submission;
    let order = books.orders.iter_mut().rev().find(|order| has_key(order, key)).ok_or_else(Fault::not_found)?;
    if if_match.is_some_and(|wanted| wanted != adf::state(order)) {
        return Err(Fault::new(412, "27520", "The resource was changed in the meantime."));
    }
    let mut changed = order.clone();
    if body["SubmittedFlag"] == json!(true) {
        if refuses_submission {
            return Err(Fault::business("FOM-3001", "The order cannot be submitted: the tax is not determined."));
        }
        merge(&mut changed, json!({"SubmittedFlag": true, "Status": "Processing", "StatusCode": "OPEN"}));
    }
    for (index, wanted) in list(body, "lines").iter().enumerate() {
        change_line(&mut changed, wanted, &format!("/lines/{index}"))?;
    }
    let lines = list(&changed, "lines");
    if !lines.is_empty() && lines.iter().all(|line| line["StatusCode"] == "CANCELED") {
        merge(&mut changed, json!({"Status": "Canceled", "StatusCode": "CANCELED"}));
    }
    merge(&mut changed, json!({"_changes": change, "LastUpdateDate": now}));
    *order = changed;
    Ok(adf::shown(Version::parse(Some("4"))?, order, &[], false))
}

fn change_line(order: &mut Value, wanted: &Value, path: &str) -> Result<(), Fault> {
    require(wanted, &["FulfillLineId", "OrderedQuantity"], path)?;
    let lines = order["lines"].as_array_mut();
    let line = lines.into_iter().flatten().find(|line| line["FulfillLineId"] == wanted["FulfillLineId"]);
    let line = line
        .ok_or_else(|| Fault::business("FOM-3002", "The fulfillment line does not exist.").at(format!("{path}/FulfillLineId")))?;
    if line["StatusCode"] == "SHIPPED" {
        return Err(Fault::business("FOM-3003", "A shipped line cannot be changed.").at(path.to_owned()));
    }
    let quantity = decimal(wanted, "OrderedQuantity");
    if quantity.is_zero() {
        require(wanted, &["CancelReason"], path)?;
        let cancelled = line["OrderedQuantity"].clone();
        merge(
            line,
            json!({"Status": "Canceled", "StatusCode": "CANCELED", "CanceledQuantity": cancelled, "CancelReason": wanted["CancelReason"]}),
        );
    }
    merge(line, json!({"OrderedQuantity": wanted["OrderedQuantity"]}));
    Ok(())
}
