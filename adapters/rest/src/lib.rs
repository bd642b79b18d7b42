//! The generic REST adapter: connects any back end that speaks JSON over HTTP, configured without code.
//!
//! This file is the flow only. `settings` reads and compiles the configuration, `exchange`, `steps` and `batch` talk with the back end,
//! `mapping` and `record` are pure. The settings are described in README.md; `profiles/` holds complete ones.

#![allow(clippy::result_large_err, reason = "Failure is a record of the contract; a box would be undone at the boundary")]

mod availability;
mod batch;
mod checkout;
mod documents;
mod errors;
mod exchange;
mod inbound;
mod mapping;
mod operation;
mod orders;
mod plan;
mod pricing;
mod quotes;
mod reading;
mod record;
mod settings;
mod step;
mod steps;
mod template;

use documents::{Cancel, Find, Get, List};
use ordergate_sdk::availability::Availability;
use ordergate_sdk::checkout::{Calculation, Cart, Reservation, ReservationRequest};
use ordergate_sdk::descriptor::Description;
use ordergate_sdk::inbound::Event;
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderPage};
use ordergate_sdk::pricing::OfferPrice;
use ordergate_sdk::quotes::{Acceptance, QuoteDocument, QuotePage, QuoteRequest, Received};
use ordergate_sdk::settings::Settings;
use ordergate_sdk::types::{Context, DocumentFilter, Failure, PageRequest};
use ordergate_sdk::{Adapter, operation as names};
use settings::Configuration;

/// A back end as it is configured.
#[derive(Debug)]
pub struct Rest {
    configuration: Configuration,
}

ordergate_sdk::export_adapter!(Rest);

#[derive(serde::Serialize)]
struct Probe {
    side: String,
}

impl Adapter for Rest {
    fn configure(settings: &Settings) -> Result<Self, Failure> {
        let configuration = settings::configure(settings.text()).map_err(Failure::invalid_request)?;
        Ok(Rest { configuration })
    }

    fn settings_schema() -> String {
        settings::SCHEMA.to_owned()
    }

    fn describe(&self) -> Description {
        let backend = &self.configuration.backend;
        let description = Description::new("rest", env!("CARGO_PKG_VERSION"))
            .capable_of(self.configuration.operations.keys())
            .requires_endpoint(&backend.endpoint, "The back end's HTTP interface.");
        let caps = self.configuration.operations.iter().filter_map(|(name, operation)| Some((name, operation.batch_cap()?)));
        Description {
            vendor: "Ordergate".to_owned(),
            ext: vec![("back-end".to_owned(), backend.name.clone())],
            settings_schema: Self::settings_schema(),
            price_dimensions: backend.price_dimensions.clone(),
            account_independent_prices: backend.account_independent_prices,
            availability_dimensions: backend.availability_dimensions.clone(),
            deduplication: backend.deduplication.clone(),
            propagation_delay_ms: backend.propagation_delay_ms,
            combined_price_and_availability: backend.combined_price_and_availability,
            ..caps.fold(description, |description, (name, cap)| description.at_most(name, cap))
        }
    }

    fn check_availability(&self, ctx: &Context, query: ordergate_sdk::availability::Query) -> Vec<Result<Availability, Failure>> {
        availability::check(&self.configuration, ctx, &query)
    }

    fn offer_prices(&self, ctx: &Context, query: ordergate_sdk::pricing::Query) -> Vec<Result<OfferPrice, Failure>> {
        pricing::offer_prices(&self.configuration, ctx, &query)
    }

    fn reserve(&self, ctx: &Context, request: ReservationRequest) -> Result<Reservation, Failure> {
        checkout::reserve(&self.configuration, ctx, &request)
    }

    fn release(&self, ctx: &Context, reservation: String) -> Result<(), Failure> {
        checkout::release(&self.configuration, ctx, &reservation)
    }

    fn calculate(&self, ctx: &Context, cart: Cart) -> Result<Calculation, Failure> {
        checkout::calculate(&self.configuration, ctx, &cart)
    }

    fn submit_order(&self, ctx: &Context, order: Order, reference: String) -> Result<Accepted, Failure> {
        orders::submit(&self.configuration, ctx, &order, &reference)
    }

    fn find_order(&self, ctx: &Context, account: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        orders::find(&self.configuration, ctx, &Find { account: &account, reference: &reference })
    }

    fn get_order(&self, ctx: &Context, account: String, number: String) -> Result<OrderDocument, Failure> {
        orders::get(&self.configuration, ctx, &Get { account: &account, number: &number })
    }

    fn list_orders(
        &self,
        ctx: &Context,
        account: String,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<OrderPage, Failure> {
        orders::list(&self.configuration, ctx, &List { account: &account, filter: &filter, page: &page })
    }

    fn cancel_order(&self, ctx: &Context, account: String, number: String, reason: String) -> Result<OrderDocument, Failure> {
        orders::cancel(&self.configuration, ctx, &Cancel { account: &account, number: &number, reason: Some(&reason) })
    }

    fn submit_quote(&self, ctx: &Context, request: QuoteRequest, reference: String) -> Result<Received, Failure> {
        quotes::submit(&self.configuration, ctx, &request, &reference)
    }

    fn find_quote(&self, ctx: &Context, account: String, reference: String) -> Result<Option<QuoteDocument>, Failure> {
        quotes::find(&self.configuration, ctx, &Find { account: &account, reference: &reference })
    }

    fn get_quote(&self, ctx: &Context, account: String, number: String) -> Result<QuoteDocument, Failure> {
        quotes::get(&self.configuration, ctx, &Get { account: &account, number: &number })
    }

    fn list_quotes(
        &self,
        ctx: &Context,
        account: String,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<QuotePage, Failure> {
        quotes::list(&self.configuration, ctx, &List { account: &account, filter: &filter, page: &page })
    }

    fn accept_quote(&self, ctx: &Context, acceptance: Acceptance) -> Result<Accepted, Failure> {
        quotes::accept(&self.configuration, ctx, &acceptance)
    }

    fn decline_quote(
        &self,
        ctx: &Context,
        account: String,
        number: String,
        revision: String,
        reason: Option<String>,
    ) -> Result<QuoteDocument, Failure> {
        let request = quotes::Decline { account: &account, number: &number, revision: &revision, reason: reason.as_deref() };
        quotes::decline(&self.configuration, ctx, &request)
    }

    fn cancel_quote(
        &self,
        ctx: &Context,
        account: String,
        number: String,
        reason: Option<String>,
    ) -> Result<QuoteDocument, Failure> {
        quotes::cancel(&self.configuration, ctx, &Cancel { account: &account, number: &number, reason: reason.as_deref() })
    }

    fn translate(&self, ctx: &Context, headers: Vec<(String, String)>, body: Vec<u8>) -> Result<Vec<Event>, Failure> {
        inbound::translate(&self.configuration, ctx, &headers, &body)
    }

    fn probe(&self, ctx: &Context, side: String) -> Result<(), Failure> {
        self.configuration.nothing(names::PROBE, ctx, &Probe { side })
    }
}

#[cfg(test)]
mod tests;
