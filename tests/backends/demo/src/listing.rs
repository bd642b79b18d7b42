//! Lists of orders and rfqs: filters, newest first, pages. Used by the list requests of both.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    calendar,
    order::Order,
    refusal::{Code, Refusal},
    rfq::Rfq,
};

const DEFAULT_SIZE: usize = 20;
const MOST_SIZE: usize = 100;

/// The query of a list request. Empty values are as good as none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    pub(crate) customer: String,
    pub(crate) your_ref: String,
    pub(crate) state: String,
    pub(crate) since: String,
    pub(crate) until: String,
    pub(crate) q: String,
    pub(crate) page: String,
    pub(crate) size: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) page: usize,
    pub(crate) pages: usize,
}

/// What lists need to know of a document.
pub(crate) trait Document: Clone {
    fn no(&self) -> &str;
    fn customer(&self) -> &str;
    fn has_ref(&self, reference: &str) -> bool;
    fn state_code(&self) -> &'static str;
    fn entered_at(&self) -> Timestamp;
    /// Numbers and texts that `q` searches.
    fn words(&self) -> Vec<&str>;
}

/// The wanted page of `documents`, newest first.
pub(crate) fn list<'a, D: Document + 'a>(documents: impl Iterator<Item = &'a D>, filter: &Filter) -> Result<Page<D>, Refusal> {
    let page = number("page", &filter.page, 1, usize::MAX)?;
    let size = number("size", &filter.size, DEFAULT_SIZE, MOST_SIZE)?;
    let since = start("since", &filter.since)?;
    let until = end("until", &filter.until)?;
    let in_time = |document: &&D| {
        since.is_none_or(|since| document.entered_at() >= since) && until.is_none_or(|until| document.entered_at() < until)
    };
    let mut found: Vec<&D> = documents.filter(|document| matches(*document, filter)).filter(in_time).collect();
    found.sort_by(|a, b| b.entered_at().cmp(&a.entered_at()).then_with(|| b.no().cmp(a.no())));
    let pages = found.len().div_ceil(size).max(1);
    let first = (page - 1).saturating_mul(size);
    Ok(Page { items: found.into_iter().skip(first).take(size).cloned().collect(), page, pages })
}

fn matches<D: Document>(document: &D, filter: &Filter) -> bool {
    let needle = filter.q.to_lowercase();
    (filter.customer.is_empty() || document.customer() == filter.customer)
        && (filter.your_ref.is_empty() || document.has_ref(&filter.your_ref))
        && (filter.state.is_empty() || filter.state.split(',').any(|state| state.trim() == document.state_code()))
        && (needle.is_empty() || document.words().iter().any(|word| word.to_lowercase().contains(&needle)))
}

fn number(name: &str, text: &str, default: usize, most: usize) -> Result<usize, Refusal> {
    if text.is_empty() {
        return Ok(default);
    }
    let bad = || Refusal::new(Code::BadRequest, format!("{name}: {text:?} is not a number from 1 to {most}"));
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(bad)
}

fn start(name: &str, text: &str) -> Result<Option<Timestamp>, Refusal> {
    moment(name, text, calendar::start_of)
}

fn end(name: &str, text: &str) -> Result<Option<Timestamp>, Refusal> {
    moment(name, text, calendar::end_of)
}

fn moment(name: &str, text: &str, of_day: impl Fn(Date) -> Timestamp) -> Result<Option<Timestamp>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    // A date first: an instant's text would also be read as its date.
    if text.len() == "2026-11-22".len()
        && let Ok(day) = text.parse::<Date>()
    {
        return Ok(Some(of_day(day)));
    }
    let bad = |_| Refusal::new(Code::BadRequest, format!("{name}: {text:?} is neither a date nor an RFC 3339 instant"));
    text.parse().map(Some).map_err(bad)
}

impl Document for Order {
    fn no(&self) -> &str {
        &self.no
    }
    fn customer(&self) -> &str {
        &self.customer
    }
    fn has_ref(&self, reference: &str) -> bool {
        self.your_ref.as_deref() == Some(reference)
    }
    fn state_code(&self) -> &'static str {
        self.state.code()
    }
    fn entered_at(&self) -> Timestamp {
        self.entered_at
    }
    fn words(&self) -> Vec<&str> {
        let lines = self.positions.iter().flat_map(|position| [position.article.as_str(), position.text.as_str()]);
        let heads = [Some(self.no.as_str()), self.your_ref.as_deref(), self.po.as_deref(), self.rfq.as_deref()];
        heads.into_iter().flatten().chain(lines).collect()
    }
}

impl Document for Rfq {
    fn no(&self) -> &str {
        &self.no
    }
    fn customer(&self) -> &str {
        &self.customer
    }
    fn has_ref(&self, reference: &str) -> bool {
        Rfq::has_ref(self, reference)
    }
    fn state_code(&self) -> &'static str {
        self.state.code()
    }
    fn entered_at(&self) -> Timestamp {
        self.entered_at
    }
    fn words(&self) -> Vec<&str> {
        let lines = self.positions.iter().flat_map(|position| [position.article.as_str(), position.text.as_str()]);
        let heads = [Some(self.no.as_str()), self.your_ref.as_deref(), self.po.as_deref(), self.order_no.as_deref()];
        heads.into_iter().flatten().chain(lines).collect()
    }
}
