//! What lists of orders and quotes have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{Check, Findings};
use super::problem::Problem;
use crate::domain::{DocumentFilter, TransferState};
use crate::service::{DocumentPage, FieldProblem, ListRequest, Provenance, TransferSummary};

/// Which documents, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// Business statuses, separated by commas.
    status: Option<String>,
    /// Placed on or after this day.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<jiff::civil::Date>,
    /// Placed on or before this day.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<jiff::civil::Date>,
    /// Number, reference or purchase order.
    q: Option<String>,
    /// `next_cursor` of the page before. Everything else must be as it was there.
    cursor: Option<String>,
    /// 1 to 100 back-end documents a page; when absent 20, or as many as on the page before.
    limit: Option<u32>,
}

impl Check for ListParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        if self.limit.is_some_and(|limit| !(1..=100).contains(&limit)) {
            findings.add("?limit", "must be 1 to 100");
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            findings.add("?to", "must not be before `from`");
        }
        findings.optional_id("?q", self.q.as_deref());
        findings.into_vec()
    }
}

impl ListParameters {
    /// The request, when every status is one that the documents can have: a misspelled one would silently show nothing.
    pub fn checked(self, is_status: impl Fn(&str) -> bool) -> Result<ListRequest, Problem> {
        let statuses = self.status.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|status| !status.is_empty());
        let statuses: Vec<_> = statuses.map(str::to_owned).collect();
        if let Some(unknown) = statuses.iter().find(|status| !is_status(status)) {
            return Err(Problem::invalid(vec![FieldProblem::new(
                "?status",
                format!("{unknown:?} is no status of these documents"),
            )]));
        }
        let filter = DocumentFilter { statuses, from: self.from, to: self.to, search: self.q };
        Ok(ListRequest { filter, cursor: self.cursor, limit: self.limit })
    }
}

/// One page of documents, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageView<T> {
    items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// `stale`: the back end does not answer, this is its last known list.
    source: Provenance,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl<T> PageView<T> {
    pub fn of<R>(page: DocumentPage<R>, show: impl FnMut(R) -> T) -> Self {
        let items = page.items.into_iter().map(show).collect();
        Self { items, next_cursor: page.next_cursor, source: page.provenance, as_of: page.as_of }
    }
}

/// Where the transfer to the back end stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferView {
    state: TransferState,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// There while nothing is sent because somebody looks at it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_hold: Option<OnHoldView>,
    /// The back end's reason, when it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// That it is on hold, and what the customer is told about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnHoldView {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<TransferSummary> for TransferView {
    fn from(summary: TransferSummary) -> Self {
        Self {
            state: summary.state,
            attempts: summary.attempts,
            next_attempt_at: summary.next_attempt_at,
            on_hold: summary.on_hold.map(|hold| OnHoldView { message: hold.shown }),
            message: summary.message,
        }
    }
}
