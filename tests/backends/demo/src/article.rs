//! Articles and sites as the back end keeps them. Filled by `data`, read by everything else.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is sold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Article {
    pub(crate) no: String,
    pub(crate) text: String,
    pub(crate) category: Category,
    /// EUR for `per` units.
    pub(crate) list: Decimal,
    pub(crate) per: Decimal,
    pub(crate) uom: Uom,
    /// Percent: 19 or 7.
    pub(crate) vat_rate: Decimal,
    /// Long goods cost a freight surcharge.
    pub(crate) long: bool,
    /// Nothing on the shelf, any quantity can be made.
    pub(crate) made_to_order: bool,
    /// Working days until it is here when nothing is in stock or on its way.
    pub(crate) lead_days: u32,
    /// Percent off the list price, ascending by quantity.
    pub(crate) breaks: Vec<ListBreak>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ListBreak {
    pub(crate) from: Decimal,
    pub(crate) percent: Decimal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Category {
    /// Fasteners.
    Fast,
    /// Hand tools.
    Tool,
    /// Power tools.
    Powr,
    /// Cable and wire, by the meter.
    Cabl,
    /// Pipes and profiles, by the meter, long goods.
    Pipe,
    /// Lubricants, adhesives and cleaning.
    Chem,
    /// Protective equipment.
    Safe,
    /// Electrical installation.
    Elec,
    /// Handbooks.
    Book,
    /// Made to order.
    Made,
}

/// Sales unit, in the back end's own codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Uom {
    Pce,
    Mtr,
    Kg,
    Pk,
}

impl Uom {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Pce => "PCE",
            Self::Mtr => "MTR",
            Self::Kg => "KG",
            Self::Pk => "PK",
        }
    }

    /// How many decimals a quantity may have.
    pub(crate) fn places(self) -> u32 {
        match self {
            Self::Pce | Self::Pk => 0,
            Self::Mtr | Self::Kg => 3,
        }
    }
}

/// A warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Site {
    Ber,
    Ham,
    Muc,
}

impl Site {
    pub(crate) const ALL: [Self; 3] = [Self::Ber, Self::Ham, Self::Muc];

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ber => "BER",
            Self::Ham => "HAM",
            Self::Muc => "MUC",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|site| site.code() == code)
    }
}
