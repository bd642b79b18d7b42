//! The names of all operations, as an adapter lists them in its capabilities.

pub const CHECK_AVAILABILITY: &str = "availability.check";
pub const OFFER_PRICES: &str = "pricing.offer-prices";
pub const RESERVE: &str = "checkout.reserve";
pub const RELEASE: &str = "checkout.release";
pub const CALCULATE: &str = "checkout.calculate";
pub const SUBMIT_ORDER: &str = "orders.submit";
pub const FIND_ORDER: &str = "orders.find-by-reference";
pub const GET_ORDER: &str = "orders.get";
pub const LIST_ORDERS: &str = "orders.list";
pub const CANCEL_ORDER: &str = "orders.cancel";
pub const SUBMIT_QUOTE: &str = "quotes.submit";
pub const FIND_QUOTE: &str = "quotes.find-by-reference";
pub const GET_QUOTE: &str = "quotes.get";
pub const LIST_QUOTES: &str = "quotes.list";
pub const ACCEPT_QUOTE: &str = "quotes.accept";
pub const DECLINE_QUOTE: &str = "quotes.decline";
pub const CANCEL_QUOTE: &str = "quotes.cancel";
pub const TRANSLATE: &str = "inbound.translate";
pub const PROBE: &str = "health.probe";

/// Every operation of the contract.
pub const ALL: [&str; 19] = [
    CHECK_AVAILABILITY,
    OFFER_PRICES,
    RESERVE,
    RELEASE,
    CALCULATE,
    SUBMIT_ORDER,
    FIND_ORDER,
    GET_ORDER,
    LIST_ORDERS,
    CANCEL_ORDER,
    SUBMIT_QUOTE,
    FIND_QUOTE,
    GET_QUOTE,
    LIST_QUOTES,
    ACCEPT_QUOTE,
    DECLINE_QUOTE,
    CANCEL_QUOTE,
    TRANSLATE,
    PROBE,
];
