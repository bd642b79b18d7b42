//! Which policy holds for an item at a location (rule F2). Pure.

use std::collections::BTreeSet;

use crate::config::{AvailabilityFreshness, Glob, PriceFreshness, Selector};
use crate::domain::{Location, Sku, StoreName};

/// The policy of everything, and the rules for what has another. Choosing allocates nothing.
#[derive(Clone, Debug)]
pub struct Policies<P> {
    base: P,
    /// The one that wins first.
    rules: Vec<Rule<P>>,
}

#[derive(Clone, Debug)]
struct Rule<P> {
    selector: Selector,
    policy: P,
}

/// What a question is about, as far as policies look at it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub store: &'a StoreName,
    pub sku: &'a Sku,
    /// As it was asked.
    pub location: Option<&'a Location>,
}

/// Which rule decided, and which others fitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// None: the base policy.
    pub rule: Option<String>,
    /// Those that fitted and lost, best first.
    pub lost: Vec<String>,
}

impl From<&AvailabilityFreshness> for Policies<AvailabilityFreshness> {
    fn from(base: &AvailabilityFreshness) -> Self {
        Self::new(base.clone(), base.ruled())
    }
}

impl From<&PriceFreshness> for Policies<PriceFreshness> {
    fn from(base: &PriceFreshness) -> Self {
        Self::new(base.clone(), base.ruled())
    }
}

impl<P> Policies<P> {
    /// `rules` as they are written: of two with the same precedence, the first wins.
    fn new(base: P, rules: Vec<(Selector, P)>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().map(|(selector, policy)| Rule { selector, policy }).collect();
        // Stable: equals stay in their order.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.selector.precedence));
        Self { base, rules }
    }

    /// The policy that holds for a question.
    pub fn of(&self, subject: Subject<'_>) -> &P {
        self.fitting(subject).next().map_or(&self.base, |rule| &rule.policy)
    }

    /// Which rule that is, and which others it beat.
    pub fn choice(&self, subject: Subject<'_>) -> Choice {
        let mut names = self.fitting(subject).map(|rule| rule.selector.name.clone());
        Choice { rule: names.next(), lost: names.collect() }
    }

    /// All policies that may hold.
    pub fn all(&self) -> impl Iterator<Item = &P> {
        std::iter::once(&self.base).chain(self.rules.iter().map(|rule| &rule.policy))
    }

    fn fitting(&self, subject: Subject<'_>) -> impl Iterator<Item = &Rule<P>> {
        self.rules.iter().filter(move |rule| fits(&rule.selector, subject))
    }
}

fn fits(selector: &Selector, subject: Subject<'_>) -> bool {
    let at_one_of = |patterns: &Vec<Glob>| {
        subject.location.is_some_and(|location| patterns.iter().any(|pattern| pattern.matches(location.as_str())))
    };
    let in_one_of = |stores: &BTreeSet<StoreName>| stores.contains(subject.store);
    selector.items.matches(subject.sku.as_str())
        && selector.locations.as_ref().is_none_or(at_one_of)
        && selector.stores.as_ref().is_none_or(in_one_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(text: &str) -> Policies<AvailabilityFreshness> {
        Policies::from(&toml::from_str::<AvailabilityFreshness>(text).unwrap())
    }

    fn chosen(policies: &Policies<AvailabilityFreshness>, store: &str, sku: &str, location: Option<&str>) -> Choice {
        let (store, sku, location) = (StoreName::from(store), Sku::from(sku), location.map(Location::from));
        policies.choice(Subject { store: &store, sku: &sku, location: location.as_ref() })
    }

    fn rule(text: &str) -> String {
        format!("[[rules]]\n{text}\nnegative_secs = 1\n")
    }

    #[test]
    fn f2_the_highest_precedence_wins_and_of_equals_the_one_written_first() {
        let text = rule("name = \"low\"\nitems = \"*\"\nprecedence = -1")
            + &rule("name = \"first\"\nitems = \"NW-*\"\nprecedence = 5")
            + &rule("name = \"second\"\nitems = \"NW-1*\"\nprecedence = 5")
            + &rule("name = \"off\"\nitems = \"*\"\nprecedence = 9\nenabled = false");
        let policies = policies(&text);
        let choice = chosen(&policies, "main", "NW-1014", None);
        assert_eq!(choice, Choice { rule: Some("first".into()), lost: vec!["second".into(), "low".into()] });
        assert_eq!(chosen(&policies, "main", "X", None).rule.as_deref(), Some("low"));
    }

    #[test]
    fn f2_a_rule_with_locations_or_stores_fits_only_there() {
        let policies = policies(&rule("name = \"here\"\nitems = \"*\"\nlocations = [\"B*\"]\nstores = [\"main\"]"));
        let fits = |store, location| chosen(&policies, store, "A", location).rule.is_some();
        assert!(fits("main", Some("BER")));
        assert!(!fits("main", Some("HAM")) && !fits("main", None) && !fits("other", Some("BER")));
    }

    #[test]
    fn f2_a_rule_changes_what_it_names_and_keeps_the_rest_of_the_base() {
        let text = "threshold = \"3\"\nstale_secs = 7\n".to_owned() + &rule("name = \"a\"\nitems = \"A\"\nfresh_below_secs = 0");
        let policies = policies(&text);
        let (store, sku) = (StoreName::from("main"), Sku::from("A"));
        let policy = policies.of(Subject { store: &store, sku: &sku, location: None });
        assert_eq!((policy.threshold, policy.stale_secs, policy.fresh_below_secs, policy.negative_secs), (3.into(), 7, 0, 1));
        assert!(policy.rules.is_empty());
    }
}
