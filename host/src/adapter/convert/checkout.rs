//! `checkout.reserve`, `checkout.release`, `checkout.calculate`.

use super::super::bindings::guest::checkout as wit;
use super::super::instance::{Guest, Ran};
use super::super::operation::Reserve;
use super::records::{from_components, from_schedule, from_totals, to_buyer, to_date, to_extensions, to_parties, to_quantity};
use super::strict::{Place, optional};
use super::{accept, bounded, to_context, to_millis};
use crate::domain::{CalculatedLine, Calculation, CallContext, Cart, CartLine, Failure, LineKind, Reservation, Side};

pub(in super::super) async fn reserve(guest: &mut Guest, context: &CallContext, wanted: &Reserve) -> Ran<Reservation> {
    let context = to_context(guest, context);
    let request =
        wit::ReservationRequest { cart: to_cart(&wanted.cart), extends: wanted.extends.clone(), hold_ms: to_millis(wanted.hold) };
    let reply = guest.checkout()?.call_reserve(&mut guest.store, &context, &request).await?;
    accept(reply, Side::Write, from_reservation)
}

pub(in super::super) async fn release(guest: &mut Guest, context: &CallContext, reservation: &str) -> Ran<()> {
    let context = to_context(guest, context);
    let reply = guest.checkout()?.call_release(&mut guest.store, &context, reservation).await?;
    accept(reply, Side::Write, Ok)
}

pub(in super::super) async fn calculate(guest: &mut Guest, context: &CallContext, cart: &Cart) -> Ran<Calculation> {
    let context = to_context(guest, context);
    let reply = guest.checkout()?.call_calculate(&mut guest.store, &context, &to_cart(cart)).await?;
    accept(reply, Side::Read, from_calculation)
}

fn to_cart(cart: &Cart) -> wit::Cart {
    wit::Cart {
        buyer: to_buyer(&cart.buyer),
        parties: to_parties(&cart.parties),
        delivery_method: cart.delivery_method.clone(),
        payment_terms: cart.payment_terms.clone(),
        requested_date: cart.requested_date.as_ref().map(to_date),
        lines: cart.lines.iter().map(to_line).collect(),
        ext: to_extensions(&cart.ext),
    }
}

fn to_line(line: &CartLine) -> wit::CartLine {
    wit::CartLine {
        id: line.id.clone(),
        sku: line.sku.to_string(),
        quantity: to_quantity(&line.quantity),
        location: line.location.as_ref().map(ToString::to_string),
        requested_date: line.requested_date.as_ref().map(to_date),
        ext: Vec::new(),
    }
}

fn from_reservation(answer: wit::Reservation) -> Result<Reservation, Failure> {
    let place = Place::new("reservation", &answer.id);
    let expires_at = place.instant("expires-at", &answer.expires_at)?;
    Ok(Reservation { id: place.text("id", answer.id.clone())?, expires_at })
}

/// Most messages of one calculation.
const MAX_MESSAGES: usize = 64;
/// Most components and schedule lines of one of its lines. It is kept with its seal.
const MAX_COMPONENTS: usize = 64;
const MAX_SCHEDULE: usize = 64;

fn from_calculation(answer: wit::Calculation) -> Result<Calculation, Failure> {
    let place = Place::new("calculation", "");
    Ok(Calculation {
        lines: answer.lines.into_iter().map(from_line).collect::<Result<_, _>>()?,
        totals: from_totals(answer.totals, place)?,
        valid_until: optional(answer.valid_until.as_ref(), |text| place.instant("valid-until", text))?,
        messages: answer.messages.into_iter().take(MAX_MESSAGES).map(bounded::sentence).collect(),
    })
}

fn from_line(line: wit::CalculatedLine) -> Result<CalculatedLine, Failure> {
    let place = Place::new("calculated line", &line.id);
    Ok(CalculatedLine {
        kind: LineKind::parse(&line.kind),
        quantity: place.quantity("quantity", &line.quantity)?,
        unit_price: place.money("unit-price", &line.unit_price)?,
        per: place.per(line.per.as_deref())?,
        amount: place.money("amount", &line.amount)?,
        components: from_components(place.at_most("components", MAX_COMPONENTS, line.components)?, "components", place)?,
        schedule: from_schedule(place.at_most("schedule", MAX_SCHEDULE, line.schedule)?, place)?,
        id: place.text("id", line.id.clone())?,
        parent: place.optional_text("parent", line.parent)?,
        sku: place.optional_text("sku", line.sku)?,
        description: line.description.map(bounded::sentence),
    })
}
