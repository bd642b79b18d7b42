//! Delivers the events of one webhook: has its lease, notes what is for it, sends what is due, commits what came of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::message::EventMessage;
use super::metrics;
use super::receiver::Receiver;
use super::verdict::{Attempt, outcome};
use crate::clock::Clock;
use crate::config::WebhookConfig;
use crate::domain::{Dice, WebhookName};
use crate::store::{Conflict, Delivered, Delivery, DocumentEvent, NewDelivery, Store, StoreError, WebhookLease};

/// How long a host has a webhook for itself without a word. When it dies, another takes over after that.
const LEASE: Duration = Duration::from_secs(45);

/// What is left of a lease after the longest attempt: for the store to commit what came of it.
const MARGIN: Duration = Duration::from_secs(5);

/// Events that are noted for a webhook beforehand; the others stay in the log.
const WINDOW: u64 = 1_000;

/// Events of the log that are looked at in one transaction.
const BATCH: u32 = 200;

/// How often is looked at least: for a lease that is free, for what a person has decided on another host.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Least time between two looks.
const PACE: Duration = Duration::from_millis(10);

/// One webhook and all that delivering to it needs.
pub(super) struct Courier {
    pub(super) name: WebhookName,
    pub(super) config: WebhookConfig,
    pub(super) receiver: Arc<Receiver>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) dice: Arc<Dice>,
    /// `events.source`
    pub(super) source: String,
    /// The log's name.
    pub(super) log: String,
    /// How far the log goes.
    pub(super) head: watch::Receiver<i64>,
    pub(super) stop: CancellationToken,
}

/// A lease and what is done under it.
struct Round {
    lease: WebhookLease,
    /// By this host's own clock, which nobody sets.
    ends: Instant,
    waiting: u64,
    sending: JoinSet<(Delivery, Delivered)>,
    in_hand: HashSet<i64>,
}

impl Round {
    fn rest(&mut self, until: Timestamp) {
        (self.lease.failures, self.lease.rests_until) = (self.lease.failures + 1, Some(until));
    }
}

impl Courier {
    /// Delivers whenever this host has the lease, until it is told to stop; then finishes what it has begun.
    pub(super) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            match self.begin().await {
                Ok(Some(mut round)) => {
                    if let Err(cause) = self.deliver(&mut round).await {
                        self.complain(&cause);
                    }
                    self.finish(round).await;
                }
                Ok(None) => {}
                Err(cause) => self.complain(&cause),
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    async fn begin(&self) -> Result<Option<Round>, StoreError> {
        let ends = Instant::now() + LEASE;
        let Some(lease) = self.store.lease_webhook(&self.name, self.clock.now(), LEASE).await? else { return Ok(None) };
        let waiting = self.store.webhook(&self.name).await?.map_or(0, |standing| standing.waiting);
        tracing::debug!(webhook = %self.name, "this host delivers to the webhook");
        Ok(Some(Round { lease, ends, waiting, sending: JoinSet::new(), in_hand: HashSet::new() }))
    }

    /// Until the host stops, or the lease is lost.
    async fn deliver(&mut self, round: &mut Round) -> Result<(), StoreError> {
        while !self.stop.is_cancelled() {
            if round.ends.saturating_duration_since(Instant::now()) < LEASE / 2 {
                let ends = Instant::now() + LEASE;
                round.lease = self.store.renew_webhook(&self.name, round.lease.fence, self.clock.now(), LEASE).await?;
                round.ends = ends;
            }
            self.note_new(round).await?;
            let wait = self.send_due(round).await?;
            tokio::select! {
                () = self.stop.cancelled() => {}
                Some(ended) = round.sending.join_next() => self.record(round, ended.ok()).await?,
                changed = self.head.changed() => if changed.is_err() { return Ok(()) },
                () = sleep(wait.max(PACE)) => {}
            }
        }
        Ok(())
    }

    /// Notes events of the log that are for this webhook, as far as its window goes.
    async fn note_new(&mut self, round: &mut Round) -> Result<(), StoreError> {
        let head = *self.head.borrow_and_update();
        while round.waiting < WINDOW && round.lease.cursor < head {
            let events = self.store.events_after(round.lease.cursor, BATCH).await?;
            self.look_for_gap(round.lease.cursor, events.first().map_or(head + 1, |event| event.number));
            let cursor = events.last().map_or(head, |event| event.number);
            let new: Vec<_> = events.into_iter().filter_map(|event| self.delivery_of(event)).collect();
            let added = new.len() as u64;
            self.store.fan_out(&self.name, round.lease.fence, cursor, new, self.clock.now()).await?;
            round.lease.cursor = cursor;
            round.waiting += added;
        }
        Ok(())
    }

    fn delivery_of(&self, event: DocumentEvent) -> Option<NewDelivery> {
        let event_type = event.type_name();
        if !self.config.wants(&event.store, &event_type) {
            return None;
        }
        let (number, reference) = (event.number, event.reference.clone());
        let message = EventMessage::new(&self.source, &self.log, event);
        let body = serde_json::to_string(&message).ok()?;
        Some(NewDelivery { event: number, reference, event_type, id: message.id().to_string(), body })
    }

    /// Numbers have no gaps: what is missing was deleted by age before this webhook came to it.
    fn look_for_gap(&self, cursor: i64, next: i64) {
        let missed = next - cursor - 1;
        if missed > 0 {
            tracing::error!(webhook = %self.name, events = missed, "events were deleted (events.keep_days) before they could be delivered");
            metrics::missed(&self.name, missed.unsigned_abs());
        }
    }

    /// Begins to send what is due. Tells when there is something to do again.
    async fn send_due(&self, round: &mut Round) -> Result<Duration, StoreError> {
        let now = self.clock.now();
        let rests = round.lease.rests_until.filter(|until| *until > now);
        if let Some(until) = rests {
            return Ok(until_then(now, until).min(LOOK_AGAIN));
        }
        if round.ends.saturating_duration_since(Instant::now()) < self.config.timeout() + MARGIN {
            return Ok(PACE);
        }
        // One feels its way until the receiver is there again.
        let most = if round.lease.failures > 0 { 1 } else { self.config.concurrency as usize };
        let free = most.saturating_sub(round.in_hand.len());
        if free == 0 {
            return Ok(LOOK_AGAIN);
        }
        let due =
            self.store.due_deliveries(&self.name, now, u32::try_from(most + round.in_hand.len()).unwrap_or(u32::MAX)).await?;
        let due: Vec<_> = due.into_iter().filter(|delivery| !round.in_hand.contains(&delivery.event)).take(free).collect();
        for delivery in due {
            round.in_hand.insert(delivery.event);
            round.sending.spawn(self.send(delivery, round.lease.failures));
        }
        if !round.in_hand.is_empty() {
            return Ok(LOOK_AGAIN);
        }
        let next = self.store.next_delivery(&self.name).await?;
        Ok(next.map_or(LOOK_AGAIN, |due| until_then(now, due)).min(LOOK_AGAIN))
    }

    fn send(&self, delivery: Delivery, failures: u32) -> impl Future<Output = (Delivery, Delivered)> + Send + 'static + use<> {
        let (receiver, config, clock, dice) =
            (Arc::clone(&self.receiver), self.config.clone(), self.clock.clone(), Arc::clone(&self.dice));
        async move {
            let answer = receiver.send(&delivery).await;
            let attempt = Attempt { config: &config, delivery: &delivery, failures, now: clock.now(), dice: dice.roll() };
            let delivered = attempt.judge(&answer);
            (delivery, delivered)
        }
    }

    async fn record(&self, round: &mut Round, ended: Option<(Delivery, Delivered)>) -> Result<(), StoreError> {
        // A sender that broke off has told nothing: it is sent again.
        let Some((delivery, delivered)) = ended else {
            round.in_hand.clear();
            round.sending.shutdown().await;
            return Ok(());
        };
        metrics::attempted(&self.name, outcome(&delivered));
        self.tell(&delivery, &delivered);
        match &delivered {
            Delivered::Taken => {
                (round.lease.failures, round.lease.rests_until) = (0, None);
                round.waiting = round.waiting.saturating_sub(1);
            }
            Delivered::Unreached { until, .. } => round.rest(*until),
            Delivered::Parked { rests_until, .. } => {
                rests_until.iter().for_each(|until| round.rest(*until));
                round.waiting = round.waiting.saturating_sub(1);
            }
            Delivered::Again { .. } | Delivered::Disabled { .. } => {}
        }
        let is_disabled = matches!(delivered, Delivered::Disabled { .. });
        self.store.record_delivery(&self.name, round.lease.fence, delivery.event, delivered, self.clock.now()).await?;
        round.in_hand.remove(&delivery.event);
        // Nobody has a lease of it then.
        if is_disabled { Err(Conflict::StaleFence.into()) } else { Ok(()) }
    }

    fn tell(&self, delivery: &Delivery, delivered: &Delivered) {
        let (webhook, event, kind) = (&self.name, &delivery.id, &delivery.event_type);
        match delivered {
            Delivered::Taken => tracing::debug!(%webhook, event, kind, "an event was delivered"),
            Delivered::Again { due_at: until, failure } | Delivered::Unreached { until, failure, .. } => {
                tracing::warn!(%webhook, event, kind, failure, %until, "an event was not delivered; it is tried again");
            }
            Delivered::Parked { failure, .. } => {
                tracing::error!(%webhook, event, kind, failure, "an event was not delivered; a person must decide (`ordergate webhooks`)");
            }
            Delivered::Disabled { failure } => {
                tracing::error!(%webhook, event, kind, failure, "the receiver wants no more events: the webhook is disabled until a person enables it");
            }
        }
    }

    /// Commits what came of the attempts under way, and lets another host have the webhook.
    async fn finish(&self, mut round: Round) {
        while let Some(ended) = round.sending.join_next().await {
            if self.record(&mut round, ended.ok()).await.is_err() {
                // Delivered again, with the same id.
                tracing::debug!(webhook = %self.name, "what came of an attempt was not committed");
            }
        }
        if let Err(cause) = self.store.release_webhook(&self.name, round.lease.fence).await {
            tracing::debug!(webhook = %self.name, error = %cause, "the lease of the webhook ends by itself");
        }
    }

    fn complain(&self, cause: &StoreError) {
        match cause {
            // Another host has it, or it was disabled.
            StoreError::Conflict(Conflict::StaleFence) => {
                tracing::debug!(webhook = %self.name, "the lease of the webhook has ended")
            }
            cause => tracing::warn!(webhook = %self.name, error = %cause, "events wait for the store"),
        }
    }
}

fn until_then(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}
