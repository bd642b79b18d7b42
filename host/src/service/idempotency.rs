//! Idempotency-Key (rule A2): same key and body gives the first answer again; other body is refused; still running is refused.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Caller, Commerce, ServiceError};
use crate::store::{Answer, CaptureOutcome};

/// The key of a request and the digest of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    /// SHA-256 of route and body.
    pub digest: [u8; 32],
}

/// What came of a request that captures.
#[derive(Clone, Debug)]
pub enum Captured<T> {
    New(T),
    /// The first answer, again.
    Replayed {
        status: u16,
        body: String,
    },
}

/// Keys whose first request is still running in this host. What runs in other hosts, the store knows.
#[derive(Clone, Default)]
pub(super) struct RunningKeys(Arc<Mutex<HashSet<(String, String)>>>);

/// Ends the run when dropped.
struct Running {
    keys: RunningKeys,
    entry: (String, String),
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keys.0.lock().remove(&self.entry);
    }
}

impl RunningKeys {
    fn begin(&self, principal: &str, key: &str) -> Option<Running> {
        let entry = (principal.to_owned(), key.to_owned());
        self.0.lock().insert(entry.clone()).then(|| Running { keys: self.clone(), entry })
    }
}

/// Every capture is acknowledged with 202; that is what a replay answers as well.
const ACCEPTED: u16 = 202;

impl Commerce {
    /// Captures once per key: claims the key, answers a replay, does the work, which ends with its commit, and wakes the pipeline. The key is
    /// claimed until the end; the store decides again when it commits.
    pub(super) async fn captured_once<T>(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
        // Boxed by the callers: it would lie three times in their futures.
        work: Pin<Box<impl Future<Output = Result<(T, CaptureOutcome), ServiceError>>>>,
    ) -> Result<Captured<T>, ServiceError> {
        let principal = &caller.principal.id;
        let _running = self.inner.running.begin(principal, &key.key).ok_or(ServiceError::KeyInUse)?;
        let _held = self.inner.store.hold_key(principal, &key.key).await?.ok_or(ServiceError::KeyInUse)?;
        match self.inner.store.answer(principal, &key.key).await? {
            Some(answer) if answer.body_sha256 == key.digest => {
                return Ok(Captured::Replayed { status: answer.status, body: answer.body });
            }
            Some(_) => return Err(ServiceError::KeyReused),
            None => {}
        }
        // On the heap: the futures of callers would grow with whatever is captured.
        let (new, outcome) = Box::pin(work).await?;
        self.inner.pipeline.wake();
        match outcome {
            CaptureOutcome::Captured => Ok(Captured::New(new)),
            CaptureOutcome::Replayed { status, body, .. } => Ok(Captured::Replayed { status, body }),
            CaptureOutcome::KeyReused => Err(ServiceError::KeyReused),
            CaptureOutcome::SealUsed { reference } => Err(ServiceError::CheckoutUsed(reference)),
            CaptureOutcome::QuoteAccepted { reference } => Err(ServiceError::QuoteAccepted(reference)),
        }
    }
}

impl IdempotencyKey {
    pub(super) fn answer(&self, caller: &Caller, operation: &str, body: String) -> Answer {
        Answer {
            principal: caller.principal.id.clone(),
            key: self.key.clone(),
            operation: operation.to_owned(),
            body_sha256: self.digest,
            status: ACCEPTED,
            body,
        }
    }
}
