//! Any operation of the contract as a value, and its reply as JSON: for what tries an adapter out operation by operation.

use serde::Serialize;
use serde_json::{Value, json};

use super::operation::{
    AcceptQuote, Calculate, CancelOrder, CheckAvailability, DeclineQuote, FindOrder, FindQuote, GetOrder, GetQuote, ListOrders,
    ListQuotes, OfferPrices, Operation, Probe, Release, Reserve, SubmitOrder, SubmitQuote, WithdrawQuote,
};
use crate::domain::Failure;

/// Something that can be asked of an adapter.
#[derive(Clone)]
pub enum Ask {
    Availability(CheckAvailability),
    Prices(OfferPrices),
    Reserve(Reserve),
    Release(Release),
    Calculate(Calculate),
    SubmitOrder(SubmitOrder),
    FindOrder(FindOrder),
    GetOrder(GetOrder),
    ListOrders(ListOrders),
    CancelOrder(CancelOrder),
    SubmitQuote(SubmitQuote),
    FindQuote(FindQuote),
    GetQuote(GetQuote),
    ListQuotes(ListQuotes),
    AcceptQuote(AcceptQuote),
    DeclineQuote(DeclineQuote),
    WithdrawQuote(WithdrawQuote),
    Probe(Probe),
}

/// Runs `$body` with the operation of whichever case it is.
macro_rules! each {
    ($ask:expr, items($item:ident) => $items:expr, whole($one:ident) => $whole:expr) => {
        match $ask {
            Ask::Availability($item) => $items,
            Ask::Prices($item) => $items,
            Ask::Reserve($one) => $whole,
            Ask::Release($one) => $whole,
            Ask::Calculate($one) => $whole,
            Ask::SubmitOrder($one) => $whole,
            Ask::FindOrder($one) => $whole,
            Ask::GetOrder($one) => $whole,
            Ask::ListOrders($one) => $whole,
            Ask::CancelOrder($one) => $whole,
            Ask::SubmitQuote($one) => $whole,
            Ask::FindQuote($one) => $whole,
            Ask::GetQuote($one) => $whole,
            Ask::ListQuotes($one) => $whole,
            Ask::AcceptQuote($one) => $whole,
            Ask::DeclineQuote($one) => $whole,
            Ask::WithdrawQuote($one) => $whole,
            Ask::Probe($one) => $whole,
        }
    };
}
pub(super) use each;

impl Ask {
    /// `interface.function`.
    pub fn name(&self) -> &'static str {
        fn name<O: Operation>(_: &O) -> &'static str {
            O::NAME
        }
        each!(self, items(operation) => name(operation), whole(operation) => name(operation))
    }
}

/// A reply as it is shown.
pub(super) fn whole<T: Serialize>(reply: T) -> Value {
    serde_json::to_value(reply).unwrap_or_default()
}

/// The same of an operation whose reply is whole only when all of it can be read.
pub(super) fn whole_of<O: Operation<Reply: Serialize>>(_: &O, reply: O::Reply) -> Result<Value, Failure> {
    let unreadable = O::failures(&reply).next().cloned();
    unreadable.map_or_else(|| Ok(whole(reply)), Err)
}

/// Item by item: a failed one is an object with its `failure`.
pub(super) fn items<T: Serialize>(items: Vec<Result<T, Failure>>) -> Value {
    let item = |item| match item {
        Ok(value) => whole::<T>(value),
        Err(failure) => json!({ "failure": whole::<Failure>(failure) }),
    };
    items.into_iter().map(item).collect()
}
