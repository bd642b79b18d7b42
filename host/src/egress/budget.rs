//! What one adapter call may spend on requests, and whether a change may have left the host in it. Shared by all requests of the call and by
//! the runtime, which reads it after a trap or timeout.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::client::Reply;
use super::departure::LeavesBy;
use super::error::EgressError;
use super::holdings::Held;
use crate::config::LimitsConfig;

/// What a call's requests are for. Each has connections of its own, so that browsing cannot hold up orders on a shared one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    Read,
    Checkout,
    Transfer,
}

/// Requests, bytes and time of one adapter call.
#[derive(Debug)]
pub struct Budget {
    requests_left: AtomicU32,
    reply_bytes: usize,
    reply_total_left: AtomicUsize,
    at_once: Semaphore,
    ends: Instant,
    leaves_by: LeavesBy,
    traffic: Traffic,
    change_left: Arc<AtomicBool>,
    change_taken: AtomicBool,
    change_in_doubt: AtomicBool,
    held: Arc<Held>,
}

/// Why no more of a reply may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// The call's replies have had their bytes.
    Replies,
    /// All calls of the adapter hold what they may.
    Holdings,
}

impl Budget {
    /// `ends`: when the last reply must be there.
    pub fn new(limits: &LimitsConfig, ends: Instant, traffic: Traffic) -> Self {
        Self {
            requests_left: AtomicU32::new(limits.egress_requests),
            reply_bytes: limits.reply_bytes,
            reply_total_left: AtomicUsize::new(limits.reply_total_bytes),
            at_once: Semaphore::new(limits.egress_concurrency.max(1)),
            ends,
            leaves_by: LeavesBy::at(ends),
            traffic,
            change_left: Arc::new(AtomicBool::new(false)),
            change_taken: AtomicBool::new(false),
            change_in_doubt: AtomicBool::new(false),
            held: Arc::new(Held::unbounded()),
        }
    }

    /// Replies count as what the call holds.
    pub fn holding(self, held: Arc<Held>) -> Self {
        Self { held, ..self }
    }

    /// No request leaves later, whenever this was made.
    pub fn leaving_by(self, leaves_by: LeavesBy) -> Self {
        Self { leaves_by, ..self }
    }

    pub(super) fn leaves_by(&self) -> LeavesBy {
        self.leaves_by
    }

    pub fn ends(&self) -> Instant {
        self.ends
    }

    /// Whether a request that can change the back end (any but GET and HEAD) may have left, in whole or in part.
    pub fn change_left(&self) -> bool {
        self.change_left.load(Ordering::Acquire)
    }

    /// Whether the back end may have acted on a change: one was answered with a status below 400, by a back end that broke down or a gateway in
    /// its place, or left and its reply never came whole.
    pub fn change_taken(&self) -> bool {
        self.change_taken.load(Ordering::Acquire)
    }

    /// Whether nobody knows what became of a change: it was answered by a gateway in the back end's place, or left and its reply never came
    /// whole.
    pub fn change_in_doubt(&self) -> bool {
        self.change_in_doubt.load(Ordering::Acquire)
    }

    /// Requests that are left.
    pub fn requests_left(&self) -> usize {
        self.requests_left.load(Ordering::Relaxed) as usize
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// To be told what became of every change.
    pub fn note_change(&self, result: &Result<Reply, EgressError>) {
        let (taken, in_doubt) = match result.as_ref().map(|reply| reply.status.as_u16()) {
            // What broke down over a change may have made it before; 503 turns away. A gateway that gave up on the back end does not know what it did.
            Ok(status) => (matches!(status, ..400 | 500..=502 | 504..), matches!(status, 502 | 504 | 520 | 524)),
            Err(error) => (error.may_have_been_taken(), error.may_have_been_taken()),
        };
        self.change_taken.fetch_or(taken, Ordering::AcqRel);
        self.change_in_doubt.fetch_or(in_doubt, Ordering::AcqRel);
    }

    pub(super) fn change_mark(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.change_left)
    }

    /// Takes one request out of the budget; false when it is spent.
    pub fn take_request(&self) -> bool {
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

    /// Takes bytes of a reply out of the budget of all replies.
    pub(super) fn take_reply_bytes(&self, bytes: usize) -> Result<(), Spent> {
        let take = |left: usize| left.checked_sub(bytes);
        let left = self.reply_total_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        left.map_err(|_| Spent::Replies)?;
        self.held.take(bytes).then_some(()).ok_or(Spent::Holdings)
    }
}
