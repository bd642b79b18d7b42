//! What orders and quotes of a back end have in common, so that their use cases are written once.

use std::fmt::Debug;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::adapter::operation::{FindOrder, FindQuote, GetOrder, GetQuote, ListOrders, ListQuotes, Operation};
use crate::config::StoreConfig;
use crate::domain::{
    AccountNumber, AdapterName, Amendment, BackendNumber, BusinessStatus, DocumentFilter, OrderDocument, Page, PageRequest,
    QuoteDocument, QuoteStatus, Reference,
};
use crate::store::{Document, DocumentKind, Observed};

/// An order or a quote as a back end shows it.
pub trait BackendDocument: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: DocumentKind;
    /// Business status.
    type Status: Copy + Debug + PartialEq + Send + Sync;
    type Get: Operation<Reply = Self>;
    type Find: Operation<Reply = Option<Self>>;
    type List: Operation<Reply = Page<Self>>;

    /// The adapter that a store has for them.
    fn adapter_of(store: &StoreConfig) -> &AdapterName;

    fn get(account: AccountNumber, number: BackendNumber) -> Self::Get;

    /// By our reference.
    fn find(account: AccountNumber, reference: Reference) -> Self::Find;

    fn list(account: AccountNumber, filter: DocumentFilter, page: PageRequest) -> Self::List;

    fn parse_status(name: &str) -> Self::Status;

    fn head(&self) -> Head<'_>;

    /// Whether it has come to nothing in the back end.
    fn is_void(&self) -> bool;

    /// What of a document of ours is otherwise in the back end than was agreed or told (rule T10).
    fn differences(&self, ours: &Document) -> Vec<Amendment>;

    /// What the back end says, as the store keeps it.
    fn observed(&self) -> Observed;

    /// Business status at an instant: an offer may have expired since the back end said it (rule Q1).
    fn status_at(&self, now: Timestamp, seller_zone: &TimeZone) -> Self::Status;

    /// When an offer ends, as an instant (rule Q1).
    fn expires_at(&self, seller_zone: &TimeZone) -> Option<Timestamp>;
}

/// What a document is known by.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub account: &'a AccountNumber,
    /// Ours, when it came through us and the back end keeps it.
    pub reference: Option<&'a Reference>,
    pub number: &'a BackendNumber,
    pub purchase_order: Option<&'a str>,
    pub placed_at: Timestamp,
}

impl BackendDocument for OrderDocument {
    const KIND: DocumentKind = DocumentKind::Order;
    type Status = BusinessStatus;
    type Get = GetOrder;
    type Find = FindOrder;
    type List = ListOrders;

    fn adapter_of(store: &StoreConfig) -> &AdapterName {
        store.orders_adapter()
    }

    fn get(account: AccountNumber, number: BackendNumber) -> GetOrder {
        GetOrder { account, number }
    }

    fn find(account: AccountNumber, reference: Reference) -> FindOrder {
        FindOrder { account, reference }
    }

    fn list(account: AccountNumber, filter: DocumentFilter, page: PageRequest) -> ListOrders {
        ListOrders { account, filter, page }
    }

    fn parse_status(name: &str) -> BusinessStatus {
        BusinessStatus::parse(name)
    }

    fn head(&self) -> Head<'_> {
        Head {
            account: &self.account,
            reference: self.reference.as_ref(),
            number: &self.number,
            purchase_order: self.purchase_order.as_deref(),
            placed_at: self.placed_at,
        }
    }

    fn is_void(&self) -> bool {
        matches!(self.status, BusinessStatus::Cancelled | BusinessStatus::Rejected)
    }

    fn differences(&self, ours: &Document) -> Vec<Amendment> {
        let Some(order) = ours.order() else { return Vec::new() };
        order.differences_beyond(self, &ours.amendments)
    }

    fn observed(&self) -> Observed {
        Observed { status: self.status.as_str().to_owned(), raw_status: self.raw_status.clone(), revision: None }
    }

    fn status_at(&self, _: Timestamp, _: &TimeZone) -> BusinessStatus {
        self.status
    }

    fn expires_at(&self, _: &TimeZone) -> Option<Timestamp> {
        None
    }
}

impl BackendDocument for QuoteDocument {
    const KIND: DocumentKind = DocumentKind::Quote;
    type Status = QuoteStatus;
    type Get = GetQuote;
    type Find = FindQuote;
    type List = ListQuotes;

    fn adapter_of(store: &StoreConfig) -> &AdapterName {
        store.quotes_adapter()
    }

    fn get(account: AccountNumber, number: BackendNumber) -> GetQuote {
        GetQuote { account, number }
    }

    fn find(account: AccountNumber, reference: Reference) -> FindQuote {
        FindQuote { account, reference }
    }

    fn list(account: AccountNumber, filter: DocumentFilter, page: PageRequest) -> ListQuotes {
        ListQuotes { account, filter, page }
    }

    fn parse_status(name: &str) -> QuoteStatus {
        QuoteStatus::parse(name)
    }

    fn head(&self) -> Head<'_> {
        Head {
            account: &self.account,
            reference: self.reference.as_ref(),
            number: &self.number,
            purchase_order: self.purchase_order.as_deref(),
            placed_at: self.placed_at,
        }
    }

    fn is_void(&self) -> bool {
        matches!(self.status, QuoteStatus::Declined | QuoteStatus::Withdrawn | QuoteStatus::Cancelled | QuoteStatus::Expired)
    }

    /// An answer to a request is meant to be otherwise.
    fn differences(&self, _: &Document) -> Vec<Amendment> {
        Vec::new()
    }

    fn observed(&self) -> Observed {
        Observed {
            status: self.status.as_str().to_owned(),
            raw_status: self.raw_status.clone(),
            revision: Some(self.revision.clone()),
        }
    }

    fn status_at(&self, now: Timestamp, seller_zone: &TimeZone) -> QuoteStatus {
        Self::status_at(self, now, seller_zone)
    }

    fn expires_at(&self, seller_zone: &TimeZone) -> Option<Timestamp> {
        Self::expires_at(self, seller_zone)
    }
}
