//! Stock that was held in vain is given back (rule C4). The store notes it and loses nothing; while it cannot, the back end is asked at once, and
//! again behind the customer's back until either works. At the latest the reservation ends by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::{Caller, Commerce, ServiceError};
use crate::adapter::error::verdict;
use crate::adapter::operation::Release;
use crate::domain::{
    CallContext, CheckoutId, Deduplication, Failure, FailureCode, Purpose, Reservation, TransferOperation, Verdict,
};
use crate::store::{FreedStock, Held};

/// Pauses between tries behind the customer's back: each twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Most reservations that are tried so. What is beyond that ends by itself.
pub(super) const MOST_AT_ONCE: usize = 1_000;

impl Commerce {
    /// Gives stock back that a check has held in vain.
    pub(super) async fn give_back(&self, caller: &Caller, reservation: Option<Reservation>) {
        let Some(freed) = freed(caller, reservation) else { return };
        if self.note_freed(&freed).await.is_err() {
            self.give_back_now(caller, freed).await;
        }
    }

    /// The same while the store cannot note it.
    pub(super) async fn give_back_at_once(&self, caller: &Caller, reservation: Option<Reservation>) {
        if let Some(freed) = freed(caller, reservation) {
            self.give_back_now(caller, freed).await;
        }
    }

    async fn give_back_now(&self, caller: &Caller, freed: FreedStock) {
        let context = caller.context(Purpose::Checkout, caller.shop.config.checkout_deadline());
        let Err(failure) = self.release(&context, &freed).await else { return };
        let request = &caller.request_id;
        match Arc::clone(&self.inner.giving_back).try_acquire_owned() {
            Ok(place) if may_pass(&failure) => {
                tracing::warn!(%failure, request.id = %request, "stock that is held in vain is not given back yet");
                let commerce = self.clone();
                tokio::spawn(async move {
                    let _place = place;
                    commerce.keep_giving_back(context, freed).await;
                });
            }
            _ => {
                tracing::warn!(%failure, request.id = %request, "stock that is held in vain is not given back, and ends by itself")
            }
        }
    }

    async fn keep_giving_back(&self, context: CallContext, freed: FreedStock) {
        let mut pause = FIRST_PAUSE;
        while self.inner.clock.now() < freed.held.reservation.expires_at {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if self.note_freed(&freed).await.is_ok() {
                return;
            }
            match self.release(&context, &freed).await {
                Err(failure) if may_pass(&failure) => {}
                _ => return,
            }
        }
    }

    async fn note_freed(&self, freed: &FreedStock) -> Result<(), ServiceError> {
        self.inner.store.give_back(freed.clone(), self.inner.clock.now()).await?;
        self.inner.pipeline.wake();
        Ok(())
    }

    async fn release(&self, context: &CallContext, freed: &FreedStock) -> Result<(), Failure> {
        let Held { reservation, adapter } = &freed.held;
        let not_there = || Failure::new(FailureCode::Unavailable, format!("the adapter {adapter} is not loaded"));
        let adapter = self.inner.adapters.get(adapter).ok_or_else(not_there)?;
        adapter.call(context, &Release { reservation: reservation.id.clone() }).await
    }
}

fn freed(caller: &Caller, reservation: Option<Reservation>) -> Option<FreedStock> {
    let held = Held { reservation: reservation?, adapter: caller.shop.config.checkout_adapter().clone() };
    let (store, account, checkout) = (caller.shop.name.clone(), caller.account().ok()?.clone(), CheckoutId::generate());
    Some(FreedStock { checkout, store, account, held })
}

/// Whether another try may fare better: what becomes of a release is decided where that is decided of transfers.
fn may_pass(failure: &Failure) -> bool {
    verdict(failure, TransferOperation::ReleaseReservation, Deduplication::None) == Verdict::SendAgain
}
