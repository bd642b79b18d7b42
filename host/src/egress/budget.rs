//! What one adapter call may spend on requests, and whether a change may have left the host in it. Shared by all requests of the call and by
//! the runtime, which reads it after a trap or timeout.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::config::LimitsConfig;

/// Requests, bytes and time of one adapter call.
#[derive(Debug)]
pub struct Budget {
    requests_left: AtomicU32,
    reply_bytes: usize,
    reply_total_left: AtomicUsize,
    at_once: Semaphore,
    ends: Instant,
    change_left: Arc<AtomicBool>,
}

impl Budget {
    /// `ends`: when the last reply must be there.
    pub fn new(limits: &LimitsConfig, ends: Instant) -> Self {
        Self {
            requests_left: AtomicU32::new(limits.egress_requests),
            reply_bytes: limits.reply_bytes,
            reply_total_left: AtomicUsize::new(limits.reply_total_bytes),
            at_once: Semaphore::new(limits.egress_concurrency.max(1)),
            ends,
            change_left: Arc::new(AtomicBool::new(false)),
        }
    }

    pub fn ends(&self) -> Instant {
        self.ends
    }

    /// Whether a request that can change the back end (any but GET and HEAD) may have left, in whole or in part.
    pub fn change_left(&self) -> bool {
        self.change_left.load(Ordering::Acquire)
    }

    pub(super) fn change_mark(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.change_left)
    }

    /// Takes one request out of the budget; false when it is spent.
    pub(super) fn take_request(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.requests_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Waits until one more request may run at the same time.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.at_once.acquire().await.ok()
    }

    /// Most bytes that one reply may have.
    pub(super) fn reply_bytes(&self) -> usize {
        self.reply_bytes
    }

    /// Takes bytes of a reply out of the budget of all replies; false when it is spent.
    pub(super) fn take_reply_bytes(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.reply_total_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}
