//! Which operations of which stores go without their back end now, as the breakers of the checkouts' adapters say (rule C6): nobody switches
//! a mode on or off.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{Commerce, Shop};
use crate::adapter::BreakerReport;
use crate::domain::{AdapterName, DegradedMode, Side, StoreName};

/// How often entering and leaving is looked for.
const LOOK: Duration = Duration::from_millis(500);

/// An operation of a store, and how it stands.
#[derive(Clone, Debug, Serialize)]
pub struct DegradedReport {
    pub store: StoreName,
    /// `checkout` or `submit`.
    pub operation: &'static str,
    pub mode: DegradedMode,
    /// The mode is what counts now.
    pub degraded: bool,
    /// The adapter that would be asked.
    pub adapter: AdapterName,
    /// Its sides whose calls are turned away, or let through only to try.
    pub sick: Vec<Side>,
    /// When the first of them became so.
    pub since: Option<Timestamp>,
}

impl Commerce {
    /// Both operations of every store.
    pub fn degraded(&self) -> Vec<DegradedReport> {
        self.inner.shops.values().flat_map(|shop| self.degraded_of(shop)).collect()
    }

    fn degraded_of(&self, shop: &Shop) -> Vec<DegradedReport> {
        let (adapter, degraded) = (shop.config.checkout_adapter(), &shop.config.degraded);
        let sick = self.sick_sides(shop, adapter);
        let since = sick.iter().map(|(_, since)| *since).min();
        let sick: Vec<_> = sick.into_iter().map(|(side, _)| side).collect();
        let report = |(operation, mode)| DegradedReport {
            store: shop.name.clone(),
            operation,
            mode,
            degraded: !sick.is_empty(),
            adapter: adapter.clone(),
            sick: sick.clone(),
            since,
        };
        [("checkout", degraded.checkout), ("submit", degraded.submit)].into_iter().map(report).collect()
    }

    /// A checkout calculates on the read side and holds stock on the write side.
    fn sick_sides(&self, shop: &Shop, adapter: &AdapterName) -> Vec<(Side, Timestamp)> {
        let Some(adapter) = self.inner.adapters.get(adapter) else { return Vec::new() };
        let breakers = adapter.breakers().report();
        let reserves = shop.config.reserve && adapter.description().supports("checkout.reserve");
        let sides = [(Side::Read, breakers.read, true), (Side::Write, breakers.write, reserves)];
        let is_sick = |breaker: &BreakerReport| breaker.state != "closed";
        sides
            .into_iter()
            .filter(|(_, breaker, counts)| *counts && is_sick(breaker))
            .map(|(side, breaker, _)| (side, breaker.since))
            .collect()
    }

    /// Tells in log and metrics when an operation begins and ends to go without its back end. Runs until it is dropped.
    pub async fn watch_degraded(self) {
        let mut known = BTreeSet::new();
        loop {
            for report in self.degraded() {
                let labels = [("store", report.store.to_string()), ("operation", report.operation.to_owned())];
                metrics::gauge!("ordergate_degraded", &labels).set(if report.degraded { 1.0 } else { 0.0 });
                let place = (report.store.clone(), report.operation);
                if report.degraded && known.insert(place.clone()) {
                    metrics::counter!("ordergate_degraded_entered_total", &labels).increment(1);
                    tracing::warn!(store = %report.store, operation = report.operation, mode = report.mode.as_str(), adapter = %report.adapter, "goes without its back end from now on");
                } else if !report.degraded && known.remove(&place) {
                    tracing::info!(store = %report.store, operation = report.operation, adapter = %report.adapter, "has its back end again");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
