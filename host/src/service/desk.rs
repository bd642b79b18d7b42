//! What operators see and do: adapters, backlog, parked transfers (rule T11, thin).

use std::sync::Arc;

use super::{Commerce, ServiceError};
use crate::adapter::Adapter;
use crate::domain::{BackendNumber, Reference};
use crate::store::{Attempt, AuditEntry, Backlog, Deed, Document, Transfer};

/// Everything about one document, for the desk.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// None for an operation on a document that we do not hold.
    pub document: Option<Document>,
    pub transfers: Vec<Transfer>,
    pub attempts: Vec<Attempt>,
    pub audit: Vec<AuditEntry>,
}

/// What a person decides about a parked transfer.
#[derive(Clone, Debug)]
pub enum Decision {
    Resend,
    Link(BackendNumber),
    Abandon,
}

impl Commerce {
    pub fn adapters(&self) -> Vec<Arc<Adapter>> {
        self.inner.adapters.iter().cloned().collect()
    }

    pub async fn backlog(&self) -> Result<Backlog, ServiceError> {
        Ok(self.inner.store.backlog().await?)
    }

    /// Whether the store takes writes. Never asks a back end: a sick one must not empty the load balancer.
    pub async fn is_ready(&self) -> Result<(), ServiceError> {
        Ok(self.inner.store.probe().await?)
    }

    /// Parked transfers, oldest first.
    pub async fn parked(&self, limit: u32) -> Result<Vec<Transfer>, ServiceError> {
        Ok(self.inner.store.parked(limit).await?)
    }

    pub async fn dossier(&self, reference: &Reference) -> Result<Dossier, ServiceError> {
        let transfers = self.inner.store.transfers_of(reference).await?;
        if transfers.is_empty() {
            return Err(ServiceError::NotFound("document"));
        }
        Ok(Dossier {
            document: self.inner.store.document(reference).await?,
            transfers,
            attempts: self.inner.store.attempts_of(reference).await?,
            audit: self.inner.store.audit_of(reference).await?,
        })
    }

    /// Does what a person decided; audited with actor and reason.
    pub async fn decide(&self, reference: &Reference, decision: Decision, actor: String, reason: String) -> Result<Transfer, ServiceError> {
        let deed = Deed { actor, reason, at: self.inner.clock.now() };
        let store = &self.inner.store;
        let transfer = match decision {
            Decision::Resend => store.resend(reference, deed).await?,
            Decision::Link(number) => store.link(reference, number, deed).await?,
            Decision::Abandon => store.abandon(reference, deed).await?,
        };
        self.inner.pipeline.wake();
        Ok(transfer)
    }
}
