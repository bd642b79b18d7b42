//! `checkout.*`. Canonical requests: reserve `{cart, extends, hold_ms}`, release `{reservation}`, calculate the cart itself.

use crate::settings::Configuration;
use ordergate_sdk::checkout::{Calculation, Cart, Reservation, ReservationRequest};
use ordergate_sdk::operation::{CALCULATE, RELEASE, RESERVE};
use ordergate_sdk::types::{Context, Failure};
use serde::Serialize;

#[derive(Serialize)]
struct Release<'a> {
    reservation: &'a str,
}

pub(crate) fn reserve(
    configuration: &Configuration,
    ctx: &Context,
    request: &ReservationRequest,
) -> Result<Reservation, Failure> {
    configuration.record(RESERVE, ctx, request)
}

pub(crate) fn release(configuration: &Configuration, ctx: &Context, reservation: &str) -> Result<(), Failure> {
    configuration.nothing(RELEASE, ctx, &Release { reservation })
}

pub(crate) fn calculate(configuration: &Configuration, ctx: &Context, cart: &Cart) -> Result<Calculation, Failure> {
    configuration.record(CALCULATE, ctx, cart)
}
