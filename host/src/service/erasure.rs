//! A customer is erased (rule A3): what the store keeps of them, and what this host has cached for them.

use jiff::Timestamp;
use serde::Serialize;

use super::{Commerce, FieldProblem, Operator, ServiceError};
use crate::cache::Dimensions;
use crate::domain::{AccountNumber, StoreName};
use crate::store::{Customer, Deed, Erased};

/// What was erased.
#[derive(Clone, Debug, Serialize)]
pub struct ErasureReport {
    pub store: StoreName,
    pub account: AccountNumber,
    /// Orders and quotes that have lost what is personal.
    pub documents: u64,
    /// Checkouts that nobody had ordered: they are gone.
    pub checkouts: u64,
    /// Answers to Idempotency-Keys; the keys stay used.
    pub answers: u64,
    /// Last known lists of the back end's documents.
    pub lists: u64,
    pub at: Timestamp,
}

impl Commerce {
    /// Erases a customer in a store, which may be left out when there is only one. Refused while something of theirs is on its way. Written to
    /// the audit log with it.
    pub async fn erase(
        &self,
        account: AccountNumber,
        store: Option<&str>,
        operator: Operator,
    ) -> Result<ErasureReport, ServiceError> {
        let shop = self.shop(store).map_err(|_| {
            let known: Vec<_> = self.inner.shops.keys().map(StoreName::as_str).collect();
            ServiceError::Invalid(vec![FieldProblem::new("/store", format!("must be one of {}", known.join(", ")))])
        })?;
        let (store, at) = (shop.name.clone(), self.inner.clock.now());
        let deed = Deed { adapter_digest: None, actor: operator.actor, reason: operator.reason, at };
        let customer = Customer { store: store.clone(), account: account.clone() };
        let Erased { documents, checkouts, answers, lists } = self.inner.store.erase(customer, deed).await?;
        let is_theirs = |about: &Dimensions<'_>| {
            *about.store == store && about.buyer.is_some_and(|buyer| buyer.account.as_ref() == Some(&account))
        };
        self.inner.availability.forget(is_theirs);
        self.inner.offer_prices.forget(is_theirs);
        // The release of stock that was held for their checkouts.
        self.inner.pipeline.wake();
        tracing::info!(store = %store, documents, checkouts, "a customer was erased");
        Ok(ErasureReport { store, account, documents, checkouts, answers, lists, at })
    }
}
