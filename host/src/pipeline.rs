//! The transfer pipeline: moves captured orders and quotes to their back ends, once each (rules T3 to T8). Started by `app`; woken by
//! `service`. It never holds a transaction over a call and never sends again what may have been taken.

mod backend;
mod backoff;

use std::time::Duration;

use tokio::sync::broadcast;

pub use backend::{Backend, BackendTraits};

use crate::clock::Clock;
use crate::config::TransferConfig;
use crate::domain::{Reference, TransferState};
use crate::store::{Store, StoreError};

/// A handle to the running pipeline. Cheap to clone; the pipeline runs until [`Pipeline::drain`].
#[derive(Clone)]
pub struct Pipeline {
}

impl Pipeline {
    /// Takes over what a dead host left (`sending` becomes `unknown`) and starts. `seed` makes the jitter repeatable.
    pub async fn start<B: Backend>(
        store: Store,
        backend: B,
        config: TransferConfig,
        clock: Clock,
        seed: u64,
    ) -> Result<Self, StoreError> {
        todo!()
    }

    /// Something was captured or queued: look at once.
    pub fn wake(&self) {
        todo!()
    }

    /// References of documents and operations whose transfer has just changed. A slow reader loses old ones.
    pub fn subscribe(&self) -> broadcast::Receiver<Reference> {
        todo!()
    }

    /// Waits until the newest transfer of a reference is settled (confirmed, rejected, parked, linked or abandoned). For `Prefer: wait`;
    /// the caller sets the time limit. Fails when the reference has no transfer.
    pub async fn settled(&self, reference: &Reference) -> Result<TransferState, StoreError> {
        todo!()
    }

    /// Claims nothing more and waits for what is under way, at most so long. Tells how many transfers were still under way at the end:
    /// those are `unknown` at the next start.
    pub async fn drain(&self, deadline: Duration) -> usize {
        todo!()
    }
}
