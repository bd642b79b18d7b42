//! What the pipeline asks of a back end. Two implementations: the adapters (`adapters.rs`), and a scripted one in tests.

use std::future::Future;
use std::time::Duration;

use crate::domain::{AdapterName, Deduplication, Failure};
use crate::store::{Claimed, Taken};

/// A back end as the pipeline sees it.
pub trait Backend: Send + Sync + 'static {
    /// What the adapter declares; none when no such adapter is loaded at the moment.
    fn traits(&self, adapter: &AdapterName) -> Option<BackendTraits>;

    /// Sends the transfer once, within the deadline.
    fn attempt(&self, claimed: &Claimed, deadline: Duration) -> impl Future<Output = Result<Taken, Failure>> + Send;

    /// Looks whether the back end has what the transfer asked for. `None` means that it certainly has not, at this instant.
    fn look_up(&self, claimed: &Claimed, deadline: Duration) -> impl Future<Output = Result<Option<Taken>, Failure>> + Send;
}

/// What an adapter declares about its back end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendTraits {
    pub deduplication: Deduplication,
    /// How long a document may take to become findable.
    pub propagation_delay: Duration,
    /// SHA-256 of the component.
    pub digest: String,
}
