//! The freshness policies in force. A reload puts others in their place.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::cache::Policies;
use crate::config::{AvailabilityFreshness, FreshnessConfig, PriceFreshness};

/// Policies that can be replaced while they are read.
pub(super) type InForce<P> = Arc<ArcSwap<Policies<P>>>;

/// Both kinds.
#[derive(Clone)]
pub(super) struct PoliciesInForce {
    pub(super) availability: InForce<AvailabilityFreshness>,
    pub(super) offer_prices: InForce<PriceFreshness>,
}

impl PoliciesInForce {
    pub(super) fn new(config: &FreshnessConfig) -> Self {
        Self {
            availability: Arc::new(ArcSwap::from_pointee((&config.availability).into())),
            offer_prices: Arc::new(ArcSwap::from_pointee((&config.offer_prices).into())),
        }
    }

    /// From now on these. What is cached keeps the lifetime that it got.
    pub(super) fn replace(&self, config: &FreshnessConfig) {
        self.availability.store(Arc::new((&config.availability).into()));
        self.offer_prices.store(Arc::new((&config.offer_prices).into()));
    }
}
