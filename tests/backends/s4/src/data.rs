//! What the company has: sales areas, customers, materials with their prices and scales, plants with their stock.

use rust_decimal::Decimal;

/// Organization, channel, division.
pub(crate) const SALES_AREA: [&str; 3] = ["1010", "10", "00"];
pub(crate) const PLANTS: [&str; 2] = ["1010", "1020"];

/// A customer, with a discount in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Customer {
    pub(crate) number: &'static str,
    pub(crate) discount: i64,
    pub(crate) credit_ok: bool,
}

pub(crate) const CUSTOMERS: [Customer; 3] = [
    Customer { number: "10100001", discount: 5, credit_ok: true },
    Customer { number: "10100002", discount: 0, credit_ok: true },
    Customer { number: "10100003", discount: 0, credit_ok: false },
];

/// A material in pieces. Its price is for `per` of them; a scale begins at a quantity.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub(crate) number: &'static str,
    pub(crate) text: &'static str,
    /// Without a price its item category is not relevant for pricing.
    pub(crate) price: Option<Decimal>,
    pub(crate) per: Decimal,
    pub(crate) scales: Vec<(Decimal, Decimal)>,
    pub(crate) stock: Decimal,
}

pub(crate) fn materials() -> Vec<Material> {
    let whole = |value: i64| Decimal::from(value);
    let scales = vec![(whole(1), whole(1_400)), (whole(100), whole(1_300)), (whole(1_000), whole(1_200))];
    let plain = |number, text, price: Option<Decimal>, stock| Material {
        number,
        text,
        price,
        per: Decimal::ONE,
        scales: Vec::new(),
        stock: whole(stock),
    };
    vec![
        Material {
            number: "TG11",
            text: "Trading good 11",
            price: Some(whole(1_400)),
            per: whole(100),
            scales,
            stock: whole(500),
        },
        plain("TG12", "Trading good 12", Some(Decimal::new(1_050, 2)), 40),
        plain("TG13", "Trading good 13, sold out", Some(whole(7)), 0),
        plain("TG20", "Not relevant for pricing", None, 100),
    ]
}
