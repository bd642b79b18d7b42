//! Requesting, accepting, declining, countering and withdrawing quotes (rules Q1 to Q5). Each is captured and moved on like an order.

use super::idempotency::{Begun, settle};
use super::orders::instruction;
use super::record::{OrderRecord, Provenance, QuoteRecord, TransferSummary};
use super::{Caller, Captured, Commerce, IdempotencyKey, ServiceError};
use crate::domain::{
    AdapterName, Currency, Extensions, LineKind, Note, Order, OrderLine, Party, QuoteAction, QuoteDocument, QuoteLine, QuoteLink,
    QuoteRequest, QuoteStatus, Reference, TransferOperation,
};
use crate::store::{Capture, Instruction, NewDocument, NewOperation, Payload};

/// A quote as a storefront requests it.
#[derive(Clone, Debug)]
pub struct NewQuoteRequest {
    pub lines: Vec<QuoteLine>,
    pub purchase_order: Option<String>,
    pub requested_date: Option<jiff::civil::Date>,
    pub contract: Option<String>,
    pub currency: Option<Currency>,
    pub parties: Vec<Party>,
    pub notes: Vec<Note>,
}

/// A counter-offer to an offered revision.
#[derive(Clone, Debug)]
pub struct CounterRequest {
    pub revision: String,
    pub lines: Vec<QuoteLine>,
    pub notes: Vec<Note>,
}

/// Acceptance of an offered revision.
#[derive(Clone, Debug)]
pub struct AcceptRequest {
    pub revision: String,
    pub purchase_order: Option<String>,
    pub requested_date: Option<jiff::civil::Date>,
    pub payment_token: Option<String>,
    pub ship_complete: bool,
    pub delivery_method: Option<String>,
    pub parties: Vec<Party>,
    pub notes: Vec<Note>,
}

/// How a quote request is filed: where it goes, and what it answers.
struct Filed {
    adapter: AdapterName,
    /// Our quote that a counter-offer answers.
    parent: Option<Reference>,
    operation: TransferOperation,
    instruction: Instruction,
}

impl Commerce {
    /// Captures a quote request.
    pub async fn request_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        request: NewQuoteRequest,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        let _running = match self.begin(caller, &key).await? {
            Begun::First(running) => running,
            Begun::Replay { status, body } => return Ok(Captured::Replayed { status, body }),
        };
        let payload = QuoteRequest {
            account: caller.account()?.clone(),
            currency: request.currency.unwrap_or(caller.shop.config.currency),
            purchase_order: request.purchase_order,
            placed_at: self.inner.clock.now(),
            requested_date: request.requested_date,
            contract: request.contract,
            sales_area: caller.shop.config.sales_area.clone(),
            counters: None,
            counters_revision: None,
            parties: request.parties,
            notes: request.notes,
            lines: request.lines,
            ext: Extensions::new(),
        };
        let adapter = caller.shop.config.quotes_adapter().clone();
        let filed =
            Filed { adapter, parent: None, operation: TransferOperation::SubmitQuote, instruction: Instruction::default() };
        self.capture_quote(caller, key, payload, filed, render).await
    }

    /// Captures a counter-offer: a request of its own that names the quote and revision that it answers.
    pub async fn counter_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        quote: &str,
        request: CounterRequest,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        let _running = match self.begin(caller, &key).await? {
            Begun::First(running) => running,
            Begun::Replay { status, body } => return Ok(Captured::Replayed { status, body }),
        };
        let (record, offer) = self.actionable(caller, quote, QuoteAction::Counter, Some(&request.revision)).await?;
        let payload = QuoteRequest {
            account: offer.account,
            currency: offer.currency,
            purchase_order: offer.purchase_order,
            placed_at: self.inner.clock.now(),
            requested_date: None,
            contract: None,
            sales_area: caller.shop.config.sales_area.clone(),
            counters: Some(offer.number.clone()),
            counters_revision: Some(offer.revision.clone()),
            parties: offer.parties,
            notes: request.notes,
            lines: request.lines,
            ext: Extensions::new(),
        };
        let instruction = Instruction { number: Some(offer.number), revision: Some(offer.revision), ..Instruction::default() };
        let parent = record.captured.map(|document| document.reference);
        // It goes where the quote is, also when the store's quotes go elsewhere by now.
        let filed = Filed { adapter: record.adapter, parent, operation: TransferOperation::CounterQuote, instruction };
        self.capture_quote(caller, key, payload, filed, render).await
    }

    /// Turns an offered revision into an order at its prices (rules Q2, Q3).
    pub async fn accept_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        quote: &str,
        request: AcceptRequest,
        render: impl FnOnce(&OrderRecord) -> String,
    ) -> Result<Captured<OrderRecord>, ServiceError> {
        let _running = match self.begin(caller, &key).await? {
            Begun::First(running) => running,
            Begun::Replay { status, body } => return Ok(Captured::Replayed { status, body }),
        };
        let (record, offer) = self.actionable(caller, quote, QuoteAction::Accept, Some(&request.revision)).await?;
        let instruction =
            Instruction { number: Some(offer.number.clone()), revision: Some(offer.revision.clone()), ..Instruction::default() };
        let document = NewDocument {
            reference: Reference::new_order(),
            store: caller.shop.name.clone(),
            account: offer.account.clone(),
            adapter: record.adapter,
            principal: caller.principal.id.clone(),
            seal: None,
            parent: record.captured.map(|document| document.reference),
            payload: Payload::Order(self.order_from_offer(caller, offer, request)),
        };
        self.capture_order(caller, key, document, TransferOperation::AcceptQuote, instruction, render).await
    }

    /// Declines an offered revision.
    pub async fn decline_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        quote: &str,
        revision: String,
        reason: Option<String>,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        self.act(caller, key, quote, QuoteAction::Decline, TransferOperation::DeclineQuote, Some(revision), reason, render).await
    }

    /// Withdraws the customer's own request.
    pub async fn withdraw_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        quote: &str,
        reason: Option<String>,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        self.act(caller, key, quote, QuoteAction::Withdraw, TransferOperation::WithdrawQuote, None, reason, render).await
    }

    #[expect(clippy::too_many_arguments, reason = "the two callers above name each of them")]
    async fn act(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        quote: &str,
        action: QuoteAction,
        operation: TransferOperation,
        revision: Option<String>,
        reason: Option<String>,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        let _running = match self.begin(caller, &key).await? {
            Begun::First(running) => running,
            Begun::Replay { status, body } => return Ok(Captured::Replayed { status, body }),
        };
        let (record, offer) = self.actionable(caller, quote, action, revision.as_deref()).await?;
        let new = NewOperation {
            reference: record.captured.as_ref().map_or_else(Reference::new_quote, |document| document.reference.clone()),
            store: caller.shop.name.clone(),
            account: offer.account,
            adapter: record.adapter.clone(),
            operation,
            instruction: instruction(caller, &offer.number, Some(offer.revision), reason),
            answer: Some(key.answer(caller, operation.as_str(), render(&record))),
            at: self.inner.clock.now(),
        };
        let outcome = self.inner.store.enqueue(new).await?;
        self.inner.pipeline.wake();
        settle(outcome, record)
    }

    /// The quote as the back end has it now, when it allows the action on the named revision.
    async fn actionable(
        &self,
        caller: &Caller,
        quote: &str,
        action: QuoteAction,
        revision: Option<&str>,
    ) -> Result<(QuoteRecord, QuoteDocument), ServiceError> {
        let record = self.quote(caller, quote).await?;
        let refused = || ServiceError::ActionNotAllowed { action: action.as_str(), status: record.status.as_str().to_owned() };
        let Some(offer) = record.backend.clone() else {
            return Err(refused());
        };
        if let Some(revision) = revision.filter(|revision| *revision != offer.revision) {
            tracing::info!(quote.number = %offer.number, revision, current = %offer.revision, "stale revision");
            return Err(ServiceError::RevisionStale { current: offer.revision });
        }
        if !record.allowed_actions().contains(&action) {
            return Err(refused());
        }
        Ok((record, offer))
    }

    async fn capture_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        payload: QuoteRequest,
        filed: Filed,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        let Filed { adapter, parent, operation, instruction } = filed;
        let at = self.inner.clock.now();
        let document = NewDocument {
            reference: Reference::new_quote(),
            store: caller.shop.name.clone(),
            account: payload.account.clone(),
            adapter,
            principal: caller.principal.id.clone(),
            seal: None,
            parent,
            payload: Payload::Quote(payload),
        };
        let record = captured_record(&document, at);
        let answer = Some(key.answer(caller, operation.as_str(), render(&record)));
        let instruction =
            Instruction { channel: Some(caller.shop.config.channel.clone()), locale: Some(caller.locale()), ..instruction };
        let outcome = self.inner.store.capture(Capture { document, operation, instruction, answer, at }).await?;
        self.inner.pipeline.wake();
        metrics::counter!("ordergate_documents_captured_total", "operation" => operation.as_str()).increment(1);
        settle(outcome, record)
    }

    /// The order that comes of an offer: its lines, quantities and prices (rule Q3).
    fn order_from_offer(&self, caller: &Caller, offer: QuoteDocument, request: AcceptRequest) -> Order {
        let link =
            |line: Option<String>| QuoteLink { number: offer.number.clone(), revision: Some(offer.revision.clone()), line };
        let lines = offer.lines.iter().map(|line| OrderLine {
            id: line.id.clone(),
            parent: None,
            kind: LineKind::Product,
            sku: line.sku.clone(),
            buyer_sku: line.buyer_sku.clone(),
            description: line.description.clone(),
            quantity: line.quantity.clone(),
            unit_price: line.unit_price,
            per: line.per,
            amount: line.amount,
            requested_date: line.requested_date,
            location: line.location.clone(),
            quote: Some(link(Some(line.id.clone()))),
        });
        Order {
            account: offer.account.clone(),
            currency: offer.currency,
            purchase_order: request.purchase_order.or_else(|| offer.purchase_order.clone()),
            placed_at: self.inner.clock.now(),
            requested_date: request.requested_date,
            ship_complete: request.ship_complete,
            delivery_method: request.delivery_method,
            payment_terms: None,
            payment_token: request.payment_token,
            contract: None,
            sales_area: caller.shop.config.sales_area.clone(),
            quote: Some(link(None)),
            reservation: None,
            parties: if request.parties.is_empty() { offer.parties.clone() } else { request.parties },
            notes: request.notes,
            lines: lines.collect(),
            totals: offer.totals.clone(),
            ext: Extensions::new(),
        }
    }
}

/// The record of a quote request at the moment of its capture.
fn captured_record(document: &NewDocument, at: jiff::Timestamp) -> QuoteRecord {
    QuoteRecord {
        store: document.store.clone(),
        adapter: document.adapter.clone(),
        captured: Some(document.captured(at)),
        backend: None,
        transfer: Some(TransferSummary::captured()),
        provenance: Provenance::Captured,
        as_of: at,
        status: QuoteStatus::Requested,
        expires_at: None,
    }
}
