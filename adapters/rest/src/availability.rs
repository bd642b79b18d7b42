//! `availability.check`. Canonical request: `{buyer, items: [{sku, location, unit, quantity, requested_date, ext}]}`.

use crate::batch::{self, Wanted};
use crate::exchange::Exchange;
use crate::record;
use crate::settings::Configuration;
use ordergate_sdk::availability::{Availability, Query};
use ordergate_sdk::operation::CHECK_AVAILABILITY;
use ordergate_sdk::types::{Context, Failure};

pub(crate) fn check(configuration: &Configuration, ctx: &Context, query: &Query) -> Vec<Result<Availability, Failure>> {
    let exchange = match Exchange::begin(configuration, CHECK_AVAILABILITY, ctx, query) {
        Ok(exchange) => exchange,
        Err(failure) => return query.items.iter().map(|_| Err(failure.clone())).collect(),
    };
    let wanted: Vec<Wanted> = query
        .items
        .iter()
        .map(|item| Wanted { sku: item.sku.clone(), location: item.location.clone(), quantity: None })
        .collect();
    let answers = batch::run(&exchange, &wanted);
    answers.into_iter().map(|answer| record::read(&answer?).map(not_negative).map_err(|misfit| exchange.misfit(misfit))).collect()
}

/// Back ends report oversold stock as a negative number; nothing of it can be promised.
fn not_negative(mut availability: Availability) -> Availability {
    if availability.available.starts_with('-') {
        availability.available = "0".to_owned();
    }
    availability
}
