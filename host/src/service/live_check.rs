//! The live check of a cart (rules C1, C4, C5): stock is held and everything is calculated at once, within one deadline.

use std::time::Duration;

use tokio::time::Instant;

use super::{Caller, Commerce, ServiceError, Shop};
use crate::adapter::Adapter;
use crate::adapter::error::is_outage;
use crate::adapter::operation::{Calculate, Reserve};
use crate::domain::{Calculation, CallContext, Cart, DegradedMode, Failure, FailureCode, Provisional, Purpose, Reservation};

/// What a check of a cart came to.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) calculation: Calculation,
    pub(super) reservation: Option<Reservation>,
    /// The reservation was extended: it is not a second time.
    pub(super) is_extended: bool,
    /// The amounts are not the back end's.
    pub(super) provisional: Option<Provisional>,
}

/// Why there is no check.
#[derive(Debug)]
pub(super) struct NotChecked {
    pub(super) error: ServiceError,
    /// Stock that was newly held all the same.
    pub(super) reservation: Option<Reservation>,
}

/// What is to be done about the stock of a cart.
#[derive(Clone, Debug)]
pub(super) enum Stock {
    /// Hold it.
    Take,
    /// Hold it longer, or anew when that cannot be.
    Extend(Reservation),
    /// It is held as long as it can be.
    Keep(Reservation),
}

impl Stock {
    fn held(&self) -> Option<&Reservation> {
        match self {
            Self::Take => None,
            Self::Extend(held) | Self::Keep(held) => Some(held),
        }
    }
}

impl Commerce {
    /// Holds stock and calculates at the same time. Without stock that is newly held when the calculation is not believed.
    pub(super) async fn check_live(&self, caller: &Caller, cart: &Cart, stock: Stock) -> Result<Checked, NotChecked> {
        let shop = &caller.shop;
        let adapter = self.adapter(shop.config.checkout_adapter()).map_err(NotChecked::from)?;
        let context = caller.context(Purpose::Checkout, shop.config.checkout_deadline());
        let calculate = Calculate { cart: cart.clone() };
        let (calculation, reservation) =
            tokio::join!(adapter.call(&context, &calculate), reserve(&adapter, &context, shop, cart, &stock));
        let is_extended = matches!(
            (&stock, &reservation),
            (Stock::Extend(held) | Stock::Keep(held), Ok(Some(now))) if held.id == now.id
        );
        let newly_held = |now: Option<Reservation>| now.filter(|now| stock.held().is_none_or(|held| held.id != now.id));
        let calculation = match calculation {
            Ok(calculation) => calculation,
            Err(failure) => {
                return Err(NotChecked { error: failure.into(), reservation: newly_held(reservation.ok().flatten()) });
            }
        };
        let mistrusted = calculation.check(cart).map_err(|mismatch| {
            let labels = [("adapter", adapter.name().to_string()), ("kind", "arithmetic".to_owned())];
            metrics::counter!("ordergate_contract_violations_total", &labels).increment(1);
            tracing::warn!(adapter.name = %adapter.name(), request.id = %caller.request_id, error = %mismatch, "calculation refused");
            ServiceError::ContractViolation(mismatch.to_string())
        });
        if let Err(error) = mistrusted {
            return Err(NotChecked { error, reservation: newly_held(reservation.ok().flatten()) });
        }
        let reservation = match reservation {
            Ok(reservation) => reservation,
            // The amounts are live; only the stock cannot be held, because nothing can be written there.
            Err(failure) if is_outage(&failure) && shop.config.degraded.checkout != DegradedMode::Block => {
                tracing::warn!(request.id = %caller.request_id, code = failure.code.as_str(), "a checkout is sealed without its stock held");
                None
            }
            Err(failure) => return Err(failure.into()),
        };
        Ok(Checked { calculation, reservation, is_extended, provisional: None })
    }
}

/// Holds stock when the store wants it and the adapter can.
async fn reserve(
    adapter: &Adapter,
    context: &CallContext,
    shop: &Shop,
    cart: &Cart,
    stock: &Stock,
) -> Result<Option<Reservation>, Failure> {
    if !shop.config.reserve || !adapter.description().supports("checkout.reserve") {
        return Ok(None);
    }
    let ends = Instant::now() + context.deadline;
    let hold = Duration::from_secs(shop.config.seal_secs);
    let reserve = |extends| Reserve { cart: cart.clone(), extends, hold };
    let held = match stock {
        Stock::Keep(held) => return Ok(Some(held.clone())),
        Stock::Take => return adapter.call(context, &reserve(None)).await.map(Some),
        Stock::Extend(held) => held,
    };
    match adapter.call(context, &reserve(Some(held.id.clone()))).await {
        // An expired reservation never blocks what can be reserved again (rule C4).
        Err(failure) if matches!(failure.code, FailureCode::NotFound | FailureCode::Rejected | FailureCode::Conflict) => {
            let left = CallContext { deadline: ends.saturating_duration_since(Instant::now()), ..context.clone() };
            adapter.call(&left, &reserve(None)).await.map(Some)
        }
        answer => answer.map(Some),
    }
}

impl From<ServiceError> for NotChecked {
    fn from(error: ServiceError) -> Self {
        Self { error, reservation: None }
    }
}

impl From<Failure> for NotChecked {
    fn from(failure: Failure) -> Self {
        ServiceError::from(failure).into()
    }
}
