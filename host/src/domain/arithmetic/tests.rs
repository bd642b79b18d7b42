//! Amounts that add up, and all the ways in which they do not.

use proptest::prelude::*;

use super::*;
use crate::domain::{Buyer, CartLine, Extensions, Quantity, Totals, Unit};

fn money(amount: &str, currency: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::parse(currency).unwrap())
}

fn component(kind: &str, amount: Money) -> PriceComponent {
    PriceComponent { kind: kind.into(), description: None, amount, rate: None, code: None }
}

fn cart(currency: &str) -> Cart {
    Cart {
        buyer: Buyer {
            account: Some("A".into()),
            ship_to: None,
            contract: None,
            currency: Currency::parse(currency).unwrap(),
            sales_area: None,
            ext: Extensions::new(),
        },
        parties: vec![],
        delivery_method: None,
        payment_terms: None,
        requested_date: None,
        lines: vec![CartLine {
            id: "1".into(),
            sku: "A".into(),
            quantity: Quantity::new(Decimal::ONE_THOUSAND, Unit::one()),
            location: None,
            requested_date: None,
        }],
        ext: Extensions::new(),
    }
}

fn calculation(currency: &str, line: &str, freight: &str, tax: &str, payable: &str) -> Calculation {
    Calculation {
        lines: vec![CalculatedLine {
            id: "1".into(),
            kind: LineKind::Product,
            parent: None,
            sku: Some("A".into()),
            description: None,
            quantity: Quantity::new(Decimal::ONE_THOUSAND, Unit::one()),
            unit_price: money("4.869912", currency),
            per: Decimal::ONE,
            amount: money(line, currency),
            components: vec![],
            schedule: vec![],
        }],
        totals: Totals {
            lines: money(line, currency),
            charges: vec![component("freight", money(freight, currency))],
            taxes: vec![component("tax", money(tax, currency))],
            rounding: None,
            payable: money(payable, currency),
        },
        valid_until: None,
        messages: vec![],
    }
}

#[test]
fn c5_amounts_that_add_up_in_the_minor_unit_pass() {
    assert_eq!(calculation("EUR", "4869.91", "5.00", "926.23", "5801.14").check(&cart("EUR")), Ok(()));
    assert_eq!(calculation("JPY", "4870", "5", "926", "5801").check(&cart("JPY")), Ok(()));
    assert_eq!(calculation("BHD", "4869.912", "5", "926.233", "5801.145").check(&cart("BHD")), Ok(()));
}

#[test]
fn c5_an_undeclared_cent_is_refused_and_a_declared_one_passes() {
    let mut calculation = calculation("EUR", "4869.91", "5.00", "926.23", "5801.15");
    assert!(matches!(calculation.check(&cart("EUR")), Err(AmountMismatch::Payable { .. })));
    calculation.totals.rounding = Some(money("0.01", "EUR"));
    assert_eq!(calculation.check(&cart("EUR")), Ok(()));
}

#[test]
fn c5_digits_below_the_minor_unit_are_refused() {
    let calculation = calculation("JPY", "4869.91", "5", "926", "5800.91");
    assert!(matches!(calculation.check(&cart("JPY")), Err(AmountMismatch::BelowMinorUnit(_))));
}

#[test]
fn c5_an_answer_in_another_currency_or_without_a_line_is_refused() {
    let other = calculation("USD", "1.00", "0", "0", "1.00");
    assert_eq!(other.check(&cart("EUR")), Err(AmountMismatch::MixedCurrencies));
    let mut short = calculation("EUR", "0", "0", "0", "0");
    short.lines.clear();
    assert_eq!(short.check(&cart("EUR")), Err(AmountMismatch::MissingLine("1".into())));
}

#[test]
fn c5_an_answer_for_fewer_or_for_another_item_or_twice_is_refused() {
    let good = || calculation("EUR", "4869.91", "5.00", "926.23", "5801.14");
    let mut capped = good();
    capped.lines[0].quantity.value = Decimal::TEN;
    assert_eq!(capped.check(&cart("EUR")), Err(AmountMismatch::ChangedLine("1".into())));
    let mut other = good();
    other.lines[0].sku = Some("B".into());
    assert_eq!(other.check(&cart("EUR")), Err(AmountMismatch::ChangedLine("1".into())));
    let mut doubled = good();
    doubled.lines.push(doubled.lines[0].clone());
    assert_eq!(doubled.check(&cart("EUR")), Err(AmountMismatch::DoubledLine("1".into())));
}

#[test]
fn c5_a_line_that_is_not_price_times_quantity_is_refused_unless_it_declares_the_rounding() {
    // 1000 × 4.87 is 4870.00.
    let mut calculation = calculation("EUR", "4869.91", "5.00", "926.23", "5801.14");
    calculation.lines[0].unit_price = money("4.87", "EUR");
    assert!(matches!(calculation.check(&cart("EUR")), Err(AmountMismatch::Line { .. })));
    calculation.lines[0].components = vec![component("rounding", money("-0.09", "EUR"))];
    assert_eq!(calculation.check(&cart("EUR")), Ok(()));
    calculation.lines[0].components = vec![component("discount", money("-0.09", "EUR"))];
    assert!(matches!(calculation.check(&cart("EUR")), Err(AmountMismatch::Line { .. })), "a net price has its discounts in it");
}

#[test]
fn c5_a_price_of_a_hundred_pieces_is_divided_before_it_is_compared() {
    let mut calculation = calculation("EUR", "48.70", "0", "0", "48.70");
    calculation.lines[0].unit_price = money("4.87", "EUR");
    calculation.lines[0].per = Decimal::ONE_HUNDRED;
    assert_eq!(calculation.check(&cart("EUR")), Ok(()));
}

#[test]
fn c5_an_amount_in_another_currency_is_refused_wherever_it_stands() {
    let dollar = money("0", "USD");
    let alterations: [fn(&mut Calculation, Money); 7] = [
        |calculation, dollar| calculation.lines[0].unit_price.currency = dollar.currency,
        |calculation, dollar| calculation.lines[0].amount.currency = dollar.currency,
        |calculation, dollar| calculation.lines[0].components = vec![component("base", dollar)],
        |calculation, dollar| calculation.totals.lines.currency = dollar.currency,
        |calculation, dollar| calculation.totals.charges.push(component("freight", dollar)),
        |calculation, dollar| calculation.totals.rounding = Some(dollar),
        |calculation, dollar| calculation.totals.payable.currency = dollar.currency,
    ];
    for alter in alterations {
        let mut calculation = calculation("EUR", "4869.91", "5.00", "926.23", "5801.14");
        alter(&mut calculation, dollar);
        assert_eq!(calculation.check(&cart("EUR")), Err(AmountMismatch::MixedCurrencies));
    }
}

#[test]
fn c5_digits_of_a_tax_need_a_declared_rounding() {
    let mut calculation = calculation("EUR", "4869.91", "5.00", "926.233", "5801.14");
    assert!(matches!(calculation.check(&cart("EUR")), Err(AmountMismatch::BelowMinorUnit(_))));
    calculation.totals.rounding = Some(money("-0.003", "EUR"));
    assert_eq!(calculation.check(&cart("EUR")), Ok(()));
}

#[test]
fn scenario_13_a_freight_line_that_the_back_end_adds_counts_among_the_lines() {
    let mut calculation = calculation("EUR", "4869.91", "0", "926.23", "5801.14");
    let freight = CalculatedLine {
        id: "freight".into(),
        kind: LineKind::Charge,
        sku: None,
        quantity: Quantity::new(Decimal::ONE, Unit::one()),
        unit_price: money("5.00", "EUR"),
        amount: money("5.00", "EUR"),
        ..calculation.lines[0].clone()
    };
    calculation.lines.push(freight);
    assert!(matches!(calculation.check(&cart("EUR")), Err(AmountMismatch::Lines { .. })), "it must be in the sum");
    calculation.totals.lines = money("4874.91", "EUR");
    assert_eq!(calculation.check(&cart("EUR")), Ok(()));
}

/// A cart of any size in any currency, with the amounts that a careful back end says of it.
fn calculated() -> impl Strategy<Value = (Cart, Calculation)> {
    let line = (1_i64..10_000_000, 0_u32..7, 1_i64..1_000_000, 0_u32..4, prop::sample::select(vec![1_i64, 10, 100, 1_000]));
    let parts = || prop::collection::vec(-50_000_i64..50_000, 0..3);
    let currency = prop::sample::select(vec!["JPY", "EUR", "BHD", "CLF"]);
    (currency, prop::collection::vec(line, 1..8), parts(), parts(), prop::option::of(-4_i64..5)).prop_map(
        |(currency, lines, charges, taxes, rounding)| {
            let code = Currency::parse(currency).unwrap();
            let minor = |units: i64| Money::new(Decimal::new(units, code.minor_digits()), code);
            let mut cart = cart(currency);
            let template = calculation(currency, "0", "0", "0", "0").lines.remove(0);
            let line = |(index, (price, price_scale, quantity, quantity_scale, per)): (usize, (i64, u32, i64, u32, i64))| {
                let (unit_price, per) = (Money::new(Decimal::new(price, price_scale), code), Decimal::from(per));
                let quantity = Quantity::new(Decimal::new(quantity, quantity_scale), Unit::one());
                let amount = Money::new(unit_price.amount * quantity.value / per, code).rounded();
                CalculatedLine { id: index.to_string(), quantity, unit_price, per, amount, ..template.clone() }
            };
            let lines: Vec<_> = lines.into_iter().enumerate().map(line).collect();
            let asked = cart.lines[0].clone();
            let ask = |line: &CalculatedLine| CartLine { id: line.id.clone(), quantity: line.quantity.clone(), ..asked.clone() };
            cart.lines = lines.iter().map(ask).collect();
            let components = |kind: &str, units: Vec<i64>| units.into_iter().map(|units| component(kind, minor(units))).collect();
            let mut totals = Totals {
                lines: lines.iter().map(|line| line.amount).try_fold(Money::zero(code), Money::plus).unwrap(),
                charges: components("freight", charges),
                taxes: components("tax", taxes),
                rounding: rounding.map(minor),
                payable: Money::zero(code),
            };
            totals.payable = totals.sum().unwrap();
            (cart, Calculation { lines, totals, valid_until: None, messages: vec![] })
        },
    )
}

/// Every amount that the back end states.
fn stated(calculation: &mut Calculation) -> Vec<&mut Money> {
    let totals = &mut calculation.totals;
    let lines = calculation.lines.iter_mut().map(|line| &mut line.amount);
    let parts = totals.charges.iter_mut().chain(&mut totals.taxes).map(|part| &mut part.amount);
    lines.chain([&mut totals.lines, &mut totals.payable]).chain(parts).chain(&mut totals.rounding).collect()
}

proptest! {
    #[test]
    fn c5_what_adds_up_passes_in_every_currency((cart, calculation) in calculated()) {
        prop_assert_eq!(calculation.check(&cart), Ok(()));
    }

    #[test]
    fn c5_any_single_amount_that_is_off_by_a_minor_unit_is_refused(
        (cart, mut calculation) in calculated(), which: prop::sample::Index, units in prop::sample::select(vec![-7_i64, -1, 1, 40])
    ) {
        let mut amounts = stated(&mut calculation);
        let amount = which.index(amounts.len());
        let digits = amounts[amount].currency.minor_digits();
        amounts[amount].amount += Decimal::new(units, digits);
        prop_assert!(calculation.check(&cart).is_err());
    }

    #[test]
    fn c5_a_part_of_a_minor_unit_is_refused_even_when_it_adds_up((cart, mut calculation) in calculated()) {
        let digits = calculation.totals.payable.currency.minor_digits();
        let part = Money::new(Decimal::new(4, digits + 1), calculation.totals.payable.currency);
        calculation.totals.charges.push(component("freight", part));
        calculation.totals.payable = calculation.totals.sum().unwrap();
        prop_assert!(calculation.check(&cart).is_err());
    }
}
