//! Threads of their own for calls of reads. Guests compute, and browsing is what floods a shop: on common threads an order's guest, its back
//! end's reply and its commit would queue behind all reads, whatever places the order has. This way reads queue behind each other, and the
//! operating system shares the processors between these threads and those of everything else (HTTP, checkouts, transfers, the store).
//! Started by `app`; used by `cache` and `service`.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;

use super::{Adapter, Operation};
use crate::domain::{CallContext, Failure, FailureCode};

/// How much nicer the threads for reads are than the host's others: when both want a processor, the others have it three quarters of the
/// time. What they leave is for reads.
const NICE: i32 = 5;

/// Tokio wakes the thread that waits for sockets whenever a timer is set that ends before all others: without one that always ends sooner, every
/// call would wake it for its own deadline.
const PULSE: Duration = Duration::from_millis(250);

/// They end when it is dropped; calls under way on them are given up.
pub struct ReadThreads {
    runtime: Option<Runtime>,
}

impl ReadThreads {
    /// As many as there are processors.
    pub fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().thread_name("reads").on_thread_start(step_back).enable_all().build()?;
        runtime.spawn(pulse());
        Ok(Self { runtime: Some(runtime) })
    }

    /// To run something on them. The caller's own threads, when these have ended.
    pub fn handle(&self) -> Handle {
        self.runtime.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for ReadThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Dropping it would wait for it, which no asynchronous code may.
            runtime.shutdown_background();
        }
    }
}

async fn pulse() {
    loop {
        tokio::time::sleep(PULSE).await;
    }
}

/// Linux counts priorities by thread; elsewhere this would slow down the whole process.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(cause) = rustix::process::nice(NICE) {
        tracing::warn!(error = %cause, "a thread for reads keeps its priority");
    }
}

impl Adapter {
    /// [`Adapter::call`] on other threads. Ends with the caller.
    pub async fn call_on<O: Operation>(
        self: &Arc<Self>,
        threads: &Handle,
        context: &CallContext,
        operation: O,
    ) -> Result<O::Reply, Failure> {
        let (adapter, context) = (Arc::clone(self), context.clone());
        let called = threads.spawn(async move { adapter.call(&context, &operation).await });
        let lost = |_| Err(Failure::new(FailureCode::Unavailable, "the answer was lost in the host"));
        AbortOnDropHandle::new(called).await.unwrap_or_else(lost)
    }
}
