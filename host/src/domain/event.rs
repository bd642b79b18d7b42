//! What a back end pushes (rule F12): something has changed, perhaps with its new value.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{AccountNumber, Availability, BackendNumber, Location, OfferPrice, Sku, StoreName};

/// One pushed change.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// By the back end's clock.
    pub as_of: Timestamp,
    /// One store's only; absent: every store that has the adapter.
    pub store: Option<StoreName>,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Stock; without a value, whatever is known of it is outdated.
    Availability(About, Option<Availability>),
    /// A price; likewise.
    Price(About, Option<OfferPrice>),
    /// Nothing about the item is to be cached. Without an end: until it is lifted.
    Uncacheable(About, Option<Timestamp>),
    Order(DocumentHint),
    Quote(DocumentHint),
}

/// What a pushed value is about, as far as the event says it. What it leaves out it does not determine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub sku: Sku,
    pub location: Option<Location>,
    pub account: Option<AccountNumber>,
    pub ship_to: Option<Named<String>>,
    pub contract: Option<Named<String>>,
    pub date: Option<Named<Date>>,
}

/// A dimension that an event names: a value, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<T> {
    Value(T),
    Nothing,
}

impl<T> Named<T> {
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Nothing => None,
        }
    }
}

/// A document that has changed. Only a hint: what it says is looked up, never believed (rule H3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentHint {
    pub account: Option<AccountNumber>,
    /// As the event wrote it; it may be no reference of ours.
    pub reference: Option<String>,
    pub number: Option<BackendNumber>,
}

/// The kinds of events, as the contract names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    Availability,
    Price,
    Uncacheable,
    Order,
    Quote,
}

impl EventKind {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "availability-changed" => Self::Availability,
            "price-changed" => Self::Price,
            "item-uncacheable" => Self::Uncacheable,
            "order-changed" => Self::Order,
            "quote-changed" => Self::Quote,
            _ => return None,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability-changed",
            Self::Price => "price-changed",
            Self::Uncacheable => "item-uncacheable",
            Self::Order => "order-changed",
            Self::Quote => "quote-changed",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Event {
    pub fn kind(&self) -> EventKind {
        match self.change {
            Change::Availability(..) => EventKind::Availability,
            Change::Price(..) => EventKind::Price,
            Change::Uncacheable(..) => EventKind::Uncacheable,
            Change::Order(_) => EventKind::Order,
            Change::Quote(_) => EventKind::Quote,
        }
    }
}
