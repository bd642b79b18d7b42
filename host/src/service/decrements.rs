//! Captured orders lower what is shown as available from the cache, and give it back when they come to nothing (rule F5). What the store
//! says of an order decides; the pipeline only tells that there is news.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use tokio::sync::broadcast::error::RecvError;

use super::availability::subject;
use super::{Commerce, ServiceError};
use crate::cache::{Ordered, OrderedLine, Reach, ShownStock, Subject, availability_lifetime};
use crate::domain::{Availability, AvailabilityItem, BusinessStatus, Fresh, Order, Reference, StoreName, TransferState};
use crate::store::CarriedOrder;

/// Most open orders that are taken up at the start.
const MAX_TAKEN_UP: u32 = 10_000;

/// With several hosts: how often open orders are looked up, in case another's news got lost.
const CATCH_UP: Duration = Duration::from_secs(10);

impl Commerce {
    /// What a captured order lowers; nothing when no policy says so. `held`: from when until when the back end holds stock for it.
    pub(super) fn ordered(
        &self,
        reference: &Reference,
        store: &StoreName,
        order: &Order,
        held: Option<(Timestamp, Timestamp)>,
    ) -> Option<Ordered> {
        let policies = self.inner.policies.availability.load();
        let lines = order.lines.iter().filter_map(|line| {
            let sku = line.sku.as_ref()?;
            let policy = policies.of(Subject { store, sku, location: line.location.as_ref() });
            policy.decrement_on_submit.then(|| OrderedLine {
                sku: sku.clone(),
                location: line.location.clone(),
                unit: line.quantity.unit.clone(),
                quantity: line.quantity.value,
            })
        });
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| Ordered { reference: reference.clone(), store: store.clone(), held, lines })
    }

    /// Lowers a value that is shown to what orders leave of it, never below zero. It is shown as fresh no longer than a value so low would
    /// be (rule F3).
    pub(super) fn lower_shown(
        &self,
        store: &StoreName,
        item: &AvailabilityItem,
        asked_at: Timestamp,
        shown: &mut Fresh<Availability>,
    ) {
        let value = &mut shown.value;
        let by =
            if value.unlimited { Decimal::ZERO } else { self.inner.decrements.lower(&shown_stock(store, item, value, asked_at)) };
        if by.is_zero() {
            return;
        }
        value.available = (value.available - by).max(Decimal::ZERO);
        let policies = self.inner.policies.availability.load();
        let lifetime = availability_lifetime(policies.of(subject(store, item)), value);
        let fresh = SignedDuration::try_from(lifetime.fresh).unwrap_or(SignedDuration::MAX);
        shown.fresh_until = shown.fresh_until.min(asked_at.saturating_add(fresh).unwrap_or(Timestamp::MAX));
    }

    /// An order was captured. It may have gone on before it was noted here, so it is looked up once.
    pub(super) async fn lower(&self, ordered: Ordered) {
        let reference = ordered.reference.clone();
        // The back end counts what it holds already.
        if ordered.held.is_some() {
            self.ask_again_everywhere(&ordered);
        }
        self.inner.decrements.put(ordered);
        self.follow(&reference).await;
    }

    /// Follows the transfers of orders. Runs until it is dropped.
    pub async fn follow_transfers(self) {
        let mut changes = self.inner.pipeline.subscribe();
        match self.inner.store.open_orders(MAX_TAKEN_UP).await {
            Ok(open) => open.iter().for_each(|carried| self.bring_in_line(carried)),
            Err(error) => tracing::error!(%error, "open orders do not lower what is shown as available"),
        }
        self.follow_all().await;
        let is_shared = self.inner.store.is_shared();
        let mut catch_up = tokio::time::interval(CATCH_UP);
        loop {
            tokio::select! {
                _ = catch_up.tick(), if is_shared => self.follow_all().await,
                news = changes.recv() => match news {
                    Ok(reference) if self.inner.decrements.contains(&reference) => self.follow(&reference).await,
                    // Another host may have captured it.
                    Ok(reference) if is_shared && self.lowers_anything() => self.follow(&reference).await,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.follow_all().await,
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    fn lowers_anything(&self) -> bool {
        self.inner.policies.availability.load().all().any(|policy| policy.decrement_on_submit)
    }

    /// Some news may have been missed.
    async fn follow_all(&self) {
        for reference in self.inner.decrements.open() {
            self.follow(&reference).await;
        }
    }

    /// Brings what an order lowers in line with where it stands.
    pub(super) async fn follow(&self, reference: &Reference) {
        match self.inner.store.carried_order(reference).await {
            Ok(Some(carried)) => self.bring_in_line(&carried),
            Ok(None) => self.inner.decrements.take_back(reference),
            // It lowers what it lowered: rather too little is shown than too much.
            Err(error) => tracing::warn!(%reference, %error, "an order could not be followed"),
        }
    }

    fn bring_in_line(&self, carried: &CarriedOrder) {
        let (transfer, decrements) = (&carried.transfer, &self.inner.decrements);
        match standing(transfer.state, carried.status) {
            Standing::Open if decrements.contains(&transfer.reference) => {}
            Standing::Open => {
                // What was held was held when it was captured.
                let held = transfer.instruction.held.as_ref().map(|held| (transfer.created_at, held.reservation.expires_at));
                if let Some(ordered) = self.ordered(&transfer.reference, &transfer.store, &carried.order, held) {
                    decrements.put(ordered);
                }
            }
            Standing::Known => {
                let oldest_answer = self.inner.availability.memory().oldest_answer(self.inner.clock.now());
                let news = decrements.confirm(&transfer.reference, transfer.updated_at, oldest_answer);
                if let Some(ordered) = news.filter(|ordered| ordered.held.is_none()) {
                    self.ask_again_everywhere(&ordered);
                }
            }
            Standing::Nothing => decrements.take_back(&transfer.reference),
        }
    }

    /// Other hosts do not know of the order: they ask its items again, now that the back end counts it (rule F11).
    fn ask_again_everywhere(&self, ordered: &Ordered) {
        if self.inner.shared.is_none() {
            return;
        }
        let (commerce, at, ordered) = (self.clone(), self.inner.clock.now(), ordered.clone());
        // The order must not wait for it.
        tokio::spawn(async move {
            for OrderedLine { sku, location, .. } in ordered.lines {
                let reach = Reach { store: Some(ordered.store.clone()), location, ..Reach::everything(sku) };
                commerce.inner.availability.mark(reach, at).await;
            }
        });
    }

    /// What a person decided about an order may make it lower stock again.
    pub(super) async fn follow_decision(&self, reference: &Reference) -> Result<(), ServiceError> {
        if let Some(carried) = self.inner.store.carried_order(reference).await? {
            self.bring_in_line(&carried);
        }
        Ok(())
    }
}

/// A cached answer to a question, for looking up what lowers it.
fn shown_stock<'a>(
    store: &'a StoreName,
    item: &'a AvailabilityItem,
    value: &'a Availability,
    asked_at: Timestamp,
) -> ShownStock<'a> {
    let (asked_for, answered_for) = (item.location.as_ref(), value.location.as_ref());
    ShownStock { store, sku: &item.sku, asked_for, answered_for, unit: &value.unit, asked_at }
}

/// What an order means for stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The back end may not count it yet.
    Open,
    /// The back end counts it.
    Known,
    /// It came to nothing, or a person must decide.
    Nothing,
}

fn standing(transfer: TransferState, status: Option<BusinessStatus>) -> Standing {
    match transfer {
        TransferState::Captured | TransferState::Queued | TransferState::Sending | TransferState::Unknown => Standing::Open,
        TransferState::Confirmed | TransferState::Linked => match status {
            Some(BusinessStatus::Cancelled | BusinessStatus::Rejected) => Standing::Nothing,
            _ => Standing::Known,
        },
        TransferState::Rejected | TransferState::Parked | TransferState::Abandoned => Standing::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f5_what_came_to_nothing_gives_back_and_what_the_back_end_has_it_counts_itself() {
        for state in TransferState::ALL {
            let expected = match state.as_str() {
                "confirmed" | "linked" => Standing::Known,
                "rejected" | "parked" | "abandoned" => Standing::Nothing,
                _ => Standing::Open,
            };
            assert_eq!(standing(state, None), expected, "{state:?}");
        }
        assert_eq!(standing(TransferState::Confirmed, Some(BusinessStatus::Cancelled)), Standing::Nothing);
        assert_eq!(standing(TransferState::Confirmed, Some(BusinessStatus::Shipped)), Standing::Known);
    }
}
