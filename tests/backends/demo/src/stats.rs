//! What the back end saw and took since it started, and which references it took more than once. Shown by `GET /control/stats`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::books::Books;

#[derive(Debug, Clone, Default)]
pub(crate) struct Stats {
    /// By method and route template.
    requests: BTreeMap<String, u64>,
    /// Injected, by name.
    faults: BTreeMap<String, u64>,
    orders_taken: u64,
    rfqs_taken: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct StatsAnswer {
    requests: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
    orders_taken: u64,
    rfqs_taken: u64,
    duplicates: Vec<Duplicate>,
}

/// One reference, several documents.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Duplicate {
    your_ref: String,
    /// `order`, `rfq` or `counter`.
    kind: &'static str,
    numbers: Vec<String>,
}

impl Stats {
    pub(crate) fn request(&mut self, method: &str, route: &str) {
        *self.requests.entry(format!("{method} {route}")).or_default() += 1;
    }

    pub(crate) fn fault(&mut self, name: &str) {
        *self.faults.entry(name.to_owned()).or_default() += 1;
    }

    pub(crate) fn order_taken(&mut self) {
        self.orders_taken += 1;
    }

    pub(crate) fn rfq_taken(&mut self) {
        self.rfqs_taken += 1;
    }

    pub(crate) fn answer(&self, books: &Books) -> StatsAnswer {
        StatsAnswer {
            requests: self.requests.clone(),
            faults: self.faults.clone(),
            orders_taken: self.orders_taken,
            rfqs_taken: self.rfqs_taken,
            duplicates: duplicates(books),
        }
    }
}

/// References with more than one order, more than one rfq, or more than one counter-offer.
pub(crate) fn duplicates(books: &Books) -> Vec<Duplicate> {
    let mut found: BTreeMap<(&str, &'static str), Vec<String>> = BTreeMap::new();
    for order in books.orders.values() {
        if let Some(reference) = &order.your_ref {
            found.entry((reference, "order")).or_default().push(order.no.clone());
        }
    }
    for rfq in books.rfqs.values() {
        if let Some(reference) = &rfq.your_ref {
            found.entry((reference, "rfq")).or_default().push(rfq.no.clone());
        }
        for reference in &rfq.counter_refs {
            found.entry((reference, "counter")).or_default().push(rfq.no.clone());
        }
    }
    let twice = found.into_iter().filter(|(_, numbers)| numbers.len() > 1);
    twice.map(|((reference, kind), numbers)| Duplicate { your_ref: reference.to_owned(), kind, numbers }).collect()
}
