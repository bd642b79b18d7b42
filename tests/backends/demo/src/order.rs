//! The order document, exactly as `GET /api/orders/{no}` shows it and as it is kept.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    article::{Site, Uom},
    customer::ShipTo,
    delivery::Shipping,
    stock::Promised,
    vat::Vat,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) no: String,
    pub(crate) your_ref: Option<String>,
    pub(crate) customer: String,
    pub(crate) channel: Channel,
    pub(crate) po: Option<String>,
    pub(crate) entered_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    pub(crate) state: OrderState,
    pub(crate) currency: String,
    pub(crate) goods: Decimal,
    pub(crate) freight: Decimal,
    pub(crate) vat: Vec<Vat>,
    pub(crate) total: Decimal,
    pub(crate) rfq: Option<String>,
    pub(crate) rfq_rev: Option<String>,
    pub(crate) wanted_on: Option<Date>,
    pub(crate) shipping: Shipping,
    pub(crate) complete: bool,
    pub(crate) ship_to: ShipTo,
    pub(crate) remarks: Option<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) positions: Vec<OrderPosition>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OrderPosition {
    pub(crate) pos: String,
    pub(crate) article: String,
    pub(crate) text: String,
    pub(crate) qty: Decimal,
    pub(crate) uom: Uom,
    pub(crate) net: Decimal,
    /// What the caller promised its customer.
    pub(crate) asked_net: Option<Decimal>,
    /// How many, and what, the caller ordered, when it was taken otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked_qty: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked_article: Option<String>,
    pub(crate) per: Decimal,
    pub(crate) value: Decimal,
    /// Where it was asked from.
    pub(crate) site: Option<Site>,
    pub(crate) state: OrderState,
    pub(crate) shipped: Decimal,
    pub(crate) promised: Vec<Promised>,
    pub(crate) tracking: Vec<Tracking>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tracking {
    pub(crate) no: String,
    pub(crate) carrier: String,
    pub(crate) shipped_on: Date,
    pub(crate) qty: Decimal,
}

/// How a document came to the back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Channel {
    Web,
    Edi,
    /// Telephone.
    Tel,
    /// Counter.
    Ctr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OrderState {
    #[serde(rename = "OPN")]
    Open,
    #[serde(rename = "PCK")]
    Picking,
    #[serde(rename = "PSH")]
    PartlyShipped,
    #[serde(rename = "SHP")]
    Shipped,
    #[serde(rename = "DON")]
    Done,
    #[serde(rename = "CAN")]
    Cancelled,
    #[serde(rename = "BLK")]
    Blocked,
}

impl OrderState {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Open => "OPN",
            Self::Picking => "PCK",
            Self::PartlyShipped => "PSH",
            Self::Shipped => "SHP",
            Self::Done => "DON",
            Self::Cancelled => "CAN",
            Self::Blocked => "BLK",
        }
    }

    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}
