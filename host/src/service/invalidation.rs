//! Operators have an item asked again: what is cached of it is not used any more.

use jiff::Timestamp;
use serde::Serialize;

use super::{AuditReport, Commerce, Operator, ServiceError};
use crate::cache::{Reach, Told};
use crate::domain::{AdapterName, Location, Reference, Sku, StoreName};

/// Which answers are not to be used any more. An absent part means all of them.
#[derive(Clone, Debug)]
pub struct InvalidationRequest {
    pub sku: Sku,
    pub adapter: Option<AdapterName>,
    pub store: Option<StoreName>,
    pub location: Option<Location>,
}

/// What was invalidated: every answer that was asked until `at`.
#[derive(Clone, Debug, Serialize)]
pub struct InvalidationReport {
    pub sku: Sku,
    pub adapter: Option<AdapterName>,
    pub store: Option<StoreName>,
    pub location: Option<Location>,
    pub at: Timestamp,
    /// Whether the other hosts know it; absent without a shared cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_hosts: Option<Told>,
}

impl Commerce {
    /// Availability and prices of an item are asked at the next read, for every account and on every host, and cached again where the back end did not want that. Written to the audit log before it is done.
    pub async fn invalidate(&self, request: InvalidationRequest, operator: Operator) -> Result<InvalidationReport, ServiceError> {
        let InvalidationRequest { sku, adapter, store, location } = request;
        if let Some(adapter) = &adapter {
            self.inner.adapters.get(adapter).ok_or_else(|| self.unknown(adapter))?;
        }
        if let Some(store) = &store {
            self.shop(Some(store.as_str()))?;
        }
        let part = |name: &str, value: Option<&str>| value.map(|value| format!("{name} {value}"));
        let parts = [
            part("adapter", adapter.as_ref().map(AdapterName::as_str)),
            part("store", store.as_ref().map(StoreName::as_str)),
            part("location", location.as_ref().map(Location::as_str)),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let detail = (!parts.is_empty()).then(|| parts.join(", "));
        self.note_with(&subject(&sku), "invalidate", detail, operator).await?;
        let at = self.inner.clock.now();
        let (of_adapter, of_store, at_location) = (adapter.clone(), store.clone(), location.clone());
        let reach = Reach { adapter: of_adapter, store: of_store, location: at_location, ..Reach::everything(sku.clone()) };
        // A person decides: whatever the back end said of it before.
        self.lift_by_hand(&reach).await?;
        let told = tokio::join!(self.inner.availability.mark(reach.clone(), at), self.inner.offer_prices.mark(reach, at));
        metrics::counter!("ordergate_cache_invalidations_total").increment(1);
        // The one that is worse.
        let other_hosts = told.0.max(told.1);
        Ok(InvalidationReport { sku, adapter, store, location, at, other_hosts })
    }

    /// What people did with what is cached of an item, oldest first.
    pub(super) async fn cache_audit(&self, sku: &Sku) -> Result<Vec<AuditReport>, ServiceError> {
        let entries = self.inner.store.audit_of(&Reference::from(subject(sku))).await?;
        Ok(entries.into_iter().map(AuditReport::from).collect())
    }
}

/// How the audit log names what is cached of an item.
fn subject(sku: &Sku) -> String {
    format!("cache/{sku}")
}
