//! The verdict finds what it is there to find: sound facts, each spoiled in one way.

use super::*;
use crate::facts::{Attempt, Kill, Passage, Pause, Reserved, Story, Taken, Transfer, Try};

/// One order that was confirmed at the second attempt, one that is parked, one that was refused, and a reservation of a request over which
/// a host died.
fn sound() -> Facts {
    let story = |cart: usize, account: &str, reference: &str| Story {
        cart,
        account: account.to_owned(),
        reference: Some(reference.to_owned()),
        answers: vec![format!("{{{reference}}}"); 2],
        ..Story::default()
    };
    let transfer = |id: i64, account: &str, reference: &str, state: &str, timeline: Vec<Attempt>| Transfer {
        id,
        reference: reference.to_owned(),
        operation: "submit-order".to_owned(),
        account: account.to_owned(),
        state: state.to_owned(),
        attempts: timeline.iter().filter(|line| line.kind == "send").count() as i64,
        lookups: timeline.iter().filter(|line| line.kind == "look-up").count() as i64,
        timeline,
        ..Transfer::default()
    };
    let confirmed = vec![line(1, "send", 10, "unknown"), line(2, "look-up", 20, "queued"), line(3, "send", 30, "confirmed")];
    let mut facts = Facts {
        stories: vec![story(1, "A", "O1"), story(2, "A", "O2"), story(3, "X", "O3")],
        taken: vec![taken("SO-1", "O1", "A", 1)],
        transfers: vec![
            Transfer { number: Some("SO-1".to_owned()), ..transfer(1, "A", "O1", "confirmed", confirmed) },
            Transfer {
                last_failure: Some("why".to_owned()),
                held: Some("RS-2".to_owned()),
                ..transfer(2, "A", "O2", "parked", vec![line(1, "send", 40, "parked")])
            },
            transfer(3, "X", "O3", "rejected", vec![line(1, "send", 50, "rejected")]),
        ],
        reserved: vec![Reserved { id: "RS-2".to_owned(), cart: 2 }, Reserved { id: "RS-9".to_owned(), cart: 3 }],
        kills: vec![Kill { host: 0, at: 100 }],
        pauses: vec![],
        crashes: 0,
        passages: vec![Passage { replies: vec![(201, Some("RS-9".to_owned()))], was_answered: true, ..Passage::default() }],
        parked: [("O2".to_owned(), "why".to_owned())].into(),
        blocked: ["X".to_owned()].into(),
        listed: [("A".to_owned(), ["O1".to_owned(), "O2".to_owned()].into()), ("X".to_owned(), ["O3".to_owned()].into())].into(),
        ..Facts::default()
    };
    let told = "the connection broke".to_owned();
    facts.stories[2].tries.push(Try { request: "checkout", host: 0, began: 90, ended: 110, told, was_answered: false });
    facts
}

fn line(number: i64, kind: &str, started: i64, outcome: &str) -> Attempt {
    Attempt { number, kind: kind.to_owned(), started, ended: Some(started + 5), outcome: Some(outcome.to_owned()) }
}

fn taken(number: &str, reference: &str, account: &str, cart: usize) -> Taken {
    Taken { number: number.to_owned(), reference: Some(reference.to_owned()), account: account.to_owned(), cart }
}

/// The rules that are broken once the facts are spoiled.
fn broken(spoil: impl FnOnce(&mut Facts)) -> Vec<&'static str> {
    let mut facts = sound();
    spoil(&mut facts);
    let mut rules: Vec<_> = verdict(&facts).into_iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

#[test]
fn sound_facts_are_found_sound() {
    assert_eq!(verdict(&sound()), vec![]);
}

#[test]
fn t4_an_order_that_is_there_twice_is_found_by_reference_and_by_content() {
    assert_eq!(broken(|facts| facts.taken.push(taken("SO-2", "O1", "A", 1))), ["t1_acknowledged", "t4_twice"]);
    assert_eq!(broken(|facts| facts.taken.push(taken("SO-2", "O9", "A", 1))), ["t4_twice", "c2_nobody"]);
    assert_eq!(
        broken(|facts| facts.taken.extend([taken("SO-2", "O2", "A", 2), taken("SO-3", "O2", "A", 2)])),
        ["t1_acknowledged", "t4_twice"],
        "also a parked one"
    );
}

#[test]
fn t1_an_order_that_was_dropped_is_found() {
    assert_eq!(broken(|facts| facts.taken.clear()), ["t1_acknowledged"], "confirmed and not there");
    assert_eq!(broken(|facts| drop(facts.transfers.remove(1))), ["t1_acknowledged"], "not in the store");
    let stuck = |facts: &mut Facts| facts.transfers[1].state = "queued".to_owned();
    assert_eq!(broken(stuck), ["t1_acknowledged", "c4_held_in_vain"], "never settled");
}

#[test]
fn an_order_that_is_parked_or_refused_without_a_reason_is_found() {
    assert_eq!(broken(|facts| facts.transfers[1].last_failure = None), ["t1_acknowledged"]);
    assert_eq!(broken(|facts| facts.parked.clear()), ["t1_acknowledged"]);
    assert_eq!(broken(|facts| facts.blocked.clear()), ["t1_acknowledged"]);
    assert_eq!(broken(|facts| facts.taken.push(taken("SO-3", "O3", "X", 3))), ["t1_acknowledged"]);
}

#[test]
fn an_order_under_another_number_or_of_another_content_is_found() {
    assert_eq!(broken(|facts| facts.transfers[0].number = Some("SO-7".to_owned())), ["t1_acknowledged"]);
    assert_eq!(broken(|facts| facts.taken[0].cart = 7), ["t1_acknowledged"]);
    assert_eq!(broken(|facts| facts.taken[0].account = "B".to_owned()), ["t1_acknowledged"]);
}

#[test]
fn a2_another_answer_to_the_same_key_is_found() {
    assert_eq!(broken(|facts| facts.stories[0].answers[1] = "{O8}".to_owned()), ["a2_same_answer"]);
    assert_eq!(broken(|facts| facts.stories[0].complaints.push("404".to_owned())), ["customers"]);
}

#[test]
fn h3_an_order_that_another_account_sees_is_found_and_one_that_its_own_does_not() {
    let shown = |facts: &mut Facts| facts.listed.get_mut("X").unwrap().insert("O1".to_owned());
    assert_eq!(broken(|facts| assert!(shown(facts))), ["h3_strangers"]);
    assert_eq!(broken(|facts| facts.strangers.push("X can read O1".to_owned())), ["h3_strangers"]);
    assert_eq!(broken(|facts| assert!(facts.listed.get_mut("A").unwrap().remove("O1"))), ["h1_list"]);
}

#[test]
fn t4_a_send_that_no_proof_of_absence_precedes_is_found() {
    let unproved = |facts: &mut Facts| facts.transfers[0].timeline[1].outcome = Some("unknown".to_owned());
    assert_eq!(broken(unproved), ["t4_timeline"]);
    assert_eq!(broken(|facts| facts.transfers[0].attempts = 3), ["t4_timeline"]);
    assert_eq!(broken(|facts| facts.transfers[0].timeline[2].outcome = Some("queued".to_owned())), ["t4_timeline"]);
    assert_eq!(broken(|facts| facts.transfers[0].timeline[1].number = 4), ["t4_timeline"]);
}

#[test]
fn t6_two_orders_of_an_account_at_the_same_time_are_found() {
    assert_eq!(broken(|facts| facts.transfers[1].timeline[0].started = 32), ["t6_one_at_a_time"]);
}

#[test]
fn c4_stock_that_is_held_for_nobody_is_found() {
    assert_eq!(broken(|facts| facts.kills.clear()), ["c4_held_in_vain"], "nobody died over it");
    assert_eq!(broken(|facts| facts.kills[0].at = 9_000), ["c4_held_in_vain"], "nor at that time");
    let pause = |host| Pause { host, from: 0, until: 9_000 };
    let stood_still = |host: usize| {
        move |facts: &mut Facts| {
            facts.kills.clear();
            facts.pauses.push(pause(host));
        }
    };
    assert_eq!(broken(stood_still(0)), [] as [&str; 0], "it stood still over it");
    assert_eq!(broken(stood_still(1)), ["c4_held_in_vain"], "another one did");
    let forgotten = |facts: &mut Facts| facts.sealed.insert("RS-9".to_owned());
    assert_eq!(broken(|facts| assert!(forgotten(facts))), ["c4_held_in_vain"], "its checkout is known");
    let of_confirmed = Reserved { id: "RS-1".to_owned(), cart: 1 };
    let spoil = |facts: &mut Facts| {
        facts.transfers[0].held = Some("RS-1".to_owned());
        facts.reserved.push(of_confirmed);
    };
    assert_eq!(broken(spoil), ["c4_held_in_vain"], "its order is confirmed");
}

#[test]
fn c4_stock_that_no_host_ever_heard_of_is_the_back_ends_own_to_end() {
    let unheard = |facts: &mut Facts| {
        facts.kills.clear();
        facts.passages[0].was_answered = false;
    };
    assert_eq!(broken(unheard), Vec::<&str>::new());
    let too_late = |facts: &mut Facts| {
        facts.kills.clear();
        (facts.passages[0].at, facts.passages[0].took) = (95, 30);
    };
    assert_eq!(broken(too_late), Vec::<&str>::new(), "the host had given up by then");
    let in_time = |facts: &mut Facts| {
        facts.kills.clear();
        (facts.passages[0].at, facts.passages[0].took) = (95, 10);
    };
    assert_eq!(broken(in_time), ["c4_held_in_vain"]);
}
