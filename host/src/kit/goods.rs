//! What is asked and bought in a run, from the plan: the same questions and orders as the host would send.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::Value;

use super::run::Run;
use crate::adapter::ask::Ask;
use crate::adapter::operation::{Calculate, CheckAvailability, OfferPrices, Probe, Reserve};
use crate::config::{ConformancePlan, KnownItem};
use crate::domain::{
    AccountNumber, AvailabilityItem, AvailabilityQuery, Buyer, Calculation, Cart, CartLine, Description, Dimension, Extensions,
    LineKind, Money, Order, OrderLine, PriceItem, PriceQuery, Quantity, QuoteLine, QuoteRequest, Side, Sku,
};

/// Lines of an order.
const LINES: usize = 2;
/// How long stock is held.
const HOLD: Duration = Duration::from_secs(300);

pub(super) struct Goods<'a> {
    plan: &'a ConformancePlan,
    description: &'a Description,
    placed_at: jiff::Timestamp,
    /// What an order's lines cost, when the adapter could tell.
    pub calculation: Option<Calculation>,
}

impl<'a> Goods<'a> {
    pub(super) fn of(run: &Run<'a>) -> Self {
        Self { plan: run.plan, description: run.description, placed_at: run.started, calculation: None }
    }

    pub(super) fn account(&self) -> &AccountNumber {
        &self.plan.buyer.account
    }

    /// The first items, as many as an order has.
    pub(super) fn known(&self) -> &[KnownItem] {
        let items = &self.plan.catalog.items;
        items.get(..LINES.min(items.len())).unwrap_or_default()
    }

    /// So many items, the known ones in turn; an unknown one at a place.
    pub(super) fn many(&self, number: usize, unknown_at: Option<usize>) -> Vec<KnownItem> {
        let mut items: Vec<_> = self.plan.catalog.items.iter().cycle().take(number).cloned().collect();
        if let Some(item) = unknown_at.and_then(|at| items.get_mut(at)) {
            item.sku = self.plan.catalog.unknown_sku.clone();
        }
        items
    }

    pub(super) fn unknown(&self) -> Vec<KnownItem> {
        self.many(1, Some(0))
    }

    pub(super) fn availability(&self, items: &[KnownItem]) -> Ask {
        let item = |item: &KnownItem| AvailabilityItem {
            sku: item.sku.clone(),
            location: item.location.clone(),
            unit: Some(item.unit.clone()),
            quantity: None,
            requested_date: None,
        };
        let dimensions = &self.description.availability_dimensions;
        let buyer = (!dimensions.is_empty()).then(|| self.buyer(|dimension| dimensions.contains(&dimension)));
        Ask::Availability(CheckAvailability { query: AvailabilityQuery { buyer, items: items.iter().map(item).collect() } })
    }

    pub(super) fn prices(&self, items: &[KnownItem]) -> Ask {
        let dimensions = &self.description.price_dimensions;
        let item = |item: &KnownItem| PriceItem {
            sku: item.sku.clone(),
            quantity: Quantity::new(item.quantity, item.unit.clone()),
            location: item.location.clone().filter(|_| dimensions.contains(&Dimension::Location)),
            date: None,
        };
        let buyer = self.buyer(|dimension| dimensions.contains(&dimension));
        Ask::Prices(OfferPrices { query: PriceQuery { buyer, items: items.iter().map(item).collect() } })
    }

    pub(super) fn calculate(&self) -> Ask {
        Ask::Calculate(Calculate { cart: self.cart() })
    }

    pub(super) fn reserve(&self) -> Ask {
        Ask::Reserve(Reserve { cart: self.cart(), extends: None, hold: HOLD })
    }

    pub(super) fn probe(&self, side: Side) -> Ask {
        Ask::Probe(Probe { side })
    }

    /// An order of the known items for an account, at the prices that the adapter told.
    pub(super) fn order(&self, account: &AccountNumber) -> Order {
        let planned = &self.plan.order;
        Order {
            account: account.clone(),
            currency: self.plan.buyer.currency,
            purchase_order: planned.purchase_order.clone(),
            placed_at: self.placed_at,
            requested_date: None,
            ship_complete: false,
            delivery_method: planned.delivery_method.clone(),
            payment_terms: planned.payment_terms.clone(),
            payment_token: None,
            contract: self.plan.buyer.contract.clone(),
            sales_area: self.plan.buyer.sales_area.clone(),
            quote: None,
            reservation: None,
            provisional: None,
            parties: planned.parties.clone(),
            notes: planned.notes.clone(),
            lines: self.cart().lines.iter().map(|line| self.order_line(line)).collect(),
            totals: self.calculation.as_ref().map(|calculation| calculation.totals.clone()),
            ext: Extensions::new(),
        }
    }

    /// An order of one line with a quantity and a price of many digits.
    pub(super) fn fine_order(&self, quantity: Decimal, price: Decimal) -> Order {
        let mut order = Order { totals: None, ..self.order(self.account()) };
        order.lines.truncate(1);
        for line in &mut order.lines {
            line.quantity.value = quantity;
            line.unit_price = Some(Money::new(price, self.plan.buyer.currency));
            line.per = Some(Decimal::ONE);
            line.amount = None;
        }
        order
    }

    pub(super) fn quote_request(&self, account: &AccountNumber) -> QuoteRequest {
        let line = |line: &CartLine| QuoteLine {
            id: line.id.clone(),
            sku: Some(line.sku.clone()),
            buyer_sku: None,
            description: None,
            quantity: line.quantity.clone(),
            unit_price: None,
            per: None,
            amount: None,
            requested_date: None,
            location: line.location.clone(),
        };
        QuoteRequest {
            account: account.clone(),
            currency: self.plan.buyer.currency,
            purchase_order: self.plan.order.purchase_order.clone(),
            placed_at: self.placed_at,
            requested_date: None,
            contract: self.plan.buyer.contract.clone(),
            sales_area: self.plan.buyer.sales_area.clone(),
            counters: None,
            counters_revision: None,
            parties: self.plan.order.parties.clone(),
            notes: self.plan.order.notes.clone(),
            lines: self.cart().lines.iter().map(line).collect(),
            ext: Extensions::new(),
        }
    }

    /// Keeps what the lines cost.
    pub(super) fn learn(&mut self, calculation: &Value) {
        self.calculation = serde_json::from_value(calculation.clone()).ok();
    }

    fn order_line(&self, line: &CartLine) -> OrderLine {
        let lines = self.calculation.as_ref().map(|calculation| calculation.lines.as_slice()).unwrap_or_default();
        let calculated = lines.iter().find(|known| known.id == line.id);
        OrderLine {
            id: line.id.clone(),
            parent: None,
            kind: LineKind::Product,
            sku: Some(line.sku.clone()),
            buyer_sku: None,
            description: calculated.and_then(|known| known.description.clone()),
            quantity: line.quantity.clone(),
            unit_price: calculated.map(|known| known.unit_price),
            per: calculated.map(|known| known.per),
            amount: calculated.map(|known| known.amount),
            requested_date: None,
            location: line.location.clone(),
            quote: None,
        }
    }

    fn cart(&self) -> Cart {
        let line = |(index, item): (usize, &KnownItem)| CartLine {
            id: (index + 1).to_string(),
            sku: item.sku.clone(),
            quantity: Quantity::new(item.quantity, item.unit.clone()),
            location: item.location.clone(),
            requested_date: None,
        };
        Cart {
            buyer: Buyer { account: Some(self.account().clone()), ..self.buyer(|_| true) },
            parties: self.plan.order.parties.clone(),
            delivery_method: self.plan.order.delivery_method.clone(),
            payment_terms: self.plan.order.payment_terms.clone(),
            requested_date: None,
            lines: self.known().iter().enumerate().map(line).collect(),
            ext: Extensions::new(),
        }
    }

    /// Only what the adapter declared to depend on (rules F6, A3).
    fn buyer(&self, depends_on: impl Fn(Dimension) -> bool) -> Buyer {
        let buyer = &self.plan.buyer;
        Buyer {
            account: Some(buyer.account.clone()).filter(|_| depends_on(Dimension::Account)),
            ship_to: buyer.ship_to.clone().filter(|_| depends_on(Dimension::ShipTo)),
            contract: buyer.contract.clone().filter(|_| depends_on(Dimension::Contract)),
            currency: buyer.currency,
            sales_area: buyer.sales_area.clone().filter(|_| depends_on(Dimension::SalesArea)),
            ext: Extensions::new(),
        }
    }

    pub(super) fn unknown_sku(&self) -> &Sku {
        &self.plan.catalog.unknown_sku
    }
}
