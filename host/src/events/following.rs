//! What one listener is told about one document: how it stands, then each change, in order, none of them twice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::feed::Inner;
use super::message::EventMessage;
use super::metrics;
use super::streams::Subscription;
use crate::store::DocumentEvent;

/// What ends a document may have another side, told right after it: a cancelled order, and the cancellation that was confirmed.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a stream begins with.
#[derive(Clone, Debug)]
pub enum Beginning {
    /// How the document stands, for a listener who knows nothing.
    State(DocumentEvent),
    /// What happened after the last event that the listener has seen.
    After(i64, Vec<DocumentEvent>),
}

/// One piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The stream is there.
    Opened,
    State(EventMessage),
    Change(EventMessage),
    /// Nothing happened; the connection lives.
    Heartbeat,
    End(End),
}

/// Why nothing more is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing more is to be expected of the document.
    Final,
    /// The caller's token is no longer good.
    Expired,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Expired => "expired",
        }
    }
}

/// One listener's stream.
pub struct Following {
    feed: Arc<Inner>,
    subscription: Subscription,
    waiting: VecDeque<Told>,
    /// The last event that was told.
    last: i64,
    heartbeat: Interval,
    expires: Option<Instant>,
    closes: Instant,
    /// Set while the document is final.
    final_at: Option<Instant>,
    has_ended: bool,
}

impl Following {
    pub(super) fn new(feed: Arc<Inner>, subscription: Subscription, beginning: Beginning) -> Self {
        let mut heartbeat = interval(feed.config.heartbeat());
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        let closes = Instant::now() + feed.config.stream();
        let waiting = VecDeque::from([Told::Opened]);
        let (expires, final_at) = (None, None);
        let mut following = Self { feed, subscription, waiting, last: 0, heartbeat, expires, closes, final_at, has_ended: false };
        match beginning {
            Beginning::State(event) => {
                following.put(event, Told::State);
                following.final_at = following.final_at.map(|_| Instant::now());
            }
            Beginning::After(last, events) => {
                following.last = last;
                events.into_iter().for_each(|event| following.put(event, Told::Change));
            }
        }
        following
    }

    /// Ends the stream when the caller may not see the document any more.
    #[must_use]
    pub fn until(mut self, expires: Option<Instant>) -> Self {
        self.expires = expires;
        self
    }

    /// The next piece; nothing at the end.
    pub async fn next(&mut self) -> Option<Told> {
        if self.has_ended {
            return None;
        }
        let not_before = self.closes;
        let (expires, final_at) = (self.expires.unwrap_or(not_before), self.final_at.unwrap_or(not_before));
        if expires > Instant::now()
            && let Some(told) = self.waiting.pop_front()
        {
            return Some(told);
        }
        loop {
            tokio::select! {
                biased;
                () = self.feed.stopping.cancelled() => {
                    self.end("stopping");
                    return None;
                }
                () = sleep_until(expires), if self.expires.is_some() => {
                    self.end("expired");
                    return Some(Told::End(End::Expired));
                }
                // The listener comes again and goes on where it was.
                () = sleep_until(self.closes) => {
                    self.end("listener");
                    return None;
                }
                event = self.subscription.events.recv() => match event {
                    // Counted when it was found out.
                    None => {
                        self.has_ended = true;
                        return None;
                    }
                    // It was in the log already when the stream began.
                    Some(event) if event.number <= self.last => {}
                    Some(event) => {
                        self.put(event, Told::Change);
                        self.heartbeat.reset();
                        return self.waiting.pop_front();
                    }
                },
                () = sleep_until(final_at), if self.final_at.is_some() => {
                    self.end("final");
                    return Some(Told::End(End::Final));
                }
                _ = self.heartbeat.tick() => return Some(Told::Heartbeat),
            }
        }
    }

    fn put(&mut self, event: DocumentEvent, told: impl Fn(EventMessage) -> Told) {
        self.final_at = event.is_final().then(|| Instant::now() + LAST_WORDS);
        self.last = event.number;
        self.waiting.push_back(told(EventMessage::new(&self.feed.config.source, &self.feed.log, event)));
    }

    fn end(&mut self, reason: &'static str) {
        if !self.has_ended {
            metrics::ended(reason);
        }
        self.has_ended = true;
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.end("listener");
    }
}
