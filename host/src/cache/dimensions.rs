//! What a cached answer is about, as its key tells it: for marks and for those who look into the cache.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::{AdapterName, Buyer, Location, Sku, StoreName, Unit};

/// A key that can be looked into.
pub trait Keyed {
    fn dimensions(&self) -> Dimensions<'_>;
}

/// The dimensions of a question, as far as its adapter declared them.
#[derive(Clone, Copy, Debug)]
pub struct Dimensions<'a> {
    pub adapter: &'a AdapterName,
    pub store: &'a StoreName,
    pub sku: &'a Sku,
    pub location: Option<&'a Location>,
    pub unit: Option<&'a Unit>,
    pub date: Option<Date>,
    /// Absent where the answer is good for many quantities.
    pub quantity: Option<Decimal>,
    pub buyer: Option<&'a Buyer>,
    /// The dimensions that the adapter declared, as bits.
    pub declared: u16,
}

#[cfg(test)]
impl<'a> Dimensions<'a> {
    /// Of a question that names nothing else.
    pub(super) fn of(adapter: &'a AdapterName, store: &'a StoreName, sku: &'a Sku, location: Option<&'a Location>) -> Self {
        Self { adapter, store, sku, location, unit: None, date: None, quantity: None, buyer: None, declared: 0 }
    }
}
