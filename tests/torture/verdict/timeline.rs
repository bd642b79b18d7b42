//! What each transfer has gone through (rules T3, T4, T6).

use std::collections::BTreeMap;

use super::Finding;
use crate::facts::{Attempt, Facts, Transfer};

pub(super) fn timelines_are_legal(facts: &Facts) -> Vec<Finding> {
    let orders = facts.transfers.iter().filter(|transfer| transfer.operation == "submit-order");
    let wrong =
        orders.filter_map(|transfer| Some(Finding::of_reference("t4_timeline", &transfer.reference, fault_of(transfer)?)));
    wrong.collect()
}

fn fault_of(transfer: &Transfer) -> Option<String> {
    let timeline = &transfer.timeline;
    if let Some(line) = timeline.iter().zip(1..).find_map(|(line, number)| (line.number != number).then_some(line)) {
        return Some(format!("line {} is out of order", line.number));
    }
    let count = |kind: &str| timeline.iter().filter(|line| line.kind == kind).count() as i64;
    if (count("send"), count("look-up")) != (transfer.attempts, transfer.lookups) {
        return Some(format!("{} attempts and {} look-ups are counted", transfer.attempts, transfer.lookups));
    }
    if let Some(pair) = timeline.windows(2).find(|pair| !may_follow(transfer, &pair[0], &pair[1])) {
        return Some(format!("{:?} follows {:?}", pair[1], pair[0]));
    }
    let confirmed = timeline.iter().filter(|line| line.outcome.as_deref() == Some("confirmed")).count();
    let is_last = timeline.last().is_some_and(|line| line.outcome.as_deref() == Some("confirmed"));
    match transfer.state.as_str() {
        "confirmed" if confirmed == 1 && is_last => None,
        "confirmed" => Some(format!("it is confirmed, and {confirmed} lines say so")),
        _ if confirmed > 0 => Some(format!("it is {}, and was confirmed", transfer.state)),
        _ => None,
    }
}

/// Nothing is sent while it may have been taken, and nothing is looked for that was not sent.
fn may_follow(transfer: &Transfer, before: &Attempt, after: &Attempt) -> bool {
    let in_time = after.started >= before.ended.unwrap_or(before.started);
    let in_turn = match (before.outcome.as_deref(), after.kind.as_str()) {
        (Some("queued"), "send") | (Some("unknown"), "look-up") => true,
        (Some("parked"), _) => transfer.was_resent,
        _ => false,
    };
    in_time && in_turn
}

/// Two orders of one account are never on their way to the back end at the same time.
pub(super) fn one_order_of_an_account_at_a_time(facts: &Facts) -> Vec<Finding> {
    let mut sends = BTreeMap::<&str, Vec<(&Attempt, &Transfer)>>::new();
    for transfer in facts.transfers.iter().filter(|transfer| transfer.operation == "submit-order") {
        let sent = transfer.timeline.iter().filter(|line| line.kind == "send");
        sends.entry(&transfer.account).or_default().extend(sent.map(|line| (line, transfer)));
    }
    let mut findings = Vec::new();
    for lines in sends.values_mut() {
        lines.sort_by_key(|(line, _)| line.started);
        let overlap = |pair: &&[(&Attempt, &Transfer)]| pair[0].0.ended.is_some_and(|ended| pair[1].0.started < ended);
        findings.extend(lines.windows(2).filter(overlap).map(|pair| {
            Finding::of_reference(
                "t6_one_at_a_time",
                &pair[1].1.reference,
                format!("it was sent before {} was done", pair[0].1.reference),
            )
        }));
    }
    findings
}
