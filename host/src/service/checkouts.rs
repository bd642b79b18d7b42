//! Checkout: reserve, price and calculate live, within one deadline, and seal the result (rules C1 to C5).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Caller, Commerce, FieldProblem, ServiceError, Shop};
use crate::adapter::Adapter;
use crate::adapter::operation::{Calculate, Release, Reserve};
use crate::domain::{
    Calculation, Cart, CartLine, CheckoutId, Currency, Extensions, Failure, FailureCode, LineDifference, Money, Party, Purpose,
    Reservation, Seal,
};
use crate::store::StoredSeal;

/// A cart that is to be sealed.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    pub lines: Vec<CartLine>,
    /// Prices that the shopper saw last, per one unit.
    pub seen: Vec<SeenPrice>,
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
        let checked = self.check_live(caller, &cart, None).await.map_err(|error| at_line_of(error, &cart))?;
        let differences = differences(&checked.calculation, &request.seen);
        let seal = self.seal(caller, CheckoutId::generate(), cart, checked)?;
        self.inner.store.put_seal(seal.clone()).await?;
        tracing::info!(checkout.id = %seal.id, request.id = %caller.request_id, lines = seal.cart.lines.len(), "checkout sealed");
        Ok(Sealed { seal, differences })
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
        if !self.inner.store.delete_seal(id).await? {
            // An order was faster.
            let used_by = self.checkout(caller, id).await?.used_by;
            return used_by.map_or(Ok(()), |reference| Err(ServiceError::CheckoutUsed(reference)));
        }
        if let Some(reservation) = stored.seal.reservation {
            self.release(caller, reservation).await;
        }
        Ok(())
    }

    /// Reserves and calculates at once, live. When one fails, what the other did is undone.
    pub(super) async fn check_live(
        &self,
        caller: &Caller,
        cart: &Cart,
        held: Option<&Reservation>,
    ) -> Result<Checked, ServiceError> {
        let shop = &caller.shop;
        let adapter = self.adapter(shop.config.checkout_adapter())?;
        let context = caller.context(Purpose::Checkout, shop.config.checkout_deadline());
        let calculate = Calculate { cart: cart.clone() };
        let (calculation, reservation) =
            tokio::join!(adapter.call(&context, &calculate), reserve(&adapter, &context, shop, cart, held));
        match (calculation, reservation) {
            (Ok(calculation), Ok(reservation)) => match calculation.check(cart) {
                Ok(()) => Ok(Checked { calculation, reservation }),
                Err(mismatch) => {
                    let labels = [("adapter", adapter.name().to_string()), ("kind", "arithmetic".to_owned())];
                    metrics::counter!("ordergate_contract_violations_total", &labels).increment(1);
                    tracing::warn!(adapter.name = %adapter.name(), request.id = %caller.request_id, error = %mismatch, "calculation refused");
                    self.release_new(caller, reservation, held).await;
                    Err(ServiceError::ContractViolation(mismatch.to_string()))
                }
            },
            (Err(failure), reservation) => {
                self.release_new(caller, reservation.ok().flatten(), held).await;
                Err(failure.into())
            }
            (_, Err(failure)) => Err(failure.into()),
        }
    }

    /// Makes a seal of a live check; it ends when the first of its parts does.
    pub(super) fn seal(&self, caller: &Caller, id: CheckoutId, cart: Cart, checked: Checked) -> Result<Seal, ServiceError> {
        let now = self.inner.clock.now();
        let own = now.saturating_add(SignedDuration::from_secs(i64::try_from(caller.shop.config.seal_secs).unwrap_or(i64::MAX)));
        let ends =
            [own.ok(), checked.calculation.valid_until, checked.reservation.as_ref().map(|reservation| reservation.expires_at)];
        Ok(Seal {
            id,
            store: caller.shop.name.clone(),
            account: caller.account()?.clone(),
            cart,
            calculation: checked.calculation,
            reservation: checked.reservation,
            agreed: None,
            sealed_at: now,
            expires_at: ends.into_iter().flatten().min().unwrap_or(Timestamp::MAX),
        })
    }

    pub(super) async fn release_new(&self, caller: &Caller, taken: Option<Reservation>, held: Option<&Reservation>) {
        if let Some(reservation) = taken.filter(|taken| held.is_none_or(|held| held.id != taken.id)) {
            self.release(caller, reservation).await;
        }
    }

    /// Gives stock back; a failure is logged, the reservation then ends by itself.
    async fn release(&self, caller: &Caller, reservation: Reservation) {
        let Ok(adapter) = self.adapter(caller.shop.config.checkout_adapter()) else { return };
        let context = caller.context(Purpose::Checkout, caller.shop.config.checkout_deadline());
        if let Err(failure) = adapter.call(&context, &Release { reservation: reservation.id }).await {
            tracing::warn!(adapter.name = %adapter.name(), request.id = %caller.request_id, error = %failure, "reservation not released");
        }
    }
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

/// The live answers to a cart.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) calculation: Calculation,
    pub(super) reservation: Option<Reservation>,
}

/// Holds stock when the store wants it and the adapter can.
async fn reserve(
    adapter: &Adapter,
    context: &crate::domain::CallContext,
    shop: &Shop,
    cart: &Cart,
    held: Option<&Reservation>,
) -> Result<Option<Reservation>, Failure> {
    if !shop.config.reserve || !adapter.description().supports("checkout.reserve") {
        return Ok(None);
    }
    let hold = Duration::from_secs(shop.config.seal_secs);
    let extends = held.map(|held| held.id.clone());
    let reserve = |extends| Reserve { cart: cart.clone(), extends, hold };
    match adapter.call(context, &reserve(extends.clone())).await {
        // An expired reservation never blocks what can be reserved again (rule C4).
        Err(failure)
            if extends.is_some()
                && matches!(failure.code, FailureCode::NotFound | FailureCode::Rejected | FailureCode::Conflict) =>
        {
            adapter.call(context, &reserve(None)).await.map(Some)
        }
        answer => answer.map(Some),
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
        problems
    }
}
