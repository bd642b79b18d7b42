//! What can be asked of an adapter: one struct per operation, each with its name in the contract, the share of places that it takes and
//! the side of the back end that it touches. The mapping to and from the contract's records is in `convert`.

mod checkout;
mod inbound;
mod orders;
mod quotes;
mod reads;

pub use checkout::{Calculate, Release, Reserve};
pub use inbound::{PushedEvent, Translate};
pub use orders::{CancelOrder, FindOrder, GetOrder, ListOrders, SubmitOrder};
pub use quotes::{AcceptQuote, DeclineQuote, FindQuote, GetQuote, ListQuotes, SubmitQuote, WithdrawQuote};
pub use reads::{CheckAvailability, OfferPrices, Probe};

use serde::Serialize;
use serde_json::{Value, json};

use super::instance::{Guest, Ran};
use crate::domain::{CallContext, Failure, Page, Personal, Side};

/// Which share of an adapter's places a call takes, so that browsing cannot take an order's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    Read,
    Checkout,
    Transfer,
    /// Reading what the back end pushed: a few places, and no request to the back end.
    Inbound,
}

impl Lane {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Checkout => "checkout",
            Self::Transfer => "transfer",
            Self::Inbound => "inbound",
        }
    }
}

/// Makes of a reply what is compared.
pub type Comparable<R> = fn(&R) -> Option<Value>;

/// One operation of the contract.
pub trait Operation: Clone + Send + Sync + 'static {
    /// `interface.function`, as in the description's capabilities.
    const NAME: &'static str;
    const LANE: Lane;
    /// `Write` when the back end may have changed after a lost call.
    const SIDE: Side;
    type Reply: Send;
    /// How a reply is compared with a shadow's; `None` when the operation is not copied to shadows.
    const COMPARED: Option<Comparable<Self::Reply>> = None;

    /// What of it is personal, and is kept out of the log whoever repeats it (rule A3).
    fn personal(&self) -> Personal {
        Personal::default()
    }

    /// The failures of single items in a reply that did not fail as a whole.
    fn failures(_: &Self::Reply) -> impl Iterator<Item = &Failure> {
        std::iter::empty()
    }

    /// Runs it on a fresh instance. Called by the runtime only.
    fn run(&self, guest: &mut Guest, context: &CallContext) -> impl Future<Output = Ran<Self::Reply>> + Send;
}

fn compared_whole<T: Serialize>(reply: &T) -> Option<Value> {
    serde_json::to_value(reply).ok()
}

/// Without the place of the next page, which is the adapter's own.
fn compared_page<T: Serialize>(page: &Page<T>) -> Option<Value> {
    Some(json!({ "items": page.items }))
}

/// Items one by one, a failed one by its code.
fn compared_items<T: Serialize>(items: &[Result<T, Failure>]) -> Option<Value> {
    let one = |item: &Result<T, Failure>| match item {
        Ok(value) => serde_json::to_value(value).ok(),
        Err(failure) => Some(json!({ "failure": failure.code })),
    };
    items.iter().map(one).collect()
}
