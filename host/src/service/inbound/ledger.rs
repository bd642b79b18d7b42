//! What was pushed to an adapter lately, for operators: the last messages, and how many were turned away and why. In this host's memory, because
//! there may be a hundred messages a second: the audit log says what people did, is kept for ever, and shares its database with orders.
//! No message's content is in it, and nobody's name.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

/// Messages that are remembered; the oldest are forgotten first.
const KEPT: usize = 100;

/// Who may write in it: whoever sends cannot make it grow.
#[derive(Default)]
pub(super) struct Ledger(Mutex<PushLog>);

/// What was pushed lately.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PushLog {
    /// Oldest first; at most 100.
    pub messages: VecDeque<PushReport>,
    /// By reason. Nothing of these messages was used.
    pub turned_away: BTreeMap<&'static str, TurnedAway>,
}

/// One message whose sender was proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushReport {
    pub at: Timestamp,
    /// As in the logs.
    pub request_id: String,
    /// How its sender was proven.
    pub sender: &'static str,
    /// Which of the secrets it was, counted from 1: when the old one is not used any more, it can be taken out.
    pub secret: usize,
    /// `taken`, `replayed`, `unreadable`, `failed` or `not_stored`.
    pub outcome: &'static str,
    /// Events by kind.
    pub events: BTreeMap<&'static str, u32>,
    pub applied: u32,
    pub ignored: BTreeMap<&'static str, u32>,
}

/// Messages that were turned away for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnedAway {
    pub messages: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl Ledger {
    pub(super) fn note(&self, report: PushReport) {
        let mut log = self.0.lock();
        if log.messages.len() >= KEPT {
            log.messages.pop_front();
        }
        log.messages.push_back(report);
    }

    pub(super) fn turned_away(&self, reason: &'static str, now: Timestamp) {
        let mut log = self.0.lock();
        let of_reason = log.turned_away.entry(reason).or_insert(TurnedAway { messages: 0, first_at: now, last_at: now });
        (of_reason.messages, of_reason.last_at) = (of_reason.messages + 1, now);
    }

    pub(super) fn log(&self) -> PushLog {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn the_last_hundred_messages_are_remembered_however_many_come() {
        let (ledger, at) = (Ledger::default(), |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs));
        for number in 0..150 {
            let (events, ignored) = (BTreeMap::new(), BTreeMap::new());
            let (request_id, sender, secret, outcome) = (number.to_string(), "token", 1, "taken");
            ledger.note(PushReport { at: at(number), request_id, sender, secret, outcome, events, applied: 0, ignored });
            ledger.turned_away("unsigned", at(number));
        }
        let log = ledger.log();
        assert_eq!((log.messages.len(), log.messages[0].at), (100, at(50)));
        assert_eq!(log.turned_away["unsigned"], TurnedAway { messages: 150, first_at: at(0), last_at: at(149) });
    }
}
