//! The desk's search: `GET /ops/v1/orders` (rule T11).

use std::fmt::Display;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::operator::{By, Read};
use super::{OpsState, limit_problem};
use crate::api::body::{Check, CheckedQuery, Findings};
use crate::api::problem::Problem;
use crate::domain::{AccountNumber, AdapterName, BusinessStatus, QuoteStatus, Reference, StoreName, TransferState};
use crate::service::{DocumentKind, FieldProblem, Found, FoundReport, Search, Standing, Waiting};

/// Most of one page.
const MOST: u32 = 100;
const DEFAULT: u32 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchParameters {
    /// The whole of a reference, number, purchase order or account.
    q: Option<String>,
    account: Option<String>,
    store: Option<String>,
    adapter: Option<String>,
    /// `order` or `quote`.
    kind: Option<String>,
    /// Of any of its transfers: a state, `held` or `under-way`.
    state: Option<String>,
    /// Business status.
    status: Option<String>,
    /// Captured at or after: an instant, or a day (UTC).
    from: Option<String>,
    /// Captured before that instant, or on or before that day (UTC).
    to: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<u32>,
}

impl Check for SearchParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        let named = [("q", &self.q), ("account", &self.account), ("store", &self.store), ("adapter", &self.adapter)];
        for (name, value) in named {
            findings.optional_id(format_args!("?{name}"), value.as_deref());
        }
        findings.into_vec().into_iter().chain(limit_problem(self.limit, MOST)).collect()
    }
}

impl SearchParameters {
    fn into_search(self) -> Result<Search, Problem> {
        let states = TransferState::ALL.map(TransferState::as_str);
        let states = [&states[..], &[Waiting::Held.as_str(), Waiting::UnderWay.as_str()]].concat().join(", ");
        let instant = "an instant such as 2026-12-24T08:00:00Z, or a day such as 2026-12-24";
        Ok(Search {
            text: self.q.map(|text| text.trim().to_owned()),
            account: self.account.map(AccountNumber::from),
            store: self.store.map(StoreName::from),
            adapter: self.adapter.map(AdapterName::from),
            kind: read("kind", self.kind, "order, quote", DocumentKind::parse)?,
            standing: read("state", self.state, states, standing)?,
            status: read("status", self.status, "the statuses of orders and quotes", status)?,
            from: read("from", self.from, instant, |text| moment(text, Some))?,
            until: read("to", self.to, instant, |text| moment(text, |day| day.tomorrow().ok()))?,
            after: read("cursor", self.cursor, "a page's next_cursor", found)?,
            limit: self.limit.unwrap_or(DEFAULT),
        })
    }
}

/// A parameter that must be one of what is known: a misspelled one would silently find nothing.
fn read<T>(
    name: &str,
    value: Option<String>,
    known: impl Display,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let unknown = |value: &str| FieldProblem::new(format!("?{name}"), format!("{value:?} is none of: {known}"));
    value.map(|value| parse(&value).ok_or_else(|| Problem::invalid(vec![unknown(&value)]))).transpose()
}

fn standing(name: &str) -> Option<Standing> {
    let waiting = Waiting::parse(name).map(Standing::Waiting);
    waiting.or_else(|| TransferState::parse(name).map(Standing::In))
}

fn status(name: &str) -> Option<String> {
    let is_known = BusinessStatus::parse(name).as_str() == name || QuoteStatus::parse(name).as_str() == name;
    is_known.then(|| name.to_owned())
}

fn moment(text: &str, of_day: impl Fn(Date) -> Option<Date>) -> Option<Timestamp> {
    let day = || Some(of_day(text.parse().ok()?)?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse().ok().or_else(day)
}

/// Milliseconds since 1970 and the reference.
fn found(cursor: &str) -> Option<Found> {
    let (at, reference) = cursor.split_once('.')?;
    let captured_at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
    Some(Found { captured_at, reference: Reference::parse(reference).ok()? })
}

/// One page, newest first.
#[derive(Serialize)]
pub(super) struct FoundView {
    items: Vec<FoundReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Orders and quotes of every store by account, number, reference or purchase order, and by where they stand.
pub(super) async fn search_orders(
    State(state): State<OpsState>,
    _: By<Read>,
    CheckedQuery(parameters): CheckedQuery<SearchParameters>,
) -> Result<Json<FoundView>, Problem> {
    let page = state.commerce.search(parameters.into_search()?).await?;
    let next_cursor = page.next.map(|last| format!("{}.{}", last.captured_at.as_millisecond(), last.reference));
    Ok(Json(FoundView { items: page.items, next_cursor }))
}
