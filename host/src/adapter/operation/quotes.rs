//! Quotes: handing requests over, finding them again, showing and answering them.

use super::super::convert;
use super::super::instance::{Guest, Ran};
use super::{Comparable, Lane, Operation, compared_page, compared_whole};
use crate::domain::{
    Acceptance, Accepted, AccountNumber, BackendNumber, CallContext, DocumentFilter, Failure, Page, PageRequest, Personal,
    QuoteDocument, QuoteReceived, QuoteRequest, Reference, Side,
};

/// Hands a quote request or counter-offer over under our reference.
#[derive(Clone)]
pub struct SubmitQuote {
    pub request: QuoteRequest,
    pub reference: Reference,
}

impl Operation for SubmitQuote {
    const NAME: &'static str = "quotes.submit";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = QuoteReceived;

    fn personal(&self) -> Personal {
        self.request.personal()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::submit(guest, context, self).await
    }
}

/// The quote with our reference; `None` is the back end's proof that it does not have it (rule T4).
#[derive(Clone)]
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

#[derive(Clone)]
pub struct GetQuote {
    pub account: AccountNumber,
    pub number: BackendNumber,
}

impl Operation for GetQuote {
    const NAME: &'static str = "quotes.get";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = QuoteDocument;
    const COMPARED: Option<Comparable<Self::Reply>> = Some(compared_whole);

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::get(guest, context, self).await
    }
}

#[derive(Clone)]
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
    const COMPARED: Option<Comparable<Self::Reply>> = Some(compared_page);

    fn failures(reply: &Self::Reply) -> impl Iterator<Item = &Failure> {
        reply.unreadable.iter()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::list(guest, context, self).await
    }
}

/// Turns a named revision into an order at its prices (rules Q2, Q3).
#[derive(Clone)]
pub struct AcceptQuote {
    pub acceptance: Acceptance,
}

impl Operation for AcceptQuote {
    const NAME: &'static str = "quotes.accept";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = Accepted;

    fn personal(&self) -> Personal {
        self.acceptance.order.personal()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::accept_quote(guest, context, &self.acceptance).await
    }
}

#[derive(Clone)]
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

    fn personal(&self) -> Personal {
        self.reason.as_deref().map(Personal::text).unwrap_or_default()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::decline(guest, context, self).await
    }
}

/// Withdraws the customer's own request (`quotes.cancel` in the contract).
#[derive(Clone)]
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

    fn personal(&self) -> Personal {
        self.reason.as_deref().map(Personal::text).unwrap_or_default()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::quotes::withdraw(guest, context, self).await
    }
}
