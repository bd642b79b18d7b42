//! Placing and cancelling orders: an order quotes a seal (rule C2), is committed before it is acknowledged (rule T1), and is moved on by the
//! pipeline.

use std::time::Duration;

use super::capture::Filed;
use super::checkouts::{SeenPrice, differences};
use super::record::Record;
use super::{Caller, Captured, Commerce, FieldProblem, IdempotencyKey, OrderRecord, Provenance, ServiceError};
use crate::config::Consent;
use crate::domain::{
    BusinessStatus, CalculatedLine, Calculation, CheckoutId, Extensions, LineKind, Money, Note, Order, OrderLine, Quantity,
    Reference, Seal, Sku, TransferOperation, TransferState,
};
use crate::store::{DocumentKind, Held, Instruction, Payload};

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
            let shown = stored.seal.calculation.totals.payable;
            let seal = self.valid_seal(caller, stored.seal).await?;
            // Consent is to the amount that could be seen before this request, not to one that it has just found out.
            let consent = request.consent && seal.calculation.totals.payable == shown;
            agree(caller.shop.config.consent, &seal, consent)?;
            let held = |reservation| Held { reservation, adapter: caller.shop.config.checkout_adapter().clone() };
            let held = seal.reservation.clone().map(held);
            let filed = Filed {
                adapter: caller.shop.config.orders_adapter().clone(),
                held_since: Some(seal.sealed_at),
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

    /// The seal itself while it is valid; otherwise the cart is checked again (rule C3). The new amounts take the old ones' place in the
    /// same checkout, so that the customer can agree to them; what was agreed before is kept beside them.
    async fn valid_seal(&self, caller: &Caller, seal: Seal) -> Result<Seal, ServiceError> {
        if self.inner.clock.now() < seal.expires_at {
            return Ok(seal);
        }
        let checked = self.check_live(caller, &seal.cart, seal.reservation.as_ref()).await?;
        let seal_before = seal.reservation.clone();
        let agreed = Some(seal.agreed().clone());
        let renewed = Seal { agreed, ..self.seal(caller, seal.id, seal.cart, checked)? };
        if self.inner.store.renew_seal(renewed.clone()).await? {
            return Ok(renewed);
        }
        // Abandoned, or used by another order, while it was checked again.
        self.release_new(caller, renewed.reservation.clone(), seal_before.as_ref()).await;
        match self.checkout(caller, &renewed.id).await?.used_by {
            Some(reference) => Err(ServiceError::CheckoutUsed(reference)),
            None => Err(ServiceError::CheckoutUnknown),
        }
    }

    fn order_from(&self, caller: &Caller, seal: &Seal, request: OrderRequest) -> Order {
        let cart = &seal.cart;
        let lines = cart.lines.iter().filter_map(|line| {
            let calculated = seal.calculation.lines.iter().find(|known| known.id == line.id)?;
            Some(OrderLine {
                id: line.id.clone(),
                parent: None,
                kind: LineKind::Product,
                sku: Some(line.sku.clone()),
                buyer_sku: None,
                description: calculated.description.clone(),
                quantity: line.quantity.clone(),
                unit_price: Some(calculated.unit_price),
                per: Some(calculated.per),
                amount: Some(calculated.amount),
                requested_date: line.requested_date,
                location: line.location.clone(),
                quote: None,
            })
        });
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
            parties: cart.parties.clone(),
            notes: request.notes,
            lines: lines.collect(),
            totals: Some(seal.calculation.totals.clone()),
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
            let record: OrderRecord = self.document(caller, order).await?;
            let Some(number) = record.number().filter(|_| record.allowed_actions().contains(&"cancel")).cloned() else {
                let status = record.status.map_or("not in the back end yet", BusinessStatus::as_str);
                return Err(ServiceError::ActionNotAllowed { action: "cancel", status: status.to_owned() });
            };
            let instruction = Instruction { number: Some(number), reason: Some(reason), ..Instruction::default() };
            self.enqueue(caller, &key, record, TransferOperation::CancelOrder, instruction, render).await
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
    let (before, now) = (seal.agreed().totals.payable, seal.calculation.totals.payable);
    let agreed = consent
        || match policy {
            Consent::None => true,
            Consent::Rise => now.amount <= before.amount,
            Consent::Any => now.amount == before.amount,
        };
    if agreed {
        Ok(())
    } else {
        Err(ServiceError::PriceChanged { differences: differences(&seal.calculation, &unit_prices(seal.agreed())), payable: now })
    }
}

/// The price of one unit of each line.
fn unit_prices(calculation: &Calculation) -> Vec<SeenPrice> {
    let price = |line: &CalculatedLine| {
        let price = Money::new(line.unit_price.amount.checked_div(line.per)?, line.unit_price.currency);
        Some(SeenPrice { line: line.id.clone(), price })
    };
    calculation.lines.iter().filter_map(price).collect()
}

/// Where an order says something else than its seal (rule C2).
fn contradictions(seal: &Seal, request: &OrderRequest) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let payable = seal.calculation.totals.payable;
    if let Some(claimed) =
        request.payable.filter(|claimed| claimed.currency != payable.currency || claimed.amount != payable.amount)
    {
        problems.push(FieldProblem::new("/payable", format!("the checkout comes to {payable}, the order says {claimed}")));
    }
    for (index, claim) in request.lines.iter().enumerate() {
        let at = |field: &str| format!("/lines/{index}/{field}");
        let sealed = seal.calculation.lines.iter().find(|line| line.id == claim.id);
        let Some(sealed) = sealed else {
            problems.push(FieldProblem::new(at("id"), format!("the checkout has no line {}", claim.id)));
            continue;
        };
        if claim.sku.as_ref().is_some_and(|sku| sealed.sku.as_ref() != Some(sku)) {
            problems.push(FieldProblem::new(at("sku"), "the checkout has another item on this line"));
        }
        if claim.quantity.as_ref().is_some_and(|quantity| *quantity != sealed.quantity) {
            problems.push(FieldProblem::new(at("quantity"), format!("the checkout has {}", sealed.quantity)));
        }
        if claim.unit_price.is_some_and(|price| price != sealed.unit_price) {
            problems.push(FieldProblem::new(at("unit_price"), format!("the checkout has {}", sealed.unit_price)));
        }
        if claim.amount.is_some_and(|amount| amount != sealed.amount) {
            problems.push(FieldProblem::new(at("amount"), format!("the checkout has {}", sealed.amount)));
        }
    }
    if !request.lines.is_empty() {
        for line in &seal.cart.lines {
            if !request.lines.iter().any(|claim| claim.id == line.id) {
                problems.push(FieldProblem::new("/lines", format!("line {} of the checkout is missing", line.id)));
            }
        }
    }
    problems
}
