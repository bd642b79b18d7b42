//! Quantities: a decimal and a unit of measure.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use utoipa::ToSchema;

/// A UN/ECE Recommendation 20 code, such as `C62` (one piece), `MTR` or `KGM`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "C62")]
pub struct Unit(SmolStr);

impl Unit {
    pub fn new(code: impl AsRef<str>) -> Self {
        Self(SmolStr::new(code))
    }

    /// One piece.
    pub fn one() -> Self {
        Self(SmolStr::new_static("C62"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many of what. In JSON: `{"value": "12", "unit": "C62"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    #[schema(value_type = String, example = "12")]
    #[serde(deserialize_with = "super::decimal::deserialize")]
    pub value: Decimal,
    #[serde(default = "Unit::one")]
    pub unit: Unit,
}

impl Quantity {
    pub fn new(value: Decimal, unit: Unit) -> Self {
        Self { value, unit }
    }

    pub fn pieces(value: impl Into<Decimal>) -> Self {
        Self { value: value.into(), unit: Unit::one() }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit)
    }
}
