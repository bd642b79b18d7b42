//! What the company has: a business unit, customers with their sites, items with prices, inventory organizations.

use rust_decimal::Decimal;

pub(crate) const BUSINESS_UNIT: u64 = 300_000_046_987_012;
pub(crate) const BUSINESS_UNIT_NAME: &str = "US1 Business Unit";
pub(crate) const SOURCE_SYSTEMS: [&str; 2] = ["OPS", "EDI"];
pub(crate) const ORGANIZATIONS: [&str; 2] = ["M1", "M2"];
pub(crate) const UNIT: &str = "Ea";
pub(crate) const CURRENCY: &str = "EUR";

/// A customer, with a discount in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Customer {
    pub(crate) number: &'static str,
    pub(crate) name: &'static str,
    pub(crate) party: u64,
    pub(crate) account: u64,
    /// Bill-to and ship-to sites.
    pub(crate) sites: [u64; 2],
    pub(crate) discount: i64,
    /// Orders of a customer beyond the limit are held.
    pub(crate) credit_ok: bool,
}

pub(crate) const CUSTOMERS: [Customer; 3] = [
    customer("10060", "Computer Service and Rentals", 300_000_047_368_660, 5, true),
    customer("10070", "Bert and Sons", 300_000_047_368_670, 0, true),
    customer("10080", "Cara Limited", 300_000_047_368_680, 0, false),
];

const fn customer(number: &'static str, name: &'static str, party: u64, discount: i64, credit_ok: bool) -> Customer {
    Customer { number, name, party, account: party + 1, sites: [party + 2, party + 3], discount, credit_ok }
}

/// An item in pieces, with prices that begin at quantities.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) number: &'static str,
    pub(crate) id: u64,
    pub(crate) description: &'static str,
    pub(crate) price: Option<Decimal>,
    pub(crate) steps: Vec<(Decimal, Decimal)>,
    pub(crate) stock: Decimal,
}

pub(crate) fn items() -> Vec<Item> {
    let item = |number, id, description, price: Option<i64>, stock: i64| Item {
        number,
        id,
        description,
        price: price.map(|cents| Decimal::new(cents, 2)),
        steps: Vec::new(),
        stock: Decimal::from(stock),
    };
    let steps = [(1, 1_400), (100, 1_300), (1_000, 1_200)];
    let steps = steps.into_iter().map(|(from, cents)| (Decimal::from(from), Decimal::new(cents, 2))).collect();
    vec![
        Item { steps, ..item("AS54888", 300_000_047_414_679, "Standard desktop", Some(1_400), 500) },
        item("AS10000", 300_000_047_414_680, "Keyboard", Some(1_050), 40),
        item("AS20000", 300_000_047_414_681, "Mouse, sold out", Some(700), 0),
        item("AS30000", 300_000_047_414_682, "Not on any price list", None, 100),
    ]
}
