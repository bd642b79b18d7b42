//! What the pipeline asks of back ends. Two implementations: the adapters (`adapters.rs`), and a scripted one in tests.

use std::future::Future;
use std::time::Duration;

use crate::domain::{AdapterName, Deduplication, Failure};
use crate::store::{Claimed, Taken};

/// The back ends that are there at the moment.
pub trait Backends: Send + Sync + 'static {
    type One: Backend;

    /// The back end behind an adapter, in the generation that is live now: a transfer finishes on the one that started it (rule T12).
    fn get(&self, adapter: &AdapterName) -> Option<Self::One>;
}

/// One back end.
pub trait Backend: Send + Sync + 'static {
    fn traits(&self) -> BackendTraits;

    /// Sends the transfer once, within the deadline.
    fn attempt(&self, claimed: &Claimed, deadline: Duration) -> impl Future<Output = Result<Taken, Failure>> + Send;

    /// Looks whether the back end has what the transfer asks for. `None` means that it certainly has not, at this instant.
    fn look_up(&self, claimed: &Claimed, deadline: Duration) -> impl Future<Output = Result<Option<Taken>, Failure>> + Send;
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
