//! The price of an order that was taken while the back end was down (rule C6): asked live before its first attempt, and committed before
//! anything is sent. A host that dies in between finds the order queued, with the amounts or without.

use super::backend::{Backend, Backends};
use super::failpoint::{self, Failpoint};
use super::work::Engine;
use crate::domain::{Calculation, Failure, FailureCode, Order, Priced, Side, Terms, TransferState};
use crate::store::{Claimed, Document, Outcome, Payload, StoreError};

/// How it goes on with a claimed transfer.
#[expect(clippy::large_enum_variant, reason = "one lives per transfer in hand")]
pub(super) enum Pricing {
    /// To be sent as it is.
    NotNeeded,
    /// To be sent as it is now.
    Settled(Claimed),
    /// Not to be sent now.
    Ended(Outcome),
}

impl<B: Backends> Engine<B> {
    /// Settles the amounts of a provisional order that is about to be sent.
    pub(super) async fn price(&self, claimed: &Claimed) -> Result<Pricing, StoreError> {
        let order = claimed.document.as_ref().and_then(Document::order);
        let is_to_be_sent = claimed.transfer.state == TransferState::Queued && claimed.transfer.operation.carries_order();
        let unsettled = order.filter(|_| is_to_be_sent).and_then(|order| Some((order, order.unsettled()?)));
        let Some((order, terms)) = unsettled else { return Ok(Pricing::NotNeeded) };
        let live = match self.live_price(claimed, terms).await {
            Ok(live) => live,
            Err(failure) => {
                count(terms, "failed");
                return Ok(Pricing::Ended(self.case(claimed, None).not_begun(failure)));
            }
        };
        match order.priced(&live) {
            None => Ok(Pricing::NotNeeded),
            Some(Priced::Settled(order)) => {
                self.keep(claimed, order.clone()).await?;
                count(terms, "settled");
                tracing::info!(reference = %claimed.transfer.reference, mode = terms.provisional.mode.as_str(), "a provisional order is priced");
                failpoint::pass(Failpoint::AfterPrice);
                Ok(Pricing::Settled(with_order(claimed, order)))
            }
            Some(Priced::TooDear(order, sentence)) => {
                self.keep(claimed, order).await?;
                count(terms, "too-dear");
                tracing::warn!(reference = %claimed.transfer.reference, mode = terms.provisional.mode.as_str(), "a provisional order rose beyond its limit: a person must decide");
                Ok(Pricing::Ended(self.case(claimed, None).too_dear(sentence)))
            }
        }
    }

    async fn live_price(&self, claimed: &Claimed, terms: &Terms) -> Result<Calculation, Failure> {
        let missing = || Failure::new(FailureCode::Unavailable, format!("no adapter {:?} is loaded", terms.adapter));
        let backend = self.backends.get(&terms.adapter).ok_or_else(missing)?;
        let deadline = self.config.deadline();
        let leave = backend.enter(Side::Read, deadline).await?;
        self.in_time(backend.price(leave, claimed, deadline)).await
    }

    async fn keep(&self, claimed: &Claimed, order: Order) -> Result<(), StoreError> {
        self.store.keep_priced(claimed.transfer.id, claimed.fence, order, self.clock.now()).await
    }
}

fn with_order(claimed: &Claimed, order: Order) -> Claimed {
    let document = claimed.document.clone().map(|document| Document { payload: Payload::Order(order), ..document });
    Claimed { document, ..claimed.clone() }
}

fn count(terms: &Terms, outcome: &'static str) {
    let mode = terms.provisional.mode.as_str();
    metrics::counter!("ordergate_orders_repriced_total", "mode" => mode, "outcome" => outcome).increment(1);
}
