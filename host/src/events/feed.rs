//! Reads the log once for everyone on this host, hands out what is new, and cuts the log off at its old end.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::following::{Beginning, Following};
use super::message::EventId;
use super::metrics;
use super::streams::{Listener, Shed, Streams, Subscription};
use crate::clock::Clock;
use crate::config::EventsConfig;
use crate::domain::Reference;
use crate::store::{EventLog, Store, StoreError};

/// Events that are read at once.
const BATCH: u32 = 500;

/// Least time between two looks at the log: a busy host reads it in batches.
const PACE: Duration = Duration::from_millis(20);

/// How often is looked whether everything has a number by now.
const LOOKS: u32 = 50;

/// With several hosts: how often is looked, in case another's news got lost.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often the old end of the log is cut off.
const PRUNING: SignedDuration = SignedDuration::from_hours(1);

/// The log of events and those who listen to it. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    store: Store,
    clock: Clock,
    pub(super) config: EventsConfig,
    /// The log's name.
    pub(super) log: String,
    streams: Streams,
    pub(super) stopping: CancellationToken,
    /// How far the log goes; told at every look, also when nothing is new.
    head: watch::Sender<i64>,
}

impl Feed {
    pub async fn open(store: Store, config: &EventsConfig, clock: Clock) -> Result<Self, StoreError> {
        metrics::describe();
        let EventLog { name: log, head } = store.event_log().await?;
        let (streams, stopping, head) = (Streams::new(config), CancellationToken::new(), watch::Sender::new(head));
        Ok(Self { inner: Arc::new(Inner { store, clock, config: config.clone(), log, streams, stopping, head }) })
    }

    /// Hands out what is written to the log, until the host stops.
    pub async fn keep(self) {
        let stopping = self.inner.stopping.clone();
        let mut reading = Reading { feed: self.inner, read_to: None, pruned: Timestamp::MIN, is_failing: false };
        while !stopping.is_cancelled() {
            let wait = reading.look().await;
            sleep(PACE).await;
            // Whatever was written meanwhile is remembered by the store.
            let _ = stopping.run_until_cancelled(timeout(wait, reading.feed.store.written())).await;
        }
    }

    /// Ends all streams, and reading the log: the host stops. Listeners connect to another one.
    pub fn stop(&self) {
        self.inner.stopping.cancel();
    }

    /// `events.source`
    pub(super) fn source(&self) -> &str {
        &self.inner.config.source
    }

    /// The log's name.
    pub(super) fn log(&self) -> &str {
        &self.inner.log
    }

    /// How far the log goes.
    pub(super) fn head(&self) -> watch::Receiver<i64> {
        self.inner.head.subscribe()
    }

    /// Where a listener who has seen `last` goes on; from the beginning when the log does not have that event of this document.
    pub async fn resume(&self, reference: &Reference, last: Option<&str>) -> Result<Option<i64>, StoreError> {
        let Some(id) = last.and_then(EventId::parse).filter(|id| id.log == self.inner.log) else { return Ok(None) };
        let known = self.inner.store.events_of(reference, id.number - 1, 1).await?;
        Ok(known.first().map(|event| event.number).filter(|number| *number == id.number))
    }

    /// Has everything numbered that is committed by now, so that a document that was captured a moment ago has an event to begin with. While
    /// another host does it, that is waited for, but not for long.
    pub async fn number_what_is_new(&self) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
            match self.inner.store.number_events(BATCH).await? {
                Some(0) => break,
                Some(_) => {}
                None => sleep(PACE).await,
            }
        }
        Ok(())
    }

    /// Takes a place among the listeners to a document. Before the log is read for [`Feed::follow`], so that nothing falls between the two.
    pub fn subscribe(&self, listener: Listener, reference: &Reference) -> Result<Subscription, Shed> {
        self.inner.streams.subscribe(listener, reference.clone())
    }

    /// Everything that happens to the document, after what the log said.
    pub fn follow(&self, subscription: Subscription, beginning: Beginning) -> Following {
        Following::new(Arc::clone(&self.inner), subscription, beginning)
    }
}

/// How far the log was read.
struct Reading {
    feed: Arc<Inner>,
    /// None before the first look.
    read_to: Option<i64>,
    pruned: Timestamp,
    is_failing: bool,
}

impl Reading {
    /// Reads what is new. Tells how long to wait when nothing wakes it.
    async fn look(&mut self) -> Duration {
        let looked = self.read().await;
        match &looked {
            Err(cause) if !self.is_failing => {
                tracing::warn!(error = %cause, "the log of events cannot be read; it is tried again")
            }
            Ok(_) if self.is_failing => tracing::info!("the log of events is read again"),
            _ => {}
        }
        self.is_failing = looked.is_err();
        self.prune().await;
        looked.unwrap_or(LOOK_AGAIN)
    }

    async fn read(&mut self) -> Result<Duration, StoreError> {
        let Inner { store, streams, .. } = &*self.feed;
        // Another host that gives numbers just now may not know of the newest.
        let is_numbered = loop {
            match store.number_events(BATCH).await? {
                Some(0) => break true,
                Some(_) => {}
                None => break false,
            }
        };
        let head = store.event_log().await?.head;
        let mut read_to = self.read_to.unwrap_or(head);
        // Who subscribes after this reads the log after `head` was read.
        if streams.is_empty() {
            read_to = head;
        }
        while read_to < head {
            let events = store.events_after(read_to, BATCH).await?;
            events.iter().for_each(|event| streams.hand_out(event));
            // What is numbered and not there any more was deleted.
            read_to = events.last().map_or(head, |event| event.number);
        }
        self.read_to = Some(read_to);
        self.feed.head.send_replace(head);
        Ok(if is_numbered { LOOK_AGAIN } else { Duration::ZERO })
    }

    async fn prune(&mut self) {
        let now = self.feed.clock.now();
        if now.duration_since(self.pruned) < PRUNING {
            return;
        }
        self.pruned = now;
        let oldest = now.saturating_sub(self.feed.config.keep()).unwrap_or(Timestamp::MIN);
        match self.feed.store.prune_events(oldest).await {
            Ok(events) => tracing::debug!(events, "the old end of the log of events was cut off"),
            Err(cause) => tracing::warn!(error = %cause, "old events could not be deleted"),
        }
    }
}
