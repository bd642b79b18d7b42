//! The Oracle Fusion Cloud adapter: order hub, order promising, document prices, and CPQ for quotes. What to set up and what maps to what is in
//! README.md.
//!
//! This file is the flow only. `settings` reads the configuration and `ids` the value maps, `wire` is exactly what the back end sends and takes,
//! `mapping` is pure, `gateway` talks, `hub` and `cpq` know how orders and quotes travel, and there is one file for each group of operations.

#![allow(clippy::result_large_err, reason = "Failure is a record of the contract; a box would be undone at the boundary")]

mod availability;
mod checkout;
mod cpq;
mod failures;
mod gateway;
mod hub;
mod ids;
mod mapping;
mod orders;
mod paging;
mod price;
mod pricing;
mod quotes;
mod settings;
mod wire;

use ordergate_sdk::availability::Availability;
use ordergate_sdk::checkout::{Calculation, Cart};
use ordergate_sdk::descriptor::Description;
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderPage};
use ordergate_sdk::pricing::OfferPrice;
use ordergate_sdk::quotes::{Acceptance, QuoteDocument, QuotePage, QuoteRequest, Received};
use ordergate_sdk::types::{Context, DocumentFilter, Failure, PageRequest};
use ordergate_sdk::{Adapter, operation as names};
use settings::{Breaks, Settings};

/// Items of one call. Each may be priced at several quantities, or promised by a request of its own.
const MOST_ITEMS: u32 = 100;

/// One Fusion pod, as it is configured.
#[derive(Debug)]
pub struct Oracle {
    settings: Settings,
}

ordergate_sdk::export_adapter!(Oracle);

impl Adapter for Oracle {
    fn configure(settings: &ordergate_sdk::settings::Settings) -> Result<Self, Failure> {
        settings::configure(settings.text()).map(|settings| Oracle { settings }).map_err(Failure::invalid_request)
    }

    fn settings_schema() -> String {
        settings::SCHEMA.to_owned()
    }

    fn describe(&self) -> Description {
        let settings = &self.settings;
        let by_quantity = (settings.pricing.breaks == Breaks::None).then_some("quantity");
        let price_dimensions = ["account", "currency", "unit", "location", "date"].into_iter().chain(by_quantity);
        let described = Description {
            vendor: "Ordergate".to_owned(),
            ext: vec![("back-end".to_owned(), "Oracle Fusion Cloud".to_owned())],
            settings_schema: Self::settings_schema(),
            price_dimensions: price_dimensions.map(ToOwned::to_owned).collect(),
            availability_dimensions: vec!["date".to_owned()],
            // What a second order of the same key becomes is not documented: it can only be looked for.
            deduplication: "queryable".to_owned(),
            propagation_delay_ms: settings.propagation_delay_ms,
            ..Description::new("oracle", env!("CARGO_PKG_VERSION"))
                .capable_of(self.capabilities())
                .requires_endpoint(&settings.endpoint, "Fusion: https://POD.fa.REGION.oraclecloud.com")
                .at_most(names::CHECK_AVAILABILITY, MOST_ITEMS)
                .at_most(names::OFFER_PRICES, MOST_ITEMS)
        };
        match settings.quotes.enabled {
            true => described.requires_endpoint(&settings.quotes.endpoint, "CPQ: https://SITE.cpq.oraclecloud.com"),
            false => described,
        }
    }

    fn check_availability(&self, _: &Context, query: ordergate_sdk::availability::Query) -> Vec<Result<Availability, Failure>> {
        availability::check(&self.settings, &query)
    }

    fn offer_prices(&self, _: &Context, query: ordergate_sdk::pricing::Query) -> Vec<Result<OfferPrice, Failure>> {
        pricing::offer_prices(&self.settings, &query)
    }

    fn calculate(&self, _: &Context, cart: Cart) -> Result<Calculation, Failure> {
        checkout::calculate(&self.settings, &cart)
    }

    fn submit_order(&self, _: &Context, order: Order, reference: String) -> Result<Accepted, Failure> {
        orders::submit(&self.settings, &order, &reference)
    }

    fn find_order(&self, _: &Context, _: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        orders::find(&self.settings, &reference)
    }

    fn get_order(&self, _: &Context, _: String, number: String) -> Result<OrderDocument, Failure> {
        orders::get(&self.settings, &number)
    }

    fn list_orders(&self, _: &Context, account: String, filter: DocumentFilter, page: PageRequest) -> Result<OrderPage, Failure> {
        orders::list(&self.settings, &account, &filter, &page)
    }

    fn cancel_order(&self, _: &Context, _: String, number: String, _: String) -> Result<OrderDocument, Failure> {
        orders::cancel(&self.settings, &number)
    }

    fn submit_quote(&self, _: &Context, request: QuoteRequest, reference: String) -> Result<Received, Failure> {
        quotes::submit(&self.settings, &request, &reference)
    }

    fn find_quote(&self, _: &Context, _: String, reference: String) -> Result<Option<QuoteDocument>, Failure> {
        quotes::find(&self.settings, &reference)
    }

    fn get_quote(&self, _: &Context, _: String, number: String) -> Result<QuoteDocument, Failure> {
        quotes::get(&self.settings, &number)
    }

    fn list_quotes(&self, _: &Context, account: String, _: DocumentFilter, page: PageRequest) -> Result<QuotePage, Failure> {
        quotes::list(&self.settings, &account, &page)
    }

    fn accept_quote(&self, _: &Context, acceptance: Acceptance) -> Result<Accepted, Failure> {
        quotes::accept(&self.settings, acceptance)
    }

    fn decline_quote(
        &self,
        _: &Context,
        _: String,
        number: String,
        revision: String,
        _: Option<String>,
    ) -> Result<QuoteDocument, Failure> {
        quotes::decline(&self.settings, &number, &revision)
    }

    fn cancel_quote(&self, _: &Context, _: String, number: String, _: Option<String>) -> Result<QuoteDocument, Failure> {
        quotes::cancel(&self.settings, &number)
    }

    fn probe(&self, _: &Context, _: String) -> Result<(), Failure> {
        hub::Hub::new(&self.settings).probe()
    }
}

impl Oracle {
    /// What the back end is set up for.
    fn capabilities(&self) -> Vec<&'static str> {
        let Settings { orders, quotes, .. } = &self.settings;
        let always = [
            names::CHECK_AVAILABILITY,
            names::OFFER_PRICES,
            names::CALCULATE,
            names::SUBMIT_ORDER,
            names::FIND_ORDER,
            names::GET_ORDER,
            names::LIST_ORDERS,
            names::PROBE,
        ];
        let quoting = [names::SUBMIT_QUOTE, names::FIND_QUOTE, names::GET_QUOTE, names::LIST_QUOTES, names::ACCEPT_QUOTE];
        let mut found = always.to_vec();
        found.extend(orders.cancel_reason.is_some().then_some(names::CANCEL_ORDER));
        if quotes.enabled {
            found.extend(quoting);
            found.extend(quotes.decline_action.is_some().then_some(names::DECLINE_QUOTE));
            found.extend(quotes.cancel_action.is_some().then_some(names::CANCEL_QUOTE));
        }
        found
    }
}

#[cfg(test)]
mod tests;
