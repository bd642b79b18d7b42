//! The request-for-quotation document, exactly as `GET /api/rfqs/{no}` shows it and as it is kept.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{article::Uom, calendar, order::Channel, vat::Vat};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rfq {
    pub(crate) no: String,
    pub(crate) your_ref: Option<String>,
    /// References of the counter-offers, in their order.
    pub(crate) counter_refs: Vec<String>,
    pub(crate) customer: String,
    pub(crate) channel: Channel,
    /// "0" before the first offer.
    pub(crate) rev: String,
    pub(crate) state: RfqState,
    pub(crate) po: Option<String>,
    pub(crate) remarks: Option<String>,
    pub(crate) entered_at: Timestamp,
    /// When the sales desk was last asked.
    pub(crate) asked_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    /// Last day of the offer in the seller's zone.
    pub(crate) valid_to: Option<Date>,
    pub(crate) currency: String,
    pub(crate) goods: Option<Decimal>,
    pub(crate) vat: Vec<Vat>,
    pub(crate) total: Option<Decimal>,
    pub(crate) order_no: Option<String>,
    /// Why it was refused or withdrawn.
    pub(crate) reason: Option<String>,
    pub(crate) positions: Vec<RfqPosition>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RfqPosition {
    pub(crate) pos: String,
    pub(crate) article: String,
    pub(crate) text: String,
    pub(crate) qty: Decimal,
    pub(crate) uom: Uom,
    pub(crate) wish: Option<Decimal>,
    /// Offered price; null before the offer.
    pub(crate) net: Option<Decimal>,
    pub(crate) per: Decimal,
    pub(crate) value: Option<Decimal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RfqState {
    #[serde(rename = "NEW")]
    New,
    #[serde(rename = "WRK")]
    InWork,
    #[serde(rename = "OFR")]
    Offered,
    #[serde(rename = "ACC")]
    Accepted,
    #[serde(rename = "REF")]
    Refused,
    #[serde(rename = "CTR")]
    Countered,
    #[serde(rename = "WDN")]
    Withdrawn,
    #[serde(rename = "EXP")]
    Expired,
}

impl RfqState {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::InWork => "WRK",
            Self::Offered => "OFR",
            Self::Accepted => "ACC",
            Self::Refused => "REF",
            Self::Countered => "CTR",
            Self::Withdrawn => "WDN",
            Self::Expired => "EXP",
        }
    }

    /// The sales desk has to answer.
    pub(crate) fn is_waiting(self) -> bool {
        matches!(self, Self::New | Self::InWork | Self::Countered)
    }
}

impl Rfq {
    /// The offer's last day is over.
    pub(crate) fn has_run_out(&self, now: Timestamp) -> bool {
        self.state == RfqState::Offered && self.valid_to.is_some_and(|day| now >= calendar::end_of(day))
    }

    pub(crate) fn has_ref(&self, reference: &str) -> bool {
        self.your_ref.as_deref() == Some(reference) || self.counter_refs.iter().any(|counter| counter == reference)
    }
}
