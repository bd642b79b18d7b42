//! What a back end has otherwise than it was ordered, line by line (rules T9, T10). Where it cannot be told, nothing is said.

use rust_decimal::Decimal;

use super::{Amendment, BusinessStatus, DocumentLine, LineKind, Money, Order, OrderDocument, OrderLine, Quantity, Sku};

impl Order {
    /// How the order differs in the back end: lines that are missing or came to nothing, lines that were added, and their items, quantities
    /// and prices. A document without lines tells nothing.
    pub fn differences(&self, there: &OrderDocument) -> Vec<Amendment> {
        let theirs: Vec<_> = there.lines.iter().filter(|line| line.kind == LineKind::Product && line.parent.is_none()).collect();
        let ours: Vec<_> = self.lines.iter().filter(|line| line.kind == LineKind::Product && line.parent.is_none()).collect();
        if theirs.is_empty() {
            return Vec::new();
        }
        match pairs(&ours, &theirs) {
            Some(pairs) => {
                let added = theirs
                    .iter()
                    .filter(|line| !pairs.iter().any(|(_, other)| other.is_some_and(|other| std::ptr::eq(other, **line))));
                let changed = pairs.iter().flat_map(|(ours, theirs)| changes(ours, *theirs));
                changed.chain(added.map(|line| added_line(line))).collect()
            }
            None => Vec::new(),
        }
    }

    /// How it differs beyond what was told with the confirmation: what changed again since is news. Sums are not compared where something was
    /// told that moves them.
    pub fn differences_beyond(&self, there: &OrderDocument, told: &[Amendment]) -> Vec<Amendment> {
        let is_told = |difference: &Amendment| told.iter().any(|told| is_told_by(difference, told, self, there));
        let lines = self.differences(there).into_iter().filter(|difference| !is_told(difference));
        let moves_the_sum = told.iter().any(|told| MOVE_THE_SUM.contains(&told.kind.as_str()));
        lines.chain(self.total_difference(there).filter(|_| !moves_the_sum)).collect()
    }

    /// The sum to be paid, when it is another one there. An offer that names no charges does not say that there will be none: of an order that
    /// came from one, the goods are compared.
    fn total_difference(&self, there: &OrderDocument) -> Option<Amendment> {
        let (ours, theirs) = (self.totals.as_ref()?, there.totals.as_ref()?);
        let is_open = self.quote.is_some() && ours.charges.is_empty() && !theirs.charges.is_empty();
        let (ours, theirs) = if is_open { (ours.lines, theirs.lines) } else { (ours.payable, theirs.payable) };
        let differs = ours.currency != theirs.currency || ours.amount != theirs.amount;
        differs.then(|| {
            amendment(None, "total", Some(ours.to_string()), Some(theirs.to_string()), "The sum to be paid is another one.")
        })
    }
}

/// Kinds of amendments that change what is to be paid.
const MOVE_THE_SUM: [&str; 6] = ["price", "quantity", "substitution", "rejected-line", "added-line", "total"];

/// Whether an amendment said what a line now has. One that says no value is believed to have said this one, as is that a line came to nothing.
/// A price is told by the line or by the unit.
fn is_told_by(difference: &Amendment, told: &Amendment, ours: &Order, there: &OrderDocument) -> bool {
    if told.line != difference.line || told.kind != difference.kind {
        return false;
    }
    let (Some(said), Some(now)) = (told.to.as_deref(), difference.to.as_deref()) else { return true };
    let Some(number) = leading_number(said) else { return told.kind == "rejected-line" || said.trim() == now.trim() };
    let per = ours.lines.iter().find(|line| Some(line.id.as_str()) == told.line.as_deref()).and_then(|line| line.per);
    let is_price_of = |line: &DocumentLine| {
        let unit = line.unit_price.and_then(|price| one_unit(price, line.per));
        let as_agreed = line.unit_price.filter(|_| line.per.unwrap_or(Decimal::ONE) == per.unwrap_or(Decimal::ONE));
        [line.amount, line.amount.map(Money::rounded), as_agreed, unit].into_iter().flatten().any(|price| price.amount == number)
    };
    let of_line = |line: &&DocumentLine| [line.reference.as_deref(), Some(line.id.as_str())].contains(&told.line.as_deref());
    match told.kind.as_str() {
        "rejected-line" => true,
        "price" => leading_number(now) == Some(number) || there.lines.iter().filter(of_line).any(is_price_of),
        _ => leading_number(now) == Some(number),
    }
}

/// Adapters may name a unit or currency after a number.
pub(super) fn leading_number(text: &str) -> Option<Decimal> {
    text.split_whitespace().next()?.parse().ok()
}

type Pair<'a> = (&'a OrderLine, Option<&'a DocumentLine>);

/// Which line there is which of ours: by our line ids where the back end keeps them, else by items that stand in one line only on each side.
fn pairs<'a>(ours: &[&'a OrderLine], theirs: &[&'a DocumentLine]) -> Option<Vec<Pair<'a>>> {
    if theirs.iter().any(|line| line.reference.is_some()) {
        let named = |line: &OrderLine| theirs.iter().find(|there| there.reference.as_deref() == Some(line.id.as_str())).copied();
        return Some(ours.iter().map(|line| (*line, named(line))).collect());
    }
    let are_unique =
        is_unique(ours.iter().map(|line| line.sku.as_ref())) && is_unique(theirs.iter().map(|line| line.sku.as_ref()));
    let same = |line: &OrderLine| theirs.iter().find(|there| there.sku == line.sku).copied();
    are_unique.then(|| ours.iter().map(|line| (*line, same(line))).collect())
}

fn is_unique<'a>(items: impl Iterator<Item = Option<&'a Sku>>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    items.into_iter().all(|item| item.is_some_and(|item| seen.insert(item)))
}

fn changes(ours: &OrderLine, theirs: Option<&DocumentLine>) -> Vec<Amendment> {
    let id = Some(ours.id.as_str());
    let Some(theirs) = theirs else {
        return vec![amendment(id, "rejected-line", None, None, "The line is not there.")];
    };
    if matches!(theirs.status, Some(BusinessStatus::Cancelled | BusinessStatus::Rejected)) {
        let message = theirs.reject_reason.as_deref().unwrap_or("The line came to nothing.");
        return vec![amendment(id, "rejected-line", None, theirs.raw_status.clone(), message)];
    }
    let mut found = Vec::new();
    if let (Some(ordered), Some(there)) = (&ours.sku, &theirs.sku)
        && ordered != there
    {
        found.push(amendment(id, "substitution", Some(ordered.to_string()), Some(there.to_string()), "Another item was taken."));
    }
    let left = left_of(theirs);
    if ours.quantity.unit == left.unit && ours.quantity.value != left.value {
        let (from, to) = (shown(&ours.quantity), shown(&left));
        found.push(amendment(id, "quantity", Some(from), Some(to), "The quantity was changed."));
    }
    // A price of another unit is another price.
    if let Some((agreed, now)) = other_price(ours, theirs, &left).filter(|_| ours.quantity.unit == left.unit) {
        found.push(amendment(id, "price", Some(agreed.to_string()), Some(now.to_string()), "The price was changed."));
    }
    found
}

/// What of a line was not cancelled.
fn left_of(line: &DocumentLine) -> Quantity {
    let cancelled = line.cancelled.unwrap_or_default();
    Quantity::new(line.quantity.value.saturating_sub(cancelled).max(Decimal::ZERO), line.quantity.unit.clone())
}

/// Amounts of the same quantity are compared, because unit prices may be rounded there; otherwise the prices of one unit.
fn other_price(ours: &OrderLine, theirs: &DocumentLine, left: &Quantity) -> Option<(Money, Money)> {
    let (agreed, now) = match (ours.amount, theirs.amount) {
        (Some(agreed), Some(now)) if ours.quantity == *left => (agreed.rounded(), now.rounded()),
        _ => (one_unit(ours.unit_price?, ours.per)?, one_unit(theirs.unit_price?, theirs.per)?),
    };
    (agreed.currency != now.currency || agreed.amount != now.amount).then_some((agreed, now))
}

fn one_unit(price: Money, per: Option<Decimal>) -> Option<Money> {
    Some(Money::new(price.amount.checked_div(per.unwrap_or(Decimal::ONE))?.normalize(), price.currency))
}

fn added_line(line: &DocumentLine) -> Amendment {
    amendment(None, "added-line", None, line.sku.as_ref().map(ToString::to_string), "The back end added a line.")
}

fn shown(quantity: &Quantity) -> String {
    Quantity::new(quantity.value.normalize(), quantity.unit.clone()).to_string()
}

fn amendment(line: Option<&str>, kind: &str, from: Option<String>, to: Option<String>, message: &str) -> Amendment {
    Amendment { line: line.map(str::to_owned), kind: kind.to_owned(), from, to, message: Some(message.to_owned()) }
}

#[cfg(test)]
mod tests;
