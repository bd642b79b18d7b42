//! Document Prices: flat lists of lines, charges and components.

use crate::books::Books;
use crate::data::{self, CUSTOMERS};
use crate::fault::Fault;
use crate::schema::{Kind, Type, decimal, list, number, require, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Tax of everything, in percent.
const TAX: i64 = 19;

const HEADER: Type = Type {
    fields: &[
        ("HeaderId", Kind::Id),
        ("CustomerId", Kind::Id),
        ("SellingBusinessUnitName", Kind::Text),
        ("AppliedCurrencyCode", Kind::Text),
        ("TransactionTypeCode", Kind::Text),
        ("TransactionOn", Kind::Time),
        ("CalculatePricingChargesFlag", Kind::Flag),
        ("CalculateShippingChargesFlag", Kind::Flag),
        ("CalculateTaxFlag", Kind::Flag),
    ],
    lists: &[],
    objects: &[],
};
const QUANTITY: Type = Type { fields: &[("Value", Kind::Number), ("UomCode", Kind::Text)], lists: &[], objects: &[] };
const LINE: Type = Type {
    fields: &[
        ("HeaderId", Kind::Id),
        ("LineId", Kind::Id),
        ("InventoryItemId", Kind::Id),
        ("InventoryOrganizationCode", Kind::Text),
        ("LineCategoryCode", Kind::Text),
        ("LineTypeCode", Kind::Text),
        ("LineQuantityUOMCode", Kind::Text),
        ("AllowPriceListUpdateFlag", Kind::Flag),
        ("SkipShippingChargesFlag", Kind::Flag),
        ("TransactionOn", Kind::Time),
    ],
    lists: &[],
    objects: &[("LineQuantity", &QUANTITY)],
};
const PARAMETER: Type =
    Type { fields: &[("PricingContext", Kind::Text), ("PerformValueIdConversionsFlag", Kind::Flag)], lists: &[], objects: &[] };
const TRANSACTION: Type =
    Type { fields: &[], lists: &[("Header", &HEADER), ("Line", &LINE)], objects: &[("PricingServiceParameter", &PARAMETER)] };

/// Lists of an answer that lines add to.
#[derive(Default)]
struct Answer {
    lines: Vec<Value>,
    charges: Vec<Value>,
    components: Vec<Value>,
    messages: Vec<Value>,
}

pub(crate) fn price(books: &Books, body: &Value) -> Result<Value, Fault> {
    TRANSACTION.check(body, "")?;
    let header = list(body, "Header").first().ok_or_else(|| Fault::payload("There is no header"))?;
    require(header, &["HeaderId", "CustomerId", "SellingBusinessUnitName", "AppliedCurrencyCode", "TransactionOn"], "/Header/0")?;
    let customer = CUSTOMERS.iter().find(|customer| Some(customer.party) == header["CustomerId"].as_u64());
    let customer = customer.ok_or_else(|| Fault::business("QP-1001", "The customer is not valid."))?;
    if text(header, "SellingBusinessUnitName") != data::BUSINESS_UNIT_NAME {
        return Err(Fault::business("QP-1002", "The business unit is not valid."));
    }
    if text(header, "AppliedCurrencyCode") != data::CURRENCY {
        return Err(Fault::business("QP-1003", "There is no price list in this currency."));
    }
    let mut answer = Answer::default();
    for (index, line) in list(body, "Line").iter().enumerate() {
        let required = ["HeaderId", "LineId", "InventoryItemId", "LineQuantityUOMCode", "LineQuantity", "LineTypeCode"];
        require(line, &required, &format!("/Line/{index}"))?;
        add(books, customer, header, line, &mut answer);
    }
    let Answer { lines, charges, components, messages } = answer;
    Ok(json!({
        "PricingServiceParameter": [{"OutputStatus": "SUCCESS", "PricingContext": "SALES"}],
        "Header": [{"HeaderId": header["HeaderId"], "CustomerId": header["CustomerId"], "AppliedCurrencyCode": data::CURRENCY}],
        "Line": lines, "Charge": charges, "ChargeComponent": components, "PricingMessage": messages,
    }))
}

fn add(books: &Books, customer: &data::Customer, header: &Value, line: &Value, answer: &mut Answer) {
    let id = line["LineId"].clone();
    let quantity = decimal(&line["LineQuantity"], "Value");
    answer.lines.push(json!({"HeaderId": header["HeaderId"], "LineId": id, "InventoryItemId": line["InventoryItemId"], "LineQuantity": line["LineQuantity"]}));
    let item = books.items.iter().find(|item| Some(item.id) == line["InventoryItemId"].as_u64());
    let is_unit = text(line, "LineQuantityUOMCode") == data::UNIT;
    let Some((list, net)) = item.filter(|_| is_unit).and_then(|item| books.price(item, customer, quantity)) else {
        answer
            .messages
            .push(json!({"LineId": id, "MessageTypeCode": "ERROR", "MessageText": "No price list line applies to the item."}));
        return;
    };
    let charge = answer.charges.len() + 1;
    answer.charges.push(json!({"ChargeId": charge, "LineId": id, "ParentEntityCode": "LINE", "ChargeDefinitionCode": "QP_SALE_PRICE", "ChargeTypeCode": "ORA_SALE",
        "PriceTypeCode": "ONE_TIME", "CurrencyCode": data::CURRENCY, "PricedQuantity": line["LineQuantity"], "PrimaryFlag": true, "RollupFlag": false}));
    let mut component = |element: &str, usage: &str, unit: Decimal, all: Decimal, text: &str| {
        let amount = |value: Decimal| json!({"Value": number(value), "CurrencyCode": data::CURRENCY});
        let id = answer.components.len() + 1;
        answer.components.push(
            json!({"ChargeComponentId": id, "ChargeId": charge, "PriceElementCode": element, "PriceElementUsageCode": usage,
            "UnitPrice": amount(unit), "ExtendedAmount": amount(all), "Explanation": text, "RollupFlag": false}),
        );
    };
    let all = (net * quantity).round_dp(2);
    component("QP_BASE_LIST_PRICE", "LIST_PRICE", list, (list * quantity).round_dp(2), "Base list price");
    if list != net {
        component("QP_DISCOUNT_ADJ", "PRICE_ADJUSTMENT", net - list, ((net - list) * quantity).round_dp(2), "Customer discount");
    }
    component("QP_NET_PRICE", "NET_PRICE", net, all, "Net price");
    if header["CalculateTaxFlag"] == json!(true) {
        let tax = (all * Decimal::from(TAX) / Decimal::ONE_HUNDRED).round_dp(2);
        component("QP_TAX", "TAX", tax, tax, "Value added tax");
    }
}
