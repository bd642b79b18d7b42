//! Whose transfers are left where they are: back ends that are known to be down. Made by the pipeline, honored by claims.

use super::StoreError;
use super::rows::json;
use crate::domain::AdapterName;

/// Adapters that must not be asked now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paused {
    /// Nothing is sent to these.
    pub sending: Vec<AdapterName>,
    /// Nothing is looked up in these.
    pub looking_up: Vec<AdapterName>,
}

impl Paused {
    /// Both lists as JSON arrays, for SQL. A `sending` transfer of a dead worker is to be looked up.
    pub(super) fn to_json(&self) -> Result<(String, String), StoreError> {
        Ok((json("paused", &self.sending)?, json("paused", &self.looking_up)?))
    }
}
