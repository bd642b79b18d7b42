//! Whether what a back end changed while it took an order stands, or a person must decide (rule T9).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Amendment;
use super::comparison::leading_number;

/// What a store lets a back end change without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmendmentPolicy {
    pub policy: AmendmentMode,
    /// How far a price may be above the agreed one, in percent.
    pub max_rise_percent: Decimal,
    /// How far a quantity may be below the ordered one, in percent.
    pub max_cut_percent: Decimal,
    /// How much later than wanted a line may come, in days; any delay when absent.
    pub max_delay_days: Option<u32>,
    /// Kinds of amendments that always go to a person.
    pub desk: Vec<String>,
}

/// Who decides about amendments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmendmentMode {
    /// The back end: whatever it changed stands.
    Accept,
    /// The limits: what is within them stands.
    #[default]
    Limits,
    /// A person, about every one of them.
    Desk,
}

impl Default for AmendmentPolicy {
    fn default() -> Self {
        Self {
            policy: AmendmentMode::Limits,
            max_rise_percent: Decimal::ZERO,
            max_cut_percent: Decimal::ZERO,
            max_delay_days: None,
            desk: ["substitution", "rejected-line", "added-line"].map(str::to_owned).into(),
        }
    }
}

impl AmendmentPolicy {
    /// The amendments that do not stand before a person has agreed to them.
    pub fn beyond<'a>(&self, amendments: &'a [Amendment]) -> Vec<&'a Amendment> {
        amendments.iter().filter(|amendment| self.is_beyond(amendment)).collect()
    }

    /// Every option that cannot work, with what it must be.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let rise = (Decimal::ZERO..=Decimal::ONE_THOUSAND).contains(&self.max_rise_percent);
        let cut = (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&self.max_cut_percent);
        let kinds = self.desk.iter().all(|kind| !kind.is_empty() && !kind.chars().any(char::is_whitespace));
        let problems = [
            (rise, "max_rise_percent", "must be 0 to 1000"),
            (cut, "max_cut_percent", "must be 0 to 100"),
            (kinds, "desk", "names kinds of amendments, such as \"substitution\" or \"backorder\""),
        ];
        problems.into_iter().filter(|(fits, ..)| !fits).map(|(_, key, message)| (key, message)).collect()
    }

    fn is_beyond(&self, amendment: &Amendment) -> bool {
        match self.policy {
            AmendmentMode::Accept => false,
            AmendmentMode::Desk => true,
            AmendmentMode::Limits if self.desk.contains(&amendment.kind) => true,
            AmendmentMode::Limits => match amendment.kind.as_str() {
                "price" => !is_within(amendment, Decimal::ONE_HUNDRED, self.max_rise_percent),
                // More than was ordered would have to be paid.
                "quantity" => !is_within(amendment, self.max_cut_percent, Decimal::ZERO),
                "date" => self.max_delay_days.is_some_and(|most| !is_in_time(amendment, most)),
                // What else there is, such as a note or a hold of the back end's own, changes nothing that was agreed.
                _ => false,
            },
        }
    }
}

fn number(text: &Option<String>) -> Option<Decimal> {
    leading_number(text.as_deref()?)
}

/// Whether the new value is at most so many percent below and above the old one. What cannot be compared is not.
fn is_within(amendment: &Amendment, below: Decimal, above: Decimal) -> bool {
    let (Some(from), Some(to)) = (number(&amendment.from), number(&amendment.to)) else { return false };
    let limit = |percent: Decimal| from.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED);
    let (Some(below), Some(above)) = (limit(below), limit(above)) else { return false };
    to >= from - below && to <= from + above
}

fn is_in_time(amendment: &Amendment, most_days: u32) -> bool {
    let day = |text: &Option<String>| text.as_deref()?.get(..10)?.parse::<Date>().ok();
    let (Some(wanted), Some(promised)) = (day(&amendment.from), day(&amendment.to)) else { return false };
    let late = promised.since(wanted).map_or(i32::MAX, |span| span.get_days());
    i64::from(late) <= i64::from(most_days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amendment(kind: &str, from: &str, to: &str) -> Amendment {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Amendment { line: Some("1".into()), kind: kind.into(), from: text(from), to: text(to), message: None }
    }

    fn is_beyond(policy: &AmendmentPolicy, kind: &str, from: &str, to: &str) -> bool {
        !policy.beyond(&[amendment(kind, from, to)]).is_empty()
    }

    #[test]
    fn t9_without_a_word_what_costs_the_customer_more_or_gives_them_less_goes_to_the_desk() {
        let policy = AmendmentPolicy::default();
        for (kind, from, to) in [
            ("price", "10.00", "10.01"),
            ("price", "", "10.01"),
            ("price", "ten", "nine"),
            ("quantity", "5", "4"),
            ("quantity", "5", "6"),
            ("substitution", "A", "B"),
            ("rejected-line", "", ""),
            ("added-line", "", "FREIGHT"),
        ] {
            assert!(is_beyond(&policy, kind, from, to), "{kind} {from} {to}");
        }
        for (kind, from, to) in [
            ("price", "10.00 EUR", "9.99 EUR"),
            ("price", "10.00", "10"),
            ("quantity", "5 C62", "5.000 C62"),
            ("date", "2026-12-01", "2027-12-01"),
            ("block", "", "credit"),
        ] {
            assert!(!is_beyond(&policy, kind, from, to), "{kind} {from} {to}");
        }
    }

    #[test]
    fn t9_limits_are_exact() {
        let limits = AmendmentPolicy {
            max_rise_percent: 5.into(),
            max_cut_percent: 20.into(),
            max_delay_days: Some(3),
            ..AmendmentPolicy::default()
        };
        assert!(!is_beyond(&limits, "price", "10.00", "10.50") && is_beyond(&limits, "price", "10.00", "10.51"));
        assert!(!is_beyond(&limits, "quantity", "10", "8") && is_beyond(&limits, "quantity", "10", "7.999"));
        assert!(
            !is_beyond(&limits, "date", "2026-12-30", "2027-01-02") && is_beyond(&limits, "date", "2026-12-30", "2027-01-03")
        );
        assert!(!is_beyond(&limits, "date", "2026-12-30", "2026-12-01"), "an earlier day is welcome");
        assert!(is_beyond(&limits, "date", "2026-12-30", "soon"));
    }

    #[test]
    fn t9_a_store_may_take_everything_or_ask_about_everything() {
        let with = |policy| AmendmentPolicy { policy, ..AmendmentPolicy::default() };
        assert!(!is_beyond(&with(AmendmentMode::Accept), "substitution", "A", "B"));
        assert!(is_beyond(&with(AmendmentMode::Desk), "note", "", ""));
    }
}
