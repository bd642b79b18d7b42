//! Idempotency-Key (rule A2): same key and body gives the first answer again; other body is refused; still running is refused.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Caller, Commerce, ServiceError};
use crate::store::{Answer, CaptureOutcome, Store};

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
        // On the heap: the futures of callers would grow with whatever is captured.
        let captured = Box::pin(once(&self.inner.store, principal, key, work)).await?;
        self.inner.pipeline.wake();
        Ok(captured)
    }
}

/// What a request comes to that is the only one with its key. A refusal counts only when no other request with the key has captured meanwhile: the
/// first one may have gone away while its capture was committed, and what that did to the checkout must not be held against its repetition.
async fn once<T>(
    store: &Store,
    principal: &str,
    key: &IdempotencyKey,
    work: impl Future<Output = Result<(T, CaptureOutcome), ServiceError>>,
) -> Result<Captured<T>, ServiceError> {
    if let Some(replayed) = replayed(store, principal, key).await? {
        return Ok(replayed);
    }
    let (new, outcome) = match work.await {
        Ok(done) => done,
        Err(refusal) => {
            return match replayed(store, principal, key).await {
                Ok(Some(replayed)) => Ok(replayed),
                Ok(None) | Err(_) => Err(refusal),
            };
        }
    };
    match outcome {
        CaptureOutcome::Captured => Ok(Captured::New(new)),
        CaptureOutcome::Replayed { status, body, .. } => Ok(Captured::Replayed { status, body }),
        CaptureOutcome::KeyReused => Err(ServiceError::KeyReused),
        CaptureOutcome::SealUsed { reference } => Err(ServiceError::CheckoutUsed(reference)),
        CaptureOutcome::QuoteAccepted { reference } => Err(ServiceError::QuoteAccepted(reference)),
        CaptureOutcome::UnderWay { reference, operation } => Err(ServiceError::ActionUnderWay { operation, reference }),
    }
}

/// The first answer to a key, when there is one.
async fn replayed<T>(store: &Store, principal: &str, key: &IdempotencyKey) -> Result<Option<Captured<T>>, ServiceError> {
    match store.answer(principal, &key.key).await? {
        Some(answer) if answer.body_sha256 == key.digest => {
            Ok(Some(Captured::Replayed { status: answer.status, body: answer.body }))
        }
        Some(_) => Err(ServiceError::KeyReused),
        None => Ok(None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Capture;
    use crate::store::fixtures::{TempStore, answer, capture_order};

    #[tokio::test]
    async fn a2_a_request_that_is_repeated_while_the_first_one_is_committed_gets_the_first_answer_and_no_refusal() {
        let temp = TempStore::open().await;
        let kept = answer("k", 1);
        let principal = kept.principal.clone();
        let late = async {
            // Whoever asked first has gone away; its commit ends between the look for its answer and the look at the checkout.
            temp.store.capture(Capture { answer: Some(kept.clone()), ..capture_order("A") }).await.unwrap();
            Err::<((), CaptureOutcome), _>(ServiceError::CheckoutUsed("O1".into()))
        };
        let key = IdempotencyKey { key: "k".into(), digest: kept.body_sha256 };
        let repeated = Box::pin(once(&temp.store, &principal, &key, late)).await;
        assert!(matches!(repeated, Ok(Captured::Replayed { .. })), "{repeated:?}");
    }

    #[tokio::test]
    async fn a2_a_refusal_of_a_key_that_nobody_used_stays_one() {
        let temp = TempStore::open().await;
        let refused = async { Err::<((), CaptureOutcome), _>(ServiceError::CheckoutUsed("O1".into())) };
        let key = IdempotencyKey { key: "k".into(), digest: [1; 32] };
        let refused = once(&temp.store, "p", &key, refused).await;
        assert!(matches!(refused, Err(ServiceError::CheckoutUsed(_))), "{refused:?}");
    }
}
