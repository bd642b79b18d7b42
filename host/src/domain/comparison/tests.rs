//! What a comparison with the back end finds, and what it does not.

use super::*;
use crate::domain::fixtures::{calculated_line, calculation, cart, euro, order};
use crate::domain::{Currency, PriceComponent, QuoteLink, Totals};

/// An order of lines, as (id, item, quantity, unit price).
fn ordered(lines: &[(&str, &str, &str, &str)]) -> Order {
    let cart = cart(&lines.iter().map(|(id, sku, quantity, _)| (*id, *sku, *quantity)).collect::<Vec<_>>());
    let priced = lines.iter().map(|(id, sku, quantity, price)| calculated_line(id, sku, quantity, price)).collect();
    order(&cart, &calculation(priced))
}

fn line(id: &str, sku: &str, quantity: &str, price: &str) -> OrderLine {
    ordered(&[(id, sku, quantity, price)]).lines.remove(0)
}

/// As the back end has it, with our line id where it keeps it.
fn there(line: &OrderLine, number: &str, reference: Option<&str>) -> DocumentLine {
    DocumentLine {
        id: number.into(),
        reference: reference.map(str::to_owned),
        parent: None,
        kind: line.kind,
        sku: line.sku.clone(),
        buyer_sku: None,
        description: None,
        quantity: line.quantity.clone(),
        unit_price: line.unit_price,
        per: line.per,
        amount: line.amount,
        requested_date: None,
        location: None,
        status: Some(BusinessStatus::Open),
        raw_status: Some("A".into()),
        reject_reason: None,
        shipped: None,
        cancelled: None,
        invoiced: None,
        schedule: vec![],
        deliveries: vec![],
    }
}

fn document(lines: Vec<DocumentLine>) -> OrderDocument {
    OrderDocument {
        number: "4711".into(),
        reference: None,
        account: "A".into(),
        channel: None,
        purchase_order: None,
        placed_at: jiff::Timestamp::UNIX_EPOCH,
        changed_at: None,
        status: BusinessStatus::Open,
        raw_status: None,
        currency: Currency::parse("EUR").unwrap(),
        totals: None,
        requested_date: None,
        quote: None,
        parties: vec![],
        notes: vec![],
        lines,
        ext: Default::default(),
    }
}

/// An order of two lines, and the same in the back end.
fn both() -> (Order, Vec<DocumentLine>) {
    let order = ordered(&[("1", "A", "5", "10.00"), ("2", "B", "1", "3.33")]);
    let theirs = order.lines.iter().map(|line| there(line, &format!("{}0", line.id), Some(&line.id))).collect();
    (order, theirs)
}

fn kinds(order: &Order, lines: Vec<DocumentLine>) -> Vec<String> {
    let kind = |found: Amendment| format!("{}{}", found.line.map(|line| line + " ").unwrap_or_default(), found.kind);
    order.differences(&document(lines)).into_iter().map(kind).collect()
}

#[test]
fn t10_what_is_the_same_differs_in_nothing() {
    let (order, theirs) = both();
    assert_eq!(kinds(&order, theirs.clone()), [] as [&str; 0]);
    let unnamed = theirs.into_iter().map(|line| DocumentLine { reference: None, ..line }).collect();
    assert_eq!(kinds(&order, unnamed), [] as [&str; 0], "by their items");
    assert_eq!(kinds(&order, vec![]), [] as [&str; 0], "a list without lines tells nothing");
}

#[test]
fn t10_every_difference_of_a_line_is_told() {
    let (order, theirs) = both();
    let changed = |change: &dyn Fn(&mut DocumentLine)| {
        let mut lines = theirs.clone();
        change(&mut lines[0]);
        kinds(&order, lines)
    };
    assert_eq!(changed(&|line| line.quantity = Quantity::pieces(4)), ["1 quantity"]);
    assert_eq!(changed(&|line| line.cancelled = Some(Decimal::ONE)), ["1 quantity"]);
    assert_eq!(changed(&|line| line.amount = Some(euro("50.01"))), ["1 price"]);
    assert_eq!(changed(&|line| line.sku = Some("C".into())), ["1 substitution"]);
    assert_eq!(changed(&|line| line.status = Some(BusinessStatus::Cancelled)), ["1 rejected-line"]);
    assert_eq!(kinds(&order, theirs[..1].to_vec()), ["2 rejected-line"]);
    let more = there(&line("9", "FREIGHT", "1", "9.90"), "90", None);
    assert_eq!(kinds(&order, [theirs.clone(), vec![more]].concat()), ["added-line"]);
}

#[test]
fn t10_rounded_prices_other_units_and_parts_of_a_line_are_no_difference() {
    let (order, mut theirs) = both();
    theirs[0].unit_price = Some(euro("9.999"));
    theirs[1].quantity = Quantity::new(Decimal::ONE, crate::domain::Unit::new("BX"));
    theirs[1].unit_price = Some(euro("39.96"));
    let part = DocumentLine { parent: Some("10".into()), ..there(&line("1", "PART", "5", "0.00"), "11", None) };
    assert_eq!(kinds(&order, [theirs, vec![part]].concat()), [] as [&str; 0]);
}

#[test]
fn t10_lines_that_cannot_be_told_apart_are_not_compared() {
    let order = ordered(&[("1", "A", "5", "10.00"), ("2", "A", "1", "10.00")]);
    let theirs = vec![there(&order.lines[1], "10", None), there(&order.lines[0], "20", None)];
    assert_eq!(kinds(&order, theirs), [] as [&str; 0]);
}

fn told(kind: &str, to: Option<&str>) -> Amendment {
    Amendment { line: Some("1".into()), kind: kind.into(), from: None, to: to.map(str::to_owned), message: None }
}

/// What is news of an order of five at 10.00, of which so much was told, when there are so many at such a price.
fn news(told: &[Amendment], quantity: u32, price: &str) -> Vec<String> {
    let (order, mut theirs) = both();
    theirs[0].quantity = Quantity::pieces(quantity);
    theirs[0].unit_price = Some(euro(price));
    theirs[0].amount = Some(Money { amount: euro(price).amount * Decimal::from(quantity), ..euro(price) });
    let there = document(theirs);
    order.differences_beyond(&there, told).into_iter().map(|found| found.kind).collect()
}

#[test]
fn t10_what_was_told_is_no_news_and_what_changed_again_since_is() {
    for to in ["3", "3.000 C62", "3 EA"] {
        assert_eq!(news(&[told("quantity", Some(to))], 3, "10.00"), [] as [&str; 0], "{to}");
    }
    assert_eq!(news(&[told("quantity", Some("3"))], 500, "10.00"), ["quantity"]);
    // A price is told by the unit or by the line.
    for to in ["9.00", "9 EUR", "45.00"] {
        assert_eq!(news(&[told("price", Some(to))], 5, "9.00"), [] as [&str; 0], "{to}");
        assert_eq!(news(&[told("price", Some(to))], 5, "99.00"), ["price"], "{to}");
    }
    assert_eq!(news(&[told("quantity", Some("3")), told("date", Some("2026-12-24"))], 3, "99.00"), ["price"]);
    assert_eq!(news(&[told("price", None)], 5, "99.00"), [] as [&str; 0], "it said no value");
}

#[test]
fn t10_the_price_of_another_number_of_units_is_news_and_a_line_that_came_to_nothing_is_not() {
    let (order, theirs) = both();
    let news = |told: Amendment, change: &dyn Fn(&mut DocumentLine)| {
        let mut lines = theirs.clone();
        change(&mut lines[0]);
        order.differences_beyond(&document(lines), &[told]).into_iter().map(|found| found.kind).collect::<Vec<_>>()
    };
    let per_hundredth = |line: &mut DocumentLine| {
        line.unit_price = Some(euro("9.00"));
        line.per = Some("0.01".parse().unwrap());
        line.amount = Some(euro("4500.00"));
    };
    assert_eq!(news(told("price", Some("9.00")), &per_hundredth), ["price"]);
    // Why it came to nothing is told in one word and shown in another.
    let rejected = |line: &mut DocumentLine| line.status = Some(BusinessStatus::Rejected);
    assert_eq!(news(told("rejected-line", Some("52")), &rejected), [] as [&str; 0]);
}

#[test]
fn t10_sums_are_compared_unless_something_was_told_that_moves_them() {
    let (order, theirs) = both();
    let (lines, payable) = (euro("53.33"), euro("53.33"));
    let agreed = Totals { lines, charges: vec![], taxes: vec![], rounding: None, payable };
    let order = Order { totals: Some(agreed.clone()), ..order };
    let sums = |told: &[Amendment], change: &dyn Fn(&mut Totals, &mut Order)| {
        let (mut order, mut there) = (order.clone(), document(theirs.clone()));
        let mut totals = agreed.clone();
        change(&mut totals, &mut order);
        there.totals = Some(totals);
        order.differences_beyond(&there, told).into_iter().map(|found| found.kind).collect::<Vec<_>>()
    };
    let dearer = |totals: &mut Totals, _: &mut Order| totals.payable = euro("999.00");
    assert_eq!(sums(&[], &dearer), ["total"]);
    assert_eq!(sums(&[told("date", Some("2026-12-24"))], &dearer), ["total"], "a later day costs nothing");
    assert_eq!(sums(&[told("price", Some("10.00"))], &dearer), [] as [&str; 0]);
    // An offer without charges leaves them open; the goods are compared.
    let from_an_offer = |totals: &mut Totals, order: &mut Order| {
        order.quote = Some(QuoteLink { number: "Q1".into(), revision: None, line: None });
        let amount = euro("9.90");
        totals.charges = vec![PriceComponent { kind: "freight".into(), description: None, amount, rate: None, code: None }];
        totals.payable = euro("999.00");
    };
    assert_eq!(sums(&[], &from_an_offer), [] as [&str; 0]);
    assert_eq!(
        sums(&[], &|totals, order| {
            from_an_offer(totals, order);
            totals.lines = euro("998.00");
        }),
        ["total"]
    );
}
