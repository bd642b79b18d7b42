//! Many items in few requests, although one bad item refuses the whole request that it is in (rule F9): a refused request is asked again without the
//! item that it names, or in halves, until the bad item stands alone.

use crate::failure::code;
use crate::types::Failure;
use std::collections::VecDeque;

/// Places of the items of one request in the caller's list.
pub type Group = Vec<usize>;

/// Why a whole request has no answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub failure: Failure,
    /// Which item of the request it names, counted from zero.
    pub item: Option<usize>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Refusal { failure, item: None }
    }
}

/// One answer for each of `count` items, in their order. `send` sends these groups at once, and gives for each the answers of its items or why there
/// are none. No more than `most_requests` are sent; halving fifty items down to one bad one takes twelve.
pub fn ask<T>(
    count: usize,
    groups: Vec<Group>,
    most_requests: usize,
    mut send: impl FnMut(&[Group]) -> Vec<Result<Vec<Result<T, Failure>>, Refusal>>,
) -> Vec<Result<T, Failure>> {
    let unanswered = || Err(Failure::unavailable("The back end was asked too often for one call; ask for fewer items."));
    let mut answers: Vec<Result<T, Failure>> = (0..count).map(|_| unanswered()).collect();
    let (mut waiting, mut sent) = (VecDeque::from(groups), 0);
    while !waiting.is_empty() && sent < most_requests {
        let now: Vec<Group> = waiting.drain(..waiting.len().min(most_requests - sent)).collect();
        sent += now.len();
        for (group, reply) in now.iter().zip(send(&now)) {
            match reply {
                Ok(found) => group.iter().zip(found).for_each(|(place, answer)| set(&mut answers, *place, answer)),
                Err(refusal) => waiting.extend(split(group.clone(), refusal, &mut answers)),
            }
        }
    }
    answers
}

/// What to ask again. Only a refusal is of an item; any other failure is every item's.
fn split<T>(mut group: Group, refusal: Refusal, answers: &mut [Result<T, Failure>]) -> Vec<Group> {
    let Refusal { failure, item } = refusal;
    let is_of_an_item = matches!(failure.code.as_str(), code::REJECTED | code::NOT_FOUND);
    if !is_of_an_item || group.len() == 1 {
        group.into_iter().for_each(|place| set(answers, place, Err(failure.clone())));
        return Vec::new();
    }
    if let Some(named) = item.filter(|item| *item < group.len()) {
        set(answers, group.remove(named), Err(failure));
        return vec![group];
    }
    let rest = group.split_off(group.len() / 2);
    vec![group, rest]
}

fn set<T>(answers: &mut [Result<T, Failure>], place: usize, answer: Result<T, Failure>) {
    if let Some(slot) = answers.get_mut(place) {
        *slot = answer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for eight items, of which 5 is bad; `named` says whether the back end tells which one.
    fn asked(named: bool, failure: Failure, most_requests: usize) -> (Vec<Result<usize, Failure>>, usize) {
        let mut requests = 0;
        let answers = ask(8, vec![(0..8).collect()], most_requests, |groups| {
            requests += groups.len();
            let answer = |group: &Group| match group.iter().position(|place| *place == 5) {
                Some(bad) => Err(Refusal { failure: failure.clone(), item: named.then_some(bad) }),
                None => Ok(group.iter().map(|place| Ok(*place)).collect()),
            };
            groups.iter().map(answer).collect()
        });
        (answers, requests)
    }

    #[test]
    fn f9_a_bad_item_fails_alone() {
        for (named, requests) in [(true, 2), (false, 7)] {
            let (answers, sent) = asked(named, Failure::rejected("no"), 24);
            assert_eq!(sent, requests);
            for (place, answer) in answers.into_iter().enumerate() {
                assert_eq!(answer.is_err(), place == 5, "{place}");
            }
        }
    }

    #[test]
    fn what_is_no_refusal_is_every_item_s_and_is_not_asked_again() {
        let (answers, sent) = asked(false, Failure::unavailable("down"), 24);
        assert_eq!((sent, answers.iter().filter(|answer| answer.is_err()).count()), (1, 8));
    }

    #[test]
    fn requests_are_bounded() {
        let (answers, sent) = asked(false, Failure::rejected("no"), 3);
        assert_eq!(sent, 3);
        let open: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
        assert_eq!(open.len(), 4);
        assert!(open.iter().all(|failure| failure.is("unavailable") && failure.message.contains("fewer items")));
    }
}
