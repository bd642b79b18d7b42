//! Customers with their contracts and ship-to addresses. Filled by `data`, read by pricing, delivery and orders.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::article::Category;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) no: String,
    pub(crate) name: String,
    /// Orders and rfqs are refused.
    pub(crate) blocked: bool,
    pub(crate) contract: Option<Contract>,
    /// Added to the percentage of every quantity break.
    pub(crate) break_bonus: Decimal,
    /// EUR; larger orders are taken as blocked.
    pub(crate) credit_limit: Decimal,
    /// The first is the default.
    pub(crate) ship_to: Vec<ShipTo>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Contract {
    pub(crate) no: String,
    /// Percent off the list price.
    pub(crate) categories: BTreeMap<Category, Decimal>,
    /// Net price of the article's price unit.
    pub(crate) articles: BTreeMap<String, Decimal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ShipTo {
    /// Ship-to number; absent for an address given with the order.
    pub(crate) no: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) street: Option<String>,
    pub(crate) zip: Option<String>,
    pub(crate) city: Option<String>,
    /// ISO 3166-1 alpha-2; Germany when absent.
    pub(crate) country: Option<String>,
}
