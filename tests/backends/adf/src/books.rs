//! The company's books: orders and quotes as resources, stock, and what tests have changed.

use crate::adf::Paging;
use crate::data::{self, CUSTOMERS, Customer, Item};
use crate::fault::Fault;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is short can be had so many days later.
const REPLENISHMENT_DAYS: i64 = 7;

#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub(crate) orders: Vec<Value>,
    pub(crate) quotes: Vec<Value>,
    pub(crate) items: Vec<Item>,
    /// Free quantity by item and organization.
    pub(crate) stock: BTreeMap<(String, String), Decimal>,
    pub(crate) paging: Paging,
    /// Lists add an order of another customer, as broken data security would.
    pub(crate) leaks: bool,
    /// The user may not see the business unit: nothing is found.
    pub(crate) is_blind: bool,
    /// New orders stay drafts, until they are submitted by themselves.
    pub(crate) keeps_drafts: bool,
    /// Drafts cannot be submitted either.
    pub(crate) refuses_submission: bool,
    /// Orders that a gateway gave up on.
    pub(crate) pending: Vec<Value>,
    changes: u64,
}

impl Books {
    pub(crate) fn new() -> Self {
        let items = data::items();
        let free = |item: &Item| data::ORGANIZATIONS.map(|code| ((item.number.to_owned(), code.to_owned()), item.stock));
        let stock = items.iter().flat_map(free).collect();
        Self {
            orders: Vec::new(),
            quotes: Vec::new(),
            items,
            stock,
            paging: Paging { most: 25, tells_more: true },
            leaks: false,
            is_blind: false,
            keeps_drafts: false,
            refuses_submission: false,
            pending: Vec::new(),
            changes: 0,
        }
    }

    /// A number that no other change has.
    pub(crate) fn next(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// A moment, later than every one before.
    pub(crate) fn now(&mut self) -> String {
        let now = Timestamp::now().as_second() + i64::try_from(self.next()).unwrap_or_default();
        Timestamp::from_second(now).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }

    /// Midnight of a day so many days from today.
    pub(crate) fn in_days(&self, days: i64) -> String {
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_add(days.days());
        format!("{day}T00:00:00+00:00")
    }

    pub(crate) fn customer(&self, number: &str) -> Result<&'static Customer, Fault> {
        let found = CUSTOMERS.iter().find(|customer| customer.number == number);
        found.ok_or_else(|| {
            let text = format!("The buying party {number} is not valid.");
            Fault::business("FOM-1010", text).at("/BuyingPartyNumber".to_owned())
        })
    }

    pub(crate) fn item(&self, number: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.number == number)
    }

    /// List and net price of one piece for a customer.
    pub(crate) fn price(&self, item: &Item, customer: &Customer, quantity: Decimal) -> Option<(Decimal, Decimal)> {
        let step = item.steps.iter().rev().find(|(from, _)| quantity >= *from).map(|(_, price)| *price);
        let list = step.or(item.price)?;
        let less = list * Decimal::from(customer.discount) / Decimal::ONE_HUNDRED;
        Some((list, list - less))
    }

    /// What can be shipped when: what is free now, the rest later.
    pub(crate) fn promise(&self, item: &str, organization: &str, quantity: Decimal) -> Vec<(Decimal, String)> {
        let free = self.stock.get(&(item.to_owned(), organization.to_owned())).copied().unwrap_or_default();
        let now = quantity.min(free).max(Decimal::ZERO);
        let parts = [(now, self.in_days(0)), (quantity - now, self.in_days(REPLENISHMENT_DAYS))];
        parts.into_iter().filter(|(quantity, _)| *quantity > Decimal::ZERO).collect()
    }

    /// Somebody changes every order.
    pub(crate) fn touch(&mut self) {
        for index in 0..self.orders.len() {
            let change = self.next();
            if let Some(order) = self.orders.get_mut(index) {
                order["_changes"] = json!(change);
            }
        }
    }

    /// What the user may see.
    pub(crate) fn visible(&self) -> Vec<&Value> {
        if self.is_blind { Vec::new() } else { self.orders.iter().collect() }
    }
}
