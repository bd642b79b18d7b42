//! How a checkout differs from what the shopper saw and asked (rule C1).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CalculatedLine, Calculation, Cart, CartLine, Money, Quantity};

/// How a line's live price differs from what the shopper saw last. Prices are per one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineDifference {
    pub line: String,
    pub seen: Money,
    pub now: Money,
}

impl LineDifference {
    pub fn is_rise(&self) -> bool {
        self.now.amount > self.seen.amount
    }
}

/// A line of which less, or later, is promised than was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromiseDifference {
    pub line: String,
    pub asked: Quantity,
    /// How many are promised at all, in the unit asked.
    #[schema(value_type = String)]
    pub promised: Decimal,
    /// The day for which the line, or else the cart, was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub requested_date: Option<Date>,
    /// How many of them are promised by that day; the same as `promised` when no day was asked.
    #[schema(value_type = String)]
    pub in_time: Decimal,
    /// When the last of them are promised, where the back end says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub last_on: Option<Date>,
}

impl Calculation {
    /// The lines of which less, or later, is promised than was asked. Of a line without a schedule the back end promises nothing, so nothing
    /// can be said.
    pub fn promise_differences(&self, cart: &Cart) -> Vec<PromiseDifference> {
        let line = |asked: &CartLine| {
            let answered = self.lines.iter().find(|line| line.id == asked.id && !line.schedule.is_empty())?;
            promise_difference(asked, asked.requested_date.or(cart.requested_date), answered)
        };
        cart.lines.iter().filter_map(line).collect()
    }
}

fn promise_difference(asked: &CartLine, requested_date: Option<Date>, answered: &CalculatedLine) -> Option<PromiseDifference> {
    let in_unit = answered.schedule.iter().filter(|part| part.quantity.unit == asked.quantity.unit);
    let parts: Vec<_> = in_unit.map(|part| (part.quantity.value, part.date)).collect();
    let is_in_time = |date: Option<Date>| requested_date.is_none_or(|wanted| date.is_some_and(|date| date <= wanted));
    let promised = parts.iter().fold(Decimal::ZERO, |sum, (value, _)| sum.saturating_add(*value));
    let timely = parts.iter().filter(|(_, date)| is_in_time(*date));
    let in_time = timely.fold(Decimal::ZERO, |sum, (value, _)| sum.saturating_add(*value));
    (in_time < asked.quantity.value).then(|| PromiseDifference {
        line: asked.id.clone(),
        asked: asked.quantity.clone(),
        promised,
        requested_date,
        in_time,
        last_on: parts.iter().filter_map(|(_, date)| *date).max(),
    })
}

#[cfg(test)]
mod tests;
