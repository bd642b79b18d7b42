//! What is left of a document when its customer is erased (rule A3): what was ordered and for how much, when, and under which numbers. Names,
//! addresses, texts that people wrote and whatever a storefront or a back end added are gone.
//!
//! Every type is taken apart in full, so that a field that is added later has to be decided upon here.

use super::{
    Agreed, Amendment, Buyer, CalculatedLine, Calculation, Cart, CartLine, Extensions, Failure, Order, OrderLine, PriceComponent,
    QuoteLine, QuoteRequest, Seal, Totals,
};

/// What stands in the place of a text that was erased.
pub const ERASED: &str = "[erased]";

impl Order {
    #[must_use]
    pub fn erased(self) -> Self {
        let Self {
            account,
            currency,
            purchase_order: _,
            placed_at,
            requested_date,
            ship_complete,
            delivery_method,
            payment_terms,
            payment_token: _,
            contract: _,
            sales_area,
            quote,
            reservation,
            provisional,
            parties: _,
            notes: _,
            lines,
            totals,
            ext: _,
        } = self;
        Self {
            account,
            currency,
            purchase_order: None,
            placed_at,
            requested_date,
            ship_complete,
            delivery_method,
            payment_terms,
            payment_token: None,
            contract: None,
            sales_area,
            quote,
            reservation,
            provisional,
            parties: Vec::new(),
            notes: Vec::new(),
            lines: lines.into_iter().map(OrderLine::erased).collect(),
            totals: totals.map(Totals::erased),
            ext: Extensions::new(),
        }
    }
}

impl OrderLine {
    fn erased(self) -> Self {
        let Self {
            id,
            parent,
            kind,
            sku,
            buyer_sku: _,
            description: _,
            quantity,
            unit_price,
            per,
            amount,
            requested_date,
            location,
            quote,
        } = self;
        let (buyer_sku, description) = (None, None);
        Self { id, parent, kind, sku, buyer_sku, description, quantity, unit_price, per, amount, requested_date, location, quote }
    }
}

impl QuoteRequest {
    #[must_use]
    pub fn erased(self) -> Self {
        let Self {
            account,
            currency,
            purchase_order: _,
            placed_at,
            requested_date,
            contract: _,
            sales_area,
            counters,
            counters_revision,
            parties: _,
            notes: _,
            lines,
            ext: _,
        } = self;
        Self {
            account,
            currency,
            purchase_order: None,
            placed_at,
            requested_date,
            contract: None,
            sales_area,
            counters,
            counters_revision,
            parties: Vec::new(),
            notes: Vec::new(),
            lines: lines.into_iter().map(QuoteLine::erased).collect(),
            ext: Extensions::new(),
        }
    }
}

impl QuoteLine {
    fn erased(self) -> Self {
        let Self { id, sku, buyer_sku: _, description: _, quantity, unit_price, per, amount, requested_date, location } = self;
        let (buyer_sku, description) = (None, None);
        Self { id, sku, buyer_sku, description, quantity, unit_price, per, amount, requested_date, location }
    }
}

impl Seal {
    #[must_use]
    pub fn erased(self) -> Self {
        let Self { id, store, account, cart, calculation, reservation, hold, provisional, agreed, sealed_at, expires_at } = self;
        Self {
            id,
            store,
            account,
            cart: cart.erased(),
            calculation: calculation.erased(),
            reservation,
            hold,
            provisional,
            agreed: agreed.map(Agreed::erased),
            sealed_at,
            expires_at,
        }
    }
}

impl Agreed {
    fn erased(self) -> Self {
        let Self { calculation, provisional } = self;
        Self { calculation: calculation.erased(), provisional }
    }
}

impl Cart {
    fn erased(self) -> Self {
        let Self { buyer, parties: _, delivery_method, payment_terms, requested_date, lines, ext: _ } = self;
        let lines = lines.into_iter().map(CartLine::erased).collect();
        let (buyer, parties, ext) = (buyer.erased(), Vec::new(), Extensions::new());
        Self { buyer, parties, delivery_method, payment_terms, requested_date, lines, ext }
    }
}

impl CartLine {
    fn erased(self) -> Self {
        let Self { id, sku, quantity, location, requested_date } = self;
        Self { id, sku, quantity, location, requested_date }
    }
}

impl Buyer {
    fn erased(self) -> Self {
        let Self { account, ship_to: _, contract: _, currency, sales_area, ext: _ } = self;
        Self { account, ship_to: None, contract: None, currency, sales_area, ext: Extensions::new() }
    }
}

impl Calculation {
    fn erased(self) -> Self {
        let Self { lines, totals, valid_until, messages: _ } = self;
        let lines = lines.into_iter().map(CalculatedLine::erased).collect();
        Self { lines, totals: totals.erased(), valid_until, messages: Vec::new() }
    }
}

impl CalculatedLine {
    fn erased(self) -> Self {
        let Self { id, kind, parent, sku, description: _, quantity, unit_price, per, amount, components, schedule } = self;
        let components = components.into_iter().map(PriceComponent::erased).collect();
        Self { id, kind, parent, sku, description: None, quantity, unit_price, per, amount, components, schedule }
    }
}

impl Totals {
    fn erased(self) -> Self {
        let Self { lines, charges, taxes, rounding, payable } = self;
        let erased = |components: Vec<PriceComponent>| components.into_iter().map(PriceComponent::erased).collect();
        Self { lines, charges: erased(charges), taxes: erased(taxes), rounding, payable }
    }
}

impl PriceComponent {
    fn erased(self) -> Self {
        let Self { kind, description: _, amount, rate, code } = self;
        Self { kind, description: None, amount, rate, code }
    }
}

impl Amendment {
    /// That the back end changed something of a line.
    #[must_use]
    pub fn erased(self) -> Self {
        let Self { line, kind, from: _, to: _, message: _ } = self;
        Self { line, kind, from: None, to: None, message: None }
    }
}

impl Failure {
    /// What kind of failure it was.
    #[must_use]
    pub fn erased(self) -> Self {
        let Self { code, message: _, detail: _, line, retry_after, ext: _ } = self;
        Self { code, message: ERASED.to_owned(), detail: None, line, retry_after, ext: Extensions::new() }
    }
}
