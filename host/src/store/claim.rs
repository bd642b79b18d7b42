//! Claims: which transfer goes next, who holds it, and what came of it (rules T3, T5, T6). Called by the pipeline only.

use std::time::Duration;

use jiff::Timestamp;

use super::{Claimed, Fence, Outcome, Store, StoreError, TransferId};
use crate::domain::TransferState;

impl Store {
    /// Claims up to `limit` due transfers until `now + lease`. Of each account only the oldest unsettled one can be claimed (rule T6).
    /// One that was left in `sending` by a worker whose lease ran out comes as `unknown` (rule T3).
    pub async fn claim_due(&self, now: Timestamp, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        todo!()
    }

    /// Commits `sending` before the first byte leaves (rule T3). Refused with a stale fence (rule T5).
    pub async fn begin_attempt(&self, id: TransferId, fence: Fence, now: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// Commits what came of an attempt or look-up and ends the claim. Refused with a stale fence (rule T5). Returns the new state.
    pub async fn record_outcome(&self, id: TransferId, fence: Fence, outcome: Outcome) -> Result<TransferState, StoreError> {
        todo!()
    }

    /// Ends all claims of a host that died: `sending` becomes `unknown` (rule T3), the others can be claimed at once. For the start of the
    /// only host on this database. Returns how many transfers were freed.
    pub async fn recover(&self, now: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }

    /// When the next transfer is due, or the earliest lease ends.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }
}
