//! Orders and quotes are handed over, found again and shown the same way: what differs between them.

use serde_json::Value;

use super::goods::Goods;
use crate::adapter::ask::Ask;
use crate::adapter::operation::{
    CancelOrder, FindOrder, FindQuote, GetOrder, GetQuote, ListOrders, ListQuotes, SubmitOrder, SubmitQuote, WithdrawQuote,
};
use crate::domain::{AccountNumber, BackendNumber, DocumentFilter, PageRequest, Reference, TransferOperation};

const REASON: &str = "a test of the adapter";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paper {
    Order,
    Quote,
}

impl Paper {
    pub(super) const BOTH: [Self; 2] = [Self::Order, Self::Quote];

    pub(super) fn submitting(self) -> &'static str {
        self.name("orders.submit", "quotes.submit")
    }

    pub(super) fn finding(self) -> &'static str {
        self.name("orders.find-by-reference", "quotes.find-by-reference")
    }

    pub(super) fn getting(self) -> &'static str {
        self.name("orders.get", "quotes.get")
    }

    pub(super) fn listing(self) -> &'static str {
        self.name("orders.list", "quotes.list")
    }

    pub(super) fn cancelling(self) -> &'static str {
        self.name("orders.cancel", "quotes.cancel")
    }

    /// Of our references.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Order => 'O',
            Self::Quote => 'Q',
        }
    }

    pub(super) fn transfer(self) -> TransferOperation {
        match self {
            Self::Order => TransferOperation::SubmitOrder,
            Self::Quote => TransferOperation::SubmitQuote,
        }
    }

    pub(super) fn submit(self, goods: &Goods<'_>, account: &AccountNumber, reference: &Reference) -> Ask {
        let reference = reference.clone();
        match self {
            Self::Order => Ask::SubmitOrder(SubmitOrder { order: goods.order(account), reference }),
            Self::Quote => Ask::SubmitQuote(SubmitQuote { request: goods.quote_request(account), reference }),
        }
    }

    pub(super) fn find(self, account: &AccountNumber, reference: &Reference) -> Ask {
        let (account, reference) = (account.clone(), reference.clone());
        match self {
            Self::Order => Ask::FindOrder(FindOrder { account, reference }),
            Self::Quote => Ask::FindQuote(FindQuote { account, reference }),
        }
    }

    pub(super) fn get(self, account: &AccountNumber, number: &str) -> Ask {
        let (account, number) = (account.clone(), BackendNumber::new(number));
        match self {
            Self::Order => Ask::GetOrder(GetOrder { account, number }),
            Self::Quote => Ask::GetQuote(GetQuote { account, number }),
        }
    }

    pub(super) fn list(self, account: &AccountNumber, limit: u32, cursor: Option<String>) -> Ask {
        let (account, filter, page) = (account.clone(), DocumentFilter::default(), PageRequest { cursor, limit });
        match self {
            Self::Order => Ask::ListOrders(ListOrders { account, filter, page }),
            Self::Quote => Ask::ListQuotes(ListQuotes { account, filter, page }),
        }
    }

    pub(super) fn cancel(self, account: &AccountNumber, number: &str) -> Ask {
        let (account, number) = (account.clone(), BackendNumber::new(number));
        match self {
            Self::Order => Ask::CancelOrder(CancelOrder { account, number, reason: REASON.into() }),
            Self::Quote => Ask::WithdrawQuote(WithdrawQuote { account, number, reason: Some(REASON.into()) }),
        }
    }

    fn name(self, order: &'static str, quote: &'static str) -> &'static str {
        match self {
            Self::Order => order,
            Self::Quote => quote,
        }
    }
}

/// A document that the run has placed.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub number: String,
    pub reference: Reference,
}

/// A field of a document that is text.
pub(super) fn text<'a>(document: &'a Value, field: &str) -> Option<&'a str> {
    document.get(field).and_then(Value::as_str)
}

/// The documents of a page.
pub(super) fn documents(page: &Value) -> &[Value] {
    page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
