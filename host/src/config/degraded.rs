//! `[stores.NAME.degraded]`: what a store does while the back end of its checkouts is down (rule C6).

use std::time::Duration;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::DegradedMode;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DegradedConfig {
    /// A new checkout.
    pub checkout: DegradedMode,
    /// An order whose checkout has expired, so that it would have to be checked again.
    pub submit: DegradedMode,
    /// How far the live amount may be above the agreed one for an order to be sent without a person, in percent.
    pub max_rise_percent: Decimal,
    /// The oldest price that a checkout is sealed at, and the oldest checkout whose amounts still hold, in seconds.
    pub max_price_age_secs: u64,
}

impl Default for DegradedConfig {
    fn default() -> Self {
        Self {
            checkout: DegradedMode::Block,
            submit: DegradedMode::Block,
            max_rise_percent: Decimal::ZERO,
            max_price_age_secs: 24 * 3_600,
        }
    }
}

impl DegradedConfig {
    pub fn max_price_age(&self) -> Duration {
        Duration::from_secs(self.max_price_age_secs)
    }

    /// Every option that cannot work, with what it must be.
    pub fn problems(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let percent = (Decimal::ZERO..=Decimal::ONE_THOUSAND).contains(&self.max_rise_percent);
        let submit = self.submit != DegradedMode::ListPrice;
        let problems = [
            (percent, "max_rise_percent", "C013", "must be 0 to 1000"),
            (self.max_price_age_secs > 0, "max_price_age_secs", "C013", "must be above 0"),
            (submit, "submit", "C025", "an order has the prices of its checkout: use block, accept-cached or accept-reprice"),
        ];
        problems.into_iter().filter(|(fits, ..)| !fits).map(|(_, key, code, message)| (key, code, message)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c6_without_a_word_nothing_is_taken_while_the_back_end_is_down() {
        let config: DegradedConfig = toml::from_str("").unwrap();
        assert_eq!((config.checkout, config.submit), (DegradedMode::Block, DegradedMode::Block));
        assert_eq!(config.problems(), []);
    }

    #[test]
    fn c6_modes_are_named_as_the_rule_names_them_and_what_cannot_work_is_told() {
        let text = "checkout = \"accept-cached\"\nsubmit = \"list-price\"\nmax_rise_percent = \"-1\"\nmax_price_age_secs = 0";
        let config: DegradedConfig = toml::from_str(text).unwrap();
        assert_eq!(config.checkout, DegradedMode::AcceptCached);
        let keys: Vec<_> = config.problems().into_iter().map(|(key, ..)| key).collect();
        assert_eq!(keys, ["max_rise_percent", "max_price_age_secs", "submit"]);
        assert!(toml::from_str::<DegradedConfig>("checkout = \"guess\"").unwrap_err().to_string().contains("accept-reprice"));
    }
}
