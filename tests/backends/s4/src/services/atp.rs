//! `API_PRODUCT_AVAILY_INFO_BASIC`: function imports by GET, and no entity sets.

use crate::books::Books;
use crate::entity::{amount, ms_of};
use crate::fault::Fault;
use crate::resource::{Query, string};
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(crate) const SERVICE: &str = "API_PRODUCT_AVAILY_INFO_BASIC";

pub(crate) fn call(books: &Books, function: &str, query: &Query) -> Result<Value, Fault> {
    let argument = |name: &str| query.get(name).ok_or_else(|| Fault::syntax(format!("Parameter {name} is missing")));
    let (plant, material) = (string(argument("SupplyingPlant")?)?, string(argument("Material")?)?);
    if string(argument("ATPCheckingRule")?)? != "A" {
        return Err(Fault::business("ATP/002", "The checking rule is not defined"));
    }
    let free = books.stock.get(&(material.clone(), plant.clone())).copied();
    let free = free.ok_or_else(|| Fault::new(404, "ATP/001", format!("Material {material} does not exist in plant {plant}")))?;
    let later = ms_of(books.today()) + 7 * 86_400_000;
    let (start, quantity) = match function {
        "DetermineAvailabilityAt" => {
            let moment = argument("RequestedUTCDateTime")?;
            let moment = moment
                .strip_prefix("datetimeoffset")
                .map(string)
                .transpose()?
                .and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let at = moment.ok_or_else(|| Fault::syntax("RequestedUTCDateTime is no Edm.DateTimeOffset"))?.as_millisecond();
            (at, if at >= later { free + Decimal::ONE_THOUSAND } else { free })
        }
        "DetermineAvailabilityOf" => {
            let wanted = argument("RequestedQuantityInBaseUnit")?;
            let wanted: Option<Decimal> = wanted.strip_suffix('M').and_then(|digits| digits.parse().ok());
            let wanted = wanted.ok_or_else(|| Fault::syntax("RequestedQuantityInBaseUnit is no Edm.Decimal"))?;
            (if wanted <= free { ms_of(books.today()) } else { later }, wanted)
        }
        other => return Err(Fault::new(404, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for segment '{other}'"))),
    };
    let moment = |ms: i64| format!("/Date({ms}+0000)/");
    Ok(json!({"d": {function: {
        "__metadata": {"type": "API_PRODUCT_AVAILY_INFO_BASIC.AvailabilityRecord"}, "PeriodStartUTCDateTime": moment(start), "PeriodStartTimeZone": "UTC",
        "PeriodEndUTCDateTime": moment(later), "PeriodEndTimeZone": "UTC", "AvailableQuantityInBaseUnit": amount(quantity), "BaseUnit": "PC",
    }}}))
}
