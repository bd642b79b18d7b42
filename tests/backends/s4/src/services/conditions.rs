//! `API_SLSPRICINGCONDITIONRECORD_SRV`: condition records of the price list and their scales.

use super::{Listed, page};
use crate::books::Books;
use crate::entity::amount;
use crate::fault::Fault;
use crate::resource::{Query, Resource};
use serde_json::{Value, json};

pub(crate) const SERVICE: &str = "API_SLSPRICINGCONDITIONRECORD_SRV";

const VALIDITY_FIELDS: [&str; 5] =
    ["ConditionRecord", "Material", "ConditionType", "ConditionValidityStartDate", "ConditionValidityEndDate"];
const SCALE_FIELDS: [&str; 1] = ["ConditionRecord"];

pub(crate) fn read(books: &Books, resource: &Resource, query: &Query) -> Result<Value, Fault> {
    let (fields, all): (&[&str], Vec<Value>) = match resource.set.as_str() {
        "A_SlsPrcgCndnRecdValidity" => (&VALIDITY_FIELDS, validities(books)),
        "A_SlsPrcgCndnRecordScale" => (&SCALE_FIELDS, scales(books)),
        other => return Err(Fault::new(404, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for segment '{other}'"))),
    };
    let path = format!("sap/opu/odata/sap/{SERVICE}/{}", resource.set);
    page(&Listed { path: &path, filterable: fields, navigations: &[], page_size: books.page_size }, &all, query)
}

fn record(index: usize) -> String {
    format!("{:0>10}", index + 1)
}

fn validities(books: &Books) -> Vec<Value> {
    let priced = books.materials.iter().enumerate().filter(|(_, material)| material.price.is_some());
    priced
        .map(|(index, material)| {
            json!({"ConditionRecord": record(index), "Material": material.number, "ConditionType": "PPR0", "ConditionValidityStartDate": books.in_days(-30), "ConditionValidityEndDate": "/Date(253402214400000)/"})
        })
        .collect()
}

fn scales(books: &Books) -> Vec<Value> {
    let of = |(index, material): (usize, &crate::data::Material)| {
        let line = move |(number, (from, rate)): (usize, &(rust_decimal::Decimal, rust_decimal::Decimal))| {
            json!({"ConditionRecord": record(index), "ConditionSequentialNumber": "1", "ConditionScaleLine": (number + 1).to_string(), "ConditionScaleQuantity": amount(*from),
                "ConditionScaleQuantityUnit": "PC", "ConditionRateValue": format!("{rate:.9}")})
        };
        material.scales.iter().enumerate().map(line).collect::<Vec<_>>()
    };
    books.materials.iter().enumerate().flat_map(of).collect()
}
