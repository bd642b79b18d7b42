//! What an order or quote would have come to with another version of its adapter, or with other settings: an attempt that was made is played again, and
//! both are compared, before a person sends it again (rule T11). Nothing is sent, nothing is written.

mod compare;

use std::io;
use std::path::Path;

use serde::Serialize;

use self::compare::{ComparedExchange, compared};
use super::{Commerce, FieldProblem, ServiceError};
use crate::adapter::trust::signature_path;
use crate::config::AdapterConfig;
use crate::domain::{AdapterName, BackendNumber, Failure, Reference, TransferOperation, TransferState};
use crate::pipeline;
use crate::store::{Attempt, AttemptKind, Transfer};

/// The name of an uploaded component in its folder, and in what is said about it.
const UPLOADED: &str = "uploaded.wasm";

/// Which attempt is played again, and with what.
#[derive(Debug, Default)]
pub struct ReplayRequest {
    /// Number of the attempt or look-up; the last of which something was kept when none is given.
    pub attempt: Option<u32>,
    /// A component in the place of the one that the configuration names now.
    pub component: Option<UploadedComponent>,
}

/// A component that was sent along.
#[derive(Debug)]
pub struct UploadedComponent {
    pub file: bytes::Bytes,
    /// Its detached signature (minisign), where the configuration asks for one.
    pub signature: Option<Vec<u8>>,
}

/// An attempt as it was, and as it would be now.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayReport {
    pub reference: Reference,
    pub operation: TransferOperation,
    pub adapter: AdapterName,
    /// Number of the attempt or look-up.
    pub attempt: u32,
    pub kind: AttemptKind,
    pub then: Came,
    pub now: Came,
    /// Every request of both, in the order of now.
    pub exchanges: Vec<ComparedExchange>,
}

/// What it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Came {
    /// SHA-256 of the component.
    pub digest: Option<String>,
    /// State of the transfer after it; none while it runs, or when the host died in it.
    pub state: Option<TransferState>,
    /// The back end's number, when it was taken or found.
    pub number: Option<BackendNumber>,
    pub failure: Option<Failure>,
}

impl Commerce {
    /// Plays an attempt of an order or quote again, with the adapter as the configuration says now, or with a component that was sent along: it is checked as
    /// at a load, its digest aside. One at a time, and not while an adapter is loaded.
    pub async fn replay(&self, reference: &Reference, request: ReplayRequest) -> Result<ReplayReport, ServiceError> {
        let ReplayRequest { attempt, component } = request;
        let store = &self.inner.store;
        let (transfer, attempt) = self.kept_attempt(reference, attempt).await?;
        let document = store.document(reference).await?;
        let config = self.adapter_config(&transfer.adapter)?;
        let folder = component.map(|component| put_aside(&component)).transpose()?;
        let config = match &folder {
            Some(folder) => AdapterConfig { component: folder.path().join(UPLOADED), sha256: None, ..config },
            None => config,
        };
        let adapter = {
            let turn = self.inner.adapters.turn_to_load().await;
            turn.aside(&transfer.adapter, &config).await.map_err(|error| self.refusal(error))?
        };
        let digest = adapter.digest().to_owned();
        let (operation, name) = (transfer.operation, transfer.adapter.clone());
        let number = document.as_ref().and_then(|document| document.backend_number.clone());
        let replayed = pipeline::replay(adapter, transfer, document, &attempt, &self.inner.started_with.transfer).await?;
        let was_confirmed = attempt.outcome == Some(TransferState::Confirmed);
        Ok(ReplayReport {
            reference: reference.clone(),
            operation,
            adapter: name,
            attempt: attempt.number,
            kind: attempt.kind,
            then: Came {
                digest: attempt.adapter_digest,
                state: attempt.outcome,
                number: number.filter(|_| was_confirmed),
                failure: attempt.failure,
            },
            now: Came { digest: Some(digest), state: Some(replayed.state), number: replayed.number, failure: replayed.failure },
            exchanges: compared(attempt.exchanges, replayed.exchanges),
        })
    }

    /// How large a component for an order or quote may be.
    pub async fn component_bytes(&self, reference: &Reference) -> Result<usize, ServiceError> {
        let transfers = self.inner.store.transfers_of(reference).await?;
        let newest = transfers.last().ok_or(ServiceError::NotFound("document"))?;
        Ok(self.adapter_config(&newest.adapter)?.limits.component_bytes)
    }

    /// The newest transfer of a document, and the attempt of it that is meant.
    async fn kept_attempt(&self, reference: &Reference, number: Option<u32>) -> Result<(Transfer, Attempt), ServiceError> {
        let store = &self.inner.store;
        let transfers = store.transfers_of(reference).await?;
        let transfer = transfers.into_iter().rfind(|transfer| !transfer.operation.is_best_effort());
        let transfer = transfer.ok_or(ServiceError::NotFound("document"))?;
        let attempts = store.attempts_of(reference).await?;
        let mut kept: Vec<_> =
            attempts.into_iter().filter(|attempt| attempt.transfer == transfer.id && !attempt.exchanges.is_empty()).collect();
        let numbers = kept.iter().map(|attempt| attempt.number.to_string()).collect::<Vec<_>>().join(", ");
        let place = match number {
            None => kept.len().checked_sub(1),
            Some(number) => kept.iter().position(|attempt| attempt.number == number),
        };
        match place {
            Some(place) => Ok((transfer, kept.swap_remove(place))),
            None if numbers.is_empty() => Err(ServiceError::AdapterConflict(
                "of no attempt was kept what it said to the back end: none got so far, limits.exchange_bytes is 0, or the customer was erased".into(),
            )),
            None => Err(ServiceError::Invalid(vec![FieldProblem::new("?attempt", format!("must be one of which something was kept: {numbers}"))])),
        }
    }
}

/// In a folder of its own, which goes with what is returned.
fn put_aside(component: &UploadedComponent) -> Result<tempfile::TempDir, ServiceError> {
    write(component).map_err(|cause| {
        ServiceError::AdapterConflict(format!("the component cannot be written to the folder for temporary files: {cause}"))
    })
}

fn write(component: &UploadedComponent) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("ordergate-replay-").tempdir()?;
    let path = folder.path().join(UPLOADED);
    std::fs::write(&path, &component.file)?;
    if let Some(signature) = &component.signature {
        std::fs::write(signature_path(Path::new(&path)), signature)?;
    }
    Ok(folder)
}
