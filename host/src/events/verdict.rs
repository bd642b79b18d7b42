//! What follows an attempt to deliver an event. Pure: the answer, how often it was tried, and dice decide (rule T7).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::receiver::Answer;
use crate::config::WebhookConfig;
use crate::domain::backoff;
use crate::egress::EgressError;
use crate::store::{Delivered, Delivery};

/// What is known when an attempt has ended.
pub(super) struct Attempt<'a> {
    pub(super) config: &'a WebhookConfig,
    pub(super) delivery: &'a Delivery,
    /// How often in a row the receiver could not be reached before.
    pub(super) failures: u32,
    pub(super) now: Timestamp,
    pub(super) dice: u64,
}

/// What kind of an answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Taken,
    /// It wants nothing any more.
    Gone,
    /// Not this time, or not this event: others may be taken.
    Refused,
    /// Nothing got there, or it said that nothing would be taken now.
    Away,
    /// It may have got there.
    Silent,
}

impl Attempt<'_> {
    pub(super) fn judge(&self, answer: &Result<Answer, EgressError>) -> Delivered {
        let (kind, asked) = match answer {
            Ok(answer) => (kind_of(answer.status), answer.retry_after_secs.map(Duration::from_secs)),
            Err(error) => (kind_of_failure(error), None),
        };
        let failure = describe(answer);
        let counts = matches!(kind, Kind::Refused | Kind::Silent);
        let is_spent = counts && self.delivery.spent + 1 >= self.config.max_attempts;
        match kind {
            Kind::Taken => Delivered::Taken,
            Kind::Gone => Delivered::Disabled { failure },
            _ if is_spent || self.is_too_old() => {
                let is_reached = kind == Kind::Refused;
                Delivered::Parked { rests_until: (!is_reached).then(|| self.after(self.failures, asked)), failure }
            }
            Kind::Refused => Delivered::Again { due_at: self.after(self.delivery.spent, asked), failure },
            Kind::Away | Kind::Silent => Delivered::Unreached { until: self.after(self.failures, asked), counts, failure },
        }
    }

    fn is_too_old(&self) -> bool {
        let most = i64::try_from(self.config.max_age_secs).unwrap_or(i64::MAX);
        self.now.duration_since(self.delivery.created_at) >= SignedDuration::from_secs(most)
    }

    fn after(&self, failures: u32, asked: Option<Duration>) -> Timestamp {
        let (initial, most) = (self.config.backoff_initial_ms, self.config.backoff_max_ms);
        let wait = backoff(initial, most, failures, asked, self.dice);
        self.now.saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
    }
}

fn kind_of(status: u16) -> Kind {
    match status {
        200..=299 => Kind::Taken,
        410 => Kind::Gone,
        429 | 502..=504 => Kind::Away,
        _ => Kind::Refused,
    }
}

fn kind_of_failure(error: &EgressError) -> Kind {
    match error {
        EgressError::Lost { .. } | EgressError::TimedOut { .. } => Kind::Silent,
        // It answered, with too much.
        EgressError::TooLarge { .. } | EgressError::TooLargeTogether { .. } => Kind::Refused,
        _ => Kind::Away,
    }
}

/// In words, for operators; nothing that the receiver wrote is in it.
fn describe(answer: &Result<Answer, EgressError>) -> String {
    match answer {
        Ok(answer) if (300..400).contains(&answer.status) => {
            format!("answered {}: redirects are not followed, name the new address in `url`", answer.status)
        }
        Ok(answer) => format!("answered {}", answer.status),
        Err(EgressError::Address(refusal)) => {
            format!("{refusal}: allow its range by name, `allow = [\"private\"]`, if it is meant")
        }
        Err(error) => error.to_string(),
    }
}

/// As a metric label.
pub(super) fn outcome(delivered: &Delivered) -> &'static str {
    match delivered {
        Delivered::Taken => "delivered",
        Delivered::Again { .. } => "refused",
        Delivered::Unreached { .. } => "unreached",
        Delivered::Parked { .. } => "parked",
        Delivered::Disabled { .. } => "disabled",
    }
}

#[cfg(test)]
mod tests;
