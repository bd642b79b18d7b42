//! What the back end has of one document, compared with what was handed over (rule T10).

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use crate::adapter::operation::Operation;
use crate::adapter::{Adapter, Lane};
use crate::config::TransferConfig;
use crate::domain::{
    Amendment, BackendNumber, CallContext, DocumentFilter, Evidence, Failure, FailureCode, Finding, FindingReason, PageRequest,
    Purpose, Reference, Side, TransferState,
};
use crate::service::{BackendDocument, Commerce, Shop};
use crate::store::{Document, DocumentKind, ToCompare};

/// Documents of a list page, and most pages that are looked through for doubles.
const PAGE: u32 = 100;
const MOST_PAGES: usize = 10;

/// Comparing documents of one account at one adapter; their list is read once.
pub(super) struct Examination<'a, T> {
    commerce: &'a Commerce,
    config: &'a TransferConfig,
    shop: Arc<Shop>,
    adapter: Arc<Adapter>,
    /// Captured no earlier.
    oldest: Timestamp,
    /// References and numbers that the back end lists; none when it cannot list.
    listed: OnceCell<Vec<(Reference, BackendNumber)>>,
    kind: PhantomData<T>,
}

impl<'a, T: BackendDocument> Examination<'a, T> {
    /// None when the store or the adapter is not configured any more.
    pub(super) fn begin(commerce: &'a Commerce, group: &[ToCompare], config: &'a TransferConfig) -> Option<Self> {
        let first = &group.first()?.document;
        let shop = commerce.shop(Some(first.store.as_str())).ok()?;
        let adapter = commerce.inner.adapters.get(&first.adapter)?;
        let oldest = group.iter().map(|one| one.document.captured_at).min()?;
        Some(Self { commerce, config, shop, adapter, oldest, listed: OnceCell::new(), kind: PhantomData })
    }

    /// What a person must look at. A failure when the back end cannot tell now.
    pub(super) async fn of(&self, one: &ToCompare) -> Result<Vec<Finding>, Failure> {
        let document = &one.document;
        match (&document.backend_number, document.transfer) {
            (Some(number), TransferState::Confirmed | TransferState::Linked) => {
                let (is_there, found) = self.confirmed(one, number).await?;
                // What stands alone under another number than ours is not there twice.
                let doubled = if is_there { self.doubled(document, number).await? } else { None };
                Ok(found.into_iter().chain(doubled).collect())
            }
            _ => Ok(self
                .find(document)
                .await?
                .map(|number| finding(FindingReason::Taken, vec![], vec![number]))
                .into_iter()
                .collect()),
        }
    }

    /// Whether it is there under its number, and what of it is otherwise.
    async fn confirmed(&self, one: &ToCompare, number: &BackendNumber) -> Result<(bool, Option<Finding>), Failure> {
        let document = &one.document;
        let (asked, asked_at) = (T::get(document.account.clone(), number.clone()), self.commerce.inner.clock.now());
        match self.ask(document, &asked).await {
            Ok(there) if self.own(document, &there) && self.may_be(document, &there) => {
                self.keep_status(document, &there, asked_at).await;
                Ok((true, self.compared(one, &there)))
            }
            Ok(there) => Ok((false, self.gone(one, number, Some(there)).await?)),
            Err(failure) if failure.code == FailureCode::NotFound => Ok((false, self.gone(one, number, None).await?)),
            Err(failure) if !failure.code.is_an_answer() => Err(failure),
            // It cannot be shown by its number.
            Err(_) => Ok((self.lists(document, number).await?, None)),
        }
    }

    /// Whoever listens is told of what changed while nobody looked.
    async fn keep_status(&self, document: &Document, there: &T, asked_at: Timestamp) {
        let observed = there.observed();
        if document.status.as_ref() != Some(&observed.status) {
            self.commerce.keep(&document.reference, observed, asked_at).await;
        }
    }

    /// The number leads nowhere, or to what is not known as ours: it may be there under another, or not yet be findable.
    async fn gone(&self, one: &ToCompare, number: &BackendNumber, shown: Option<T>) -> Result<Option<Finding>, Failure> {
        let wait = self.adapter.description().propagation_delay.saturating_add(self.config.settle());
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        if self.commerce.inner.clock.now().duration_since(one.settled_at) < wait {
            return Ok(None);
        }
        let differs = |kind: &str, from: String, to: Option<String>, message: &str, number: BackendNumber| {
            let (kind, message) = (kind.to_owned(), Some(message.to_owned()));
            let difference = Amendment { line: None, kind, from: Some(from), to, message };
            finding(FindingReason::Differs, vec![difference], vec![number])
        };
        if let Some(other) = self.find(&one.document).await? {
            let to = Some(other.to_string());
            return Ok(Some(differs("number", number.to_string(), to, "It has another number now.", other)));
        }
        if let Some(there) = shown.filter(|there| self.own(&one.document, there) && there.head().number == number)
            && !self.is_another(&there).await?
        {
            let (ours, to) = (one.document.reference.to_string(), there.head().reference.map(ToString::to_string));
            return Ok(Some(differs("reference", ours, to, "It does not have our reference any more.", number.clone())));
        }
        Ok(Some(finding(FindingReason::Missing, vec![], vec![number.clone()])))
    }

    /// Whether what is shown has the reference of another order or quote of ours.
    async fn is_another(&self, there: &T) -> Result<bool, Failure> {
        let Some(reference) = there.head().reference else { return Ok(false) };
        let known = self.commerce.inner.store.document(reference).await;
        known.map(|known| known.is_some()).map_err(|error| Failure::new(FailureCode::Unavailable, error.to_string()))
    }

    fn compared(&self, one: &ToCompare, there: &T) -> Option<Finding> {
        let document = &one.document;
        let numbers = vec![there.head().number.clone()];
        if there.is_void() {
            // A quote comes to nothing in many ways that are nobody's mistake.
            let is_news = T::KIND == DocumentKind::Order && !one.was_ended_through_us;
            return is_news.then(|| finding(FindingReason::Cancelled, vec![], numbers));
        }
        let differences = there.differences(document);
        (!differences.is_empty()).then(|| finding(FindingReason::Differs, differences, numbers))
    }

    async fn lists(&self, document: &Document, number: &BackendNumber) -> Result<bool, Failure> {
        let listed = self.listed.get_or_try_init(|| self.list(document)).await?;
        Ok(listed.iter().any(|(reference, listed)| *reference == document.reference && listed == number))
    }

    /// Whether the back end lists our reference under another number, too. The one that we know comes first.
    async fn doubled(&self, document: &Document, number: &BackendNumber) -> Result<Option<Finding>, Failure> {
        let listed = self.listed.get_or_try_init(|| self.list(document)).await?;
        let ours = listed.iter().filter(|(reference, _)| *reference == document.reference);
        let others: BTreeSet<_> = ours.map(|(_, number)| number).filter(|other| *other != number).collect();
        let mut numbers = vec![number.clone()];
        for other in others {
            if self.is_doubled(document, other).await? {
                numbers.push(other.clone());
            }
        }
        Ok((numbers.len() > 1).then(|| finding(FindingReason::Doubled, vec![], numbers)))
    }

    /// A list alone does not prove it: what is there twice shows our reference under the other number, too.
    async fn is_doubled(&self, document: &Document, other: &BackendNumber) -> Result<bool, Failure> {
        match self.ask(document, &T::get(document.account.clone(), other.clone())).await {
            Ok(there) => {
                let is_ours = self.own(document, &there) && there.head().reference == Some(&document.reference);
                Ok(is_ours && there.head().number == other && !there.is_void())
            }
            Err(failure) if failure.code == FailureCode::Unsupported => Ok(true),
            Err(failure) if failure.code.is_an_answer() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// What the back end lists with a reference since the oldest document was captured, but for what was cancelled.
    async fn list(&self, document: &Document) -> Result<Vec<(Reference, BackendNumber)>, Failure> {
        let day = self.oldest.to_zoned(self.shop.time_zone.clone()).date();
        let filter = DocumentFilter { from: Some(day.yesterday().unwrap_or(day)), ..DocumentFilter::default() };
        let (mut listed, mut cursor) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let request = PageRequest { cursor, limit: PAGE };
            let page = match self.ask(document, &T::list(document.account.clone(), filter.clone(), request)).await {
                Err(failure) if failure.code == FailureCode::Unsupported => return Ok(Vec::new()),
                page => page?,
            };
            let live = page.items.iter().filter(|there| *there.head().account == document.account && !there.is_void());
            listed.extend(live.filter_map(|there| Some((there.head().reference?.clone(), there.head().number.clone()))));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(listed)
    }

    /// Its number by our reference, unless it was cancelled; none also when the back end cannot be asked by it.
    async fn find(&self, document: &Document) -> Result<Option<BackendNumber>, Failure> {
        let asked = T::find(document.account.clone(), document.reference.clone());
        match self.ask(document, &asked).await {
            Ok(there) => {
                let own = there.filter(|there| self.own(document, there) && there.head().reference == Some(&document.reference));
                Ok(own.filter(|there| !there.is_void()).map(|there| there.head().number.clone()))
            }
            Err(failure) if !failure.code.is_an_answer() => Err(failure),
            Err(_) => Ok(None),
        }
    }

    fn may_be(&self, document: &Document, there: &T) -> bool {
        document.may_be(there.head().number, there.head().reference, self.adapter.description().deduplication)
    }

    /// A foreign document is as if it were not there (rule H3).
    fn own(&self, document: &Document, there: &T) -> bool {
        *there.head().account == document.account
    }

    /// Takes a place among the transfers, so that no read of a customer waits for it.
    async fn ask<O: Operation>(&self, document: &Document, operation: &O) -> Result<O::Reply, Failure> {
        let context = self.shop.context(document.reference.to_string(), Purpose::Transfer);
        let context = CallContext { deadline: self.config.deadline(), ..context };
        let leave = self.adapter.enter(Lane::Transfer, Side::Read, context.deadline).await?;
        self.adapter.call_with(leave, &context, operation).await
    }
}

fn finding(reason: FindingReason, differences: Vec<Amendment>, numbers: Vec<BackendNumber>) -> Finding {
    Finding { reason, evidence: Evidence { differences, numbers } }
}
