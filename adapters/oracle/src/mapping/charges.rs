//! Frozen prices: what was agreed, as a charge of the line that Fusion does not calculate again.

use super::prices::{LIST_USAGE, NET, NET_USAGE};
use crate::settings::Settings;
use crate::wire::Read;
use ordergate_sdk::json::number;
use ordergate_sdk::money::decimal;
use ordergate_sdk::orders::OrderLine;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What a line costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) quantity: Decimal,
    /// Of one unit.
    pub(crate) unit_price: Decimal,
    pub(crate) amount: Decimal,
}

impl Agreed {
    /// What the customer was promised. Fusion multiplies the unit price, so it must give the amount.
    pub(crate) fn of(line: &OrderLine, quantity: Decimal) -> Read<Self> {
        let price = line.unit_price.as_ref().ok_or("it has no agreed price to freeze")?;
        let amount = line.amount.as_ref().ok_or("it has no agreed amount to freeze")?;
        let read = |text: &str| decimal(text).map_err(|failure| failure.message);
        let (price, amount, per) = (read(&price.amount)?, read(&amount.amount)?, read(line.per.as_deref().unwrap_or("1"))?);
        let unit_price = price.checked_div(per).ok_or("its price is for no units")?;
        Ok(Self { quantity, unit_price, amount })
    }
}

/// The one charge of a line: list and net price are what was agreed.
pub(crate) fn frozen(settings: &Settings, currency: &str, agreed: &Agreed) -> Read<Value> {
    let Agreed { quantity, unit_price, amount } = agreed;
    let (unit, extended) = (number(*unit_price)?, number(*amount)?);
    let component = |sequence: u32, element: &str, usage: &str| {
        json!({"SourceChargeComponentId": format!("C1-CC{sequence}"), "PriceElementCode": element, "PriceElementUsageCode": usage,
            "HeaderCurrencyUnitPrice": unit, "HeaderCurrencyExtendedAmount": extended, "RollupFlag": false, "SequenceNumber": sequence})
    };
    Ok(json!({
        "SourceChargeId": "C1", "ApplyTo": "Price", "PricedQuantity": number(*quantity)?, "GSAUnitPrice": unit, "PriceType": "One time",
        "ChargeType": "Sale", "ChargeSubType": "Price", "ChargeCurrencyCode": currency, "SequenceNumber": 1,
        "ChargeDefinitionCode": settings.orders.charge_definition, "PrimaryFlag": true, "RollupFlag": false,
        "chargeComponents": [component(1, "QP_LIST_PRICE", LIST_USAGE), component(2, NET, NET_USAGE)],
    }))
}
