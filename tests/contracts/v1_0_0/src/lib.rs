//! What somebody built when the contract was 1.0.0, for the demo back end: it must go on selling in every host that speaks that version. It has nothing of
//! the SDK, which moves on, and reads the contract as it was published. Is not changed when the contract is: another folder is added beside it.

#![allow(clippy::result_large_err, reason = "Failure is a record of the contract; a box would be undone at the boundary")]

mod bindings;
mod nordwind;

use bindings::exports::ordergate::adapter::availability::{Availability, Guest as AvailabilityGuest, Query as AvailabilityQuery};
use bindings::exports::ordergate::adapter::checkout::{
    Calculation, Cart, Guest as CheckoutGuest, Reservation, ReservationRequest,
};
use bindings::exports::ordergate::adapter::descriptor::{Description, Endpoint, Guest as DescriptorGuest};
use bindings::exports::ordergate::adapter::health::Guest as HealthGuest;
use bindings::exports::ordergate::adapter::inbound::{Event, Guest as InboundGuest};
use bindings::exports::ordergate::adapter::lifecycle::Guest as LifecycleGuest;
use bindings::exports::ordergate::adapter::orders::{Accepted, Guest as OrdersGuest, Order, OrderDocument, OrderPage};
use bindings::exports::ordergate::adapter::pricing::{Guest as PricingGuest, OfferPrice, Query as PriceQuery};
use bindings::exports::ordergate::adapter::quotes::{
    Acceptance, Guest as QuotesGuest, QuoteDocument, QuotePage, QuoteRequest, Received,
};
use bindings::ordergate::adapter::types::{Context, DocumentFilter, Failure, PageRequest};

struct Component;

fn unsupported<T>() -> Result<T, Failure> {
    Err(Failure { code: "unsupported".into(), message: "this adapter does not have it".into(), ..Failure::default() })
}

impl LifecycleGuest for Component {
    fn configure() -> Result<(), Failure> {
        Ok(())
    }
}

impl DescriptorGuest for Component {
    fn describe() -> Description {
        let capabilities = [
            "health.probe",
            "availability.check",
            "pricing.offer-prices",
            "checkout.calculate",
            "orders.submit",
            "orders.find-by-reference",
            "orders.get",
            "orders.list",
        ];
        Description {
            name: "of-contract-1-0-0".into(),
            version: "1.0.0".into(),
            capabilities: capabilities.map(str::to_owned).into(),
            endpoints: vec![Endpoint { name: "api".into(), description: "Nordwind's interface".into(), required: true }],
            price_dimensions: ["account", "currency", "unit", "quantity"].map(str::to_owned).into(),
            deduplication: "queryable".into(),
            ..Description::default()
        }
    }
}

impl HealthGuest for Component {
    fn probe(_: Context, _: String) -> Result<(), Failure> {
        nordwind::read("/api/ping", &[]).map(drop)
    }
}

impl AvailabilityGuest for Component {
    fn check(_: Context, query: AvailabilityQuery) -> Vec<Result<Availability, Failure>> {
        query.items.iter().map(nordwind::availability).collect()
    }
}

impl PricingGuest for Component {
    fn offer_prices(_: Context, query: PriceQuery) -> Vec<Result<OfferPrice, Failure>> {
        query.items.iter().map(|item| nordwind::offer_price(&query.buyer, item)).collect()
    }
}

impl CheckoutGuest for Component {
    fn reserve(_: Context, _: ReservationRequest) -> Result<Reservation, Failure> {
        unsupported()
    }

    fn release(_: Context, _: String) -> Result<(), Failure> {
        unsupported()
    }

    fn calculate(_: Context, cart: Cart) -> Result<Calculation, Failure> {
        nordwind::calculate(&cart)
    }
}

impl OrdersGuest for Component {
    fn submit(_: Context, order: Order, reference: String) -> Result<Accepted, Failure> {
        nordwind::submit(&order, &reference)
    }

    fn find_by_reference(_: Context, account: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        let found = nordwind::orders(&[("customer", &account), ("your_ref", &reference), ("size", "100")])?.orders;
        Ok(found.into_iter().rfind(|order| order.reference.as_ref() == Some(&reference)))
    }

    fn get(_: Context, _: String, number: String) -> Result<OrderDocument, Failure> {
        nordwind::order(&number)
    }

    fn list(_: Context, account: String, _: DocumentFilter, page: PageRequest) -> Result<OrderPage, Failure> {
        let (number, size) = (page.cursor.unwrap_or_else(|| "1".into()), page.limit.min(100).to_string());
        nordwind::orders(&[("customer", &account), ("page", &number), ("size", &size)])
    }

    fn cancel(_: Context, _: String, _: String, _: String) -> Result<OrderDocument, Failure> {
        unsupported()
    }
}

impl QuotesGuest for Component {
    fn submit(_: Context, _: QuoteRequest, _: String) -> Result<Received, Failure> {
        unsupported()
    }

    fn find_by_reference(_: Context, _: String, _: String) -> Result<Option<QuoteDocument>, Failure> {
        unsupported()
    }

    fn get(_: Context, _: String, _: String) -> Result<QuoteDocument, Failure> {
        unsupported()
    }

    fn list(_: Context, _: String, _: DocumentFilter, _: PageRequest) -> Result<QuotePage, Failure> {
        unsupported()
    }

    fn accept(_: Context, _: Acceptance) -> Result<Accepted, Failure> {
        unsupported()
    }

    fn decline(_: Context, _: String, _: String, _: String, _: Option<String>) -> Result<QuoteDocument, Failure> {
        unsupported()
    }

    fn cancel(_: Context, _: String, _: String, _: Option<String>) -> Result<QuoteDocument, Failure> {
        unsupported()
    }
}

impl InboundGuest for Component {
    fn translate(_: Context, _: Vec<(String, String)>, _: Vec<u8>) -> Result<Vec<Event>, Failure> {
        unsupported()
    }
}
