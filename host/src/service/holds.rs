//! Holding orders and quotes back, for reasons that the operator has named (rules T6, T11).

use jiff::Timestamp;
use serde::Serialize;

use super::{Commerce, FieldProblem, Operator, ServiceError, TransferReport};
use crate::domain::{HoldCode, Reference};
use crate::store::Hold;

/// A reason that people can hold for.
#[derive(Clone, Debug, Serialize)]
pub struct HoldReasonReport {
    pub code: HoldCode,
    pub title: String,
    /// What the customer is told; only that it is on hold when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

/// A hold, for the desk.
#[derive(Clone, Debug, Serialize)]
pub struct HoldReport {
    pub code: HoldCode,
    pub actor: String,
    pub reason: String,
    pub placed_at: Timestamp,
}

impl From<Hold> for HoldReport {
    fn from(hold: Hold) -> Self {
        Self { code: hold.code, actor: hold.actor, reason: hold.reason, placed_at: hold.placed_at }
    }
}

impl Commerce {
    /// The reasons of the configuration.
    pub fn hold_reasons(&self) -> Vec<HoldReasonReport> {
        let reasons = self.inner.started_with.holds.reasons.iter();
        reasons
            .map(|(code, reason)| HoldReasonReport {
                code: code.clone(),
                title: reason.title.clone(),
                shown: reason.shown.clone(),
            })
            .collect()
    }

    /// Holds what waits to be sent; audited.
    pub async fn hold(&self, reference: &Reference, code: HoldCode, operator: Operator) -> Result<TransferReport, ServiceError> {
        let reasons = &self.inner.started_with.holds.reasons;
        let unknown = || {
            let known = reasons.keys().map(HoldCode::as_str).collect::<Vec<_>>().join(", ");
            ServiceError::Invalid(vec![FieldProblem::new("/code", format!("{code:?} is no reason to hold; there are: {known}"))])
        };
        let shown = reasons.get(&code).ok_or_else(unknown)?.shown.clone();
        let deed = self.deed(reference, operator).await?;
        let held = self.inner.store.hold(reference, code, shown, deed).await?;
        // The next one of its account may go.
        self.inner.pipeline.wake();
        Ok(held.into())
    }

    /// Releases one hold, or all; audited.
    pub async fn release_hold(
        &self,
        reference: &Reference,
        code: Option<HoldCode>,
        operator: Operator,
    ) -> Result<TransferReport, ServiceError> {
        let deed = self.deed(reference, operator).await?;
        let released = self.inner.store.release_hold(reference, code, deed).await?;
        self.inner.pipeline.wake();
        Ok(released.into())
    }
}
