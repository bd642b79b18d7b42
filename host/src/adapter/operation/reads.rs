//! Availability, offer prices, and whether the back end is there.

use std::time::Duration;

use super::super::convert;
use super::super::instance::{Guest, Ran};
use super::{Comparable, Lane, Operation, compared_items};
use crate::domain::{Availability, AvailabilityQuery, CallContext, Failure, OfferPrice, PriceQuery, Purpose, Side};

/// One result per item, in the order asked. The call fails as a whole when every item met the same outage.
#[derive(Clone)]
pub struct CheckAvailability {
    pub query: AvailabilityQuery,
}

impl Operation for CheckAvailability {
    const NAME: &'static str = "availability.check";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = Vec<Result<Availability, Failure>>;
    const COMPARED: Option<Comparable<Self::Reply>> = Some(|items| compared_items(items));

    fn failures(reply: &Self::Reply) -> impl Iterator<Item = &Failure> {
        reply.iter().filter_map(|item| item.as_ref().err())
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::availability::check(guest, context, &self.query).await
    }
}

/// One result per item, in the order asked. The call fails as a whole when every item met the same outage.
#[derive(Clone)]
pub struct OfferPrices {
    pub query: PriceQuery,
}

impl Operation for OfferPrices {
    const NAME: &'static str = "pricing.offer-prices";
    const LANE: Lane = Lane::Read;
    const SIDE: Side = Side::Read;
    type Reply = Vec<Result<OfferPrice, Failure>>;
    const COMPARED: Option<Comparable<Self::Reply>> = Some(|items| compared_items(items));

    fn failures(reply: &Self::Reply) -> impl Iterator<Item = &Failure> {
        reply.iter().filter_map(|item| item.as_ref().err())
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::pricing::offer_prices(guest, context, &self.query).await
    }
}

/// Whether a side of the back end is there. Changes nothing, whichever side is asked.
#[derive(Clone)]
pub struct Probe {
    pub side: Side,
}

impl Probe {
    /// On nobody's behalf.
    pub fn context(request_id: String, deadline: Duration) -> CallContext {
        CallContext {
            store: "".into(),
            channel: "operations".into(),
            locale: "en".into(),
            request_id,
            trace_parent: None,
            purpose: Purpose::Probe,
            deadline,
        }
    }
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
