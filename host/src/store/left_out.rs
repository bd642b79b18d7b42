//! Which transfers a claim leaves where they are, in their order. Made by the pipeline, honored by claims.

use super::rows::json;
use super::sql::Dialect;
use super::{StoreError, TransferId};
use crate::domain::AdapterName;

/// What must not be claimed now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// What this process is at work on: a clock that jumps ahead ends leases, but not the work.
    pub in_hand: Vec<TransferId>,
    /// Adapters that nothing is sent to, because their back ends are known to be down.
    pub sending: Vec<AdapterName>,
    /// Adapters that nothing is looked up in.
    pub looking_up: Vec<AdapterName>,
}

/// What is claimed: with [`LeftOut::to_json`] as its first three values. A `sending` transfer of a dead worker is to be looked up.
pub(super) fn claimable(dialect: Dialect) -> &'static str {
    dialect.choose(
        "turn = 1 AND id NOT IN (SELECT value FROM json_each($1)) AND CASE WHEN state IN ('unknown', 'sending') \
         THEN adapter NOT IN (SELECT value FROM json_each($2)) ELSE adapter NOT IN (SELECT value FROM json_each($3)) END",
        "turn = 1 AND id NOT IN (SELECT json_array_elements_text($1::json)::bigint) AND CASE WHEN state IN ('unknown', 'sending') \
         THEN adapter NOT IN (SELECT json_array_elements_text($2::json)) \
         ELSE adapter NOT IN (SELECT json_array_elements_text($3::json)) END",
    )
}

impl LeftOut {
    /// Transfers, adapters that nothing is looked up in, and those that nothing is sent to, as JSON arrays.
    pub(super) fn to_json(&self) -> Result<[String; 3], StoreError> {
        Ok([json("transfers", &self.in_hand)?, json("adapters", &self.looking_up)?, json("adapters", &self.sending)?])
    }
}
