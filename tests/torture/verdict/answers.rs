//! What customers were told and shown (rules A2, H3).

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::facts::Facts;

/// No answer that should not have been, and the same answer to the same key each time.
pub(super) fn customers_were_told_the_truth(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for story in &facts.stories {
        let complaint = |text: &String| Finding::of_cart("customers", story.cart, text.clone());
        findings.extend(story.complaints.iter().map(complaint));
        let different: BTreeSet<_> = story.answers.iter().collect();
        if different.len() > 1 {
            findings.push(Finding::of_cart(
                "a2_same_answer",
                story.cart,
                format!("the same key was answered with {different:?}"),
            ));
        }
    }
    findings
}

/// All of their own, and nothing else.
pub(super) fn everybody_sees_only_their_own(facts: &Facts) -> Vec<Finding> {
    let mut own = BTreeMap::<&str, BTreeSet<&str>>::new();
    for story in &facts.stories {
        own.entry(&story.account).or_default().extend(story.reference.as_deref());
    }
    let nothing = BTreeSet::new();
    let mut findings: Vec<_> = facts
        .strangers
        .iter()
        .map(|text| Finding { rule: "h3_strangers", cart: None, reference: None, text: text.clone() })
        .collect();
    for (account, listed) in &facts.listed {
        let own = own.get(account.as_str()).unwrap_or(&nothing);
        let listed: BTreeSet<_> = listed.iter().map(String::as_str).collect();
        let foreign = listed.difference(own);
        findings
            .extend(foreign.map(|reference| Finding::of_reference("h3_strangers", reference, format!("{account} is shown it"))));
        let missing = own.difference(&listed);
        findings
            .extend(missing.map(|reference| Finding::of_reference("h1_list", reference, format!("{account} is not shown it"))));
    }
    findings
}
