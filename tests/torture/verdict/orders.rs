//! Every acknowledged order is in the back end exactly once, or visibly given up (rules T1, T2, T4).

use std::collections::BTreeMap;

use super::Finding;
use crate::facts::{Facts, Story, Taken, Transfer};

pub(super) fn acknowledged_orders(facts: &Facts) -> Vec<Finding> {
    let acknowledged = facts.stories.iter().filter_map(|story| Some((story, story.reference.as_deref()?)));
    acknowledged.filter_map(|(story, reference)| judge(facts, story, reference)).collect()
}

fn judge(facts: &Facts, story: &Story, reference: &str) -> Option<Finding> {
    let finding =
        |text: String| Some(Finding { cart: Some(story.cart), ..Finding::of_reference("t1_acknowledged", reference, text) });
    let Some(transfer) = facts.carrier(reference) else {
        return finding("it was acknowledged, and the host does not know it".to_owned());
    };
    let there: Vec<_> = facts.taken.iter().filter(|order| order.reference.as_deref() == Some(reference)).collect();
    let is_blocked = facts.blocked.contains(&story.account);
    match (transfer.state.as_str(), there.as_slice()) {
        ("confirmed" | "linked", [one]) => is_not_it(story, transfer, one).and_then(finding),
        ("confirmed" | "linked", []) => finding(format!("it is {} and not in the back end", transfer.state)),
        ("rejected", []) if is_blocked => None,
        ("rejected", _) => finding(format!("it is rejected, and the back end has it {} times", there.len())),
        ("parked", [] | [_]) => is_not_visible(facts, transfer).and_then(finding),
        ("abandoned", []) => None,
        (state, there) => finding(format!("it is {state}, and {} times in the back end", there.len())),
    }
}

fn is_not_it(story: &Story, transfer: &Transfer, order: &Taken) -> Option<String> {
    if order.cart != story.cart || order.account != story.account {
        return Some(format!("cart {} of {} came to the back end as {order:?}", story.cart, story.account));
    }
    let is_known = transfer.number.as_ref() == Some(&order.number);
    (!is_known).then(|| format!("the back end calls it {}, the host {:?}", order.number, transfer.number))
}

fn is_not_visible(facts: &Facts, transfer: &Transfer) -> Option<String> {
    // One that a person sent again and that was given up once more is not in the list that was taken before.
    let is_shown = facts.parked.get(&transfer.reference).is_some_and(|reason| !reason.is_empty());
    let has_reason = transfer.last_failure.is_some();
    (!has_reason || !(is_shown || transfer.was_resent)).then(|| "it is parked, and nobody is told why".to_owned())
}

/// By reference, and by content: an order that was sent under another reference is doubled as well.
pub(super) fn no_order_twice(facts: &Facts) -> Vec<Finding> {
    let mut by_cart = BTreeMap::<usize, Vec<&Taken>>::new();
    facts.taken.iter().for_each(|order| by_cart.entry(order.cart).or_default().push(order));
    let mut by_reference = BTreeMap::<&str, Vec<&Taken>>::new();
    for order in &facts.taken {
        by_reference.entry(order.reference.as_deref().unwrap_or("none")).or_default().push(order);
    }
    let twice = |orders: &[&Taken]| orders.len() > 1;
    let carts = by_cart.into_iter().filter(|(_, orders)| twice(orders));
    let references = by_reference.into_iter().filter(|(_, orders)| twice(orders));
    carts
        .map(|(cart, orders)| {
            Finding::of_cart("t4_twice", cart, format!("its content is in the back end as {}", numbers(&orders)))
        })
        .chain(references.map(|(reference, orders)| {
            Finding::of_reference("t4_twice", reference, format!("it is in the back end as {}", numbers(&orders)))
        }))
        .collect()
}

fn numbers(orders: &[&Taken]) -> String {
    orders.iter().map(|order| order.number.as_str()).collect::<Vec<_>>().join(" and ")
}

/// Nor does the host hold one that no customer knows of.
pub(super) fn no_order_that_nobody_placed(facts: &Facts) -> Vec<Finding> {
    let is_placed = |reference: &str| facts.stories.iter().any(|story| story.reference.as_deref() == Some(reference));
    let captured = facts.transfers.iter().filter(|transfer| transfer.operation == "submit-order");
    let unknown = captured.filter(|transfer| !is_placed(&transfer.reference));
    let unknown = unknown.map(|transfer| Finding::of_reference("c2_nobody", &transfer.reference, "no customer was told of it"));
    let strange = facts.taken.iter().filter(|order| !order.reference.as_deref().is_some_and(is_placed));
    let strange = strange.map(|order| Finding::of_cart("c2_nobody", order.cart, format!("{} came from no order", order.number)));
    unknown.chain(strange).collect()
}
