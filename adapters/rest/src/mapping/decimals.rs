//! Exact decimal arithmetic for mappings. jq's own `+` on fractions is binary floating point and must not touch money.
//!
//! Operands are numbers or decimal text, up to 28 significant digits; results are decimal text.

use super::value;
use jaq_json::{Error, Val};
use ordergate_sdk::money;
use ordergate_sdk::units::Ratio;
use rust_decimal::{Decimal, RoundingStrategy};

/// Plain text of any length, digits kept: 1E+3 becomes "1000", 12.50 stays "12.50". Null stays null.
pub(super) fn plain(operand: &Val) -> Result<Val, Error> {
    match operand {
        Val::Null => Ok(Val::Null),
        other => value::decimal_text(other).map(Val::from).map_err(|problem| Error::str(format!("decimal: {problem}"))),
    }
}

/// Sum of an array; nulls count nothing.
pub(super) fn sum(operands: &Val) -> Result<Val, Error> {
    let Val::Arr(operands) = operands else { return Err(Error::str("decimal_sum needs an array")) };
    let total = operands
        .iter()
        .filter(|one| !matches!(one, Val::Null))
        .try_fold(Decimal::ZERO, |total, one| total.checked_add(number(one)?).ok_or_else(too_large))?;
    Ok(answer(total))
}

pub(super) fn add(left: &Val, right: &Val) -> Result<Val, Error> {
    number(left)?.checked_add(number(right)?).map(answer).ok_or_else(too_large)
}

pub(super) fn subtract(left: &Val, right: &Val) -> Result<Val, Error> {
    number(left)?.checked_sub(number(right)?).map(answer).ok_or_else(too_large)
}

pub(super) fn multiply(left: &Val, right: &Val) -> Result<Val, Error> {
    number(left)?.checked_mul(number(right)?).map(answer).ok_or_else(too_large)
}

/// In another unit, at a ratio such as "12/1"; exact, or an error. Null stays null.
pub(super) fn convert(quantity: &Val, ratio: &Val) -> Result<Val, Error> {
    if matches!(quantity, Val::Null) {
        return Ok(Val::Null);
    }
    let quantity = number(quantity)?;
    let converted = Ratio::parse(&value::text_of(ratio)).and_then(|ratio| ratio.convert(quantity));
    converted.map(answer).map_err(|failure| Error::str(format!("convert: {}", failure.message)))
}

/// -1, 0 or 1, as a number.
pub(super) fn compare(left: &Val, right: &Val) -> Result<Val, Error> {
    Ok(Val::from(number(left)?.cmp(&number(right)?) as isize))
}

/// Rounded to `scale` digits after the point, half away from zero.
pub(super) fn divide(left: &Val, right: &Val, scale: &Val) -> Result<Val, Error> {
    let quotient = number(left)?.checked_div(number(right)?).ok_or_else(|| Error::str("decimal_div: division by zero"))?;
    round(&answer(quotient), scale)
}

/// Rounded to `scale` digits after the point, half away from zero, and padded to them.
pub(super) fn round(operand: &Val, scale: &Val) -> Result<Val, Error> {
    rounded(operand, scale, RoundingStrategy::MidpointAwayFromZero)
}

/// The same by another rule: `half-up` (away from zero), `half-even`, `half-down`, `up` (away from zero) or `down`.
pub(super) fn round_by(operand: &Val, scale: &Val, mode: &Val) -> Result<Val, Error> {
    let strategy = match value::text_of(mode).as_str() {
        "half-up" => RoundingStrategy::MidpointAwayFromZero,
        "half-even" => RoundingStrategy::MidpointNearestEven,
        "half-down" => RoundingStrategy::MidpointTowardZero,
        "up" => RoundingStrategy::AwayFromZero,
        "down" => RoundingStrategy::ToZero,
        _ => return Err(Error::str("decimal_round knows half-up, half-even, half-down, up and down")),
    };
    rounded(operand, scale, strategy)
}

fn rounded(operand: &Val, scale: &Val, strategy: RoundingStrategy) -> Result<Val, Error> {
    let digits: u32 =
        value::text_of(scale).parse().ok().filter(|digits| *digits <= 20).ok_or_else(|| Error::str("a scale is 0 to 20"))?;
    let mut rounded = number(operand)?.round_dp_with_strategy(digits, strategy);
    rounded.rescale(digits);
    Ok(answer(rounded))
}

fn number(operand: &Val) -> Result<Decimal, Error> {
    let text = value::decimal_text(operand).map_err(Error::str)?;
    money::decimal(&text).map_err(|failure| Error::str(failure.message))
}

fn answer(number: Decimal) -> Val {
    Val::from(money::text(number))
}

fn too_large() -> Error {
    Error::str("the result has more than 28 digits")
}
