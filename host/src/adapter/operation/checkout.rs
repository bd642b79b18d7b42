//! The live check of a cart before billing.

use std::time::Duration;

use super::super::convert;
use super::super::instance::{Guest, Ran};
use super::{Comparable, Lane, Operation, compared_whole};
use crate::domain::{Calculation, CallContext, Cart, Personal, Reservation, Side};

/// Holds stock for a cart.
#[derive(Clone)]
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

    fn personal(&self) -> Personal {
        self.cart.personal()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::checkout::reserve(guest, context, self).await
    }
}

/// Gives held stock back.
#[derive(Clone)]
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
#[derive(Clone)]
pub struct Calculate {
    pub cart: Cart,
}

impl Operation for Calculate {
    const NAME: &'static str = "checkout.calculate";
    const LANE: Lane = Lane::Checkout;
    const SIDE: Side = Side::Read;
    type Reply = Calculation;
    const COMPARED: Option<Comparable<Self::Reply>> = Some(compared_whole);

    fn personal(&self) -> Personal {
        self.cart.personal()
    }

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::checkout::calculate(guest, context, &self.cart).await
    }
}
