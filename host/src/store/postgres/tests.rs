//! What holds for PostgreSQL in particular: several hosts on one database, lost connections, refusals at opening.

mod gathered;
mod hosts;
mod opening;
mod proxy;
mod trouble;

use std::time::Duration;

use super::super::fixtures::{TempStore, answer, capture_order, later, on_server, start};
use super::super::{
    Capture, CaptureOutcome, Claimed, Counts, DeskFilter, LeftOut, NewDocument, Outcome, Store, StoreError, Taken, Transfer,
    Waiting,
};
use crate::config::DatabaseConfig;
use crate::domain::{Accepted, BusinessStatus, Reference, TransferEvent, TransferState};

const LEASE: Duration = Duration::from_secs(60);

fn nothing() -> LeftOut {
    LeftOut::default()
}

/// Sends and confirms what was claimed.
async fn confirm(store: &Store, claimed: &Claimed) -> Result<TransferState, StoreError> {
    confirm_as(store, claimed, &format!("N{}", claimed.transfer.id.0)).await
}

/// The same under a number that the back end gives.
async fn confirm_as(store: &Store, claimed: &Claimed, number: &str) -> Result<TransferState, StoreError> {
    let (id, fence) = (claimed.transfer.id, claimed.fence);
    store.begin_attempt(id, fence, start(), LEASE, "digest".into()).await?;
    let accepted = Accepted { number: number.into(), status: BusinessStatus::Open, raw_status: None, amendments: vec![] };
    let outcome = Outcome {
        events: vec![TransferEvent::Taken],
        taken: Some(Taken::Order(accepted)),
        finding: None,
        failure: None,
        due_at: start(),
        counts: Counts::Counted,
        adapter_digest: Some("digest".into()),
        exchanges: vec![],
        started_at: start(),
        ended_at: start(),
    };
    store.record_outcome(id, fence, outcome).await
}

fn with_key(key: &str) -> Capture {
    Capture { answer: Some(answer(key, 1)), ..capture_order("A") }
}

async fn transfer(store: &Store, document: &NewDocument) -> Transfer {
    store.transfers_of(&document.reference).await.unwrap().remove(0)
}

async fn is_captured(store: &Store, reference: &Reference) -> bool {
    store.document(reference).await.unwrap().is_some()
}
