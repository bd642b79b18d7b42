//! A captured order or quote as the store keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    AccountNumber, AdapterName, Amendment, BackendNumber, BusinessStatus, CheckoutId, Deduplication, Failure, FindingState,
    Order, QuoteRequest, QuoteStatus, Reference, StoreName, TransferOperation, TransferState,
};

/// Order or quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    Order,
    Quote,
}

impl DocumentKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Quote => "quote",
        }
    }

    /// What has a reference.
    pub fn of(reference: &Reference) -> Self {
        if reference.is_quote() { Self::Quote } else { Self::Order }
    }

    /// What has the number that an operation's instruction names.
    pub(super) fn named_by(operation: TransferOperation) -> Self {
        if operation == TransferOperation::CancelOrder { Self::Order } else { Self::Quote }
    }

    /// A new reference for one.
    pub fn new_reference(self) -> Reference {
        match self {
            Self::Order => Reference::new_order(),
            Self::Quote => Reference::new_quote(),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Order, Self::Quote].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What the storefront gave: the same in every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one lives per document in hand, and most are orders")]
pub enum Payload {
    Order(Order),
    Quote(QuoteRequest),
}

impl Payload {
    pub fn kind(&self) -> DocumentKind {
        match self {
            Self::Order(_) => DocumentKind::Order,
            Self::Quote(_) => DocumentKind::Quote,
        }
    }

    pub fn account(&self) -> &AccountNumber {
        match self {
            Self::Order(order) => &order.account,
            Self::Quote(request) => &request.account,
        }
    }
}

/// What the back end says about a document at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Business status by name.
    pub status: String,
    pub raw_status: Option<String>,
    /// Of a quote.
    pub revision: Option<String>,
}

/// A document about to be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    pub reference: Reference,
    pub store: StoreName,
    pub account: AccountNumber,
    /// The adapter that it goes to, for good.
    pub adapter: AdapterName,
    /// Who captured it.
    pub principal: String,
    /// The seal that it quotes. Two documents can never come from one seal.
    pub seal: Option<CheckoutId>,
    /// Our quote that an order accepts or a counter-offer answers.
    pub parent: Option<Reference>,
    pub payload: Payload,
}

impl NewDocument {
    /// The document as it is at the moment of its capture.
    pub fn captured(&self, at: Timestamp) -> Document {
        let requested = || QuoteStatus::Requested.as_str().to_owned();
        Document {
            reference: self.reference.clone(),
            store: self.store.clone(),
            account: self.account.clone(),
            adapter: self.adapter.clone(),
            principal: self.principal.clone(),
            seal: self.seal.clone(),
            parent: self.parent.clone(),
            captured_at: at,
            payload: self.payload.clone(),
            backend_number: None,
            status: (self.payload.kind() == DocumentKind::Quote).then(requested),
            raw_status: None,
            revision: None,
            amendments: Vec::new(),
            review: None,
            on_hold: None,
            transfer: TransferState::Captured,
            attempts: 0,
            next_attempt_at: None,
            last_failure: None,
            updated_at: at,
            version: 1,
        }
    }
}

/// What a customer is told of the holds on a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnHold {
    pub shown: Option<String>,
}

/// A captured document with what the back end said about it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub reference: Reference,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    pub principal: String,
    pub seal: Option<CheckoutId>,
    pub parent: Option<Reference>,
    pub captured_at: Timestamp,
    pub payload: Payload,
    /// Set once the back end has it.
    pub backend_number: Option<BackendNumber>,
    /// Business status by name, as the back end said last; a quote starts as `requested`, an order with none.
    pub status: Option<String>,
    pub raw_status: Option<String>,
    /// Of a quote, when the back end named one.
    pub revision: Option<String>,
    /// What the back end changed while taking it (rule T9).
    pub amendments: Vec<Amendment>,
    /// What a person made of them, or has yet to; none when they are within the store's limits.
    pub review: Option<FindingState>,
    /// Where the transfer stands that brings the document itself to the back end; a later cancellation does not show here.
    pub transfer: TransferState,
    /// Nothing is sent before a person has released it (rule T6).
    pub on_hold: Option<OnHold>,
    /// Of that transfer: attempts begun, when the next one or a look-up is due (none once settled), and what went wrong last.
    pub attempts: u32,
    pub next_attempt_at: Option<Timestamp>,
    pub last_failure: Option<Failure>,
    pub updated_at: Timestamp,
    /// Rises with every change: the `ETag`.
    pub version: i64,
}

impl Document {
    pub fn kind(&self) -> DocumentKind {
        self.payload.kind()
    }

    /// Whether what a back end shows can be this document: under its number, and not known as another. Else it shows another one, whoever has
    /// mixed them up.
    pub fn may_be(&self, number: &BackendNumber, reference: Option<&Reference>, class: Deduplication) -> bool {
        self.backend_number.as_ref() == Some(number) && self.may_be_known_as(reference, class)
    }

    /// An order has the reference under which it was sent, or that of the quote which it came from. It may have none where the back end keeps none
    /// (class `none`), or a person has linked it to one that was entered there. Quotes that answer each other may share a number, with the
    /// reference of either.
    pub fn may_be_known_as(&self, reference: Option<&Reference>, class: Deduplication) -> bool {
        if self.kind() == DocumentKind::Quote {
            return true;
        }
        match reference {
            Some(reference) => *reference == self.reference || Some(reference) == self.parent.as_ref(),
            None => class == Deduplication::None || self.transfer == TransferState::Linked || self.parent.is_some(),
        }
    }

    /// The order, when it is one.
    pub fn order(&self) -> Option<&Order> {
        match &self.payload {
            Payload::Order(order) => Some(order),
            Payload::Quote(_) => None,
        }
    }

    /// The quote request, when it is one.
    pub fn quote(&self) -> Option<&QuoteRequest> {
        match &self.payload {
            Payload::Quote(request) => Some(request),
            Payload::Order(_) => None,
        }
    }

    /// Business status of an order; none for a quote or before the back end has said anything.
    pub fn order_status(&self) -> Option<BusinessStatus> {
        self.order().and(self.status.as_deref()).map(BusinessStatus::parse)
    }

    /// Business status of a quote; none for an order.
    pub fn quote_status(&self) -> Option<QuoteStatus> {
        self.quote().and(self.status.as_deref()).map(QuoteStatus::parse)
    }
}
