//! Orders: handing them over, finding them again, showing them.

use super::super::convert;
use super::super::instance::{Guest, Ran};
use super::{Comparable, Lane, Operation, compared_page, compared_whole};
use crate::domain::{
    Accepted, AccountNumber, BackendNumber, CallContext, DocumentFilter, Failure, Order, OrderDocument, Page, PageRequest,
    Personal, Reference, Side,
};

/// Hands an order over under our reference (rule T2).
#[derive(Clone)]
pub struct SubmitOrder {
    pub order: Order,
    pub reference: Reference,
}

impl Operation for SubmitOrder {
    const NAME: &'static str = "orders.submit";
    const LANE: Lane = Lane::Transfer;
    const SIDE: Side = Side::Write;
    type Reply = Accepted;

    fn personal(&self) -> Personal {
        self.order.personal()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::submit(guest, context, self).await
    }
}

/// The order with our reference; `None` is the back end's proof that it does not have it (rule T4).
#[derive(Clone)]
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

#[derive(Clone)]
pub struct GetOrder {
    pub account: AccountNumber,
    pub number: BackendNumber,
}

impl Operation for GetOrder {
    const NAME: &'static str = "orders.get";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = OrderDocument;
    const COMPARED: Option<Comparable<Self::Reply>> = Some(compared_whole);

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::get(guest, context, self).await
    }
}

/// Orders of an account from every channel, newest first. The caller checks whose they are (rule H3).
#[derive(Clone)]
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
    const COMPARED: Option<Comparable<Self::Reply>> = Some(compared_page);

    fn failures(reply: &Self::Reply) -> impl Iterator<Item = &Failure> {
        reply.unreadable.iter()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::list(guest, context, self).await
    }
}

/// Cancels what is not yet delivered; the reply is the order as it then is.
#[derive(Clone)]
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

    fn personal(&self) -> Personal {
        Personal::text(&self.reason)
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::orders::cancel(guest, context, self).await
    }
}
