//! `[holds]`: for which reasons people hold orders (rule T11).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::HoldCode;

/// The reasons that are always there, and those of the operator's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HoldsConfig {
    #[serde(deserialize_with = "beside_the_usual")]
    pub reasons: BTreeMap<HoldCode, HoldReason>,
}

/// Why an order is held.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldReason {
    /// For the people at the desk.
    pub title: String,
    /// For the customer, who sees nothing else of it; only that the order is on hold when absent.
    pub shown: Option<String>,
}

impl Default for HoldsConfig {
    fn default() -> Self {
        Self { reasons: usual() }
    }
}

impl HoldsConfig {
    /// Every reason that cannot work, with what it must be.
    pub fn problems(&self) -> Vec<(&str, &'static str)> {
        let is_word = |code: &str| {
            (1..=32).contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let codes = self.reasons.keys().map(HoldCode::as_str);
        codes.filter(|code| !is_word(code)).map(|code| (code, "must have 1 to 32 characters: a to z, 0 to 9 and -")).collect()
    }
}

fn usual() -> BTreeMap<HoldCode, HoldReason> {
    let usual = [
        ("address", "The address must be checked"),
        ("credit", "The customer's credit must be checked"),
        ("fraud", "It may not be the customer who orders"),
        ("manual", "Somebody wants to look at it"),
    ];
    usual.into_iter().map(|(code, title)| (code.into(), HoldReason { title: title.to_owned(), shown: None })).collect()
}

fn beside_the_usual<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<HoldCode, HoldReason>, D::Error> {
    let mut reasons = usual();
    reasons.extend(BTreeMap::<HoldCode, HoldReason>::deserialize(deserializer)?);
    Ok(reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t11_own_reasons_stand_beside_the_usual_ones_and_may_replace_them() {
        let own = "[reasons.export]\ntitle = \"Export licence\"\nshown = \"We check the export licence.\"\n[reasons.credit]\ntitle = \"Credit\"";
        let config: HoldsConfig = toml::from_str(own).unwrap();
        let codes: Vec<_> = config.reasons.keys().map(HoldCode::as_str).collect();
        assert_eq!(codes, ["address", "credit", "export", "fraud", "manual"]);
        assert_eq!(config.reasons[&HoldCode::from("credit")].title, "Credit");
        assert_eq!(config.problems(), []);
        assert_eq!(toml::from_str::<HoldsConfig>("").unwrap(), HoldsConfig::default());
    }

    #[test]
    fn t11_a_code_is_a_word_that_can_stand_in_a_command_line() {
        let config: HoldsConfig = toml::from_str("[reasons.\"Export Control\"]\ntitle = \"x\"").unwrap();
        assert_eq!(config.problems().first().unwrap().0, "Export Control");
    }
}
