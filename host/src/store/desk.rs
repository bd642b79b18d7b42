//! What a person does with a parked transfer (rule T11, thin), and the append-only audit log.

use jiff::Timestamp;

use super::{Store, StoreError, Transfer};
use crate::domain::{BackendNumber, Reference};

/// Who does something by hand, and why. Both are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub actor: String,
    pub reason: String,
    pub at: Timestamp,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: String,
    /// `resend`, `link` or `abandon`.
    pub action: String,
    pub reference: Reference,
    pub reason: String,
    pub detail: Option<String>,
}

impl Store {
    /// Queues the parked transfer of a reference again, with a fresh count of attempts.
    pub async fn resend(&self, reference: &Reference, deed: Deed) -> Result<Transfer, StoreError> {
        todo!()
    }

    /// Confirms the parked transfer of a reference with the number that the back end has for it.
    pub async fn link(&self, reference: &Reference, number: BackendNumber, deed: Deed) -> Result<Transfer, StoreError> {
        todo!()
    }

    /// Gives the parked transfer of a reference up.
    pub async fn abandon(&self, reference: &Reference, deed: Deed) -> Result<Transfer, StoreError> {
        todo!()
    }

    /// Parked transfers, oldest first.
    pub async fn parked(&self, limit: u32) -> Result<Vec<Transfer>, StoreError> {
        todo!()
    }

    /// The audit log of a reference, oldest first.
    pub async fn audit_of(&self, reference: &Reference) -> Result<Vec<AuditEntry>, StoreError> {
        todo!()
    }
}
