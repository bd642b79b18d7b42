//! Operators move a breaker by hand.

use super::adapters::subject;
use super::{AdapterReport, Commerce, Operator, ServiceError};
use crate::adapter::{BreakerSetting, Hand};
use crate::domain::{AdapterName, Side};

impl Commerce {
    /// Brings `ordergate_breaker_state` up to date.
    pub fn publish_breakers(&self) {
        self.inner.adapters.iter().for_each(|adapter| adapter.breakers().publish());
    }

    /// Holds the breaker of one side open or closed, or gives it back to its own rules. Written to the audit log before it is done. Returns
    /// the adapter as it then is. Fails when there is no such adapter.
    pub async fn move_breaker(
        &self,
        name: &AdapterName,
        side: Side,
        setting: BreakerSetting,
        operator: Operator,
    ) -> Result<AdapterReport, ServiceError> {
        self.adapter_report(name)?;
        let hand = Hand { actor: operator.actor.clone(), reason: operator.reason.clone() };
        self.note(&subject(name), action(side, setting), operator).await?;
        if let Some(adapter) = self.inner.adapters.get(name) {
            adapter.breakers().hold(side, setting, hand);
        }
        self.adapter_report(name)
    }
}

/// As the audit log calls it.
fn action(side: Side, setting: BreakerSetting) -> &'static str {
    match (side, setting) {
        (Side::Read, BreakerSetting::Open) => "open read breaker",
        (Side::Read, BreakerSetting::Closed) => "close read breaker",
        (Side::Read, BreakerSetting::Auto) => "read breaker by its rules",
        (Side::Write, BreakerSetting::Open) => "open write breaker",
        (Side::Write, BreakerSetting::Closed) => "close write breaker",
        (Side::Write, BreakerSetting::Auto) => "write breaker by its rules",
    }
}
