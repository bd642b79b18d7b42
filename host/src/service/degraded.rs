//! What a store does while the back end of its checkouts is down (rule C6): by its mode, a cart is sealed at prices that are known, and an
//! order is taken at the amounts that its customer saw. When the back end answers again, checkouts are checked again at submit, and the
//! pipeline prices what was taken before it sends it.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::live_check::{Checked, NotChecked};
use super::offer_prices::OfferPriceRequest;
use super::{Caller, Commerce, FieldProblem, ItemAnswer, ServiceError};
use crate::adapter::error::is_outage;
use crate::cache::Demand;
use crate::domain::{
    CalculatedLine, Calculation, Cart, CartLine, DegradedMode, Failure, LineKind, Money, OfferPrice, PriceBasis, PriceItem,
    Provisional, Purpose, Seal, Totals,
};

/// The price of a line that is known without the back end.
struct KnownPrice {
    unit_price: Money,
    per: Decimal,
    as_of: Timestamp,
    valid_until: Option<Timestamp>,
}

impl Commerce {
    /// Checks a cart without the back end, when that is what failed and the store's mode allows it; otherwise the failure stands.
    pub(super) async fn check_degraded(&self, caller: &Caller, cart: &Cart, not: NotChecked) -> Result<Checked, ServiceError> {
        let NotChecked { error, reservation } = not;
        let mode = caller.shop.config.degraded.checkout;
        let failure = match error {
            ServiceError::Backend(failure) if is_outage(&failure) && mode != DegradedMode::Block => failure,
            error => {
                self.give_back(caller, reservation).await;
                return Err(error);
            }
        };
        let (prices, missing) = self.known_prices(caller, cart, mode).await?;
        if !missing.is_empty() && mode != DegradedMode::AcceptReprice {
            self.give_back(caller, reservation).await;
            return Err(ServiceError::PricesUnknown { lines: missing, retry_after: failure.retry_after });
        }
        let calculation = calculation(cart, &prices).ok_or_else(|| ServiceError::Backend(failure.clone()))?;
        let provisional = provisional(caller, mode, &failure, cart, &prices);
        tracing::warn!(
            request.id = %caller.request_id, store = %caller.shop.name, mode = mode.as_str(), code = failure.code.as_str(),
            unpriced = provisional.unpriced.len(), "a cart is checked without the back end"
        );
        Ok(Checked { calculation, reservation, is_extended: false, provisional: Some(provisional) })
    }

    /// What is known about each line's price, and the lines of which nothing usable is.
    async fn known_prices(
        &self,
        caller: &Caller,
        cart: &Cart,
        mode: DegradedMode,
    ) -> Result<(Vec<Option<KnownPrice>>, Vec<FieldProblem>), ServiceError> {
        let item = |line: &CartLine| PriceItem {
            sku: line.sku.clone(),
            quantity: line.quantity.clone(),
            location: line.location.clone(),
            date: line.requested_date,
        };
        let request = OfferPriceRequest {
            items: cart.lines.iter().map(item).collect(),
            purpose: Purpose::Cart,
            ship_to: cart.buyer.ship_to.clone(),
            contract: cart.buyer.contract.clone(),
            currency: Some(cart.buyer.currency),
            wait: None,
        };
        let answers = self.offer_prices_by(caller, request, Demand::KnownOnly).await?;
        let oldest = caller.shop.config.degraded.max_price_age();
        let (oldest, now) = (SignedDuration::try_from(oldest).unwrap_or(SignedDuration::MAX), self.inner.clock.now());
        let usable = |answer| usable(answer, mode, now).filter(|price| now.duration_since(price.as_of) <= oldest);
        let prices: Vec<_> = answers.into_iter().map(usable).collect();
        let what = if mode == DegradedMode::ListPrice { "list price" } else { "price for this customer and quantity" };
        let unknown = |(index, price): (usize, &Option<KnownPrice>)| {
            let problem = || FieldProblem::new(format!("/lines/{index}"), format!("no {what} is known that is recent enough"));
            price.is_none().then(problem)
        };
        let missing = prices.iter().enumerate().filter_map(unknown).collect();
        Ok((prices, missing))
    }

    /// A seal that would have to be checked again, as it is, when the back end is what failed. One that has expired needs the store's mode for
    /// that, and its prices must not be too old.
    pub(super) async fn stands(&self, caller: &Caller, seal: Seal, not: NotChecked) -> Result<Seal, ServiceError> {
        self.give_back(caller, not.reservation).await;
        let failure = match not.error {
            ServiceError::Backend(failure) if is_outage(&failure) => failure,
            error => return Err(error),
        };
        let (now, degraded) = (self.inner.clock.now(), &caller.shop.config.degraded);
        if seal.provisional.is_some() && now < seal.expires_at {
            return Ok(seal);
        }
        let oldest = SignedDuration::try_from(degraded.max_price_age()).unwrap_or(SignedDuration::MAX);
        let age = now.duration_since(seal.provisional.as_ref().and_then(|known| known.as_of).unwrap_or(seal.sealed_at));
        if degraded.submit == DegradedMode::Block || age > oldest {
            return Err(failure.into());
        }
        tracing::warn!(
            checkout.id = %seal.id, request.id = %caller.request_id, mode = degraded.submit.as_str(), code = failure.code.as_str(),
            "an expired checkout is ordered without the back end"
        );
        let sealed = || Provisional {
            mode: degraded.submit,
            basis: PriceBasis::Sealed,
            reason: failure.code.as_str().to_owned(),
            as_of: Some(seal.sealed_at),
            max_rise_percent: degraded.max_rise_percent,
            unpriced: Vec::new(),
            is_complete: true,
        };
        Ok(Seal { provisional: Some(seal.provisional.clone().unwrap_or_else(sealed)), ..seal })
    }
}

/// A price that a mode may seal at: never one that has ended by the back end's own word.
fn usable(answer: ItemAnswer<OfferPrice>, mode: DegradedMode, now: Timestamp) -> Option<KnownPrice> {
    let ItemAnswer::Known(shown) = answer else { return None };
    let (value, as_of) = (shown.value()?, shown.as_of());
    let unit_price = if mode == DegradedMode::ListPrice { value.list_price? } else { value.unit_price };
    let (per, valid_until) = (value.per, value.valid_until);
    valid_until.is_none_or(|end| now < end).then_some(KnownPrice { unit_price, per, as_of, valid_until })
}

/// The goods at known prices; lines without one are left out. None when it cannot be calculated with.
fn calculation(cart: &Cart, prices: &[Option<KnownPrice>]) -> Option<Calculation> {
    let priced = cart.lines.iter().zip(prices).filter_map(|(line, price)| Some((line, price.as_ref()?)));
    let lines = priced.map(|(line, price)| calculated_line(line, price)).collect::<Option<Vec<_>>>()?;
    let zero = Money::zero(cart.buyer.currency);
    let sum = lines.iter().map(|line| line.amount).try_fold(zero, Money::plus)?;
    let totals = Totals { lines: sum, charges: Vec::new(), taxes: Vec::new(), rounding: None, payable: sum };
    let valid_until = prices.iter().flatten().filter_map(|price| price.valid_until).min();
    Some(Calculation { lines, totals, valid_until, messages: Vec::new() })
}

fn calculated_line(line: &CartLine, price: &KnownPrice) -> Option<CalculatedLine> {
    let amount = price.unit_price.amount.checked_mul(line.quantity.value)?.checked_div(price.per)?;
    Some(CalculatedLine {
        id: line.id.clone(),
        kind: LineKind::Product,
        parent: None,
        sku: Some(line.sku.clone()),
        description: None,
        quantity: line.quantity.clone(),
        unit_price: price.unit_price,
        per: price.per,
        amount: Money::new(amount, price.unit_price.currency).rounded(),
        components: Vec::new(),
        schedule: Vec::new(),
    })
}

fn provisional(
    caller: &Caller,
    mode: DegradedMode,
    failure: &Failure,
    cart: &Cart,
    prices: &[Option<KnownPrice>],
) -> Provisional {
    let known = || prices.iter().flatten();
    let basis = match mode {
        _ if known().next().is_none() => PriceBasis::None,
        DegradedMode::ListPrice => PriceBasis::ListPrice,
        _ => PriceBasis::Cached,
    };
    let unpriced = cart.lines.iter().zip(prices).filter(|(_, price)| price.is_none());
    Provisional {
        mode,
        basis,
        reason: failure.code.as_str().to_owned(),
        as_of: known().map(|price| price.as_of).min(),
        max_rise_percent: caller.shop.config.degraded.max_rise_percent,
        unpriced: unpriced.map(|(line, _)| line.id.clone()).collect(),
        is_complete: false,
    }
}
