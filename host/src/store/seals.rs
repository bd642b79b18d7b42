//! Seals: what the customer agreed to at checkout (rules C1, C2). Used up by the capture of an order.

use jiff::Timestamp;

use super::{Store, StoreError};
use crate::domain::{CheckoutId, Reference, Seal};

/// A seal with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSeal {
    pub seal: Seal,
    /// The order that quoted it.
    pub used_by: Option<Reference>,
}

impl Store {
    /// Stores a seal, or replaces one that was not used yet (a checkout that was checked again).
    pub async fn put_seal(&self, seal: Seal) -> Result<(), StoreError> {
        todo!()
    }

    pub async fn seal(&self, id: &CheckoutId) -> Result<Option<StoredSeal>, StoreError> {
        todo!()
    }

    /// Deletes a seal that no order quotes (an abandoned checkout). Tells whether there was one.
    pub async fn delete_seal(&self, id: &CheckoutId) -> Result<bool, StoreError> {
        todo!()
    }
}
