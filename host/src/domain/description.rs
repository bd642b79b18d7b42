//! What an adapter says that it is and can do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

/// What a price or availability can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    Account,
    ShipTo,
    Contract,
    Currency,
    Unit,
    Quantity,
    Location,
    Date,
    SalesArea,
}

impl Dimension {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "account" => Self::Account,
            "ship-to" => Self::ShipTo,
            "contract" => Self::Contract,
            "currency" => Self::Currency,
            "unit" => Self::Unit,
            "quantity" => Self::Quantity,
            "location" => Self::Location,
            "date" => Self::Date,
            "sales-area" => Self::SalesArea,
            _ => return None,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::ShipTo => "ship-to",
            Self::Contract => "contract",
            Self::Currency => "currency",
            Self::Unit => "unit",
            Self::Quantity => "quantity",
            Self::Location => "location",
            Self::Date => "date",
            Self::SalesArea => "sales-area",
        }
    }
}

/// How the back end treats a second submit with the same reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deduplication {
    /// Returns the first document.
    NativeKey,
    /// Refuses the second.
    UniqueReference,
    /// Would take it twice, but a document can be found by its reference.
    Queryable,
    None,
}

impl Deduplication {
    /// An unknown class is read as `none`, the most careful.
    pub fn parse(name: &str) -> Self {
        match name {
            "native-key" => Self::NativeKey,
            "unique-reference" => Self::UniqueReference,
            "queryable" => Self::Queryable,
            _ => Self::None,
        }
    }
}

/// An endpoint that an adapter asks the operator to bind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndpointNeed {
    pub name: String,
    pub description: String,
    pub required: bool,
}

/// An adapter's description of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    pub name: String,
    pub version: String,
    pub vendor: String,
    /// Operations that work, as `interface.function`.
    pub capabilities: BTreeSet<String>,
    pub endpoints: Vec<EndpointNeed>,
    /// JSON Schema of the settings; empty when there are none.
    pub settings_schema: String,
    /// Most items in one call, by operation.
    pub batch_caps: BTreeMap<String, usize>,
    pub price_dimensions: BTreeSet<Dimension>,
    pub availability_dimensions: BTreeSet<Dimension>,
    pub deduplication: Deduplication,
    pub propagation_delay: Duration,
    pub combined_price_and_availability: bool,
    pub memory_bytes: Option<u64>,
}

impl Description {
    /// Items in one call of an operation when the adapter declares no cap.
    pub const DEFAULT_BATCH_CAP: usize = 100;

    pub fn batch_cap(&self, operation: &str) -> usize {
        self.batch_caps.get(operation).copied().unwrap_or(Self::DEFAULT_BATCH_CAP).max(1)
    }

    pub fn supports(&self, operation: &str) -> bool {
        self.capabilities.contains(operation)
    }
}
