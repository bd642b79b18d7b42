//! Conversion between a sales unit and a base unit by an exact ratio from data (rule B4), never by a rounded factor: what is converted there
//! and back is the same quantity.

use crate::types::Failure;
use rust_decimal::Decimal;

/// Most digits after the point of a `Decimal`.
const MAX_SCALE: u32 = 28;

/// So many of the one unit are so many of the other: 12 pieces to 1 box, 3 kilograms to 40 pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: u32,
    denominator: u32,
}

impl Ratio {
    /// Both above zero.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, Failure> {
        if numerator == 0 || denominator == 0 {
            return Err(Failure::invalid_response(format!("{numerator}/{denominator} is no ratio of units")));
        }
        Ok(Self { numerator, denominator })
    }

    /// From text such as `12/1`; a whole number is to 1.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let whole = |text: &str| text.trim().parse().ok();
        let ratio = whole(numerator).zip(whole(denominator));
        let (numerator, denominator) =
            ratio.ok_or_else(|| Failure::invalid_response(format!("{text:?} is no ratio such as 12/1")))?;
        Self::new(numerator, denominator)
    }

    /// The way back.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }

    /// The quantity in the other unit. Fails when that is no decimal number: ten pieces are no number of boxes of three, and a rounded one
    /// would be another quantity.
    pub fn convert(self, quantity: Decimal) -> Result<Decimal, Failure> {
        self.exactly(quantity).ok_or_else(|| {
            Failure::invalid_response(format!("{quantity} at {}/{} is no exact quantity", self.numerator, self.denominator))
        })
    }

    fn exactly(self, quantity: Decimal) -> Option<Decimal> {
        let quantity = quantity.normalize();
        let product = quantity.mantissa().checked_mul(i128::from(self.numerator))?;
        let denominator = i128::from(self.denominator);
        let common = greatest_common_divisor(product.unsigned_abs(), denominator.unsigned_abs());
        let (mut product, mut left) = (product / i128::try_from(common).ok()?, denominator / i128::try_from(common).ok()?);
        let mut scale = quantity.scale();
        // What is left of the denominator goes into the digits after the point: a half is five tenths, a fifth is two.
        while left > 1 {
            let factor = [(10, 1), (2, 5), (5, 2)].into_iter().find(|(divisor, _)| left % divisor == 0)?;
            left /= factor.0;
            product = product.checked_mul(factor.1)?;
            scale = scale.checked_add(1).filter(|scale| *scale <= MAX_SCALE)?;
        }
        Decimal::try_from_i128_with_scale(product, scale).ok().map(|exact| exact.normalize())
    }
}

fn greatest_common_divisor(one: u128, other: u128) -> u128 {
    if other == 0 { one.max(1) } else { greatest_common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(quantity: &str, ratio: &str) -> Result<String, Failure> {
        Ratio::parse(ratio)?.convert(quantity.parse().unwrap()).map(|converted| converted.to_string())
    }

    #[test]
    fn b4_boxes_become_pieces_and_pieces_boxes_without_rounding() {
        assert_eq!(converted("2", "12/1").unwrap(), "24");
        assert_eq!(converted("24", "1/12").unwrap(), "2");
        assert_eq!(converted("0.5", "12").unwrap(), "6");
        assert_eq!(converted("3", "1/8").unwrap(), "0.375");
        assert_eq!(converted("7", "3/40").unwrap(), "0.525");
        assert_eq!(converted("-1.50", "12/1").unwrap(), "-18");
        assert_eq!(converted("0", "5/7").unwrap(), "0");
    }

    #[test]
    fn b4_what_is_no_decimal_number_is_refused_instead_of_rounded() {
        for (quantity, ratio) in [("10", "1/3"), ("1", "1/7"), ("79228162514264337593543950335", "2/1")] {
            assert!(converted(quantity, ratio).unwrap_err().message.contains("no exact quantity"), "{quantity} at {ratio}");
        }
        for wrong in ["0/1", "1/0", "a/b", "1.5/1", "", "-1/2"] {
            assert!(Ratio::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn scenario_16_there_and_back_is_the_same_quantity_for_every_ratio_that_fits() {
        let mut exact = 0;
        for numerator in 1..=60_u32 {
            for denominator in 1..=60_u32 {
                let ratio = Ratio::new(numerator, denominator).unwrap();
                for (mantissa, scale) in [(1, 0), (7, 0), (1_000, 0), (25, 1), (4_869_912, 6), (123_456_789, 3)] {
                    let quantity = Decimal::new(mantissa, scale);
                    let Ok(there) = ratio.convert(quantity) else { continue };
                    exact += 1;
                    assert_eq!(ratio.inverse().convert(there).unwrap(), quantity, "{quantity} at {numerator}/{denominator}");
                }
            }
        }
        assert!(exact > 5_000, "{exact} conversions were exact");
    }
}
