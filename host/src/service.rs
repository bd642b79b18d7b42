//! The use cases that the API calls. Reads go through the cache to an adapter and never touch the store; writes are committed to the store
//! before they are acknowledged, and the pipeline moves them on.

mod adapters;
mod availability;
mod backend_document;
mod breakers;
mod bulk;
mod cache_report;
mod caller;
mod capture;
mod catalog;
mod checkouts;
mod contradictions;
mod decrements;
mod degraded;
mod degraded_report;
mod desk;
mod document_events;
mod erasure;
mod error;
mod findings;
mod freed_stock;
mod history;
mod holds;
mod idempotency;
mod inbound;
mod invalidation;
mod link;
mod live_check;
mod offer_prices;
mod orders;
mod policies;
mod quotes;
mod reconciliation;
mod record;
mod reload;
mod replay;
mod search;
mod shop;
mod shown;
mod uncacheable;
mod watch;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

pub use crate::adapter::{Meant, ShadowReport};
pub use crate::events::{EventMessage, Following, Told};
pub use crate::store::{DeskFilter, DocumentKind, FindingFilter, Found, Search, Standing, Waiting, WebhookDeed};
pub use adapters::{AdapterReport, Operator};
pub use availability::AvailabilityRequest;
pub use backend_document::{BackendDocument, Head};
pub use bulk::{BulkAction, BulkReport, BulkRequest};
pub use cache_report::{CacheFilter, CacheReport};
pub use caller::Caller;
pub use checkouts::{CheckoutRequest, Sealed, SeenPrice};
pub use degraded_report::DegradedReport;
pub use desk::{AttemptReport, AuditReport, Decision, Dossier, TransferReport};
pub use erasure::ErasureReport;
pub use error::{FieldProblem, ServiceError};
pub use findings::FindingReport;
pub use history::ListRequest;
pub use holds::{HoldReasonReport, HoldReport};
pub use idempotency::{Captured, IdempotencyKey};
pub use inbound::{Delivery, PushLog, PushReport, PushedMessage, Receipt, TurnedAway};
pub use invalidation::{InvalidationReport, InvalidationRequest};
pub use link::LinkTo;
pub use offer_prices::OfferPriceRequest;
pub use orders::{LineClaim, OrderRequest};
pub use quotes::{AcceptRequest, CounterRequest, NewQuoteRequest, QuoteEnd};
pub use record::{DocumentPage, OrderRecord, Provenance, QuoteRecord, Record, TransferSummary};
pub use reload::{ReloadReport, ReloadedAdapter};
pub use replay::{ReplayReport, ReplayRequest, UploadedComponent};
pub use search::FoundReport;
pub use shop::Shop;
pub use shown::Shown;

pub use webhooks::{DeliveryReport, WebhookDossier, WebhookReport, WebhookState};

/// The words of an operator who moves a breaker.
pub use crate::adapter::BreakerSetting;

use availability::AvailabilityFetch;
use catalog::Catalog;
use idempotency::RunningKeys;
use inbound::Doors;
use offer_prices::PriceFetch;
use policies::PoliciesInForce;

use crate::adapter::{Adapter, Adapters, Reader};
use crate::cache::{Decrements, Kind, ReadCache, Scopes, Shared, Uncacheable};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{AdapterName, Buyer, Failure, FailureCode, StoreName};
use crate::events::Feed;
use crate::pipeline::Pipeline;
use crate::store::Store;

/// Most documents that are looked up at once because the back end said that they have changed.
const MAX_LOOKING_AGAIN: usize = 16;

/// What is known about one item of a read.
#[derive(Clone, Debug)]
pub enum ItemAnswer<V> {
    Known(Shown<V>),
    /// Being asked; come back.
    Pending,
    /// Nothing is known, and its policy does not let it be asked for this.
    NotAsked,
    /// Only this item failed (rule F9).
    Failed(Failure),
}

/// All use cases. Cheap to clone.
#[derive(Clone)]
pub struct Commerce {
    inner: Arc<Inner>,
}

struct Inner {
    shops: BTreeMap<StoreName, Arc<Shop>>,
    adapters: Arc<Adapters>,
    availability: ReadCache<AvailabilityFetch>,
    availability_scopes: Scopes<Option<Buyer>>,
    offer_prices: ReadCache<PriceFetch>,
    price_scopes: Scopes<Buyer>,
    policies: PoliciesInForce,
    decrements: Decrements,
    shared: Option<Shared>,
    uncacheable: Arc<Uncacheable>,
    /// Which change of the store's list of them this host has learned. Held by whoever changes it.
    learned: tokio::sync::Mutex<Option<i64>>,
    doors: Doors,
    events: Feed,
    /// Pushed values are applied one at a time.
    pushing: Mutex<()>,
    /// Documents that are being looked up because they were said to have changed.
    looking_again: Arc<Semaphore>,
    /// Places for stock that is given back behind a customer's back.
    giving_back: Arc<Semaphore>,
    store: Store,
    pipeline: Pipeline,
    clock: Clock,
    reads: Handle,
    running: RunningKeys,
    /// What the host was started with; a reload is compared with it.
    started_with: Config,
}

impl Commerce {
    /// Reads ask back ends on the threads `reads`.
    pub fn new(
        config: &Config,
        adapters: Arc<Adapters>,
        store: Store,
        pipeline: Pipeline,
        events: Feed,
        shared: Option<Shared>,
        reads: Handle,
    ) -> Self {
        let clock = store.clock().clone();
        let shops: BTreeMap<_, _> =
            config.stores.iter().map(|(name, store)| (name.clone(), Arc::new(Shop::new(name.clone(), store.clone())))).collect();
        let half = config.cache.max_bytes / 2;
        let policies = PoliciesInForce::new(&config.freshness);
        let uncacheable = Arc::new(Uncacheable::new(config.cache.max_uncacheable));
        let sharing = (shared.as_ref(), &uncacheable);
        let catalog = Catalog::new(Kind::Availability, &shops, half, sharing, &clock);
        let (memory, shelf) = (catalog.memory.clone(), catalog.shelf.clone());
        let fetch = AvailabilityFetch { catalog, policies: Arc::clone(&policies.availability) };
        let availability = ReadCache::new(Kind::Availability, memory, shelf, Arc::new(fetch), clock.clone(), reads.clone());
        let catalog = Catalog::new(Kind::OfferPrice, &shops, half, sharing, &clock);
        let (memory, shelf) = (catalog.memory.clone(), catalog.shelf.clone());
        let fetch = PriceFetch { catalog, policies: Arc::clone(&policies.offer_prices) };
        let offer_prices = ReadCache::new(Kind::OfferPrice, memory, shelf, Arc::new(fetch), clock.clone(), reads.clone());
        let (running, started_with) = (RunningKeys::default(), config.clone());
        reload::describe_metrics();
        inbound::describe_metrics();
        Self {
            inner: Arc::new(Inner {
                shops,
                adapters,
                availability,
                availability_scopes: Scopes::default(),
                offer_prices,
                price_scopes: Scopes::default(),
                policies,
                decrements: Decrements::default(),
                shared,
                uncacheable,
                learned: tokio::sync::Mutex::default(),
                doors: Doors::new(&config.inbound),
                events,
                pushing: Mutex::default(),
                looking_again: Arc::new(Semaphore::new(MAX_LOOKING_AGAIN)),
                giving_back: Arc::new(Semaphore::new(freed_stock::MOST_AT_ONCE)),
                store,
                pipeline,
                clock,
                reads,
                running,
                started_with,
            }),
        }
    }

    /// The store that a request names, or the only one.
    pub fn shop(&self, name: Option<&str>) -> Result<Arc<Shop>, ServiceError> {
        let shops = &self.inner.shops;
        match name {
            Some(name) => shops.get(name).cloned().ok_or_else(|| ServiceError::StoreUnknown(Some(name.to_owned()))),
            None if shops.len() == 1 => shops.values().next().cloned().ok_or(ServiceError::StoreUnknown(None)),
            None => Err(ServiceError::StoreUnknown(None)),
        }
    }

    /// The host's time, by which freshness is judged.
    pub fn now(&self) -> jiff::Timestamp {
        self.inner.clock.now()
    }

    fn adapter(&self, name: &AdapterName) -> Result<Arc<Adapter>, ServiceError> {
        Ok(self.inner.adapters.get(name).ok_or_else(|| not_loaded(name))?)
    }

    /// For one read of the catalog: by its share, a new version on trial may answer it.
    fn reader(&self, name: &AdapterName) -> Result<Reader, ServiceError> {
        Ok(self.inner.adapters.reader(name).ok_or_else(|| not_loaded(name))?)
    }
}

/// Cannot happen: the configuration was checked against the adapters at start.
fn not_loaded(name: &AdapterName) -> Failure {
    Failure::new(FailureCode::Unavailable, "the adapter is not loaded").with_detail(name.as_str())
}
