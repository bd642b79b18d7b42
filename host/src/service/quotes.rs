//! Requesting, accepting, declining, countering and withdrawing quotes (rules Q1 to Q5). Each is captured and moved on like an order.

use super::capture::{Act, Filed};
use super::{Caller, Captured, Commerce, IdempotencyKey, OrderRecord, Provenance, QuoteRecord, ServiceError};
use crate::domain::{
    BackendNumber, Currency, Extensions, Failure, FailureCode, Note, Order, Party, QuoteAction, QuoteDocument, QuoteLine,
    QuoteRequest, TransferOperation,
};
use crate::store::{Instruction, Payload};

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

/// How a customer ends a quote.
#[derive(Clone, Debug)]
pub enum QuoteEnd {
    /// Says no to an offered revision.
    Decline { revision: String },
    /// Takes the own request back.
    Withdraw,
}

/// A quote of which the back end allows what is asked.
struct Actionable {
    record: QuoteRecord,
    /// As the back end has it.
    offer: QuoteDocument,
    /// When it was asked for that.
    read_at: jiff::Timestamp,
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
        let work = Box::pin(async {
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
            let filed = Filed {
                held_since: None,
                read_at: None,
                adapter: caller.shop.config.quotes_adapter().clone(),
                seal: None,
                parent: None,
                payload: Payload::Quote(payload),
                operation: TransferOperation::SubmitQuote,
                instruction: Instruction::default(),
            };
            self.file(caller, &key, filed, render).await
        });
        self.captured_once(caller, &key, work).await
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
        let work = Box::pin(async {
            let Actionable { record, offer, read_at } =
                self.actionable(caller, quote, QuoteAction::Counter, Some(&request.revision)).await?;
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
            let filed = Filed {
                held_since: None,
                read_at: Some(read_at),
                // It goes where the quote is, also when the store's quotes go elsewhere by now.
                adapter: record.adapter,
                seal: None,
                parent: record.captured.map(|document| document.reference),
                payload: Payload::Quote(payload),
                operation: TransferOperation::CounterQuote,
                instruction: about(offer.number, offer.revision),
            };
            self.file(caller, &key, filed, render).await
        });
        self.captured_once(caller, &key, work).await
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
        let work = Box::pin(async {
            let Actionable { record, offer, read_at } =
                self.actionable(caller, quote, QuoteAction::Accept, Some(&request.revision)).await?;
            let filed = Filed {
                held_since: None,
                read_at: Some(read_at),
                adapter: record.adapter,
                seal: None,
                parent: record.captured.map(|document| document.reference),
                instruction: about(offer.number.clone(), offer.revision.clone()),
                payload: Payload::Order(self.order_from_offer(caller, offer, request)),
                operation: TransferOperation::AcceptQuote,
            };
            self.file(caller, &key, filed, render).await
        });
        self.captured_once(caller, &key, work).await
    }

    /// Declines an offered revision, or withdraws the customer's own request.
    pub async fn end_quote(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        quote: &str,
        end: QuoteEnd,
        reason: Option<String>,
        render: impl FnOnce(&QuoteRecord) -> String,
    ) -> Result<Captured<QuoteRecord>, ServiceError> {
        let (action, operation, revision) = match end {
            QuoteEnd::Decline { revision } => (QuoteAction::Decline, TransferOperation::DeclineQuote, Some(revision)),
            QuoteEnd::Withdraw => (QuoteAction::Withdraw, TransferOperation::WithdrawQuote, None),
        };
        let work = Box::pin(async {
            let Actionable { record, offer, read_at } = self.actionable(caller, quote, action, revision.as_deref()).await?;
            let instruction = Instruction { reason, ..about(offer.number, offer.revision) };
            self.enqueue(caller, &key, record, Act { operation, instruction, read_at }, render).await
        });
        self.captured_once(caller, &key, work).await
    }

    /// The quote as the back end has it now, when it allows the action on the named revision.
    async fn actionable(
        &self,
        caller: &Caller,
        quote: &str,
        action: QuoteAction,
        revision: Option<&str>,
    ) -> Result<Actionable, ServiceError> {
        let read_at = self.inner.clock.now();
        let record: QuoteRecord = self.document(caller, quote).await?;
        let status = record.quote_status().as_str();
        let refused = || ServiceError::ActionNotAllowed { action: action.as_str(), status: status.to_owned() };
        let Some(offer) = record.backend.clone() else {
            let is_away = record.provenance == Provenance::Stale;
            return Err(if is_away {
                Failure::new(FailureCode::Unavailable, "the back end does not answer").into()
            } else {
                refused()
            });
        };
        if let Some(revision) = revision.filter(|revision| *revision != offer.revision) {
            tracing::info!(quote.number = %offer.number, revision, current = %offer.revision, "stale revision");
            return Err(ServiceError::RevisionStale { current: offer.revision });
        }
        // What is being asked of it already, the store knows best.
        if !record.quote_status().allowed_actions().contains(&action) {
            return Err(refused());
        }
        Ok(Actionable { record, offer, read_at })
    }

    /// The order that comes of an offer: its lines, quantities and prices (rule Q3).
    fn order_from_offer(&self, caller: &Caller, offer: QuoteDocument, request: AcceptRequest) -> Order {
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
            quote: Some(offer.link(&offer.revision, None)),
            reservation: None,
            provisional: None,
            parties: if request.parties.is_empty() { offer.parties.clone() } else { request.parties },
            notes: request.notes,
            lines: offer.order_lines(&offer.revision),
            totals: offer.totals.clone(),
            ext: Extensions::new(),
        }
    }
}

/// Which revision of which quote is acted on.
fn about(number: BackendNumber, revision: String) -> Instruction {
    Instruction { number: Some(number), revision: Some(revision), ..Instruction::default() }
}
