//! How and where to: shipping codes, freight, and the country that decides about VAT. Pure.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    customer::{Customer, ShipTo},
    refusal::{Code, Refusal},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shipping {
    /// Parcel or forwarder.
    #[serde(rename = "STD")]
    Standard,
    #[serde(rename = "EXP")]
    Express,
    /// Picked up at the site.
    #[serde(rename = "PUP")]
    PickUp,
}

impl Shipping {
    pub(crate) fn from_code(code: Option<&str>) -> Result<Self, Refusal> {
        match code.unwrap_or_default() {
            "" | "STD" => Ok(Self::Standard),
            "EXP" => Ok(Self::Express),
            "PUP" => Ok(Self::PickUp),
            other => Err(Refusal::new(Code::UnknownShipping, format!("shipping {other:?} is unknown: STD, EXP or PUP"))),
        }
    }
}

/// Goods of this value or more go freight-free by standard shipping.
pub(crate) const FREIGHT_FREE_FROM: Decimal = Decimal::from_parts(250, 0, 0, false, 0);

/// What the delivery of goods worth `goods` costs; long goods cost a surcharge.
pub(crate) fn freight(shipping: Shipping, goods: Decimal, has_long_goods: bool) -> Decimal {
    let base = match shipping {
        Shipping::PickUp => return Decimal::new(0, 2),
        Shipping::Standard if goods >= FREIGHT_FREE_FROM => Decimal::new(0, 2),
        Shipping::Standard => Decimal::new(890, 2),
        Shipping::Express => Decimal::new(2450, 2),
    };
    if has_long_goods { base + Decimal::new(3900, 2) } else { base }
}

/// A ship-to number of the customer, or an address.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum ShipToRequest {
    Number(String),
    Address(ShipTo),
}

/// Where the goods go: as asked, or to the customer's first ship-to.
pub(crate) fn ship_to(customer: &Customer, asked: Option<&ShipToRequest>) -> Result<ShipTo, Refusal> {
    let first = || customer.ship_to.first().cloned().unwrap_or_default();
    match asked {
        None => Ok(first()),
        Some(ShipToRequest::Number(no)) => by_number(customer, no),
        Some(ShipToRequest::Address(address)) if *address == ShipTo::default() => Ok(first()),
        Some(ShipToRequest::Address(address)) => match &address.no {
            Some(no) => by_number(customer, no),
            None => Ok(address.clone()),
        },
    }
}

fn by_number(customer: &Customer, no: &str) -> Result<ShipTo, Refusal> {
    let known = |ship_to: &&ShipTo| no.is_empty() || no == customer.no || ship_to.no.as_deref() == Some(no);
    let unknown = || Refusal::new(Code::UnknownShipTo, format!("customer {} has no ship-to {no:?}", customer.no));
    customer.ship_to.iter().find(known).cloned().ok_or_else(unknown)
}

/// Whether German VAT applies.
pub(crate) fn is_domestic(ship_to: &ShipTo) -> bool {
    ship_to.country.as_deref().is_none_or(|country| country.is_empty() || country == "DE")
}
