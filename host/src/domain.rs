//! The words and rules of the business: pure types, state machines and arithmetic. No async, no IO, no JSON library, no SQL, no Wasm.
//!
//! Types derive `Serialize` and `ToSchema` because the same words are used in the API and in stored payloads; how they travel is
//! decided elsewhere.

mod access;
mod amendment_policy;
mod arithmetic;
mod availability;
mod backoff;
mod checkout;
mod comparison;
mod context;
pub(crate) mod decimal;
mod description;
mod difference;
mod edit;
mod erasure;
mod event;
mod exchange;
mod failure;
mod finding;
#[cfg(test)]
pub(crate) mod fixtures;
mod fresh;
mod identity;
mod money;
mod offer_price;
mod order;
mod pace;
mod party;
mod personal;
mod provisional;
mod quantity;
mod quote;
mod standing;
mod transfer;
mod withheld;

pub use access::{AccountGrant, OpsScope, Principal, PrincipalKind, Scope};
pub use amendment_policy::{AmendmentMode, AmendmentPolicy};
pub use arithmetic::AmountMismatch;
pub use availability::{Availability, AvailabilityItem, AvailabilityQuery, ScheduleLine};
pub use backoff::{Dice, backoff};
pub use checkout::{
    Agreed, CalculatedLine, Calculation, Cart, CartLine, Hold, LineKind, PriceComponent, Reservation, Seal, Totals,
};
pub use context::{Buyer, CallContext, Purpose, SalesArea};
pub use description::{Deduplication, Description, Dimension, EndpointNeed};
pub use difference::{LineDifference, PromiseDifference};
pub use edit::{EditRefused, OrderEdit};
pub use erasure::ERASED;
pub use event::{About, Change, DocumentHint, Event, EventKind, Named};
pub use exchange::{Excerpt, Exchange, SECRET, is_secret_name};
pub use failure::{Failure, FailureCode, Side};
pub use finding::{Evidence, Finding, FindingAction, FindingReason, FindingState};
pub use fresh::{Fresh, Source};
pub use identity::{
    AccountNumber, AdapterName, BackendNumber, CheckoutId, EndpointName, HoldCode, Location, MAX_ID_CHARACTERS, Reference,
    ReferenceError, Sku, StoreName, WebhookName, is_identifier,
};
pub use money::{Currency, CurrencyError, Money};
pub use offer_price::{OfferPrice, PriceItem, PriceQuery, QuantityBreak};
pub use order::{
    Accepted, Amendment, BusinessStatus, Delivery, DocumentFilter, DocumentLine, Order, OrderDocument, OrderLine, Page,
    PageRequest, QuoteLink,
};
pub use pace::{Pace, Rate};
pub use party::{Address, Note, Party};
pub use personal::Personal;
pub use provisional::{DegradedMode, PriceBasis, Priced, Provisional, Terms};
pub use quantity::{Quantity, Unit};
pub use quote::{Acceptance, QuoteAction, QuoteDocument, QuoteLine, QuoteReceived, QuoteRequest, QuoteStatus};
pub use standing::Standing;
pub use transfer::{IllegalMove, TransferEvent, TransferOperation, TransferState, Verdict};
pub use withheld::Withheld;

/// Free extension fields, by name. Sorted, so that equal extensions are equal text.
pub type Extensions = std::collections::BTreeMap<String, String>;
