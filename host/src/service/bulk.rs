//! The same decision about many at once (rule T11): each is decided and audited by itself, and what has changed meanwhile is refused by itself.

use jiff::SignedDuration;
use serde::Serialize;

use super::{Commerce, Decision, Operator, ServiceError, TransferReport};
use crate::domain::Reference;
use crate::store::{DeskFilter, Transfer, Waiting};

/// What is done with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkAction {
    Resend,
    Abandon,
    /// Releases every hold on it.
    Release,
}

/// A decision about many.
#[derive(Clone, Debug)]
pub struct BulkRequest {
    pub action: BulkAction,
    /// Those; when there are none, those that the filter finds.
    pub references: Vec<Reference>,
    pub filter: DeskFilter,
    /// Only those that were captured so long ago.
    pub older_than_secs: Option<u64>,
    /// Only tell which.
    pub dry_run: bool,
    pub operator: Operator,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct BulkReport {
    pub dry_run: bool,
    /// There are more than one request may decide about.
    pub more: bool,
    pub done: usize,
    pub refused: usize,
    pub items: Vec<BulkItem>,
}

/// What came of one; of a dry run, how it stands.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "most are transfers")]
pub enum BulkItem {
    Done(TransferReport),
    Refused { reference: Reference, refused: String },
}

impl Commerce {
    /// Decides about many, one after the other. Fails as a whole only when nothing was decided.
    pub async fn decide_many(&self, request: BulkRequest) -> Result<BulkReport, ServiceError> {
        let (found, more) = if request.references.is_empty() { self.found(&request).await? } else { (Vec::new(), false) };
        if request.dry_run && request.references.is_empty() {
            let items: Vec<_> = found.into_iter().map(|transfer| BulkItem::Done(transfer.into())).collect();
            return Ok(BulkReport { dry_run: true, more, done: 0, refused: 0, items });
        }
        let found = found.into_iter().map(|transfer| transfer.reference);
        let references: Vec<_> = request.references.iter().cloned().chain(found).collect();
        let mut items = Vec::with_capacity(references.len());
        for reference in references {
            items.push(match self.decide_one(&request, &reference).await {
                Ok(report) => BulkItem::Done(report),
                Err(why) => BulkItem::Refused { reference, refused: why.to_string() },
            });
        }
        let refused = items.iter().filter(|item| matches!(item, BulkItem::Refused { .. })).count();
        Ok(BulkReport { dry_run: false, more, done: items.len() - refused, refused, items })
    }

    async fn decide_one(&self, request: &BulkRequest, reference: &Reference) -> Result<TransferReport, ServiceError> {
        let operator = request.operator.clone();
        match request.action {
            BulkAction::Resend => self.decide(reference, Decision::Resend, operator).await,
            BulkAction::Abandon => self.decide(reference, Decision::Abandon, operator).await,
            BulkAction::Release => self.release_hold(reference, None, operator).await,
        }
    }

    /// One more than wanted tells whether there are more.
    async fn found(&self, request: &BulkRequest) -> Result<(Vec<Transfer>, bool), ServiceError> {
        let most = request.filter.limit as usize;
        let age = request.older_than_secs.map(|secs| SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX)));
        let before = age.map(|age| self.inner.clock.now().saturating_sub(age).unwrap_or(jiff::Timestamp::MIN));
        let filter = DeskFilter { before, limit: request.filter.limit.saturating_add(1), ..request.filter.clone() };
        let mut found = self.inner.store.waiting(filter).await?;
        let more = found.len() > most;
        found.truncate(most);
        Ok((found, more))
    }
}

impl BulkAction {
    /// What it is done with.
    pub fn about(self) -> Waiting {
        match self {
            Self::Resend | Self::Abandon => Waiting::Parked,
            Self::Release => Waiting::Held,
        }
    }
}
