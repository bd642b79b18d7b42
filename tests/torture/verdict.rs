//! Whether what was seen is what was promised. Pure: it has facts, and gives what contradicts them.

mod answers;
mod orders;
mod stock;
mod timeline;

use std::fmt;

use crate::facts::Facts;
pub(crate) use stock::nothing_is_held_in_vain;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule that is broken.
    pub(crate) rule: &'static str,
    pub(crate) cart: Option<usize>,
    pub(crate) reference: Option<String>,
    pub(crate) text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.text)?;
        if let Some(cart) = self.cart {
            write!(f, " (cart {cart})")?;
        }
        if let Some(reference) = &self.reference {
            write!(f, " ({reference})")?;
        }
        Ok(())
    }
}

/// Everything that is wrong; nothing when every promise was kept.
pub(crate) fn verdict(facts: &Facts) -> Vec<Finding> {
    let judges = [
        orders::acknowledged_orders,
        orders::no_order_twice,
        orders::no_order_that_nobody_placed,
        answers::customers_were_told_the_truth,
        answers::everybody_sees_only_their_own,
        timeline::timelines_are_legal,
        timeline::one_order_of_an_account_at_a_time,
        nothing_is_held_in_vain,
    ];
    judges.into_iter().flat_map(|judge| judge(facts)).collect()
}

impl Finding {
    fn of_cart(rule: &'static str, cart: usize, text: impl Into<String>) -> Self {
        Self { rule, cart: Some(cart), reference: None, text: text.into() }
    }

    fn of_reference(rule: &'static str, reference: &str, text: impl Into<String>) -> Self {
        Self { rule, cart: None, reference: Some(reference.to_owned()), text: text.into() }
    }
}

#[cfg(test)]
mod tests;
