//! Following what becomes of an order or quote: authorized as the document itself is, and for as long as the caller's token is good.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Caller, Commerce, ServiceError};
use crate::domain::{TransferOperation, TransferState};
use crate::events::{Beginning, Following, Listener, Shed};
use crate::store::{Cause, Document, DocumentEvent, DocumentKind, Store, StoreError};

impl Commerce {
    /// Every change of our order or quote, after the event that the caller has seen last; from how it stands when that is not known (any more).
    /// Nothing when the caller has seen its last event.
    pub async fn follow_document(
        &self,
        caller: &Caller,
        kind: DocumentKind,
        reference: &str,
        last_seen: Option<&str>,
    ) -> Result<Option<Following>, ServiceError> {
        let document = self.ours(caller, reference, kind).await?.ok_or(ServiceError::NotFound(kind.as_str()))?;
        let feed = &self.inner.events;
        let seen = feed.resume(&document.reference, last_seen).await?;
        if let Some(seen) = seen
            && let Some(newest) = self.inner.store.last_event_of(&document.reference).await?
            && newest.number == seen
            && newest.is_final()
        {
            return Ok(None);
        }
        let listener = Listener { principal: caller.principal.id.clone(), account: document.account.clone() };
        let subscription = feed.subscribe(listener, &document.reference).map_err(|shed| match shed {
            Shed::Account => ServiceError::TooManyStreams,
            Shed::Host => ServiceError::Overloaded(Duration::from_secs(5)),
        })?;
        let store = &self.inner.store;
        let beginning = match seen {
            Some(seen) => Beginning::After(seen, all_after(store, &document, seen).await?),
            None => Beginning::State(self.standing(&document).await?),
        };
        Ok(Some(feed.follow(subscription, beginning).until(caller.principal.expires_at.map(instant))))
    }

    /// How a document stands: as its newest event says, so that what comes after is told and nothing twice. Of one whose events are older than
    /// the log, as we know it.
    async fn standing(&self, document: &Document) -> Result<DocumentEvent, StoreError> {
        let store = &self.inner.store;
        let mut newest = store.last_event_of(&document.reference).await?;
        if newest.is_none() {
            self.inner.events.number_what_is_new().await?;
            newest = store.last_event_of(&document.reference).await?;
        }
        if let Some(newest) = newest {
            return Ok(newest);
        }
        // What happens after this look has a higher number.
        let head = store.event_log().await?.head;
        let known = store.document(&document.reference).await?;
        Ok(as_event(known.as_ref().unwrap_or(document), head))
    }
}

/// Events of a document that are read at once.
const BATCH: u32 = 200;

async fn all_after(store: &Store, document: &Document, seen: i64) -> Result<Vec<DocumentEvent>, StoreError> {
    let mut all = Vec::new();
    let mut last = seen;
    loop {
        let some = store.events_of(&document.reference, last, BATCH).await?;
        let is_all = some.len() < BATCH as usize;
        last = some.last().map_or(last, |event| event.number);
        all.extend(some);
        if is_all {
            return Ok(all);
        }
    }
}

fn as_event(document: &Document, number: i64) -> DocumentEvent {
    let cause = match document.transfer {
        TransferState::Confirmed | TransferState::Linked if document.status.is_some() => Cause::Status,
        TransferState::Confirmed => Cause::Confirmed,
        TransferState::Linked => Cause::Linked,
        TransferState::Rejected => Cause::Rejected,
        TransferState::Parked => Cause::Parked,
        TransferState::Abandoned => Cause::Abandoned,
        TransferState::Queued if document.on_hold.is_some() => Cause::Held,
        TransferState::Captured | TransferState::Queued | TransferState::Sending | TransferState::Unknown => Cause::Captured,
    };
    let operation = match document.kind() {
        DocumentKind::Order => TransferOperation::SubmitOrder,
        DocumentKind::Quote => TransferOperation::SubmitQuote,
    };
    DocumentEvent {
        number,
        reference: document.reference.clone(),
        kind: document.kind(),
        store: document.store.clone(),
        account: document.account.clone(),
        at: document.updated_at,
        operation,
        cause,
        transfer: document.transfer,
        status: document.status.clone(),
        revision: document.revision.clone(),
        backend_number: document.backend_number.clone(),
    }
}

/// When a time comes, by a clock that nobody sets. Tokens are checked by the system's.
fn instant(at: Timestamp) -> Instant {
    let left = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
    let now = Instant::now();
    now.checked_add(left).unwrap_or(now + A_LONG_TIME)
}

/// Longer than any stream lives.
const A_LONG_TIME: Duration = Duration::from_secs(365 * 24 * 3_600);
