//! Rules of `[freshness]`: each must be able to fit something and to change something, under a name of its own.

use std::collections::BTreeSet;

use super::Checker;
use crate::config::{Config, Glob, Selector};

/// Most rules of one kind: each is looked at for each item that is asked.
const MAX_RULES: usize = 200;
/// Longest name of a rule, in characters.
const MAX_NAME: usize = 64;

impl Checker<'_, '_> {
    pub(super) fn freshness(&mut self, config: &Config) {
        let freshness = &config.freshness;
        let rules = freshness.availability.rules.iter().map(|rule| (rule.selector(), rule.changes_nothing()));
        self.rules(config, "availability", &rules.collect::<Vec<_>>());
        let rules = freshness.offer_prices.rules.iter().map(|rule| (rule.selector(), rule.changes_nothing()));
        self.rules(config, "offer_prices", &rules.collect::<Vec<_>>());
    }

    fn rules(&mut self, config: &Config, kind: &str, rules: &[(Selector, bool)]) {
        if rules.len() > MAX_RULES {
            let message = format!("has {} rules; at most {MAX_RULES} are taken: join some by their patterns", rules.len());
            self.report(&["freshness", kind, "rules"], "C029", message);
            return;
        }
        let mut names = BTreeSet::new();
        for (index, (rule, changes_nothing)) in rules.iter().enumerate() {
            let (index, name) = (index.to_string(), &rule.name);
            let path = |option| ["freshness", kind, "rules", index.as_str(), option];
            if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
                self.report(&path("name"), "C028", format!("must have 1 to {MAX_NAME} characters and no control characters"));
            }
            if !names.insert(name) {
                self.report(&path("name"), "C028", format!("two rules are named {name:?}: give each its own name"));
            }
            self.pattern(&path("items"), &rule.items);
            for location in rule.locations.iter().flatten() {
                self.pattern(&path("locations"), location);
            }
            if rule.locations.as_ref().is_some_and(Vec::is_empty) {
                self.report(&path("locations"), "C026", "is empty, so the rule fits nothing: leave it out for any location");
            }
            if rule.stores.as_ref().is_some_and(BTreeSet::is_empty) {
                self.report(&path("stores"), "C026", "is empty, so the rule fits nothing: leave it out for every store");
            }
            for unknown in rule.stores.iter().flatten().filter(|store| !config.stores.contains_key(*store)) {
                let known = config.stores.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                self.report(&path("stores"), "C025", format!("there is no store {unknown:?}; there are: {known}"));
            }
            if *changes_nothing {
                let message =
                    format!("the rule {name:?} changes nothing: set an option of [freshness.{kind}] in it, or remove it");
                self.report(&["freshness", kind, "rules", index.as_str()], "C027", message);
            }
        }
    }

    fn pattern(&mut self, path: &[&str], pattern: &Glob) {
        let text = pattern.as_str();
        if text.is_empty() {
            self.report(path, "C026", "an empty pattern fits nothing: write `*` for everything");
        } else if text.chars().count() > Glob::MAX {
            self.report(path, "C026", format!("a pattern has at most {} characters", Glob::MAX));
        }
    }
}
