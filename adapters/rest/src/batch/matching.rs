//! Which answer belongs to which item. Pure.
//!
//! An answer with `index` (position in the request's items) belongs to that item. Others match by SKU, location and quantity, as far as
//! they name them, and in their order. An answer without a location fits an item with one only when all items ask for the same location.
//! An answer that belongs to none, such as a line for freight, is left out and logged.

use crate::errors;
use crate::exchange::Exchange;
use crate::mapping::value;
use jaq_json::Val;
use ordergate_sdk::http::Intent;
use ordergate_sdk::log;
use ordergate_sdk::money;
use ordergate_sdk::types::{Failure, Quantity};

/// What tells one item from another.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) sku: String,
    pub(crate) location: Option<String>,
    /// For prices: the quantity asked.
    pub(crate) quantity: Option<Quantity>,
}

/// An answer, with what it names of its item read once.
struct Candidate {
    answer: Val,
    index: Option<usize>,
    sku: String,
    location: String,
    /// The quantity that was priced, as text.
    quantity: String,
    used: bool,
}

/// One result per wanted item, in their order.
pub(super) fn assign(
    exchange: &Exchange<'_>,
    wanted: &[&Wanted],
    answers: Vec<Val>,
    complete: bool,
) -> Vec<Result<Val, Failure>> {
    let one_location =
        wanted.windows(2).all(|pair| pair.first().map(|one| &one.location) == pair.last().map(|one| &one.location));
    let mut candidates: Vec<Candidate> = answers.into_iter().map(Candidate::new).collect();
    let mut result = |(index, item): (usize, &&Wanted)| {
        let by_index = candidates.iter_mut().find(|candidate| candidate.index == Some(index)).map(|found| {
            found.used = true;
            (found.answer.clone(), true)
        });
        let found = by_index.or_else(|| Some((by_name(&mut candidates, item, one_location)?, one_location)));
        match found {
            None => Err(missing(exchange, item, complete)),
            Some((answer, same_location)) => match errors::inside(&answer, Intent::Read) {
                Some(failure) => Err(failure),
                None => Ok(filled(item, answer, same_location)),
            },
        }
    };
    let results = wanted.iter().enumerate().map(&mut result).collect();
    tell_unasked(&candidates);
    results
}

/// The mapping may leave them out; until it does, somebody should know of them.
fn tell_unasked(candidates: &[Candidate]) {
    let mut unasked = candidates.iter().filter(|candidate| !candidate.used);
    if let Some(first) = unasked.next() {
        let fields = [("first", first.sku.clone()), ("answers", (1 + unasked.count()).to_string())];
        log::warn("answers about items that nobody asked for were left out", &fields);
    }
}

/// The first answer that fits and was not used, else the first that fits: the same item asked twice may be answered once.
fn by_name(candidates: &mut [Candidate], item: &Wanted, one_location: bool) -> Option<Val> {
    let unused = candidates.iter().position(|candidate| !candidate.used && candidate.fits(item, one_location));
    let position = unused.or_else(|| candidates.iter().position(|candidate| candidate.fits(item, one_location)))?;
    let found = candidates.get_mut(position)?;
    found.used = true;
    Some(found.answer.clone())
}

impl Candidate {
    fn new(answer: Val) -> Self {
        let text = |name| value::text_of(&value::field(&answer, name));
        let quantity = value::text_of(&value::field(&value::field(&answer, "quantity"), "value"));
        Candidate {
            index: text("index").parse().ok(),
            sku: text("sku"),
            location: text("location"),
            quantity,
            used: false,
            answer,
        }
    }

    fn fits(&self, item: &Wanted, one_location: bool) -> bool {
        let location_fits = match &item.location {
            Some(_) if self.location.is_empty() => one_location,
            Some(wanted) => *wanted == self.location,
            None => true,
        };
        let quantity_fits = |wanted: &Quantity| self.quantity.is_empty() || same_number(&wanted.value, &self.quantity);
        self.index.is_none() && self.sku == item.sku && location_fits && item.quantity.as_ref().is_none_or(quantity_fits)
    }
}

fn same_number(left: &str, right: &str) -> bool {
    left == right || matches!((money::decimal(left), money::decimal(right)), (Ok(left), Ok(right)) if left == right)
}

/// What the answer need not repeat.
fn filled(item: &Wanted, answer: Val, same_location: bool) -> Val {
    let absent = |answer: &Val, name| value::is_null(&value::field(answer, name));
    let mut answer = value::without_field(answer, "index");
    if absent(&answer, "sku") {
        answer = value::with_field(answer, "sku", value::text(&item.sku));
    }
    if let Some(location) = item.location.as_ref().filter(|_| same_location && absent(&answer, "location")) {
        answer = value::with_field(answer, "location", value::text(location));
    }
    if let Some(quantity) = item.quantity.as_ref().filter(|_| absent(&answer, "quantity")) {
        let asked = value::object([("value", value::text(&quantity.value)), ("unit", value::text(&quantity.unit))]);
        answer = value::with_field(answer, "quantity", asked);
    }
    answer
}

fn missing(exchange: &Exchange<'_>, item: &Wanted, complete: bool) -> Failure {
    if complete {
        Failure::not_found("The back end does not know this item.").detail(format!("SKU {} is not in the answer", item.sku))
    } else {
        exchange.misfit(format!("SKU {} is not in the first {} pages of the answer", item.sku, exchange.operation.max_pages))
    }
}
