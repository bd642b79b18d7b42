//! Carts and calculations for tests: euros, one piece is one piece.

use rust_decimal::Decimal;

use super::*;

pub(crate) fn euro(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::parse("EUR").unwrap())
}

/// Lines as (id, item, quantity).
pub(crate) fn cart(lines: &[(&str, &str, &str)]) -> Cart {
    let line = |(id, sku, quantity): &(&str, &str, &str)| CartLine {
        id: (*id).into(),
        sku: (*sku).into(),
        quantity: Quantity::pieces(quantity.parse::<Decimal>().unwrap()),
        location: None,
        requested_date: None,
    };
    Cart {
        buyer: Buyer {
            account: Some("A".into()),
            ship_to: None,
            contract: None,
            currency: Currency::parse("EUR").unwrap(),
            sales_area: None,
            ext: Extensions::new(),
        },
        parties: vec![],
        delivery_method: None,
        payment_terms: None,
        requested_date: None,
        lines: lines.iter().map(line).collect(),
        ext: Extensions::new(),
    }
}

pub(crate) fn calculated_line(id: &str, sku: &str, quantity: &str, unit_price: &str) -> CalculatedLine {
    let (quantity, unit_price) = (quantity.parse::<Decimal>().unwrap(), euro(unit_price));
    CalculatedLine {
        id: id.into(),
        kind: LineKind::Product,
        parent: None,
        sku: Some(sku.into()),
        description: None,
        quantity: Quantity::pieces(quantity),
        unit_price,
        per: Decimal::ONE,
        amount: Money::new(unit_price.amount * quantity, unit_price.currency).rounded(),
        components: vec![],
        schedule: vec![],
    }
}

/// Of lines alone: no charges, no taxes.
pub(crate) fn calculation(lines: Vec<CalculatedLine>) -> Calculation {
    let sum = lines.iter().map(|line| line.amount).try_fold(euro("0"), Money::plus).unwrap();
    let totals = Totals { lines: sum, charges: vec![], taxes: vec![], rounding: None, payable: sum };
    Calculation { lines, totals, valid_until: None, messages: vec![] }
}

/// An order for every line of a cart, at the prices of a calculation where it has them.
pub(crate) fn order(cart: &Cart, calculation: &Calculation) -> Order {
    let line = |line: &CartLine| {
        let priced = calculation.lines.iter().find(|priced| priced.id == line.id);
        OrderLine {
            id: line.id.clone(),
            parent: None,
            kind: LineKind::Product,
            sku: Some(line.sku.clone()),
            buyer_sku: None,
            description: None,
            quantity: line.quantity.clone(),
            unit_price: priced.map(|line| line.unit_price),
            per: priced.map(|line| line.per),
            amount: priced.map(|line| line.amount),
            requested_date: None,
            location: None,
            quote: None,
        }
    };
    Order {
        account: "A".into(),
        currency: cart.buyer.currency,
        purchase_order: None,
        placed_at: jiff::Timestamp::UNIX_EPOCH,
        requested_date: None,
        ship_complete: false,
        delivery_method: None,
        payment_terms: None,
        payment_token: None,
        contract: None,
        sales_area: None,
        quote: None,
        reservation: None,
        provisional: None,
        parties: vec![],
        notes: vec![],
        lines: cart.lines.iter().map(line).collect(),
        totals: None,
        ext: Extensions::new(),
    }
}
