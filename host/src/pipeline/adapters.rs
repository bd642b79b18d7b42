//! The real back ends: transfers as operations of adapters. What an operation needs and does not have is an `invalid-request`.

use std::sync::Arc;
use std::time::Duration;

use super::backend::{Backend, BackendTraits, Backends};
use crate::adapter::operation::{
    AcceptQuote, Calculate, CancelOrder, DeclineQuote, FindOrder, FindQuote, GetOrder, GetQuote, Release, SubmitOrder,
    SubmitQuote, WithdrawQuote,
};
use crate::adapter::{Adapter, Adapters, Lane, Leave};
use crate::clock::Clock;
use crate::domain::{
    Acceptance, AccountNumber, AdapterName, AmountMismatch, BackendNumber, BusinessStatus, Calculation, CallContext, Failure,
    FailureCode, Order, OrderDocument, Purpose, QuoteDocument, QuoteRequest, QuoteStatus, Reference, Side, TransferOperation,
    TransferState,
};
use crate::store::{Claimed, Document, LeftOut, Taken};

/// The back ends behind the loaded adapters.
pub struct AdapterBackend {
    adapters: Arc<Adapters>,
    clock: Clock,
}

impl AdapterBackend {
    pub fn new(adapters: Arc<Adapters>, clock: Clock) -> Self {
        Self { adapters, clock }
    }
}

impl Backends for AdapterBackend {
    type One = LiveAdapter;

    fn get(&self, adapter: &AdapterName) -> Option<LiveAdapter> {
        self.adapters.get(adapter).map(|adapter| LiveAdapter { adapter, clock: self.clock.clone() })
    }

    fn paused(&self) -> LeftOut {
        let paused = |side| {
            let turned_away = self.adapters.iter().filter(|adapter| adapter.turns_away(side));
            turned_away.map(|adapter| adapter.name().clone()).collect()
        };
        LeftOut { sending: paused(Side::Write), looking_up: paused(Side::Read), ..LeftOut::default() }
    }

    async fn resumed(&self) {
        self.adapters.resumed().await;
    }
}

/// One adapter, in the generation that was live when the transfer was claimed.
pub struct LiveAdapter {
    adapter: Arc<Adapter>,
    clock: Clock,
}

impl LiveAdapter {
    /// One that may not be live, at a time.
    pub(super) fn at(adapter: Arc<Adapter>, clock: Clock) -> Self {
        Self { adapter, clock }
    }
}

impl Backend for LiveAdapter {
    type Leave = Leave;

    fn traits(&self) -> BackendTraits {
        let description = self.adapter.description();
        BackendTraits {
            deduplication: description.deduplication,
            propagation_delay: description.propagation_delay,
            digest: self.adapter.digest().to_string(),
        }
    }

    async fn enter(&self, side: Side, deadline: Duration) -> Result<Leave, Failure> {
        self.adapter.enter(Lane::Transfer, side, deadline).await
    }

    async fn attempt(&self, leave: Leave, claimed: &Claimed, deadline: Duration) -> Result<Taken, Failure> {
        let (transfer, context) = (&claimed.transfer, context(claimed, deadline));
        let (account, reference) = (transfer.account.clone(), transfer.reference.clone());
        match transfer.operation {
            TransferOperation::SubmitOrder => {
                let operation = SubmitOrder { order: self.order_to_send(claimed)?, reference };
                self.adapter.call_with(leave, &context, &operation).await.map(Taken::Order)
            }
            TransferOperation::AcceptQuote => {
                let acceptance =
                    Acceptance { number: number(claimed)?, revision: revision(claimed)?, order: order(claimed)?, reference };
                self.adapter.call_with(leave, &context, &AcceptQuote { acceptance }).await.map(Taken::Order)
            }
            TransferOperation::SubmitQuote | TransferOperation::CounterQuote => {
                let operation = SubmitQuote { request: quote_request(claimed)?, reference };
                self.adapter.call_with(leave, &context, &operation).await.map(Taken::Quote)
            }
            TransferOperation::CancelOrder => {
                let reason = transfer.instruction.reason.clone().unwrap_or_default();
                let operation = CancelOrder { account, number: number(claimed)?, reason };
                let order = self.adapter.call_with(leave, &context, &operation).await?;
                self.is_answered(claimed, &order.account, &order.number, order.reference.as_ref())?;
                Ok(order.into())
            }
            TransferOperation::DeclineQuote => {
                let reason = transfer.instruction.reason.clone();
                let operation = DeclineQuote { account, number: number(claimed)?, revision: revision(claimed)?, reason };
                let quote = self.adapter.call_with(leave, &context, &operation).await?;
                self.is_answered(claimed, &quote.account, &quote.number, quote.reference.as_ref())?;
                Ok(quote.into())
            }
            TransferOperation::WithdrawQuote => {
                let reason = transfer.instruction.reason.clone();
                let operation = WithdrawQuote { account, number: number(claimed)?, reason };
                let quote = self.adapter.call_with(leave, &context, &operation).await?;
                self.is_answered(claimed, &quote.account, &quote.number, quote.reference.as_ref())?;
                Ok(quote.into())
            }
            TransferOperation::ReleaseReservation => {
                let held = transfer.instruction.held.as_ref().ok_or_else(|| incomplete("no reservation was named"))?;
                let reservation = held.reservation.id.clone();
                self.adapter.call(&context, &Release { reservation }).await.map(|()| Taken::Released)
            }
        }
    }

    async fn price(&self, leave: Leave, claimed: &Claimed, deadline: Duration) -> Result<Calculation, Failure> {
        let cart = order(claimed)?.cart();
        let calculate = Calculate { cart: cart.clone() };
        let calculation = self.adapter.call_with(leave, &context(claimed, deadline), &calculate).await?;
        calculation.check(&cart).map_err(|mismatch| self.incredible(&mismatch))?;
        Ok(calculation)
    }

    async fn identify(&self, leave: Leave, claimed: &Claimed, deadline: Duration) -> Result<(), Failure> {
        let context = context(claimed, deadline);
        match claimed.transfer.operation {
            TransferOperation::CancelOrder => self.shown_order(leave, claimed, &context).await.map(drop),
            operation => {
                let quote = self.shown_quote(leave, claimed, &context).await?;
                // Back ends check which revision is accepted or declined, and few which one a counter-offer answers.
                let answered = claimed.transfer.instruction.revision.as_ref();
                let is_stale = answered.is_some_and(|answered| *answered != quote.revision);
                if operation != TransferOperation::CounterQuote || !is_stale {
                    return Ok(());
                }
                let message =
                    format!("the quote has revision {} by now, not the one that was answered: nothing was sent", quote.revision);
                Err(Failure::new(FailureCode::Rejected, message))
            }
        }
    }

    /// What carries our reference is looked for by it; what changes a numbered document is told from that document's status.
    async fn look_up(&self, leave: Leave, claimed: &Claimed, deadline: Duration) -> Result<Option<Taken>, Failure> {
        let (transfer, context) = (&claimed.transfer, context(claimed, deadline));
        let (account, reference) = (transfer.account.clone(), transfer.reference.clone());
        match transfer.operation {
            TransferOperation::SubmitOrder | TransferOperation::AcceptQuote => {
                let found = self.adapter.call_with(leave, &context, &FindOrder { account, reference }).await?;
                found.map(|order| self.own_order(claimed, order)).transpose()
            }
            TransferOperation::SubmitQuote | TransferOperation::CounterQuote => {
                let found = self.adapter.call_with(leave, &context, &FindQuote { account, reference }).await?;
                found.map(|quote| self.own_quote(claimed, quote)).transpose()
            }
            TransferOperation::CancelOrder => {
                let order = self.shown_order(leave, claimed, &context).await?;
                Ok((order.status == BusinessStatus::Cancelled).then(|| order.into()))
            }
            TransferOperation::DeclineQuote => {
                let quote = self.shown_quote(leave, claimed, &context).await?;
                Ok((quote.status == QuoteStatus::Declined).then(|| quote.into()))
            }
            TransferOperation::WithdrawQuote => {
                let quote = self.shown_quote(leave, claimed, &context).await?;
                Ok(matches!(quote.status, QuoteStatus::Withdrawn | QuoteStatus::Cancelled).then(|| quote.into()))
            }
            // No adapter can tell; it is asked again.
            TransferOperation::ReleaseReservation => Ok(None),
        }
    }
}

/// What a look-up finds is believed only if it is what was looked for: confirming an order by somebody else's would lose it.
impl LiveAdapter {
    /// Without a reservation that has ended while the order waited: naming it could get the order refused (rule C4).
    fn order_to_send(&self, claimed: &Claimed) -> Result<Order, Failure> {
        let order = order(claimed)?;
        let held = claimed.transfer.instruction.held.as_ref();
        let has_ended = held.is_some_and(|held| held.reservation.expires_at <= self.clock.now());
        Ok(if has_ended { Order { reservation: None, ..order } } else { order })
    }

    /// The order that a transfer changes by its number.
    async fn shown_order(&self, leave: Leave, claimed: &Claimed, context: &CallContext) -> Result<OrderDocument, Failure> {
        let (account, number) = (claimed.transfer.account.clone(), number(claimed)?);
        let order = self.adapter.call_with(leave, context, &GetOrder { account, number }).await?;
        self.is_customers(claimed, &order.account, &order.number, order.reference.as_ref()).map(|()| order)
    }

    async fn shown_quote(&self, leave: Leave, claimed: &Claimed, context: &CallContext) -> Result<QuoteDocument, Failure> {
        let (account, number) = (claimed.transfer.account.clone(), number(claimed)?);
        let quote = self.adapter.call_with(leave, context, &GetQuote { account, number }).await?;
        self.is_customers(claimed, &quote.account, &quote.number, quote.reference.as_ref()).map(|()| quote)
    }

    /// An order that accepts a quote is no document of that number yet.
    fn is_customers(
        &self,
        claimed: &Claimed,
        account: &AccountNumber,
        shown: &BackendNumber,
        reference: Option<&Reference>,
    ) -> Result<(), Failure> {
        let ours = claimed.document.as_ref().filter(|_| !claimed.transfer.operation.carries_order());
        let is_ours = ours.is_none_or(|document| document.may_be_known_as(reference, self.adapter.description().deduplication));
        let number = number(claimed)?;
        if *account == claimed.transfer.account && *shown == number && is_ours {
            return Ok(());
        }
        self.count_violation("foreign-document");
        // Before anything was sent, or looking for what came of it.
        let sent = if claimed.transfer.state == TransferState::Unknown { "" } else { ": nothing was sent" };
        let message = format!("the back end shows another document under {number} than this customer's{sent}");
        Err(Failure::new(FailureCode::InvalidRequest, message))
    }

    /// An answer about another document proves nothing of the one that was to be changed (rule H3).
    fn is_answered(
        &self,
        claimed: &Claimed,
        account: &AccountNumber,
        shown: &BackendNumber,
        reference: Option<&Reference>,
    ) -> Result<(), Failure> {
        // One that says no reference contradicts nothing.
        let is_ours = |document: &Document| document.may_be_known_as(reference, self.adapter.description().deduplication);
        let contradicts = reference.is_some() && !claimed.document.as_ref().is_none_or(is_ours);
        if *account == claimed.transfer.account && *shown == number(claimed)? && !contradicts {
            return Ok(());
        }
        let message = format!("the back end answers about another document than {}, which was to be changed", number(claimed)?);
        Err(self.violation("foreign-document", message))
    }

    fn own_order(&self, claimed: &Claimed, order: OrderDocument) -> Result<Taken, Failure> {
        let transfer = &claimed.transfer;
        if order.account == transfer.account && order.reference.as_ref() == Some(&transfer.reference) {
            // What it changed while it took the order is not told a second time.
            let amendments = claimed.document.as_ref().and_then(Document::order).map(|ours| ours.differences(&order));
            return Ok(Taken::found(order, amendments.unwrap_or_default()));
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
        self.violation("foreign-document", "the look-up found another document than was looked for".to_owned())
    }

    fn incredible(&self, mismatch: &AmountMismatch) -> Failure {
        self.violation("arithmetic", format!("the price is not believed: {mismatch}"))
    }

    fn violation(&self, kind: &'static str, message: String) -> Failure {
        self.count_violation(kind);
        Failure::new(FailureCode::InvalidResponse, message)
    }

    fn count_violation(&self, kind: &'static str) {
        let labels = [("adapter", self.adapter.name().to_string()), ("kind", kind.to_owned())];
        metrics::counter!("ordergate_contract_violations_total", &labels).increment(1);
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
