//! What the pipeline asks of back ends. Two implementations: the adapters (`adapters.rs`), and a scripted one in tests.

use std::future::Future;
use std::time::Duration;

use crate::adapter::{Exchanges, Leave};
use crate::domain::{AdapterName, Calculation, Deduplication, Failure, Side};
use crate::store::{Claimed, LeftOut, Taken};

/// The back ends that are there at the moment.
pub trait Backends: Send + Sync + 'static {
    type One: Backend;

    /// The back end behind an adapter, in the generation that is live now: a transfer finishes on the one that started it (rule T12).
    fn get(&self, adapter: &AdapterName) -> Option<Self::One>;

    /// The back ends whose breakers are open: their transfers wait where they are.
    fn paused(&self) -> LeftOut;

    /// Resolves when one that was paused may be asked again.
    fn resumed(&self) -> impl Future<Output = ()> + Send;
}

/// One back end.
pub trait Backend: Send + Sync + 'static {
    /// Leave for one call, given back when dropped.
    type Leave: Keeps + Send;

    fn traits(&self) -> BackendTraits;

    /// Takes leave for one call on a side, to end within the deadline. Without it nothing happens to the transfer.
    fn enter(&self, side: Side, deadline: Duration) -> impl Future<Output = Result<Self::Leave, Failure>> + Send;

    /// Sends the transfer once, within the deadline.
    fn attempt(
        &self,
        leave: Self::Leave,
        claimed: &Claimed,
        deadline: Duration,
    ) -> impl Future<Output = Result<Taken, Failure>> + Send;

    /// Prices the order of a transfer, live.
    fn price(
        &self,
        leave: Self::Leave,
        claimed: &Claimed,
        deadline: Duration,
    ) -> impl Future<Output = Result<Calculation, Failure>> + Send;

    /// Whether what the transfer changes by its number is the customer's. An `invalid-request` when the back end shows another document there.
    fn identify(
        &self,
        leave: Self::Leave,
        claimed: &Claimed,
        deadline: Duration,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Looks whether the back end has what the transfer asks for. `None` means that it certainly has not, at this instant.
    fn look_up(
        &self,
        leave: Self::Leave,
        claimed: &Claimed,
        deadline: Duration,
    ) -> impl Future<Output = Result<Option<Taken>, Failure>> + Send;
}

/// Leave for a call whose requests and replies are kept for the desk (rule T11).
pub trait Keeps {
    fn exchanges(&mut self) -> Exchanges;
}

impl Keeps for Leave {
    fn exchanges(&mut self) -> Exchanges {
        Self::exchanges(self)
    }
}

/// What an adapter declares about its back end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendTraits {
    pub deduplication: Deduplication,
    /// How long a document may take to become findable.
    pub propagation_delay: Duration,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
}
