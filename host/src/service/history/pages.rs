//! One back end's page of a list: live, or what it said last while it is down (rule H2), and where it goes on.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ListRequest;
use super::merge::{Shown, contains, end_of, start_of};
use super::owned::{note_unreadable, only_of};
use crate::domain::{AdapterName, BackendNumber, DocumentFilter, Failure, FailureCode, Page, PageRequest, Purpose, Reference};
use crate::service::{BackendDocument, Caller, Commerce, Provenance, ServiceError};
use crate::store::ListKey;

/// Most pages in a row that get no older. A back end that goes round in its pages would be listed for ever.
const MOST_WITHOUT_PROGRESS: u16 = 1_000;

/// Documents of a first page that is worth remembering.
const REMEMBERED: u32 = 20;

/// A back end, and how far its list has been shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) adapter: AdapterName,
    at: At,
    /// Part of the page was shown before.
    again: bool,
    /// Pages in a row that were no older than what was shown before.
    #[serde(default)]
    without_progress: u16,
    /// What the page before this one held, as a number.
    #[serde(default)]
    held: Option<u64>,
}

/// Where a back end's list goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum At {
    Start,
    /// The back end's own cursor.
    Page(String),
    /// In what was remembered.
    Remembered,
}

/// One page of a back end.
pub(super) struct Listed<T> {
    /// Where this page is.
    pub(super) source: Source,
    pub(super) items: Vec<T>,
    /// The oldest that the back end listed, before anything was left out.
    oldest: Option<Timestamp>,
    pub(super) next: Option<At>,
    pub(super) provenance: Provenance,
    pub(super) as_of: Timestamp,
    /// Why nothing is known of it, not even what was remembered.
    pub(super) unknown: Option<Failure>,
}

impl Source {
    pub(super) fn start(adapter: AdapterName) -> Self {
        Self { adapter, at: At::Start, again: false, without_progress: 0, held: None }
    }

    /// Takes note of a page, and whether the list ends with it: it is the one before again, or gets no older for too long.
    fn ends_with(&mut self, numbers: &[&BackendNumber], oldest: Option<Timestamp>, before: Option<Timestamp>) -> bool {
        let mut hasher = DefaultHasher::new();
        numbers.hash(&mut hasher);
        let held = (!numbers.is_empty()).then(|| hasher.finish());
        let is_repeated = held.is_some() && held == self.held;
        self.held = held;
        let is_older = before.is_none_or(|before| oldest.is_some_and(|oldest| oldest < before));
        self.without_progress = if is_older { 0 } else { self.without_progress.saturating_add(1) };
        is_repeated || self.without_progress >= MOST_WITHOUT_PROGRESS
    }
}

impl<T: BackendDocument> Listed<T> {
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.oldest
    }

    /// What is shown down to an instant, and where the rest begins, when there is any. Documents of one instant stay together.
    pub(super) fn shown_down_to(self, cut: Option<Timestamp>) -> (Vec<Shown<T>>, Option<Source>) {
        let Self { source, items, next, provenance, as_of, .. } = self;
        let (shown, rest): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|document| cut.is_none_or(|cut| document.head().placed_at >= cut));
        let adapter = source.adapter.clone();
        let left = match (rest.is_empty(), next) {
            (false, _) => Some(Source { again: true, ..source }),
            (true, Some(at)) => Some(Source { again: at == At::Remembered, at, ..source }),
            (true, None) => None,
        };
        let show = |document| Shown { document, adapter: adapter.clone(), provenance, as_of };
        (shown.into_iter().map(show).collect(), left)
    }
}

impl Commerce {
    /// The page of a back end at which its list goes on; what it said last when it is down.
    pub(super) async fn page_of<T: BackendDocument>(
        &self,
        caller: &Caller,
        request: &ListRequest,
        source: Source,
        before: Option<Timestamp>,
    ) -> Result<Listed<T>, ServiceError> {
        let account = caller.account()?;
        let (store, adapter) = (caller.shop.name.clone(), source.adapter.clone());
        let key = ListKey { store, adapter, account: account.clone(), kind: T::KIND };
        let asked_at = self.inner.clock.now();
        let answer = self.ask_page::<T>(caller, request, &source).await;
        let mut listed = match answer {
            Ok(page) => {
                note_unreadable(&source.adapter, page.unreadable.len());
                let items = only_of(&source.adapter, account, page.items);
                let oldest = items.iter().map(|document| document.head().placed_at).min();
                let mut source = source;
                let numbers: Vec<_> = items.iter().map(|document| document.head().number).collect();
                let is_last = !source.again && source.ends_with(&numbers, oldest, before);
                if source.at == At::Start {
                    self.remember(key, request, &items, page.next.is_none(), asked_at).await;
                }
                let items = self.filtered(caller, items, &request.filter);
                let next = page.next.map(At::Page).filter(|_| !is_last);
                Listed { source, items, oldest, next, provenance: Provenance::Live, as_of: asked_at, unknown: None }
            }
            Err(failure) if may_show_last_known(&failure) => {
                return self.last_known(caller, &key, request, source, before, failure).await;
            }
            Err(failure) => return Err(failure.into()),
        };
        if listed.source.again {
            listed.items.retain(|document| before.is_none_or(|before| document.head().placed_at < before));
        }
        Ok(listed)
    }

    async fn ask_page<T: BackendDocument>(
        &self,
        caller: &Caller,
        request: &ListRequest,
        source: &Source,
    ) -> Result<Page<T>, Failure> {
        let cursor = match &source.at {
            At::Start => None,
            At::Page(cursor) => Some(cursor.clone()),
            At::Remembered => {
                return Err(Failure::new(FailureCode::Unavailable, "the list is continued from what was remembered"));
            }
        };
        let loaded = self.inner.adapters.get(&source.adapter);
        let adapter = loaded.ok_or_else(|| Failure::new(FailureCode::Unavailable, "the adapter is not loaded"))?;
        let account = caller.account().map_err(|_| Failure::new(FailureCode::InvalidRequest, "no account"))?.clone();
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let list = T::list(account, request.filter.clone(), PageRequest { cursor, limit: request.limit() });
        adapter.call_on(&self.inner.reads, &context, list).await
    }

    /// Keeps an unfiltered first page for the time when the back end is down. A shorter one than usual says less than the one before.
    async fn remember<T: BackendDocument>(
        &self,
        key: ListKey,
        request: &ListRequest,
        items: &[T],
        is_whole: bool,
        now: Timestamp,
    ) {
        let unfiltered = request.cursor.is_none() && request.filter == DocumentFilter::default();
        if unfiltered
            && (is_whole || request.limit() >= REMEMBERED)
            && let Err(error) = self.inner.store.remember_list(key, items, now).await
        {
            tracing::warn!(%error, "the newest list was not kept");
        }
    }

    /// The remembered list, paged by time (rule H2). Documents placed in the same instant stay on one page.
    async fn last_known<T: BackendDocument>(
        &self,
        caller: &Caller,
        key: &ListKey,
        request: &ListRequest,
        source: Source,
        before: Option<Timestamp>,
        failure: Failure,
    ) -> Result<Listed<T>, ServiceError> {
        let remembered = self.inner.store.last_known_list::<T>(key).await?;
        let unknown = remembered.is_none().then_some(failure);
        let (known, as_of) = remembered.unwrap_or_else(|| (Vec::new(), self.inner.clock.now()));
        let mut items = self.filtered(caller, known, &request.filter);
        items.retain(|document| before.is_none_or(|before| document.head().placed_at < before));
        items.sort_by_key(|document| std::cmp::Reverse(document.head().placed_at));
        let last =
            (request.limit() as usize).checked_sub(1).and_then(|last| items.get(last)).map(|document| document.head().placed_at);
        let more = last.is_some_and(|last| items.iter().any(|document| document.head().placed_at < last));
        items.retain(|document| last.is_none_or(|last| document.head().placed_at >= last));
        let (source, next) = (Source { at: At::Remembered, ..source }, more.then_some(At::Remembered));
        let oldest = items.last().map(|document| document.head().placed_at);
        Ok(Listed { source, items, oldest, next, provenance: Provenance::Stale, as_of, unknown })
    }

    /// The host filters again: an adapter may not be able to, and a remembered list was not asked.
    fn filtered<T: BackendDocument>(&self, caller: &Caller, documents: Vec<T>, filter: &DocumentFilter) -> Vec<T> {
        let (now, zone) = (self.inner.clock.now(), &caller.shop.time_zone);
        let (from, to) = (filter.from.and_then(|day| start_of(day, zone)), filter.to.and_then(|day| end_of(day, zone)));
        let search = filter.search.as_deref().map(str::to_lowercase);
        let wanted = |document: &T| {
            let (head, status) = (document.head(), document.status_at(now, zone));
            let texts = [Some(head.number.as_str()), head.reference.map(Reference::as_str), head.purchase_order];
            (filter.statuses.is_empty() || filter.statuses.iter().any(|wanted| T::parse_status(wanted) == status))
                && from.is_none_or(|from| head.placed_at >= from)
                && to.is_none_or(|to| head.placed_at < to)
                && search.as_deref().is_none_or(|search| contains(texts, search))
        };
        documents.into_iter().filter(wanted).collect()
    }
}

/// The back end is not there or does not answer sensibly; a refusal is passed on.
fn may_show_last_known(failure: &Failure) -> bool {
    !matches!(failure.code, FailureCode::Rejected | FailureCode::InvalidRequest | FailureCode::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_a_list_that_gets_no_older_comes_to_an_end_and_one_that_does_never_for_that() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let mut source = Source::start("erp".into());
        let mut page = |number: u16, oldest, before| {
            let number = BackendNumber::new(number.to_string());
            source.ends_with(&[&number], oldest, before)
        };
        assert!(!page(0, at(50), None));
        assert!(page(0, at(50), at(50)), "the page before again");
        for number in 2..MOST_WITHOUT_PROGRESS {
            assert!(!page(number, at(50), at(50)), "orders of one day may fill many pages");
        }
        assert!(page(1, at(50), at(50)), "round and round");
        assert!(!page(2, at(49), at(50)), "it gets older");
    }
}
