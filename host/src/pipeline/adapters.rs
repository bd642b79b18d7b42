//! The real back ends: transfers as operations of adapters. What an operation needs and does not have is an `invalid-request`.

use std::sync::Arc;
use std::time::Duration;

use super::backend::{Backend, BackendTraits, Backends};
use crate::adapter::operation::{
    AcceptQuote, CancelOrder, DeclineQuote, FindOrder, FindQuote, GetOrder, GetQuote, Release, SubmitOrder, SubmitQuote,
    WithdrawQuote,
};
use crate::adapter::{Adapter, Adapters};
use crate::domain::{
    Acceptance, AdapterName, BackendNumber, BusinessStatus, CallContext, Failure, FailureCode, Order, OrderDocument, Purpose,
    QuoteDocument, QuoteRequest, QuoteStatus, TransferOperation,
};
use crate::store::{Claimed, Document, Taken};

/// The back ends behind the loaded adapters.
pub struct AdapterBackend {
    adapters: Arc<Adapters>,
}

impl AdapterBackend {
    pub fn new(adapters: Arc<Adapters>) -> Self {
        Self { adapters }
    }
}

impl Backends for AdapterBackend {
    type One = LiveAdapter;

    fn get(&self, adapter: &AdapterName) -> Option<LiveAdapter> {
        self.adapters.get(adapter).map(|adapter| LiveAdapter { adapter })
    }
}

/// One adapter, in the generation that was live when the transfer was claimed.
pub struct LiveAdapter {
    adapter: Arc<Adapter>,
}

impl Backend for LiveAdapter {
    fn traits(&self) -> BackendTraits {
        let description = self.adapter.description();
        BackendTraits {
            deduplication: description.deduplication,
            propagation_delay: description.propagation_delay,
            digest: self.adapter.digest().to_string(),
        }
    }

    async fn attempt(&self, claimed: &Claimed, deadline: Duration) -> Result<Taken, Failure> {
        let (transfer, context) = (&claimed.transfer, context(claimed, deadline));
        let (account, reference) = (transfer.account.clone(), transfer.reference.clone());
        match transfer.operation {
            TransferOperation::SubmitOrder => {
                let operation = SubmitOrder { order: order(claimed)?, reference };
                self.adapter.call(&context, &operation).await.map(Taken::Order)
            }
            TransferOperation::AcceptQuote => {
                let acceptance =
                    Acceptance { number: number(claimed)?, revision: revision(claimed)?, order: order(claimed)?, reference };
                self.adapter.call(&context, &AcceptQuote { acceptance }).await.map(Taken::Order)
            }
            TransferOperation::SubmitQuote | TransferOperation::CounterQuote => {
                let operation = SubmitQuote { request: quote_request(claimed)?, reference };
                self.adapter.call(&context, &operation).await.map(Taken::Quote)
            }
            TransferOperation::CancelOrder => {
                let reason = transfer.instruction.reason.clone().unwrap_or_default();
                self.adapter.call(&context, &CancelOrder { account, number: number(claimed)?, reason }).await.map(Taken::from)
            }
            TransferOperation::DeclineQuote => {
                let reason = transfer.instruction.reason.clone();
                let operation = DeclineQuote { account, number: number(claimed)?, revision: revision(claimed)?, reason };
                self.adapter.call(&context, &operation).await.map(Taken::from)
            }
            TransferOperation::WithdrawQuote => {
                let reason = transfer.instruction.reason.clone();
                self.adapter.call(&context, &WithdrawQuote { account, number: number(claimed)?, reason }).await.map(Taken::from)
            }
            TransferOperation::ReleaseReservation => {
                let held = transfer.instruction.held.as_ref().ok_or_else(|| incomplete("no reservation was named"))?;
                let reservation = held.reservation.id.clone();
                self.adapter.call(&context, &Release { reservation }).await.map(|()| Taken::Released)
            }
        }
    }

    /// What carries our reference is looked for by it; what changes a numbered document is told from that document's status.
    async fn look_up(&self, claimed: &Claimed, deadline: Duration) -> Result<Option<Taken>, Failure> {
        let (transfer, context) = (&claimed.transfer, context(claimed, deadline));
        let (account, reference) = (transfer.account.clone(), transfer.reference.clone());
        match transfer.operation {
            TransferOperation::SubmitOrder | TransferOperation::AcceptQuote => {
                let found = self.adapter.call(&context, &FindOrder { account, reference }).await?;
                found.map(|order| self.own_order(claimed, order)).transpose()
            }
            TransferOperation::SubmitQuote | TransferOperation::CounterQuote => {
                let found = self.adapter.call(&context, &FindQuote { account, reference }).await?;
                found.map(|quote| self.own_quote(claimed, quote)).transpose()
            }
            TransferOperation::CancelOrder => {
                let order = self.adapter.call(&context, &GetOrder { account, number: number(claimed)? }).await?;
                Ok((order.status == BusinessStatus::Cancelled).then(|| order.into()))
            }
            TransferOperation::DeclineQuote => {
                let quote = self.adapter.call(&context, &GetQuote { account, number: number(claimed)? }).await?;
                Ok((quote.status == QuoteStatus::Declined).then(|| quote.into()))
            }
            TransferOperation::WithdrawQuote => {
                let quote = self.adapter.call(&context, &GetQuote { account, number: number(claimed)? }).await?;
                Ok(matches!(quote.status, QuoteStatus::Withdrawn | QuoteStatus::Cancelled).then(|| quote.into()))
            }
            // No adapter can tell; it is asked again.
            TransferOperation::ReleaseReservation => Ok(None),
        }
    }
}

/// What a look-up finds is believed only if it is what was looked for: confirming an order by somebody else's would lose it.
impl LiveAdapter {
    fn own_order(&self, claimed: &Claimed, order: OrderDocument) -> Result<Taken, Failure> {
        let transfer = &claimed.transfer;
        if order.account == transfer.account && order.reference.as_ref() == Some(&transfer.reference) {
            return Ok(order.into());
        }
        Err(self.foreign())
    }

    fn own_quote(&self, claimed: &Claimed, quote: QuoteDocument) -> Result<Taken, Failure> {
        let transfer = &claimed.transfer;
        // A counter-offer may live on under the number of the quote that it answers, with that one's reference.
        let countered =
            transfer.operation == TransferOperation::CounterQuote && transfer.instruction.number.as_ref() == Some(&quote.number);
        if quote.account == transfer.account && (quote.reference.as_ref() == Some(&transfer.reference) || countered) {
            return Ok(quote.into());
        }
        Err(self.foreign())
    }

    fn foreign(&self) -> Failure {
        let labels = [("adapter", self.adapter.name().to_string()), ("kind", "foreign-document".to_owned())];
        metrics::counter!("ordergate_contract_violations_total", &labels).increment(1);
        Failure::new(FailureCode::InvalidResponse, "the look-up found another document than was looked for")
    }
}

fn context(claimed: &Claimed, deadline: Duration) -> CallContext {
    let transfer = &claimed.transfer;
    let or = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
    CallContext {
        store: transfer.store.clone(),
        channel: or(&transfer.instruction.channel, "web"),
        locale: or(&transfer.instruction.locale, "en"),
        request_id: transfer.reference.to_string(),
        trace_parent: None,
        purpose: Purpose::Transfer,
        deadline,
    }
}

fn order(claimed: &Claimed) -> Result<Order, Failure> {
    claimed.document.as_ref().and_then(Document::order).cloned().ok_or_else(|| incomplete("the order is not in the store"))
}

fn quote_request(claimed: &Claimed) -> Result<QuoteRequest, Failure> {
    claimed
        .document
        .as_ref()
        .and_then(Document::quote)
        .cloned()
        .ok_or_else(|| incomplete("the quote request is not in the store"))
}

/// The number that was named, or else the one that the document has got in the meantime.
fn number(claimed: &Claimed) -> Result<BackendNumber, Failure> {
    let own = || claimed.document.as_ref().and_then(|document| document.backend_number.clone());
    let named = claimed.transfer.instruction.number.clone();
    named.or_else(own).ok_or_else(|| incomplete("the document has no number yet: the back end has not confirmed it"))
}

fn revision(claimed: &Claimed) -> Result<String, Failure> {
    claimed.transfer.instruction.revision.clone().ok_or_else(|| incomplete("no revision of the quote was named"))
}

fn incomplete(what: &str) -> Failure {
    Failure::new(FailureCode::InvalidRequest, what)
}
