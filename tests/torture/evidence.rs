//! What belongs to a finding, in the order in which it happened.

use std::fmt::Write as _;

use crate::facts::{Facts, Passage, Story, Transfer};
use crate::verdict::Finding;

/// Most findings whose whole story is told.
const TOLD: usize = 5;

pub(crate) fn report(findings: &[Finding], facts: &Facts) -> String {
    let mut report = format!("{} findings\n", findings.len());
    for finding in findings {
        let _ = writeln!(report, "* {finding}");
    }
    for finding in findings.iter().take(TOLD) {
        let _ = writeln!(report, "\n== {finding}");
        tell(&mut report, finding, facts);
    }
    report
}

fn tell(report: &mut String, finding: &Finding, facts: &Facts) {
    let of_cart = |story: &&Story| Some(story.cart) == finding.cart;
    let of_reference = |story: &&Story| finding.reference.is_some() && story.reference == finding.reference;
    let story = facts.stories.iter().find(of_cart).or_else(|| facts.stories.iter().find(of_reference));
    let cart = finding.cart.or(story.map(|story| story.cart));
    let reference = finding.reference.clone().or_else(|| story.and_then(|story| story.reference.clone()));
    let mut lines: Vec<(u64, String)> = Vec::new();
    for attempt in story.iter().flat_map(|story| &story.tries) {
        let line =
            format!("customer to host {}: {} → {} (until {} ms)", attempt.host, attempt.request, attempt.told, attempt.ended);
        lines.push((attempt.began, line));
    }
    let is_about =
        |passage: &&Passage| (cart.is_some() && passage.cart == cart) || (reference.is_some() && passage.reference == reference);
    for passage in facts.passages.iter().filter(is_about) {
        let Passage { request, fate, replies, was_answered, took, .. } = passage;
        lines.push((passage.at, format!("network: {request}: {fate}, {replies:?}, answered: {was_answered}, {took} ms")));
    }
    if let Some(story) = story {
        let hosts: Vec<_> = story.tries.iter().map(|attempt| attempt.host).collect();
        let until = story.tries.last().map_or(0, |attempt| attempt.ended + 20_000);
        let from = story.tries.first().map_or(0, |attempt| attempt.began);
        let near = facts.kills.iter().filter(|kill| hosts.contains(&kill.host) && (from..until).contains(&kill.at));
        lines.extend(near.map(|kill| (kill.at, format!("host {} is killed", kill.host))));
    }
    lines.sort();
    for (at, line) in lines {
        let _ = writeln!(report, "{at:>8} ms {line}");
    }
    let is_its = |transfer: &&Transfer| Some(&transfer.reference) == reference.as_ref();
    for transfer in facts.transfers.iter().filter(is_its) {
        let _ = writeln!(report, "store: {transfer:#?}");
    }
    for order in
        facts.taken.iter().filter(|order| Some(order.cart) == cart || (reference.is_some() && order.reference == reference))
    {
        let _ = writeln!(report, "back end: {order:?}");
    }
    for held in facts.reserved.iter().filter(|held| Some(held.cart) == cart) {
        let _ = writeln!(report, "back end: {held:?}");
    }
    let Some(reference) = reference else { return };
    for line in facts.logs.iter().flat_map(|log| log.lines()).filter(|line| line.contains(&reference)) {
        let _ = writeln!(report, "log: {line}");
    }
}
