//! `availability.check`, from one of two sources: function imports in `$batch` (`atp`), or simulated orders (`simulation`).

mod atp;
mod promised;

use crate::mapping::simulation::{Area, Customer};
use crate::settings::{Settings, Source};
use ordergate_sdk::availability::{Availability, Query};
use ordergate_sdk::types::Failure;

/// One result for each item, in the order asked.
pub(crate) fn check(settings: &Settings, query: &Query) -> Vec<Result<Availability, Failure>> {
    match settings.availability.source {
        Source::Atp => atp::check(settings, &query.items),
        Source::Simulation => {
            let buyer = query.buyer.as_ref();
            let account = buyer.and_then(|buyer| buyer.account.as_deref());
            let Some(account) = account else {
                let failure =
                    Failure::invalid_request("A simulation needs the account of a customer; use source = \"atp\" without one.");
                return query.items.iter().map(|_| Err(failure.clone())).collect();
            };
            let area = Area::of(settings, buyer.and_then(|buyer| buyer.sales_area.as_ref()));
            let ship_to = buyer.and_then(|buyer| buyer.ship_to.as_deref());
            promised::check(settings, &Customer { account, ship_to, currency: "", area }, &query.items)
        }
    }
}
