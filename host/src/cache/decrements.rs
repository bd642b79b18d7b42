//! Orders that cached stock does not count yet (rule F5): an overlay on what is shown. Cached answers stay what the back end said.
//!
//! An order lowers an answer that the back end gave before it knew of the order. It knew when it held the stock at checkout, while it held
//! it, and for good once the order is confirmed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use parking_lot::RwLock;
use rust_decimal::Decimal;

use crate::domain::{Location, Reference, Sku, StoreName, Unit};

/// Most lines of orders. When there are more, the order that was confirmed first lowers nothing any more, else the oldest: a checkout asks
/// live in any case.
const MAX_LINES: usize = 100_000;

/// A captured order, as far as it lowers stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    pub reference: Reference,
    pub store: StoreName,
    /// From when until when the back end holds the stock for it.
    pub held: Option<(Timestamp, Timestamp)>,
    pub lines: Vec<OrderedLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedLine {
    pub sku: Sku,
    /// Absent: the back end picks one. Then only answers about no location in particular are lowered: nobody knows which other would be.
    pub location: Option<Location>,
    pub unit: Unit,
    pub quantity: Decimal,
}

/// A cached answer that is about to be shown.
#[derive(Clone, Copy, Debug)]
pub struct ShownStock<'a> {
    pub store: &'a StoreName,
    pub sku: &'a Sku,
    /// As it was asked.
    pub asked_for: Option<&'a Location>,
    /// As it was answered.
    pub answered_for: Option<&'a Location>,
    pub unit: &'a Unit,
    pub asked_at: Timestamp,
}

/// The orders that lower what is shown.
#[derive(Default)]
pub struct Decrements {
    /// Whether there is any: without one, a look costs a load.
    any: AtomicBool,
    ledger: RwLock<Ledger>,
}

#[derive(Default)]
struct Ledger {
    orders: HashMap<Reference, Entry>,
    by_item: HashMap<Sku, HashSet<Reference>>,
    lines: usize,
    /// In the order in which they came; some may be gone already.
    oldest_first: VecDeque<Reference>,
    /// Confirmed ones, by when; some may be gone already.
    confirmed: VecDeque<(Timestamp, Reference)>,
}

struct Entry {
    ordered: Ordered,
    confirmed_at: Option<Timestamp>,
}

impl Decrements {
    pub fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// An order lowers stock from now on. The same one again takes the place of itself.
    pub fn put(&self, ordered: Ordered) {
        self.change(|ledger| ledger.put(ordered, MAX_LINES));
    }

    /// The back end has the order since `at`: answers that are asked later count it. What no cached answer can be older than,
    /// `oldest_answer`, tells which orders every answer counts.
    /// The order, when that is news.
    pub fn confirm(&self, reference: &Reference, at: Timestamp, oldest_answer: Timestamp) -> Option<Ordered> {
        let mut news = None;
        self.change(|ledger| news = ledger.confirm(reference, at, oldest_answer));
        news
    }

    /// The order lowers nothing any more.
    pub fn take_back(&self, reference: &Reference) {
        self.change(|ledger| ledger.remove(reference));
    }

    /// Whether an order lowers stock.
    pub fn contains(&self, reference: &Reference) -> bool {
        !self.is_empty() && self.ledger.read().orders.contains_key(reference)
    }

    /// The orders that are not confirmed.
    pub fn open(&self) -> Vec<Reference> {
        let ledger = self.ledger.read();
        let open = ledger.orders.iter().filter(|(_, entry)| entry.confirmed_at.is_none());
        open.map(|(reference, _)| reference.clone()).collect()
    }

    /// By how much an answer is lowered.
    pub fn lower(&self, shown: &ShownStock<'_>) -> Decimal {
        if self.is_empty() {
            return Decimal::ZERO;
        }
        self.ledger.read().lowering(shown).map(|(_, quantity)| quantity).sum()
    }

    /// The orders that lower an answer, and by how much.
    pub fn lowering(&self, shown: &ShownStock<'_>) -> Vec<(Reference, Decimal)> {
        self.ledger.read().lowering(shown).map(|(reference, quantity)| (reference.clone(), quantity)).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Ledger)) {
        let mut ledger = self.ledger.write();
        change(&mut ledger);
        self.any.store(!ledger.orders.is_empty(), Ordering::Release);
    }
}

impl Entry {
    fn was_known_at(&self, instant: Timestamp) -> bool {
        let held = self.ordered.held.is_some_and(|(from, until)| from <= instant && instant < until);
        held || self.confirmed_at.is_some_and(|confirmed_at| confirmed_at <= instant)
    }
}

impl OrderedLine {
    fn lowers(&self, shown: &ShownStock<'_>) -> bool {
        let there = match &self.location {
            Some(own) => shown.answered_for.or(shown.asked_for).is_none_or(|location| location == own),
            None => shown.asked_for.is_none(),
        };
        there && self.sku == *shown.sku && self.unit == *shown.unit
    }
}

impl Ledger {
    fn lowering(&self, shown: &ShownStock<'_>) -> impl Iterator<Item = (&Reference, Decimal)> {
        let entries = self.by_item.get(shown.sku).into_iter().flatten().filter_map(|reference| self.orders.get(reference));
        let unknown = entries.filter(|entry| entry.ordered.store == *shown.store && !entry.was_known_at(shown.asked_at));
        unknown.flat_map(move |entry| {
            let lines = entry.ordered.lines.iter().filter(move |line| line.lowers(shown));
            lines.map(|line| (&entry.ordered.reference, line.quantity))
        })
    }

    fn put(&mut self, ordered: Ordered, most: usize) {
        self.remove(&ordered.reference);
        for line in &ordered.lines {
            self.by_item.entry(line.sku.clone()).or_default().insert(ordered.reference.clone());
        }
        self.lines += ordered.lines.len();
        self.oldest_first.push_back(ordered.reference.clone());
        self.orders.insert(ordered.reference.clone(), Entry { ordered, confirmed_at: None });
        while self.lines > most {
            if self.forget_confirmed() {
                continue;
            }
            let Some(oldest) = self.oldest_first.pop_front() else { return };
            if self.orders.contains_key(&oldest) {
                metrics::counter!("ordergate_decrements_dropped_total").increment(1);
                self.remove(&oldest);
            }
        }
    }

    /// Forgets the order that was confirmed first, if any is.
    fn forget_confirmed(&mut self) -> bool {
        let Some((at, reference)) = self.confirmed.pop_front() else { return false };
        // One that was put again meanwhile is another.
        if self.orders.get(&reference).is_some_and(|entry| entry.confirmed_at == Some(at)) {
            self.remove(&reference);
        }
        true
    }

    fn confirm(&mut self, reference: &Reference, at: Timestamp, oldest_answer: Timestamp) -> Option<Ordered> {
        let mut news = None;
        if let Some(entry) = self.orders.get_mut(reference)
            && entry.confirmed_at.is_none()
        {
            entry.confirmed_at = Some(at);
            news = Some(entry.ordered.clone());
            self.confirmed.push_back((at, reference.clone()));
        }
        while self.confirmed.front().is_some_and(|(at, _)| *at <= oldest_answer) {
            self.forget_confirmed();
        }
        news
    }

    fn remove(&mut self, reference: &Reference) {
        let Some(entry) = self.orders.remove(reference) else { return };
        self.lines = self.lines.saturating_sub(entry.ordered.lines.len());
        for line in &entry.ordered.lines {
            if let Some(references) = self.by_item.get_mut(&line.sku) {
                references.remove(reference);
                if references.is_empty() {
                    self.by_item.remove(&line.sku);
                }
            }
        }
        // What is gone is skipped when its turn comes; many gone ones are swept out.
        if self.oldest_first.len() > 2 * self.orders.len() + 64 {
            let orders = &self.orders;
            self.oldest_first.retain(|reference| orders.contains_key(reference));
        }
    }
}

#[cfg(test)]
mod tests;
