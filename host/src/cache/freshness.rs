//! How long an answer lives (rules F2 to F4). Pure.

use std::time::Duration;

use jiff::SignedDuration;

use crate::config::{AvailabilityFreshness, PriceFreshness};
use crate::domain::{Availability, Failure, FailureCode};

/// How long a value is fresh, and how long it may be shown after that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// Zero: asked live every time; the kept value serves only while the back end is down.
    pub fresh: Duration,
    pub stale: Duration,
}

impl Lifetime {
    /// Not fresh for longer than until `limit` (a price that ends).
    #[must_use]
    pub fn at_most(self, limit: SignedDuration) -> Self {
        let limit = Duration::try_from(limit).unwrap_or(Duration::ZERO);
        if self.fresh <= limit { self } else { Self { fresh: limit, stale: Duration::ZERO } }
    }

    /// Fresh for so long at most, and then stale.
    #[must_use]
    pub fn fresh_for_at_most(self, limit: Duration) -> Self {
        let fresh = self.fresh.min(limit);
        Self { fresh, stale: self.kept_for().saturating_sub(fresh) }
    }

    fn secs(fresh: u64, stale: u64) -> Self {
        Self { fresh: Duration::from_secs(fresh), stale: Duration::from_secs(stale) }
    }

    pub(super) fn kept_for(self) -> Duration {
        self.fresh.saturating_add(self.stale)
    }
}

/// Plenty in stock lives long, low stock short, "not available" for `negative_secs`. At the threshold itself: above (rule F3).
pub fn availability_lifetime(policy: &AvailabilityFreshness, value: &Availability) -> Lifetime {
    if !value.is_available() {
        Lifetime::secs(policy.negative_secs, policy.stale_secs)
    } else if value.unlimited || value.available >= policy.threshold {
        Lifetime::secs(policy.fresh_above_secs, policy.stale_secs)
    } else {
        Lifetime::secs(policy.fresh_below_secs, policy.stale_secs)
    }
}

pub fn offer_price_lifetime(policy: &PriceFreshness) -> Lifetime {
    Lifetime::secs(policy.fresh_secs, policy.stale_secs)
}

/// Only "there is no such thing" is remembered (rule F4); any other failure is asked again.
pub fn failure_lifetime(negative_secs: u64, failure: &Failure) -> Option<Lifetime> {
    let remembered = matches!(failure.code, FailureCode::NotFound | FailureCode::Rejected) && negative_secs > 0;
    remembered.then(|| Lifetime::secs(negative_secs, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Extensions, Unit};
    use rust_decimal::Decimal;

    fn available(quantity: i64) -> Availability {
        Availability {
            sku: "A".into(),
            location: None,
            available: Decimal::from(quantity),
            unit: Unit::one(),
            unlimited: false,
            schedule: vec![],
            lead_time_days: None,
            as_of: None,
            ext: Extensions::new(),
        }
    }

    #[test]
    fn f3_at_the_threshold_itself_plenty_is_in_stock() {
        let policy = AvailabilityFreshness::default();
        let fresh = |quantity| availability_lifetime(&policy, &available(quantity)).fresh.as_secs();
        assert_eq!((fresh(9), fresh(10), fresh(11)), (15, 300, 300));
    }

    #[test]
    fn f4_not_available_is_remembered_for_its_own_time() {
        let policy = AvailabilityFreshness::default();
        assert_eq!(availability_lifetime(&policy, &available(0)).fresh.as_secs(), 30);
        let failure = |code| failure_lifetime(policy.negative_secs, &Failure::new(code, ""));
        assert_eq!(failure(FailureCode::NotFound).map(|lifetime| lifetime.fresh.as_secs()), Some(30));
        assert_eq!(failure(FailureCode::Unavailable), None);
    }

    #[test]
    fn f11_an_answer_of_which_nobody_would_tell_is_fresh_for_a_shorter_time_and_shown_as_long() {
        let lifetime = Lifetime::secs(300, 3_600);
        let short = lifetime.fresh_for_at_most(Duration::from_secs(10));
        assert_eq!((short.fresh.as_secs(), short.kept_for()), (10, lifetime.kept_for()));
        assert_eq!(Lifetime::secs(5, 0).fresh_for_at_most(Duration::from_secs(10)), Lifetime::secs(5, 0));
    }

    #[test]
    fn f3_an_unlimited_item_lives_long_whatever_its_quantity() {
        let mut made_to_order = available(0);
        made_to_order.unlimited = true;
        assert_eq!(availability_lifetime(&AvailabilityFreshness::default(), &made_to_order).fresh.as_secs(), 300);
    }
}
