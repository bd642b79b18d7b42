//! A checkout as the API shows it: what the back end said, or what is known without it. What is not known is left out, never zero.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    AccountNumber, CalculatedLine, Cart, CheckoutId, DegradedMode, LineDifference, LineKind, Money, PriceBasis, PriceComponent,
    PromiseDifference, Provisional, Quantity, Reference, Reservation, ScheduleLine, Seal, Sku,
};
use crate::service::Sealed;

/// A sealed cart: what an order will come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checkout {
    #[schema(value_type = String)]
    id: CheckoutId,
    account: AccountNumber,
    lines: Vec<CheckoutLine>,
    totals: CheckoutTotals,
    /// There while the amounts are not the back end's.
    #[serde(skip_serializing_if = "Option::is_none")]
    provisional: Option<ProvisionalView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation: Option<Reservation>,
    /// Lines whose price is not what the shopper saw; prices of one unit.
    differences: Vec<LineDifference>,
    /// Lines of which less, or later, is promised than was asked.
    promise_differences: Vec<PromiseDifference>,
    /// When it does not come to what the shopper saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    payable_difference: Option<AmountDifference>,
    messages: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    sealed_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The order that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Reference>,
}

/// A line of a checkout; without prices when none is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutLine {
    /// The cart line, or a new id for a line that the back end added.
    id: String,
    kind: LineKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    quantity: Quantity,
    /// Net price of `per` units.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    per: Option<Decimal>,
    /// Net amount of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<PriceComponent>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schedule: Vec<ScheduleLine>,
}

/// Sums of a checkout.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutTotals {
    /// Sum of the lines' net amounts; absent while a line has no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Money>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    charges: Vec<PriceComponent>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<PriceComponent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounding: Option<Money>,
    /// Absent while charges, taxes or a price are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    payable: Option<Money>,
}

/// What the shopper saw and what it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AmountDifference {
    seen: Money,
    now: Money,
}

/// On what the amounts rest while the back end does not answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvisionalView {
    mode: DegradedMode,
    basis: PriceBasis,
    /// Why the back end was not heard: `unavailable`, `timeout`, …
    reason: String,
    /// How old the oldest price is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// How far the live amount may be above this one for the order to go through by itself, in percent.
    #[schema(value_type = String, example = "5")]
    max_rise_percent: Decimal,
    /// `charges` and `taxes`, when they are not in the amounts.
    not_calculated: Vec<&'static str>,
    /// Lines without a price.
    unpriced_lines: Vec<String>,
}

impl From<Provisional> for ProvisionalView {
    fn from(provisional: Provisional) -> Self {
        Self {
            mode: provisional.mode,
            basis: provisional.basis,
            reason: provisional.reason,
            as_of: provisional.as_of,
            max_rise_percent: provisional.max_rise_percent,
            not_calculated: if provisional.is_complete { vec![] } else { vec!["charges", "taxes"] },
            unpriced_lines: provisional.unpriced,
        }
    }
}

impl From<Sealed> for Checkout {
    fn from(sealed: Sealed) -> Self {
        Self {
            differences: sealed.differences,
            promise_differences: sealed.promises,
            payable_difference: sealed.payable.map(|(seen, now)| AmountDifference { seen, now }),
            ..Self::of(sealed.seal, None)
        }
    }
}

impl Checkout {
    /// Without differences: what the shopper saw is not kept.
    pub fn of(seal: Seal, order: Option<Reference>) -> Self {
        let payable = seal.payable();
        let is_priced = seal.provisional.as_ref().is_none_or(|provisional| provisional.unpriced.is_empty());
        let totals = seal.calculation.totals;
        Self {
            id: seal.id,
            account: seal.account,
            lines: lines(&seal.cart, seal.calculation.lines),
            totals: CheckoutTotals {
                lines: is_priced.then_some(totals.lines),
                charges: totals.charges,
                taxes: totals.taxes,
                rounding: totals.rounding,
                payable,
            },
            provisional: seal.provisional.map(ProvisionalView::from),
            reservation: seal.reservation,
            differences: Vec::new(),
            promise_differences: Vec::new(),
            payable_difference: None,
            messages: seal.calculation.messages,
            sealed_at: seal.sealed_at,
            expires_at: seal.expires_at,
            order,
        }
    }
}

/// The calculated lines, and after them those of the cart that have no price.
fn lines(cart: &Cart, calculated: Vec<CalculatedLine>) -> Vec<CheckoutLine> {
    let unpriced = cart.lines.iter().filter(|line| !calculated.iter().any(|known| known.id == line.id));
    let unpriced: Vec<_> = unpriced
        .map(|line| CheckoutLine {
            id: line.id.clone(),
            kind: LineKind::Product,
            parent: None,
            sku: Some(line.sku.clone()),
            description: None,
            quantity: line.quantity.clone(),
            unit_price: None,
            per: None,
            amount: None,
            components: Vec::new(),
            schedule: Vec::new(),
        })
        .collect();
    let priced = calculated.into_iter().map(|line| CheckoutLine {
        id: line.id,
        kind: line.kind,
        parent: line.parent,
        sku: line.sku,
        description: line.description,
        quantity: line.quantity,
        unit_price: Some(line.unit_price),
        per: Some(line.per),
        amount: Some(line.amount),
        components: line.components,
        schedule: line.schedule,
    });
    priced.chain(unpriced).collect()
}
