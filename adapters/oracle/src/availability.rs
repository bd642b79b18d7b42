//! `availability.check`, by the quick or the detailed check of order promising.

mod detailed;
mod quick;

use crate::settings::{Settings, Source};
use crate::wire::date;
use ordergate_sdk::availability::{Availability, Item, Query};
use ordergate_sdk::types::Failure;

pub(crate) use detailed::promise_all;

/// One result for each item, in the order asked.
pub(crate) fn check(settings: &Settings, query: &Query) -> Vec<Result<Availability, Failure>> {
    match settings.availability.source {
        Source::Quick => quick::check(settings, &query.items),
        Source::Detailed => detailed::check(settings, &query.items),
    }
}

/// The moment from which on an item is wanted.
fn wanted_at(item: &Item, now: &str) -> String {
    item.requested_date.as_deref().map_or_else(|| now.to_owned(), date::midnight)
}

/// What order promising says about one item although the whole request succeeded.
fn failed(code: String, text: String) -> Failure {
    Failure::rejected(text.chars().take(400).collect::<String>()).detail(code)
}
