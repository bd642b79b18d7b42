//! How many can be had, where, when.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Buyer, Extensions, Location, Quantity, Sku, Unit};

/// One item whose availability is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityItem {
    pub sku: Sku,
    /// Absent for the location that the back end picks.
    pub location: Option<Location>,
    pub unit: Option<Unit>,
    pub quantity: Option<Decimal>,
    pub requested_date: Option<Date>,
}

/// Items that one adapter call asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityQuery {
    /// Filled when the adapter declared availability dimensions.
    pub buyer: Option<Buyer>,
    pub items: Vec<AvailabilityItem>,
}

/// How many by when from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleLine {
    pub quantity: Quantity,
    /// Absent when the back end cannot say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// How many of an item can be promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Availability {
    pub sku: Sku,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// How many can be promised now; never negative.
    #[schema(value_type = String, example = "42")]
    pub available: Decimal,
    pub unit: Unit,
    /// The back end promises any quantity (made to order, digital).
    #[serde(default)]
    pub unlimited: bool,
    /// What is to come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<ScheduleLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_days: Option<u32>,
    /// When the back end determined the value.
    /// [`Fresh`](super::Fresh) shows it.
    #[serde(skip)]
    pub as_of: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

impl Availability {
    /// Whether any can be promised now.
    pub fn is_available(&self) -> bool {
        self.unlimited || self.available > Decimal::ZERO
    }
}
