//! What can be asked of an adapter: one struct per operation, each with its name in the contract, the share of places that it takes and
//! the side of the back end that it touches. The mapping to and from the contract's records is in `convert`.

use std::time::Duration;

use super::convert;
use super::instance::{Guest, Ran};
use crate::domain::{
    Acceptance, Accepted, AccountNumber, Availability, AvailabilityQuery, BackendNumber, Calculation, CallContext, Cart,
    DocumentFilter, Failure, OfferPrice, Order, OrderDocument, Page, PageRequest, PriceQuery, QuoteDocument, QuoteReceived,
    QuoteRequest, Reference, Reservation, Side,
};

/// Which share of an adapter's places a call takes, so that browsing cannot take an order's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    Read,
    Checkout,
    Transfer,
}

impl Lane {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Checkout => "checkout",
            Self::Transfer => "transfer",
        }
    }
}

/// One operation of the contract.
pub trait Operation: Send + Sync + 'static {
    /// `interface.function`, as in the description's capabilities.
    const NAME: &'static str;
    const LANE: Lane;
    /// `Write` when the back end may have changed after a lost call.
    const SIDE: Side;
    type Reply: Send;

    /// Runs it on a fresh instance. Called by the runtime only.
    fn run(&self, guest: &mut Guest, context: &CallContext) -> impl Future<Output = Ran<Self::Reply>> + Send;
}

/// One result per item, in the order asked.
pub struct CheckAvailability {
    pub query: AvailabilityQuery,
}

impl Operation for CheckAvailability {
    const NAME: &'static str = "availability.check";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = Vec<Result<Availability, Failure>>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::availability::check(guest, context, &self.query).await
    }
}

/// One result per item, in the order asked.
pub struct OfferPrices {
    pub query: PriceQuery,
}

impl Operation for OfferPrices {
    const NAME: &'static str = "pricing.offer-prices";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = Vec<Result<OfferPrice, Failure>>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::pricing::offer_prices(guest, context, &self.query).await
    }
}

/// Holds stock for a cart.
pub struct Reserve {
    pub cart: Cart,
    /// An existing reservation that is to be extended.
    pub extends: Option<String>,
    pub hold: Duration,
}

impl Operation for Reserve {
    const NAME: &'static str = "checkout.reserve";
    const LANE: Lane = Lane::Checkout;
    const SIDE: Side = Side::Write;
    type Reply = Reservation;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::checkout::reserve(guest, context, self).await
    }
}

/// Gives held stock back.
pub struct Release {
    pub reservation: String,
}

impl Operation for Release {
    const NAME: &'static str = "checkout.release";
    const LANE: Lane = Lane::Checkout;
    const SIDE: Side = Side::Write;
    type Reply = ();

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::checkout::release(guest, context, &self.reservation).await
    }
}

/// Prices and promises a whole cart, live.
pub struct Calculate {
    pub cart: Cart,
}

impl Operation for Calculate {
    const NAME: &'static str = "checkout.calculate";
    const LANE: Lane = Lane::Checkout;
    const SIDE: Side = Side::Read;
    type Reply = Calculation;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::checkout::calculate(guest, context, &self.cart).await
    }
}

/// Hands an order over under our reference (rule T2).
pub struct SubmitOrder {
    pub order: Order,
    pub reference: Reference,
}

impl Operation for SubmitOrder {
    const NAME: &'static str = "orders.submit";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = Accepted;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::submit(guest, context, self).await
    }
}

/// The order with our reference; `None` is the back end's proof that it does not have it (rule T4).
pub struct FindOrder {
    pub account: AccountNumber,
    pub reference: Reference,
}

impl Operation for FindOrder {
    const NAME: &'static str = "orders.find-by-reference";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Read;
    type Reply = Option<OrderDocument>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::find(guest, context, self).await
    }
}

pub struct GetOrder {
    pub account: AccountNumber,
    pub number: BackendNumber,
}

impl Operation for GetOrder {
    const NAME: &'static str = "orders.get";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = OrderDocument;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::get(guest, context, self).await
    }
}

/// Orders of an account from every channel, newest first. The caller checks whose they are (rule H3).
pub struct ListOrders {
    pub account: AccountNumber,
    pub filter: DocumentFilter,
    pub page: PageRequest,
}

impl Operation for ListOrders {
    const NAME: &'static str = "orders.list";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = Page<OrderDocument>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::list(guest, context, self).await
    }
}

/// Cancels what is not yet delivered; the reply is the order as it then is.
pub struct CancelOrder {
    pub account: AccountNumber,
    pub number: BackendNumber,
    pub reason: String,
}

impl Operation for CancelOrder {
    const NAME: &'static str = "orders.cancel";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = OrderDocument;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::cancel(guest, context, self).await
    }
}

/// Hands a quote request or counter-offer over under our reference.
pub struct SubmitQuote {
    pub request: QuoteRequest,
    pub reference: Reference,
}

impl Operation for SubmitQuote {
    const NAME: &'static str = "quotes.submit";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = QuoteReceived;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::submit(guest, context, self).await
    }
}

/// The quote with our reference; `None` is the back end's proof that it does not have it (rule T4).
pub struct FindQuote {
    pub account: AccountNumber,
    pub reference: Reference,
}

impl Operation for FindQuote {
    const NAME: &'static str = "quotes.find-by-reference";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Read;
    type Reply = Option<QuoteDocument>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::find(guest, context, self).await
    }
}

pub struct GetQuote {
    pub account: AccountNumber,
    pub number: BackendNumber,
}

impl Operation for GetQuote {
    const NAME: &'static str = "quotes.get";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = QuoteDocument;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::get(guest, context, self).await
    }
}

pub struct ListQuotes {
    pub account: AccountNumber,
    pub filter: DocumentFilter,
    pub page: PageRequest,
}

impl Operation for ListQuotes {
    const NAME: &'static str = "quotes.list";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = Page<QuoteDocument>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::list(guest, context, self).await
    }
}

/// Turns a named revision into an order at its prices (rules Q2, Q3).
pub struct AcceptQuote {
    pub acceptance: Acceptance,
}

impl Operation for AcceptQuote {
    const NAME: &'static str = "quotes.accept";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = Accepted;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::accept_quote(guest, context, &self.acceptance).await
    }
}

pub struct DeclineQuote {
    pub account: AccountNumber,
    pub number: BackendNumber,
    pub revision: String,
    pub reason: Option<String>,
}

impl Operation for DeclineQuote {
    const NAME: &'static str = "quotes.decline";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = QuoteDocument;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::decline(guest, context, self).await
    }
}

/// Withdraws the customer's own request (`quotes.cancel` in the contract).
pub struct WithdrawQuote {
    pub account: AccountNumber,
    pub number: BackendNumber,
    pub reason: Option<String>,
}

impl Operation for WithdrawQuote {
    const NAME: &'static str = "quotes.cancel";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = QuoteDocument;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::withdraw(guest, context, self).await
    }
}

/// Whether a side of the back end is there. Changes nothing, whichever side is asked.
pub struct Probe {
    pub side: Side,
}

impl Operation for Probe {
    const NAME: &'static str = "health.probe";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = ();

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::probe(guest, context, self.side).await
    }
}
