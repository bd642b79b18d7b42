//! Global Order Promising: the quick and the detailed check. What goes wrong with one item is said within a successful answer.

use crate::books::Books;
use crate::data;
use crate::fault::Fault;
use crate::schema::{Kind, Type, decimal, list, merge, number, require, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const ORGANIZATION: Type = Type { fields: &[("OrgIdentifier", Kind::Text)], lists: &[], objects: &[] };
const DETAIL: Type = Type {
    fields: &[
        ("ItemIdentifier", Kind::Text),
        ("RequestedDateTime", Kind::Time),
        ("CustomerIdentifier", Kind::Text),
        ("AvailabilityForSubstitutesFlag", Kind::Flag),
        ("AvailabilityForDropShipSupplierFlag", Kind::Flag),
    ],
    lists: &[("OrgInfoList", &ORGANIZATION)],
    objects: &[],
};
const QUICK: Type = Type {
    fields: &[
        ("CallingModule", Kind::Text),
        ("CallingInstance", Kind::Text),
        ("RequestCreationDateTime", Kind::Time),
        ("RequestTimeZone", Kind::Text),
    ],
    lists: &[("ItemDetailList", &DETAIL)],
    objects: &[],
};
const LINE: Type = Type {
    fields: &[
        ("FulfillmentLineIdentifier", Kind::Text),
        ("SalesOrderNumber", Kind::Text),
        ("InstanceNumber", Kind::Text),
        ("SalesOrderLineNumber", Kind::Text),
        ("RequestType", Kind::Text),
        ("RequestedCreationDate", Kind::Time),
        ("RequestedItem", Kind::Text),
        ("PromisingType", Kind::Text),
        ("RequestedDateTime", Kind::Time),
        ("RequestedQuantity", Kind::Number),
        ("RequestedQuantityUOM", Kind::Text),
        ("UnitPrice", Kind::Number),
        ("PlanningMultiple", Kind::Text),
        ("SubstitutionsAllowedFlag", Kind::Flag),
        ("SplitsAllowedFlag", Kind::Flag),
        ("GenerateAltAvailabilityFlag", Kind::Flag),
        ("AvailabilityBasis", Kind::Text),
        ("GeneratePeggingFlag", Kind::Flag),
        ("IgnoreReservationFlag", Kind::Flag),
        ("IgnoreDateReservationFlag", Kind::Flag),
    ],
    lists: &[],
    objects: &[("RequestedShipFromOrg", &ORGANIZATION)],
};
const ENTRY: Type = Type { fields: &[], lists: &[], objects: &[("FulfillmentLine", &LINE)] };
const DETAILED: Type = Type {
    fields: &[
        ("CallingModule", Kind::Text),
        ("CallingInstance", Kind::Text),
        ("RequestCreationDate", Kind::Time),
        ("RequestTimeZone", Kind::Text),
        ("ReleaseNumber", Kind::Text),
        ("UniqueOrderIdentifier", Kind::Text),
    ],
    lists: &[],
    objects: &[("FulfillmentLineEntryList", &ENTRY)],
};
const CALLER: [&str; 2] = ["CallingModule", "CallingInstance"];

pub(crate) fn quick(books: &Books, body: &Value) -> Result<Value, Fault> {
    QUICK.check(body, "")?;
    require(body, &CALLER, "")?;
    let items: Vec<Value> = list(body, "ItemDetailList").iter().map(|detail| availability(books, detail)).collect();
    Ok(
        json!({"PromisingSystem": "GOP", "PromisingInstance": "GOP", "PromiseDate": books.in_days(0), "ItemAvailabilityList": items, "SubstituteItemAvailabilityList": []}),
    )
}

fn availability(books: &Books, detail: &Value) -> Value {
    let item = text(detail, "ItemIdentifier");
    let mut answer = json!({"ItemIdentifier": item, "RequestedDateTime": detail["RequestedDateTime"], "ErrorCode": null, "ErrorMessage": null, "ItemAvailabilityAtSupplierList": []});
    if books.item(item).is_none() {
        merge(&mut answer, not_collected(item));
        return answer;
    }
    let at = |organization: &Value| {
        let code = text(organization, "OrgIdentifier");
        let place = json!({"OrgIdentifier": code});
        if !data::ORGANIZATIONS.contains(&code) {
            return json!({"OrgInfo": place, "ErrorCode": "MSC-2102", "ErrorMessage": format!("The organization {code} is not collected.")});
        }
        let free = books.stock.get(&(item.to_owned(), code.to_owned())).copied().unwrap_or_default();
        json!({"OrgInfo": place, "AvailableQuantity": number(free), "ShelfQuantity": number(free), "ErrorCode": null})
    };
    let entries: Vec<Value> = list(detail, "OrgInfoList").iter().map(at).collect();
    merge(&mut answer, json!({"ItemAvailabilityAtOrgList": entries}));
    answer
}

fn not_collected(item: &str) -> Value {
    json!({"ErrorCode": "MSC-2101", "ErrorMessage": format!("The item {item} is not collected.")})
}

pub(crate) fn detailed(books: &Books, body: &Value) -> Result<Value, Fault> {
    DETAILED.check(body, "")?;
    require(body, &CALLER, "")?;
    let line = body.pointer("/FulfillmentLineEntryList/FulfillmentLine").unwrap_or(&Value::Null);
    require(line, &["RequestedItem", "RequestedQuantity", "RequestedDateTime"], "/FulfillmentLineEntryList/FulfillmentLine")?;
    let (item, quantity) = (text(line, "RequestedItem"), decimal(line, "RequestedQuantity"));
    let mut answer =
        json!({"FulfillmentLineIdentifier": line["FulfillmentLineIdentifier"], "ErrorCode": null, "ErrorMessage": null});
    if books.item(item).is_none() || quantity <= Decimal::ZERO {
        merge(&mut answer, not_collected(item));
        return Ok(json!({"FulfillmentLineAvailability": [answer]}));
    }
    let organization = text(&line["RequestedShipFromOrg"], "OrgIdentifier");
    let organization = if organization.is_empty() { "M1" } else { organization };
    let split = |(quantity, day): (Decimal, String)| json!({"PromisedQuantity": number(quantity), "ExpectedShipDateTime": day, "ShipFromOrg": {"OrgIdentifier": organization}});
    let splits: Vec<Value> = books.promise(item, organization, quantity).into_iter().map(split).collect();
    merge(&mut answer, json!({"AvailabilityOptionList": [{"OptionRank": 1, "FulfillmentSplitList": splits}]}));
    Ok(json!({"FulfillmentLineAvailability": [answer]}))
}
