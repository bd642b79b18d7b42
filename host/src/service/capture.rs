//! The end of every capture: what was decided is committed, together with the answer that a replay of its key gets.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{BackendDocument, Caller, Commerce, IdempotencyKey, Record, ServiceError};
use crate::domain::{AdapterName, CheckoutId, Reference, TransferOperation};
use crate::store::{Capture, CaptureOutcome, Instruction, NewDocument, NewOperation, Payload, StoreError};

/// The clocks of two hosts, at most.
const CLOCKS_DIFFER: Duration = Duration::from_secs(1);

/// A new order or quote: where it goes, and where it comes from.
pub(super) struct Filed {
    pub(super) adapter: AdapterName,
    /// The seal that it quotes.
    pub(super) seal: Option<CheckoutId>,
    /// Our quote that an order accepts or a counter-offer answers.
    pub(super) parent: Option<Reference>,
    pub(super) payload: Payload,
    pub(super) operation: TransferOperation,
    pub(super) instruction: Instruction,
    /// Since when the back end holds stock for it.
    pub(super) held_since: Option<Timestamp>,
    /// When the quote was read that it is about.
    pub(super) read_at: Option<Timestamp>,
}

/// An operation on a document that the back end has.
pub(super) struct Act {
    pub(super) operation: TransferOperation,
    pub(super) instruction: Instruction,
    /// When the document was read.
    pub(super) read_at: Timestamp,
}

impl Commerce {
    /// Commits a document with the transfer that brings it to the back end.
    pub(super) async fn file<T: BackendDocument>(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
        filed: Filed,
        render: impl FnOnce(&Record<T>) -> String,
    ) -> Result<(Record<T>, CaptureOutcome), ServiceError> {
        let (at, operation) = (self.inner.clock.now(), filed.operation);
        let document = NewDocument {
            reference: T::KIND.new_reference(),
            store: caller.shop.name.clone(),
            account: filed.payload.account().clone(),
            adapter: filed.adapter,
            principal: caller.principal.id.clone(),
            seal: filed.seal,
            parent: filed.parent,
            payload: filed.payload,
        };
        let record = Record::captured(document.captured(at));
        let answer = Some(key.answer(caller, operation.as_str(), render(&record)));
        let reference = document.reference.clone();
        let held_until = filed.instruction.held.as_ref().map(|held| held.reservation.expires_at);
        let lowers = match &document.payload {
            Payload::Order(order) => self.ordered(&reference, &document.store, order, filed.held_since.zip(held_until)),
            Payload::Quote(_) => None,
        };
        let instruction = from(caller, filed.instruction);
        let seal = document.seal.clone();
        let seen_since = filed.read_at.map(|read_at| self.seen_since(&document.adapter, read_at));
        let capture = Capture { document, operation, instruction, seen_since, answer, at };
        let outcome = match self.inner.store.capture(capture).await {
            // It was abandoned a moment ago.
            Err(StoreError::NotFound(_)) if seal.is_some() => return Err(ServiceError::CheckoutUnknown),
            outcome => outcome?,
        };
        if outcome == CaptureOutcome::Captured {
            let operation = operation.as_str();
            metrics::counter!("ordergate_documents_captured_total", "operation" => operation).increment(1);
            tracing::info!(%reference, request.id = %caller.request_id, operation, "captured");
            if let Some(ordered) = lowers {
                self.lower(ordered).await;
            }
        }
        Ok((record, outcome))
    }

    /// Commits an operation on a document that the back end has; the caller sees the document as it was before, and what is asked of it.
    pub(super) async fn enqueue<T: BackendDocument>(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
        mut record: Record<T>,
        act: Act,
        render: impl FnOnce(&Record<T>) -> String,
    ) -> Result<(Record<T>, CaptureOutcome), ServiceError> {
        let Act { operation, instruction, read_at } = act;
        record.pending = Some(operation);
        let own = record.captured.as_ref().map(|document| document.reference.clone());
        let operation = NewOperation {
            reference: own.unwrap_or_else(|| T::KIND.new_reference()),
            store: caller.shop.name.clone(),
            account: caller.account()?.clone(),
            adapter: record.adapter.clone(),
            operation,
            instruction: from(caller, instruction),
            seen_since: Some(self.seen_since(&record.adapter, read_at)),
            answer: Some(key.answer(caller, operation.as_str(), render(&record))),
            at: self.inner.clock.now(),
        };
        let outcome = self.inner.store.enqueue(operation).await?;
        Ok((record, outcome))
    }
}

impl Commerce {
    /// What the back end took since then may not have been seen by whoever read a document at an instant: it shows it a little later, and clocks of
    /// hosts differ a little.
    fn seen_since(&self, adapter: &AdapterName, read_at: Timestamp) -> Timestamp {
        let delay = self.inner.adapters.get(adapter).map(|adapter| adapter.description().propagation_delay).unwrap_or_default();
        let delay = SignedDuration::try_from(delay.saturating_add(CLOCKS_DIFFER)).unwrap_or(SignedDuration::MAX);
        read_at.saturating_sub(delay).unwrap_or(Timestamp::MIN)
    }
}

/// The transfer is made in the channel and language of the request.
fn from(caller: &Caller, instruction: Instruction) -> Instruction {
    Instruction { channel: Some(caller.shop.config.channel.clone()), locale: Some(caller.locale()), ..instruction }
}
