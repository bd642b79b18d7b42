//! Where a component's exports are. Found once per component; in an instance only the interface that a call needs is looked up and checked against
//! its types: checking all of them takes longer than many a call. Used by `instance`, and by `convert` for the calls.

use wasmtime::component::InstancePre;

use super::bindings::guest::{availability, checkout, descriptor, health, inbound, lifecycle, orders, pricing, quotes};
use super::instance::Guest;

/// The places of the functions of each interface.
pub(super) struct Exports {
    lifecycle: lifecycle::GuestIndices,
    descriptor: descriptor::GuestIndices,
    health: health::GuestIndices,
    availability: availability::GuestIndices,
    pricing: pricing::GuestIndices,
    checkout: checkout::GuestIndices,
    orders: orders::GuestIndices,
    quotes: quotes::GuestIndices,
    inbound: inbound::GuestIndices,
}

impl Exports {
    /// Fails when one is missing.
    pub(super) fn of<T>(component: &InstancePre<T>) -> wasmtime::Result<Self> {
        Ok(Self {
            lifecycle: lifecycle::GuestIndices::new(component)?,
            descriptor: descriptor::GuestIndices::new(component)?,
            health: health::GuestIndices::new(component)?,
            availability: availability::GuestIndices::new(component)?,
            pricing: pricing::GuestIndices::new(component)?,
            checkout: checkout::GuestIndices::new(component)?,
            orders: orders::GuestIndices::new(component)?,
            quotes: quotes::GuestIndices::new(component)?,
            inbound: inbound::GuestIndices::new(component)?,
        })
    }
}

/// Fails when the component's types are not the contract's.
impl Guest {
    pub(super) fn lifecycle(&mut self) -> wasmtime::Result<lifecycle::Guest> {
        self.exports.lifecycle.load(&mut self.store, &self.instance)
    }

    pub(super) fn descriptor(&mut self) -> wasmtime::Result<descriptor::Guest> {
        self.exports.descriptor.load(&mut self.store, &self.instance)
    }

    pub(super) fn health(&mut self) -> wasmtime::Result<health::Guest> {
        self.exports.health.load(&mut self.store, &self.instance)
    }

    pub(super) fn availability(&mut self) -> wasmtime::Result<availability::Guest> {
        self.exports.availability.load(&mut self.store, &self.instance)
    }

    pub(super) fn pricing(&mut self) -> wasmtime::Result<pricing::Guest> {
        self.exports.pricing.load(&mut self.store, &self.instance)
    }

    pub(super) fn checkout(&mut self) -> wasmtime::Result<checkout::Guest> {
        self.exports.checkout.load(&mut self.store, &self.instance)
    }

    pub(super) fn orders(&mut self) -> wasmtime::Result<orders::Guest> {
        self.exports.orders.load(&mut self.store, &self.instance)
    }

    pub(super) fn quotes(&mut self) -> wasmtime::Result<quotes::Guest> {
        self.exports.quotes.load(&mut self.store, &self.instance)
    }

    pub(super) fn inbound(&mut self) -> wasmtime::Result<inbound::Guest> {
        self.exports.inbound.load(&mut self.store, &self.instance)
    }

    /// Checks all of them: once per load, so that no call has to find out.
    pub(super) fn check_exports(&mut self) -> wasmtime::Result<()> {
        self.lifecycle()?;
        self.descriptor()?;
        self.health()?;
        self.availability()?;
        self.pricing()?;
        self.checkout()?;
        self.orders()?;
        self.quotes()?;
        self.inbound().map(drop)
    }
}
