//! The trait that an adapter implements. Every operation has a default that answers `unsupported`.

use crate::availability::{Availability, Query as AvailabilityQuery};
use crate::checkout::{Calculation, Cart, Reservation, ReservationRequest};
use crate::descriptor::{BatchCap, Description, Endpoint};
use crate::inbound::Event;
use crate::operation;
use crate::orders::{Accepted, Order, OrderDocument, OrderPage};
use crate::pricing::{OfferPrice, Query as PriceQuery};
use crate::quotes::{Acceptance, QuoteDocument, QuotePage, QuoteRequest, Received};
use crate::settings::Settings;
use crate::types::{Context, DocumentFilter, Failure, PageRequest};

/// One kind of back end. An instance serves one call; `configure` may have run long before, in a snapshot.
///
/// Batch operations answer one result per item, in the order asked. Failures say what happened; the host decides what follows.
#[expect(unused_variables, reason = "the defaults need no argument, and their names are the documentation")]
pub trait Adapter: Sized + 'static {
    /// Prepares everything that does not change. Must not use the network, the session, time or randomness.
    /// A failure refuses the load; its message names the setting.
    fn configure(settings: &Settings) -> Result<Self, Failure>;

    /// JSON Schema (2020-12) of the settings, or an empty text. The host checks them against it and names what does not fit by key, also when
    /// `configure` refuses them. It may refer to nothing outside of itself; `$source` is the host's own and need not be in it.
    fn settings_schema() -> String {
        String::new()
    }

    /// What this adapter is and can do. Without a schema in it, that of [`Adapter::settings_schema`] is put there. Must list every operation that is implemented.
    fn describe(&self) -> Description;

    fn check_availability(&self, ctx: &Context, query: AvailabilityQuery) -> Vec<Result<Availability, Failure>> {
        query.items.iter().map(|_| unsupported(operation::CHECK_AVAILABILITY)).collect()
    }

    fn offer_prices(&self, ctx: &Context, query: PriceQuery) -> Vec<Result<OfferPrice, Failure>> {
        query.items.iter().map(|_| unsupported(operation::OFFER_PRICES)).collect()
    }

    /// Holds stock for the cart; a shortage is `rejected` with its line.
    fn reserve(&self, ctx: &Context, request: ReservationRequest) -> Result<Reservation, Failure> {
        unsupported(operation::RESERVE)
    }

    /// Releasing what is not held any more is no failure.
    fn release(&self, ctx: &Context, reservation: String) -> Result<(), Failure> {
        unsupported(operation::RELEASE)
    }

    fn calculate(&self, ctx: &Context, cart: Cart) -> Result<Calculation, Failure> {
        unsupported(operation::CALCULATE)
    }

    /// The reference is ours, unique, and the same in every attempt.
    fn submit_order(&self, ctx: &Context, order: Order, reference: String) -> Result<Accepted, Failure> {
        unsupported(operation::SUBMIT_ORDER)
    }

    /// `None` only when the back end certainly does not have the order; a failure when it cannot tell.
    fn find_order(&self, ctx: &Context, account: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        unsupported(operation::FIND_ORDER)
    }

    fn get_order(&self, ctx: &Context, account: String, number: String) -> Result<OrderDocument, Failure> {
        unsupported(operation::GET_ORDER)
    }

    /// Orders from every channel, newest first.
    fn list_orders(
        &self,
        ctx: &Context,
        account: String,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<OrderPage, Failure> {
        unsupported(operation::LIST_ORDERS)
    }

    fn cancel_order(&self, ctx: &Context, account: String, number: String, reason: String) -> Result<OrderDocument, Failure> {
        unsupported(operation::CANCEL_ORDER)
    }

    /// A counter-offer comes this way too, with `counters` set.
    fn submit_quote(&self, ctx: &Context, request: QuoteRequest, reference: String) -> Result<Received, Failure> {
        unsupported(operation::SUBMIT_QUOTE)
    }

    /// `None` only when the back end certainly does not have the quote; a failure when it cannot tell.
    fn find_quote(&self, ctx: &Context, account: String, reference: String) -> Result<Option<QuoteDocument>, Failure> {
        unsupported(operation::FIND_QUOTE)
    }

    fn get_quote(&self, ctx: &Context, account: String, number: String) -> Result<QuoteDocument, Failure> {
        unsupported(operation::GET_QUOTE)
    }

    fn list_quotes(
        &self,
        ctx: &Context,
        account: String,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<QuotePage, Failure> {
        unsupported(operation::LIST_QUOTES)
    }

    /// A stale revision is `rejected`.
    fn accept_quote(&self, ctx: &Context, acceptance: Acceptance) -> Result<Accepted, Failure> {
        unsupported(operation::ACCEPT_QUOTE)
    }

    fn decline_quote(
        &self,
        ctx: &Context,
        account: String,
        number: String,
        revision: String,
        reason: Option<String>,
    ) -> Result<QuoteDocument, Failure> {
        unsupported(operation::DECLINE_QUOTE)
    }

    fn cancel_quote(
        &self,
        ctx: &Context,
        account: String,
        number: String,
        reason: Option<String>,
    ) -> Result<QuoteDocument, Failure> {
        unsupported(operation::CANCEL_QUOTE)
    }

    /// Turns one message that the back end pushed into events. The host has checked the sender.
    fn translate(&self, ctx: &Context, headers: Vec<(String, String)>, body: Vec<u8>) -> Result<Vec<Event>, Failure> {
        unsupported(operation::TRANSLATE)
    }

    /// `side` is `read` or `write`. Must be cheap and must change nothing.
    fn probe(&self, ctx: &Context, side: String) -> Result<(), Failure> {
        unsupported(operation::PROBE)
    }
}

impl Description {
    /// A description with the safest answers: nothing supported, prices depend on account and currency, no de-duplication.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Description {
            name: name.into(),
            version: version.into(),
            price_dimensions: vec!["account".to_owned(), "currency".to_owned()],
            deduplication: "none".to_owned(),
            ..Description::default()
        }
    }

    /// Adds operations, by their names in [`operation`].
    #[must_use]
    pub fn capable_of(mut self, operations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.capabilities.extend(operations.into_iter().map(Into::into));
        self
    }

    /// Adds an endpoint without which the adapter cannot work.
    #[must_use]
    pub fn requires_endpoint(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.endpoints.push(Endpoint { name: name.into(), description: description.into(), required: true });
        self
    }

    /// At most `max_items` items in one call of `operation`.
    #[must_use]
    pub fn at_most(mut self, operation: impl Into<String>, max_items: u32) -> Self {
        self.batch_caps.push(BatchCap { operation: operation.into(), max_items });
        self
    }
}

fn unsupported<T>(operation: &str) -> Result<T, Failure> {
    Err(Failure::unsupported(format!("this adapter does not have {operation}")))
}
