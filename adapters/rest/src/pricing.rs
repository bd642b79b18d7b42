//! `pricing.offer-prices`. Canonical request: `{buyer, items: [{sku, quantity: {value, unit}, location, date, ext}]}`.

use crate::batch::{self, Wanted};
use crate::exchange::Exchange;
use crate::mapping::value;
use crate::record;
use crate::settings::Configuration;
use ordergate_sdk::operation::OFFER_PRICES;
use ordergate_sdk::pricing::{Item, OfferPrice, Query};
use ordergate_sdk::types::{Context, Failure};

pub(crate) fn offer_prices(configuration: &Configuration, ctx: &Context, query: &Query) -> Vec<Result<OfferPrice, Failure>> {
    let exchange = match Exchange::begin(configuration, OFFER_PRICES, ctx, query) {
        Ok(exchange) => exchange,
        Err(failure) => return query.items.iter().map(|_| Err(failure.clone())).collect(),
    };
    let wanted: Vec<Wanted> = query.items.iter().map(wanted).collect();
    let answers = batch::run(&exchange, &wanted);
    // A price record has no location of its own; mappings may name it to be matched.
    let record = |answer| record::read(&value::without_field(answer, "location")).map_err(|misfit| exchange.misfit(misfit));
    answers.into_iter().map(|answer| answer.and_then(record)).collect()
}

fn wanted(item: &Item) -> Wanted {
    Wanted { sku: item.sku.clone(), location: item.location.clone(), quantity: Some(item.quantity.clone()) }
}
