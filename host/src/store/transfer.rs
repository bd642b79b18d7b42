//! A transfer as the store keeps it: one piece of work for the back end, its attempts, and what the back end answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Document;
use crate::domain::{
    Accepted, AccountNumber, AdapterName, Amendment, BackendNumber, Exchange, Failure, Finding, OrderDocument, QuoteDocument,
    QuoteReceived, Reference, Reservation, StoreName, TransferEvent, TransferOperation, TransferState,
};

/// Identity of a transfer. Rises with time: within an account the lowest goes first (rule T6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransferId(pub i64);

/// Fencing token of a claim; rises with every claim of the transfer (rule T5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub i64);

/// What an operation needs beside the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Instruction {
    /// The back end's number of the order or quote that is acted on. When none, the document's own once it is confirmed.
    pub number: Option<BackendNumber>,
    /// The revision of the quote that is accepted, declined or countered (rule Q2).
    pub revision: Option<String>,
    pub reason: Option<String>,
    /// Of an order: stock that is held for it. Of a release: what is given back.
    pub held: Option<Held>,
    /// Of a cancellation: the finding that asked for it.
    pub finding: Option<i64>,
    /// Storefront channel and language of the request, for the call's context.
    pub channel: Option<String>,
    pub locale: Option<String>,
}

/// Stock that a back end holds until an order uses it or the reservation ends (rule C4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub reservation: Reservation,
    /// The checkout's adapter; the order may go to another.
    pub adapter: AdapterName,
}

/// One piece of work for the back end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    /// The document that it carries or acts on; for one that we do not hold (taken by telephone), a reference of its own.
    pub reference: Reference,
    pub operation: TransferOperation,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    pub instruction: Instruction,
    pub state: TransferState,
    /// Attempts begun.
    pub attempts: u32,
    /// Look-ups done.
    pub lookups: u32,
    /// Attempts and look-ups that count against `max_attempts`.
    pub spent: u32,
    /// When it is tried or looked up next; of no meaning once settled.
    pub due_at: Timestamp,
    /// Since when it is uncertain whether the back end has it.
    pub unknown_since: Option<Timestamp>,
    pub last_failure: Option<Failure>,
    pub created_at: Timestamp,
    /// When a person queued it again last.
    pub resent_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

impl Transfer {
    /// Since when it has been on its way: a person who queues it again gives it its whole time again.
    pub fn under_way_since(&self) -> Timestamp {
        self.resent_at.unwrap_or(self.created_at)
    }

    /// Whether a person has decided to send it again after it became uncertain whether the back end has it.
    pub fn is_resent_in_doubt(&self) -> bool {
        self.resent_at.zip(self.unknown_since).is_some_and(|(resent, unknown)| resent > unknown)
    }
}

/// A transfer that a worker holds until its lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// In state `queued` (to be sent) or `unknown` (to be looked up).
    pub transfer: Transfer,
    /// None when the operation acts on a document that we do not hold.
    pub document: Option<Document>,
    pub fence: Fence,
    pub claimed_at: Timestamp,
}

/// One attempt or look-up, for the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub transfer: TransferId,
    /// 1 for the first.
    pub number: u32,
    pub kind: AttemptKind,
    pub started_at: Timestamp,
    /// None while it runs, or when the host died in it.
    pub ended_at: Option<Timestamp>,
    /// SHA-256 of the adapter that ran it.
    pub adapter_digest: Option<String>,
    /// State of the transfer after it.
    pub outcome: Option<TransferState>,
    pub failure: Option<Failure>,
    /// What was said to the back end.
    pub exchanges: Vec<Exchange>,
}

/// Whether the document was sent or looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptKind {
    Send,
    LookUp,
}

impl AttemptKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::LookUp => "look-up",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Send, Self::LookUp].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What the back end has, after an operation or a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    Order(Accepted),
    Quote(QuoteReceived),
    /// Held stock is free again; there is no document to it.
    Released,
}

impl Taken {
    /// An order that was found, and what the back end has otherwise.
    pub fn found(order: OrderDocument, amendments: Vec<Amendment>) -> Self {
        Self::Order(Accepted { number: order.number, status: order.status, raw_status: order.raw_status, amendments })
    }
}

impl Taken {
    /// Under which the back end has it.
    pub fn number(&self) -> Option<&BackendNumber> {
        match self {
            Self::Order(accepted) => Some(&accepted.number),
            Self::Quote(received) => Some(&received.number),
            Self::Released => None,
        }
    }
}

impl From<OrderDocument> for Taken {
    fn from(order: OrderDocument) -> Self {
        Self::found(order, Vec::new())
    }
}

impl From<QuoteDocument> for Taken {
    fn from(quote: QuoteDocument) -> Self {
        Self::Quote(QuoteReceived {
            number: quote.number,
            revision: Some(quote.revision),
            status: quote.status,
            raw_status: quote.raw_status,
        })
    }
}

/// The result of a claim: what happened, and when to come back.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Moves of the state machine, in order. Empty when a look-up told nothing: the transfer stays `unknown`.
    pub events: Vec<TransferEvent>,
    /// What the back end has, when it was taken or found.
    pub taken: Option<Taken>,
    /// What a person must look at although it was taken (rule T9).
    pub finding: Option<Finding>,
    pub failure: Option<Failure>,
    /// When to try or look up next.
    pub due_at: Timestamp,
    /// Whether it counts against `max_attempts`.
    pub counts: Counts,
    /// SHA-256 of the adapter that was asked, when one was.
    pub adapter_digest: Option<String>,
    /// What was said to the back end, for the desk.
    pub exchanges: Vec<Exchange>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

/// Whether an attempt or look-up counts against `max_attempts`. One that never got as far as the back end does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    Counted,
    Free,
}
