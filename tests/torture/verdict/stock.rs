//! Stock that the back end still holds when everything is settled (rule C4). What a host knows of is given back or belongs to an order. What
//! no host knows of can only be what one never heard of, or died or stood still over before it was committed: that ends by itself.

use super::Finding;
use crate::facts::{Facts, Passage, Reserved, Try};

/// How long after a host's death its customers may notice.
const NOTICED_LATE_MS: u64 = 1_500;
/// For how long a host may be giving stock back that its store could not note.
const GIVES_BACK_MS: u64 = 40_000;

pub(crate) fn nothing_is_held_in_vain(facts: &Facts) -> Vec<Finding> {
    let judged = facts.reserved.iter().filter_map(|held| {
        let why = why_in_vain(facts, held)?;
        Some(Finding::of_cart("c4_held_in_vain", held.cart, format!("{} is held: {why}", held.id)))
    });
    judged.collect()
}

/// Nothing when there is a good reason for it.
fn why_in_vain(facts: &Facts, held: &Reserved) -> Option<String> {
    let transfers = facts.transfers.iter().filter(|transfer| transfer.held.as_deref() == Some(&held.id));
    let mut states: Vec<_> = transfers.map(|transfer| (transfer.operation.as_str(), transfer.state.as_str())).collect();
    states.sort_unstable();
    if states.contains(&("submit-order", "parked")) {
        return None;
    }
    // A release that was tried in vain for too often is given up: the reservation ends by itself.
    if states.contains(&("release-reservation", "rejected")) {
        return None;
    }
    if !states.is_empty() {
        return Some(format!("{states:?}"));
    }
    if facts.sealed.contains(&held.id) {
        return Some("its checkout is over, and it is not given back".to_owned());
    }
    let is_excused = !was_heard_of(facts, held) || died_over(facts, held) || stood_still_over(facts, held);
    (!is_excused).then(|| "no host knows of it, and none died or stood still over it".to_owned())
}

/// Whether the back end's reply that told of it went to a host.
fn was_heard_of(facts: &Facts, held: &Reserved) -> bool {
    facts.passages.iter().any(|passage| {
        let last = passage.replies.last().and_then(|(_, made)| made.as_ref());
        passage.was_answered && !came_too_late(facts, held, passage) && last == Some(&held.id)
    })
}

/// Whether the host had given up on the reply, and told its customer so, before it came.
fn came_too_late(facts: &Facts, held: &Reserved, passage: &Passage) -> bool {
    let asked_in = |attempt: &&Try| (attempt.began..=attempt.ended).contains(&passage.at);
    tries(facts, held).filter(asked_in).any(|attempt| passage.at + passage.took > attempt.ended)
}

/// Whether a host was ended while it worked on a request about this cart, or gave stock back that it could not note.
fn died_over(facts: &Facts, held: &Reserved) -> bool {
    tries(facts, held).any(|attempt| {
        let after = match attempt.told.contains("store_unavailable") {
            true => GIVES_BACK_MS,
            false if attempt.was_answered => return false,
            false => NOTICED_LATE_MS,
        };
        let while_it_ran = attempt.began..=attempt.ended + after;
        facts.kills.iter().any(|kill| kill.host == attempt.host && while_it_ran.contains(&kill.at))
    })
}

/// Whether a host stood still while it worked on a request about this cart: a reply that lay there meanwhile came after its deadline.
fn stood_still_over(facts: &Facts, held: &Reserved) -> bool {
    let stood_still = |attempt: &Try| {
        facts.pauses.iter().any(|pause| pause.host == attempt.host && pause.from <= attempt.ended && attempt.began <= pause.until)
    };
    tries(facts, held).filter(|attempt| !attempt.was_answered).any(stood_still)
}

fn tries<'a>(facts: &'a Facts, held: &Reserved) -> impl Iterator<Item = &'a Try> {
    let cart = held.cart;
    facts.stories.iter().filter(move |story| story.cart == cart).flat_map(|story| &story.tries)
}
