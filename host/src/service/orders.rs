//! Placing and cancelling orders: an order quotes a seal (rule C2), is committed before it is acknowledged (rule T1), and is moved on by the
//! pipeline.

use std::time::Duration;

use jiff::Timestamp;

use super::capture::{Act, Filed};
use super::checkouts::{SeenPrice, differences};
use super::contradictions::contradictions;
use super::live_check::{Checked, Stock};
use super::record::Record;
use super::{Caller, Captured, Commerce, IdempotencyKey, OrderRecord, Provenance, ServiceError};
use crate::config::Consent;
use crate::domain::{
    BusinessStatus, CalculatedLine, Calculation, CheckoutId, Extensions, LineKind, Money, Note, Order, OrderLine, Quantity,
    Reference, Reservation, Seal, Sku, Terms, TransferOperation, TransferState,
};
use crate::store::{DocumentKind, FreedStock, Instruction, Payload};

/// An order as the storefront states it. Amounts are compared with the seal, never believed.
#[derive(Clone, Debug)]
pub struct OrderRequest {
    pub checkout: CheckoutId,
    pub purchase_order: Option<String>,
    pub notes: Vec<Note>,
    pub payment_token: Option<String>,
    pub ship_complete: bool,
    pub requested_date: Option<jiff::civil::Date>,
    /// What the customer believes to pay.
    pub payable: Option<Money>,
    pub lines: Vec<LineClaim>,
    /// The customer agrees to changed prices.
    pub consent: bool,
}

/// What an order states about a line.
#[derive(Clone, Debug)]
pub struct LineClaim {
    pub id: String,
    pub sku: Option<Sku>,
    pub quantity: Option<Quantity>,
    pub unit_price: Option<Money>,
    pub amount: Option<Money>,
}

impl Commerce {
    /// Captures an order. `render` writes the answer that a replay of the same key gets.
    pub async fn place_order(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        request: OrderRequest,
        render: impl FnOnce(&OrderRecord) -> String,
    ) -> Result<Captured<OrderRecord>, ServiceError> {
        let work = Box::pin(async {
            let stored = self.checkout(caller, &request.checkout).await?;
            if let Some(reference) = stored.used_by {
                return Err(ServiceError::CheckoutUsed(reference));
            }
            let problems = contradictions(&stored.seal, &request);
            if !problems.is_empty() {
                return Err(ServiceError::Contradiction(problems));
            }
            let shown = stored.seal.payable();
            let seal = self.valid_seal(caller, stored.seal).await?;
            // Consent is to the amount that could be seen before this request, not to one that it has just found out.
            let consent = request.consent && seal.payable() == shown;
            agree(caller.shop.config.consent, &seal, consent)?;
            let held = FreedStock::of(&seal).map(|stock| stock.held);
            let filed = Filed {
                adapter: caller.shop.config.orders_adapter().clone(),
                held_since: Some(seal.sealed_at),
                read_at: None,
                seal: Some(seal.id.clone()),
                parent: None,
                payload: Payload::Order(self.order_from(caller, &seal, request)),
                operation: TransferOperation::SubmitOrder,
                instruction: Instruction { held, ..Instruction::default() },
            };
            self.file(caller, &key, filed, render).await
        });
        self.captured_once(caller, &key, work).await
    }

    /// The seal itself while it is valid; otherwise the cart is checked again (rule C3), as is one that was sealed without the back end. The
    /// new amounts take the old ones' place in the same checkout, so that the customer can agree to them; what was agreed before is kept
    /// beside them.
    async fn valid_seal(&self, caller: &Caller, seal: Seal) -> Result<Seal, ServiceError> {
        let now = self.inner.clock.now();
        if seal.provisional.is_none() && now < seal.expires_at {
            return Ok(seal);
        }
        let was_extended = seal.hold.as_ref().is_some_and(|hold| hold.extended);
        let stock = match seal.reservation.clone() {
            Some(held) if !was_extended => Stock::Extend(held),
            Some(held) if now < held.expires_at => Stock::Keep(held),
            _ => Stock::Take,
        };
        match self.check_live(caller, &seal.cart, stock).await {
            Ok(checked) => self.renew(caller, seal, checked).await,
            Err(not_checked) => self.stands(caller, seal, not_checked).await,
        }
    }

    async fn renew(&self, caller: &Caller, before: Seal, checked: Checked) -> Result<Seal, ServiceError> {
        let agreed = Some(before.agreed());
        let renewed = Seal { agreed, ..self.seal(caller, before.id.clone(), before.cart.clone(), checked)? };
        let is_another = |one: &Option<Reservation>, other: &Option<Reservation>| {
            one.clone().filter(|one| other.as_ref().is_none_or(|other| other.id != one.id))
        };
        if self.inner.store.renew_seal(&before, renewed.clone()).await? {
            let left = is_another(&before.reservation, &renewed.reservation);
            self.give_back(caller, left.filter(|left| self.inner.clock.now() < left.expires_at)).await;
            return Ok(renewed);
        }
        // Abandoned, ordered, checked again or ended by others, while it was checked again here.
        self.give_back(caller, is_another(&renewed.reservation, &before.reservation)).await;
        match self.checkout(caller, &before.id).await?.used_by {
            Some(reference) => Err(ServiceError::CheckoutUsed(reference)),
            None => Err(ServiceError::CheckoutBusy),
        }
    }

    fn order_from(&self, caller: &Caller, seal: &Seal, request: OrderRequest) -> Order {
        let cart = &seal.cart;
        let lines = cart.lines.iter().map(|line| {
            // None on a line that was sealed without a price.
            let calculated = seal.calculation.lines.iter().find(|known| known.id == line.id);
            OrderLine {
                id: line.id.clone(),
                parent: None,
                kind: LineKind::Product,
                sku: Some(line.sku.clone()),
                buyer_sku: None,
                description: calculated.and_then(|known| known.description.clone()),
                quantity: line.quantity.clone(),
                unit_price: calculated.map(|known| known.unit_price),
                per: calculated.map(|known| known.per),
                amount: calculated.map(|known| known.amount),
                requested_date: line.requested_date,
                location: line.location.clone(),
                quote: None,
            }
        });
        let terms = |provisional| Terms::new(seal, provisional, caller.shop.config.checkout_adapter().clone());
        Order {
            account: seal.account.clone(),
            currency: cart.buyer.currency,
            purchase_order: request.purchase_order,
            placed_at: self.inner.clock.now(),
            requested_date: request.requested_date.or(cart.requested_date),
            ship_complete: request.ship_complete,
            delivery_method: cart.delivery_method.clone(),
            payment_terms: cart.payment_terms.clone(),
            payment_token: request.payment_token,
            contract: cart.buyer.contract.clone(),
            sales_area: caller.shop.config.sales_area.clone(),
            quote: None,
            reservation: seal.reservation.as_ref().map(|reservation| reservation.id.clone()),
            provisional: seal.provisional.clone().map(terms),
            parties: cart.parties.clone(),
            notes: request.notes,
            lines: lines.collect(),
            totals: seal.payable().map(|_| seal.calculation.totals.clone()),
            ext: Extensions::new(),
        }
    }

    /// Asks the back end to cancel an order, by our reference or its number.
    pub async fn cancel_order(
        &self,
        caller: &Caller,
        key: IdempotencyKey,
        order: &str,
        reason: String,
        render: impl FnOnce(&OrderRecord) -> String,
    ) -> Result<Captured<OrderRecord>, ServiceError> {
        let work = Box::pin(async {
            let asked_at = self.inner.clock.now();
            let record: OrderRecord = self.document(caller, order).await?;
            // What was not read may be as it was at any time.
            let read_at = if record.provenance == Provenance::Live { asked_at } else { Timestamp::MIN };
            // What is being asked of it already, the store knows best.
            let is_cancellable = record.status.is_some_and(BusinessStatus::is_cancellable);
            let Some(number) = record.number().filter(|_| is_cancellable).cloned() else {
                let status = record.status.map_or("not in the back end yet", BusinessStatus::as_str);
                return Err(ServiceError::ActionNotAllowed { action: "cancel", status: status.to_owned() });
            };
            let instruction = Instruction { number: Some(number), reason: Some(reason), ..Instruction::default() };
            let act = Act { operation: TransferOperation::CancelOrder, instruction, read_at };
            self.enqueue(caller, &key, record, act, render).await
        });
        self.captured_once(caller, &key, work).await
    }

    /// The order once it is confirmed, when that happens within the time: with what the back end said when it took it. It is not asked
    /// again, because the answer must not wait among the reads of others.
    pub async fn confirmed_within(
        &self,
        caller: &Caller,
        reference: &Reference,
        wait: Duration,
    ) -> Result<Option<OrderRecord>, ServiceError> {
        let confirmed = async {
            match self.inner.pipeline.settled(reference).await? {
                TransferState::Confirmed => {
                    let document = self.ours(caller, reference.as_str(), DocumentKind::Order).await?;
                    Ok(document.map(|document| Record { provenance: Provenance::Live, ..Record::captured(document) }))
                }
                _ => Ok(None),
            }
        };
        tokio::time::timeout(wait, confirmed).await.unwrap_or(Ok(None))
    }

    /// Makes a better answer the one that a replay of the key gets.
    pub async fn answer_is_now(
        &self,
        caller: &Caller,
        key: &IdempotencyKey,
        status: u16,
        body: String,
    ) -> Result<(), ServiceError> {
        Ok(self.inner.store.replace_answer(&caller.principal.id, &key.key, status, body).await?)
    }
}

/// Whether the customer agrees to what the seal comes to now: by the store's policy, or by saying so (rule C3).
fn agree(policy: Consent, seal: &Seal, consent: bool) -> Result<(), ServiceError> {
    let (before, now) = seal.before_and_now();
    // Sealed without a price and still without one: what is agreed to is that it is priced later.
    let is_unchanged = seal.agreed.is_none();
    let agreed = consent
        || is_unchanged
        || match policy {
            Consent::None => true,
            Consent::Rise => before.is_some_and(|before| now.amount <= before.amount),
            Consent::Any => before == Some(now) && seal.payable() == Some(seal.agreed().calculation.totals.payable),
        };
    if agreed {
        return Ok(());
    }
    let differences = differences(&seal.calculation, &unit_prices(&seal.agreed().calculation));
    Err(ServiceError::PriceChanged { differences, payable: seal.calculation.totals.payable })
}

/// The price of one unit of each line.
fn unit_prices(calculation: &Calculation) -> Vec<SeenPrice> {
    let price = |line: &CalculatedLine| {
        let price = Money::new(line.unit_price.amount.checked_div(line.per)?, line.unit_price.currency);
        Some(SeenPrice { line: line.id.clone(), price })
    };
    calculation.lines.iter().filter_map(price).collect()
}
