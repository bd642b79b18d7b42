//! Whether a calculation is believed (rule C5): it answers the cart that was asked, in its currency, each line multiplies out, and all of it
//! adds up in the currency's minor unit.

use rust_decimal::Decimal;

use super::{CalculatedLine, Calculation, Cart, Currency, LineKind, Money, PriceComponent};

/// Name of the component in which a line declares a difference between its amount and price times quantity.
const ROUNDING: &str = "rounding";

/// Why a calculation is not believed (rule C5).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountMismatch {
    #[error("the amounts are in different currencies")]
    MixedCurrencies,
    #[error("line {line}: price times quantity is {product}, the back end says {stated} and declares no such rounding")]
    Line { line: String, product: Money, stated: Money },
    #[error("the lines add up to {sum}, the back end says {stated}")]
    Lines { sum: Money, stated: Money },
    #[error("lines, charges, taxes and rounding add up to {sum}, the back end says {stated}")]
    Payable { sum: Money, stated: Money },
    #[error("{0} has digits below the currency's minor unit")]
    BelowMinorUnit(Money),
    #[error("the amounts are larger than can be calculated with")]
    TooLarge,
    #[error("cart line {0} is missing in the answer")]
    MissingLine(String),
    #[error("line {0} is there twice in the answer")]
    DoubledLine(String),
    #[error("cart line {0} was answered for another item or quantity than asked")]
    ChangedLine(String),
}

impl Calculation {
    /// Fails with the first thing that contradicts the cart or the calculation itself.
    pub fn check(&self, cart: &Cart) -> Result<(), AmountMismatch> {
        self.answers(cart)?;
        self.is_in(cart.buyer.currency)?;
        self.is_in_minor_units()?;
        self.goods().try_for_each(CalculatedLine::multiplies_out)?;
        self.adds_up(cart.buyer.currency)
    }

    /// Every line of the cart once, for the item and quantity that was asked: a shortage shows in the schedule; amounts for less than was
    /// asked would be agreed to by mistake.
    fn answers(&self, cart: &Cart) -> Result<(), AmountMismatch> {
        for asked in &cart.lines {
            let answered = self.lines.iter().find(|line| line.id == asked.id);
            let answered = answered.ok_or_else(|| AmountMismatch::MissingLine(asked.id.clone()))?;
            let other_item = answered.sku.as_ref().is_some_and(|sku| *sku != asked.sku);
            if other_item || answered.quantity != asked.quantity {
                return Err(AmountMismatch::ChangedLine(asked.id.clone()));
            }
        }
        for (index, line) in self.lines.iter().enumerate() {
            if self.lines.iter().take(index).any(|other| other.id == line.id) {
                return Err(AmountMismatch::DoubledLine(line.id.clone()));
            }
        }
        Ok(())
    }

    fn is_in(&self, currency: Currency) -> Result<(), AmountMismatch> {
        let amounts = |components: &[PriceComponent]| components.iter().map(|part| part.amount).collect::<Vec<_>>();
        let totals = &self.totals;
        let of_lines =
            self.lines.iter().flat_map(|line| [line.unit_price, line.amount].into_iter().chain(amounts(&line.components)));
        let of_totals = [totals.lines, totals.payable].into_iter().chain(totals.rounding);
        let of_parts = amounts(&totals.charges).into_iter().chain(amounts(&totals.taxes));
        let is_other = |amount: Money| amount.currency != currency;
        if of_lines.chain(of_totals).chain(of_parts).any(is_other) { Err(AmountMismatch::MixedCurrencies) } else { Ok(()) }
    }

    /// A declared rounding takes up the digits of charges and taxes; lines and what is to be paid never have any.
    fn is_in_minor_units(&self) -> Result<(), AmountMismatch> {
        let totals = &self.totals;
        let parts = totals.charges.iter().chain(&totals.taxes).map(|part| part.amount);
        let parts = parts.filter(|_| totals.rounding.is_none());
        let mut all = self.goods().map(|line| line.amount).chain([totals.lines, totals.payable]).chain(parts);
        all.find(|amount| !amount.is_in_minor_units()).map_or(Ok(()), |amount| Err(AmountMismatch::BelowMinorUnit(amount)))
    }

    fn adds_up(&self, currency: Currency) -> Result<(), AmountMismatch> {
        let sum = self.goods().map(|line| line.amount).try_fold(Money::zero(currency), Money::plus);
        let (sum, stated) = (sum.ok_or(AmountMismatch::TooLarge)?, self.totals.lines);
        if sum.amount != stated.amount {
            return Err(AmountMismatch::Lines { sum, stated });
        }
        let (sum, stated) = (self.totals.sum().ok_or(AmountMismatch::TooLarge)?, self.totals.payable);
        if sum.amount == stated.amount { Ok(()) } else { Err(AmountMismatch::Payable { sum, stated }) }
    }

    /// Lines of kind `tax` are counted among the taxes of the totals, not among the lines.
    fn goods(&self) -> impl Iterator<Item = &CalculatedLine> {
        self.lines.iter().filter(|line| line.kind != LineKind::Tax)
    }
}

impl CalculatedLine {
    /// Price times quantity, and what the line declares as rounding, come to its amount. However a back end rounds, it stays less than one
    /// minor unit away.
    fn multiplies_out(&self) -> Result<(), AmountMismatch> {
        let (product, off) = self.product_and_difference().ok_or(AmountMismatch::TooLarge)?;
        let minor_unit = Decimal::new(1, self.amount.currency.minor_digits());
        if off.abs() < minor_unit {
            return Ok(());
        }
        let product = Money::new(product, self.amount.currency);
        Err(AmountMismatch::Line { line: self.id.clone(), product, stated: self.amount })
    }

    fn product_and_difference(&self) -> Option<(Decimal, Decimal)> {
        let product = self.unit_price.amount.checked_mul(self.quantity.value)?.checked_div(self.per)?;
        let mut declared = self.components.iter().filter(|part| part.kind == ROUNDING);
        let explained = declared.try_fold(product, |sum, part| sum.checked_add(part.amount.amount))?;
        Some((product, self.amount.amount.checked_sub(explained)?))
    }
}

#[cfg(test)]
mod tests;
