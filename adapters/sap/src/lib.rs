//! The SAP S/4HANA adapter: OData V2 services of SAP Gateway, on premise and in the cloud. What to set up and what maps to what is in README.md.
//!
//! This file is the flow only. `settings` reads the configuration, `wire` is exactly what the back end sends and takes, `mapping` is pure, `gateway`
//! talks (token, session, failures), and there is one file for each group of operations.

#![allow(clippy::result_large_err, reason = "Failure is a record of the contract; a box would be undone at the boundary")]

mod availability;
mod batch;
mod checkout;
mod documents;
mod failures;
mod gateway;
mod mapping;
mod orders;
mod paging;
mod pricing;
mod quotes;
mod settings;
mod simulate;
mod wire;

use gateway::Gateway;
use ordergate_sdk::availability::Availability;
use ordergate_sdk::checkout::{Calculation, Cart};
use ordergate_sdk::descriptor::Description;
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderPage};
use ordergate_sdk::pricing::OfferPrice;
use ordergate_sdk::quotes::{Acceptance, QuoteDocument, QuotePage, QuoteRequest, Received};
use ordergate_sdk::types::{Context, DocumentFilter, Failure, PageRequest};
use ordergate_sdk::{Adapter, operation as names};
use settings::{Breaks, Settings, Source};

/// Items of one call. Each may be priced at several quantities.
const MOST_ITEMS: u32 = 100;

/// One S/4HANA system, as it is configured.
#[derive(Debug)]
pub struct Sap {
    settings: Settings,
}

ordergate_sdk::export_adapter!(Sap);

impl Adapter for Sap {
    fn configure(settings: &ordergate_sdk::settings::Settings) -> Result<Self, Failure> {
        settings::configure(settings.text()).map(|settings| Sap { settings }).map_err(Failure::invalid_request)
    }

    fn settings_schema() -> String {
        settings::SCHEMA.to_owned()
    }

    fn describe(&self) -> Description {
        let settings = &self.settings;
        let by_quantity = (settings.pricing.breaks == Breaks::None).then_some("quantity");
        let price_dimensions =
            ["account", "ship-to", "currency", "unit", "location", "date", "sales-area"].into_iter().chain(by_quantity);
        let availability_dimensions: &[&str] = match settings.availability.source {
            Source::Atp => &["date"],
            Source::Simulation => &["account", "ship-to", "date", "sales-area"],
        };
        Description {
            vendor: "Ordergate".to_owned(),
            ext: vec![("back-end".to_owned(), "SAP S/4HANA".to_owned())],
            settings_schema: Self::settings_schema(),
            price_dimensions: price_dimensions.map(ToOwned::to_owned).collect(),
            availability_dimensions: availability_dimensions.iter().map(|name| (*name).to_owned()).collect(),
            // Neither the reference nor anything else that the interface takes is unique in the back end: it can only be looked for.
            deduplication: "queryable".to_owned(),
            propagation_delay_ms: settings.propagation_delay_ms,
            ..Description::new("sap", env!("CARGO_PKG_VERSION"))
                .capable_of(self.capabilities())
                .requires_endpoint(
                    &settings.endpoint,
                    "SAP Gateway: host and port; keep cookies (cookies = true), the session is in them.",
                )
                .at_most(names::CHECK_AVAILABILITY, MOST_ITEMS)
                .at_most(names::OFFER_PRICES, MOST_ITEMS)
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

    fn find_order(&self, _: &Context, account: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        orders::find(&self.settings, &account, &reference)
    }

    fn get_order(&self, _: &Context, account: String, number: String) -> Result<OrderDocument, Failure> {
        orders::get(&self.settings, &account, &number)
    }

    fn list_orders(&self, _: &Context, account: String, filter: DocumentFilter, page: PageRequest) -> Result<OrderPage, Failure> {
        orders::list(&self.settings, &account, &filter, &page)
    }

    fn cancel_order(&self, _: &Context, account: String, number: String, _: String) -> Result<OrderDocument, Failure> {
        orders::cancel(&self.settings, &account, &number)
    }

    fn submit_quote(&self, _: &Context, request: QuoteRequest, reference: String) -> Result<Received, Failure> {
        quotes::submit(&self.settings, &request, &reference)
    }

    fn find_quote(&self, _: &Context, account: String, reference: String) -> Result<Option<QuoteDocument>, Failure> {
        quotes::find(&self.settings, &account, &reference)
    }

    fn get_quote(&self, _: &Context, account: String, number: String) -> Result<QuoteDocument, Failure> {
        quotes::get(&self.settings, &account, &number)
    }

    fn list_quotes(&self, _: &Context, account: String, filter: DocumentFilter, page: PageRequest) -> Result<QuotePage, Failure> {
        quotes::list(&self.settings, &account, &filter, &page)
    }

    fn accept_quote(&self, _: &Context, acceptance: Acceptance) -> Result<Accepted, Failure> {
        quotes::accept(&self.settings, &acceptance)
    }

    fn decline_quote(
        &self,
        _: &Context,
        account: String,
        number: String,
        revision: String,
        _: Option<String>,
    ) -> Result<QuoteDocument, Failure> {
        quotes::decline(&self.settings, &account, &number, &revision)
    }

    fn cancel_quote(&self, _: &Context, account: String, number: String, _: Option<String>) -> Result<QuoteDocument, Failure> {
        quotes::cancel(&self.settings, &account, &number)
    }

    /// The root of the order service for reads; for writes a fresh token, which also warms the session.
    fn probe(&self, _: &Context, side: String) -> Result<(), Failure> {
        let (gateway, service) = (Gateway::new(&self.settings), wire::names::ORDER.service);
        match side.as_str() {
            "write" => gateway.fetch_token(service).map(|_| ()),
            _ => gateway.read(gateway.request("GET", service, "")).map(|_| ()),
        }
    }
}

impl Sap {
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
            found.extend(quotes.decline_reason.is_some().then_some(names::DECLINE_QUOTE));
            found.extend(quotes.withdraw_reason.is_some().then_some(names::CANCEL_QUOTE));
        }
        found
    }
}

#[cfg(test)]
mod tests;
