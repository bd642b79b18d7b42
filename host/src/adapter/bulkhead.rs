//! Places for live calls, in separate shares: browsing can never take a checkout's or an order's place. A full share queues a little and
//! then sheds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::operation::Lane;
use crate::config::LimitsConfig;
use crate::domain::{Failure, FailureCode};

/// How long a shed caller is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A place for one call, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _place: OwnedSemaphorePermit,
}

/// A call that found no place.
#[derive(Debug)]
pub(super) struct Shed {
    /// The limit that was in its way, by its option.
    pub limit: &'static str,
    pub failure: Failure,
}

#[derive(Debug)]
pub(super) struct Bulkhead {
    read: Share,
    checkout: Share,
    transfer: Share,
    inbound: Share,
    queue_wait: Duration,
}

impl Bulkhead {
    /// An eighth of the places is for transfers, a quarter for checkouts, a sixteenth for what the back end pushes, the rest for reads; at
    /// least one each.
    pub(super) fn new(limits: &LimitsConfig) -> Self {
        let transfer = (limits.concurrency / 8).max(1);
        let checkout = (limits.concurrency / 4).max(1);
        let inbound = (limits.concurrency / 16).max(1);
        let read = limits.concurrency.saturating_sub(transfer + checkout + inbound).max(1);
        let share = |places| Share::new(places, limits.queue);
        let (read, checkout, transfer, inbound) = (share(read), share(checkout), share(transfer), share(inbound));
        Self { read, checkout, transfer, inbound, queue_wait: limits.queue_wait() }
    }

    /// Waits for a place, but neither longer than the queue's time nor past `ends`.
    pub(super) async fn enter(&self, lane: Lane, ends: Instant) -> Result<Slot, Shed> {
        let share = match lane {
            Lane::Read => &self.read,
            Lane::Checkout => &self.checkout,
            Lane::Transfer => &self.transfer,
            Lane::Inbound => &self.inbound,
        };
        let place = share.enter(ends.min(Instant::now() + self.queue_wait)).await;
        place.map(|place| Slot { _place: place }).map_err(|limit| {
            let message = format!("all places for {} calls are taken", lane.as_str());
            Shed { limit, failure: Failure::new(FailureCode::Throttled, message).with_retry_after(RETRY_AFTER) }
        })
    }
}

#[derive(Debug)]
struct Share {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
}

impl Share {
    fn new(places: usize, queue: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), waiting: AtomicUsize::new(0), queue }
    }

    /// Err: the limit that was in the way.
    async fn enter(&self, until: Instant) -> Result<OwnedSemaphorePermit, &'static str> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = Waiting::join(&self.waiting, self.queue).ok_or("queue")?;
        let place = timeout_at(until, Arc::clone(&self.places).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or("queue_wait_ms")
    }
}

/// A place in the queue, left when dropped: a caller that goes away does not count any more.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let join = |count: usize| (count < most).then_some(count + 1);
        waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, join).ok().map(|_| Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulkhead(queue: usize) -> Bulkhead {
        Bulkhead::new(&LimitsConfig { concurrency: 4, queue, queue_wait_ms: 50, ..LimitsConfig::default() })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(5)
    }

    #[tokio::test]
    async fn browsing_cannot_take_an_orders_place() {
        let bulkhead = bulkhead(0);
        let mut browsing = Vec::new();
        while let Ok(slot) = bulkhead.enter(Lane::Read, soon()).await {
            browsing.push(slot);
        }
        assert_eq!(browsing.len(), 1);
        assert!(bulkhead.enter(Lane::Transfer, soon()).await.is_ok());
        assert!(bulkhead.enter(Lane::Checkout, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn f12_a_flood_of_pushes_takes_no_place_of_a_read() {
        let bulkhead = bulkhead(0);
        let _push = bulkhead.enter(Lane::Inbound, soon()).await.unwrap();
        assert_eq!(bulkhead.enter(Lane::Inbound, soon()).await.unwrap_err().limit, "queue");
        assert!(bulkhead.enter(Lane::Read, soon()).await.is_ok());
    }

    #[tokio::test]
    async fn a_call_that_finds_no_place_in_time_is_shed_and_told_when_to_come_back() {
        let bulkhead = bulkhead(8);
        let _first = bulkhead.enter(Lane::Transfer, soon()).await.unwrap();
        let shed = bulkhead.enter(Lane::Transfer, soon()).await.unwrap_err();
        assert_eq!((shed.limit, shed.failure.code), ("queue_wait_ms", FailureCode::Throttled));
        assert_eq!(shed.failure.retry_after, Some(RETRY_AFTER));
    }

    #[tokio::test]
    async fn a_call_that_finds_the_queue_full_does_not_wait() {
        let bulkhead = bulkhead(0);
        let _first = bulkhead.enter(Lane::Transfer, soon()).await.unwrap();
        assert_eq!(bulkhead.enter(Lane::Transfer, soon()).await.unwrap_err().limit, "queue");
    }

    #[tokio::test]
    async fn a_waiting_call_gets_the_place_that_becomes_free() {
        let bulkhead = bulkhead(8);
        let first = bulkhead.enter(Lane::Transfer, soon()).await.unwrap();
        let later = Instant::now() + Duration::from_secs(5);
        let (second, ()) = tokio::join!(bulkhead.enter(Lane::Transfer, later), async { drop(first) });
        assert!(second.is_ok());
    }
}
