//! Checkout: a cart is checked, live or by the store's degraded mode, and the result is sealed (rules C1 to C6).

use jiff::{SignedDuration, Timestamp};

use super::live_check::{Checked, Stock};
use super::{Caller, Commerce, FieldProblem, ServiceError, Shop};
use crate::domain::{
    Calculation, Cart, CartLine, CheckoutId, Currency, Extensions, Hold, LineDifference, Money, Party, PromiseDifference, Seal,
};
use crate::store::StoredSeal;

/// A cart that is to be sealed.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    pub lines: Vec<CartLine>,
    /// Prices that the shopper saw last, per one unit.
    pub seen: Vec<SeenPrice>,
    /// What the shopper saw last as the sum to be paid.
    pub seen_payable: Option<Money>,
    pub ship_to: Option<String>,
    pub contract: Option<String>,
    pub currency: Option<Currency>,
    pub parties: Vec<Party>,
    pub delivery_method: Option<String>,
    pub payment_terms: Option<String>,
    pub requested_date: Option<jiff::civil::Date>,
}

/// The price of one unit of a line that the shopper saw last.
#[derive(Clone, Debug)]
pub struct SeenPrice {
    pub line: String,
    pub price: Money,
}

/// A seal, and how it differs from what the shopper saw.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub seal: Seal,
    pub differences: Vec<LineDifference>,
    pub promises: Vec<PromiseDifference>,
    /// What the shopper saw and what it comes to now, when that is not the same.
    pub payable: Option<(Money, Money)>,
}

impl Commerce {
    /// Seals a cart (rule C1).
    pub async fn check_out(&self, caller: &Caller, request: CheckoutRequest) -> Result<Sealed, ServiceError> {
        let account = caller.account()?.clone();
        let mut buyer = caller.buyer(request.ship_to.clone(), request.contract, request.currency);
        buyer.account = Some(account.clone());
        let cart = Cart {
            buyer,
            parties: with_ship_to(request.parties, request.ship_to),
            delivery_method: request.delivery_method,
            payment_terms: request.payment_terms,
            requested_date: request.requested_date,
            lines: request.lines,
            ext: Extensions::new(),
        };
        let checked = match self.check_live(caller, &cart, Stock::Take).await {
            Ok(checked) => checked,
            Err(not_checked) => {
                self.check_degraded(caller, &cart, not_checked).await.map_err(|error| at_line_of(error, &cart))?
            }
        };
        let seal = self.seal(caller, CheckoutId::generate(), cart, checked)?;
        if let Err(error) = self.inner.store.put_seal(seal.clone()).await {
            // Nobody knows the seal, so nobody will order it: also when it was stored after all.
            self.give_back_at_once(caller, seal.reservation).await;
            return Err(error.into());
        }
        count_sealed(caller, &seal);
        tracing::info!(checkout.id = %seal.id, request.id = %caller.request_id, lines = seal.cart.lines.len(), "checkout sealed");
        let seen_and_now = request.seen_payable.zip(seal.payable()).filter(|(seen, now)| seen != now);
        Ok(Sealed {
            differences: differences(&seal.calculation, &request.seen),
            promises: seal.calculation.promise_differences(&seal.cart),
            payable: seen_and_now,
            seal,
        })
    }

    /// A seal of the caller's account.
    pub async fn checkout(&self, caller: &Caller, id: &CheckoutId) -> Result<StoredSeal, ServiceError> {
        let account = caller.account()?;
        let stored = self.inner.store.seal(id).await?.ok_or(ServiceError::CheckoutUnknown)?;
        let is_callers = stored.seal.account == *account && stored.seal.store == caller.shop.name;
        if is_callers { Ok(stored) } else { Err(ServiceError::CheckoutUnknown) }
    }

    /// Forgets a checkout and gives its stock back (rule C4).
    pub async fn abandon_checkout(&self, caller: &Caller, id: &CheckoutId) -> Result<(), ServiceError> {
        let stored = self.checkout(caller, id).await?;
        if let Some(reference) = stored.used_by {
            return Err(ServiceError::CheckoutUsed(reference));
        }
        if !self.inner.store.abandon_seal(id, self.inner.clock.now()).await? {
            // An order was faster.
            let used_by = self.checkout(caller, id).await?.used_by;
            return used_by.map_or(Ok(()), |reference| Err(ServiceError::CheckoutUsed(reference)));
        }
        self.inner.pipeline.wake();
        Ok(())
    }

    /// Makes a seal of a check; it ends when the first of its parts does.
    pub(super) fn seal(&self, caller: &Caller, id: CheckoutId, cart: Cart, checked: Checked) -> Result<Seal, ServiceError> {
        let (now, config) = (self.inner.clock.now(), &caller.shop.config);
        let later = |from: Timestamp, secs: u64| {
            from.saturating_add(SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX))).unwrap_or(Timestamp::MAX)
        };
        let reserved_until = checked.reservation.as_ref().map(|reservation| reservation.expires_at);
        let ends = [Some(later(now, config.seal_secs)), checked.calculation.valid_until, reserved_until];
        let expires_at = ends.into_iter().flatten().min().unwrap_or(Timestamp::MAX);
        let hold = checked.reservation.as_ref().map(|_| Hold {
            adapter: config.checkout_adapter().clone(),
            extended: checked.is_extended,
            release_at: later(expires_at, config.release_after_secs),
        });
        Ok(Seal {
            id,
            store: caller.shop.name.clone(),
            account: caller.account()?.clone(),
            cart,
            calculation: checked.calculation,
            reservation: checked.reservation,
            hold,
            provisional: checked.provisional,
            agreed: None,
            sealed_at: now,
            expires_at,
        })
    }
}

fn count_sealed(caller: &Caller, seal: &Seal) {
    let how = seal.provisional.as_ref().map_or("live", |provisional| provisional.mode.as_str());
    metrics::counter!("ordergate_checkouts_sealed_total", "store" => caller.shop.name.to_string(), "how" => how).increment(1);
}

/// A refusal names a line by its id; the caller knows it by its place in the request.
fn at_line_of(error: ServiceError, cart: &Cart) -> ServiceError {
    match error {
        ServiceError::Backend(mut failure) => {
            let index = failure.line.and_then(|id| cart.lines.iter().position(|line| line.id == id));
            failure.line = index.map(|index| index.to_string());
            ServiceError::Backend(failure)
        }
        other => other,
    }
}

/// What differs from the prices that the shopper saw, per one unit.
pub(super) fn differences(calculation: &Calculation, seen: &[SeenPrice]) -> Vec<LineDifference> {
    let now_of = |line: &str| {
        let line = calculation.lines.iter().find(|known| known.id == line)?;
        Some(Money::new(line.unit_price.amount.checked_div(line.per)?, line.unit_price.currency))
    };
    seen.iter()
        .filter_map(|seen| {
            let now = now_of(&seen.line)?;
            (now.amount != seen.price.amount).then(|| LineDifference { line: seen.line.clone(), seen: seen.price, now })
        })
        .collect()
}

fn with_ship_to(mut parties: Vec<Party>, ship_to: Option<String>) -> Vec<Party> {
    if let Some(number) = ship_to
        && !parties.iter().any(|party| party.role == "ship-to")
    {
        parties.push(Party { role: "ship-to".into(), number: Some(number), ..Party::default() });
    }
    parties
}

impl CheckoutRequest {
    /// What is wrong with it, before anything is asked.
    pub fn problems(&self, shop: &Shop) -> Vec<FieldProblem> {
        let currency = self.currency.unwrap_or(shop.config.currency);
        let mut problems = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            if self.lines.iter().take(index).any(|other| other.id == line.id) {
                problems.push(FieldProblem::new(format!("/lines/{index}/id"), format!("line {} is there twice", line.id)));
            }
        }
        for seen in &self.seen {
            if seen.price.currency != currency {
                let detail =
                    format!("the price seen for line {} is in {}, the cart in {currency}", seen.line, seen.price.currency);
                problems.push(FieldProblem::new("/lines", detail));
            }
        }
        if let Some(seen) = self.seen_payable.filter(|seen| seen.currency != currency) {
            let detail = format!("is in {}, the cart in {currency}", seen.currency);
            problems.push(FieldProblem::new("/seen_payable/currency", detail));
        }
        problems
    }
}
