//! What people must look at although the back end has answered (rules T9, T10), and what they decide about it.

use jiff::Timestamp;
use serde::Serialize;

use super::{Commerce, Operator, ServiceError};
use crate::domain::{
    AccountNumber, AdapterName, Evidence, Finding, FindingAction, FindingReason, FindingState, Reference, StoreName,
};
use crate::store::{FindingFilter, StoredFinding};

/// A finding, for the desk.
#[derive(Clone, Debug, Serialize)]
pub struct FindingReport {
    pub id: i64,
    /// The order or quote that it is about.
    pub reference: Reference,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    pub reason: FindingReason,
    pub state: FindingState,
    #[serde(flatten)]
    pub evidence: Evidence,
    /// What a person may do now.
    pub allowed_actions: &'static [FindingAction],
    pub found_at: Timestamp,
    /// When it was still so.
    pub seen_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

impl From<StoredFinding> for FindingReport {
    fn from(stored: StoredFinding) -> Self {
        let allowed_actions = stored.allowed_actions();
        let StoredFinding { id, reference, store, account, adapter, finding, state, found_at, seen_at, closed_at } = stored;
        let Finding { reason, evidence } = finding;
        Self { id, reference, store, account, adapter, reason, state, evidence, allowed_actions, found_at, seen_at, closed_at }
    }
}

impl Commerce {
    /// Findings, oldest first.
    pub async fn findings(&self, filter: FindingFilter) -> Result<Vec<FindingReport>, ServiceError> {
        Ok(self.inner.store.findings(filter).await?.into_iter().map(FindingReport::from).collect())
    }

    pub async fn finding(&self, id: i64) -> Result<FindingReport, ServiceError> {
        let found = self.inner.store.finding(id).await?;
        Ok(found.ok_or(ServiceError::NotFound("finding"))?.into())
    }

    /// Does what a person decided about an open finding; audited with actor and reason.
    pub async fn settle_finding(
        &self,
        id: i64,
        action: FindingAction,
        operator: Operator,
    ) -> Result<FindingReport, ServiceError> {
        let found = self.finding(id).await?;
        let deed = self.deed_about(&found.adapter, operator);
        let settled = self.inner.store.settle_finding(id, action, deed).await?;
        self.inner.pipeline.wake();
        Ok(settled.into())
    }
}
