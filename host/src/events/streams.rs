//! The listeners of this host. Each has a bounded buffer: one that does not keep up is ended, and resumes where it was.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::metrics;
use crate::config::EventsConfig;
use crate::domain::{AccountNumber, Reference};
use crate::store::DocumentEvent;

/// Who listens: bounds how many streams one caller has for one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listener {
    /// The principal's id.
    pub principal: String,
    pub account: AccountNumber,
}

/// There is no place for another stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// `events.max_streams`
    Host,
    /// `events.max_streams_per_account`
    Account,
}

#[derive(Clone)]
pub(super) struct Streams {
    open: Arc<Mutex<Open>>,
    most: usize,
    most_per_account: usize,
    buffer: usize,
}

#[derive(Default)]
struct Open {
    count: usize,
    next: u64,
    by_reference: HashMap<Reference, Vec<(u64, mpsc::Sender<DocumentEvent>)>>,
    by_listener: HashMap<Listener, usize>,
}

/// A place among the listeners; free again when it is dropped.
pub struct Subscription {
    streams: Streams,
    id: u64,
    reference: Reference,
    listener: Listener,
    /// Ends when the listener does not keep up.
    pub(super) events: mpsc::Receiver<DocumentEvent>,
}

impl Streams {
    pub(super) fn new(config: &EventsConfig) -> Self {
        let (most, most_per_account) = (config.max_streams, config.max_streams_per_account);
        Self { open: Arc::default(), most, most_per_account, buffer: config.stream_buffer }
    }

    /// From now on the events of a document are handed to it.
    pub(super) fn subscribe(&self, listener: Listener, reference: Reference) -> Result<Subscription, Shed> {
        let mut open = self.open.lock();
        if open.count >= self.most {
            metrics::shed("max_streams");
            return Err(Shed::Host);
        }
        let of_listener = open.by_listener.entry(listener.clone()).or_default();
        if *of_listener >= self.most_per_account {
            metrics::shed("max_streams_per_account");
            return Err(Shed::Account);
        }
        *of_listener += 1;
        open.count += 1;
        open.next += 1;
        let (id, (sender, events)) = (open.next, mpsc::channel(self.buffer));
        open.by_reference.entry(reference.clone()).or_default().push((id, sender));
        metrics::open(open.count);
        Ok(Subscription { streams: self.clone(), id, reference, listener, events })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.lock().count == 0
    }

    /// Hands an event to those who listen to its document.
    pub(super) fn hand_out(&self, event: &DocumentEvent) {
        let mut open = self.open.lock();
        let Some(listening) = open.by_reference.get_mut(&event.reference) else { return };
        listening.retain(|(_, sender)| match sender.try_send(event.clone()) {
            Ok(()) => true,
            Err(TrySendError::Closed(_)) => false,
            Err(TrySendError::Full(_)) => {
                metrics::ended("slow");
                false
            }
        });
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock();
        open.count -= 1;
        metrics::open(open.count);
        if let Entry::Occupied(mut of_listener) = open.by_listener.entry(self.listener.clone()) {
            *of_listener.get_mut() -= 1;
            if *of_listener.get() == 0 {
                of_listener.remove();
            }
        }
        if let Entry::Occupied(mut listening) = open.by_reference.entry(self.reference.clone()) {
            listening.get_mut().retain(|(id, _)| *id != self.id);
            if listening.get().is_empty() {
                listening.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests;
