//! Faults on the wire under reads: the true answer or a failure, never a made-up value; and an answer before the host ends the call.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use serde_json::Value;

use super::fault::Fault;
use super::finding::Kind;
use super::judge::{read_under, shown};
use super::run::{How, Run};
use crate::adapter::ask::Ask;
use crate::adapter::bench::Called;

/// Calls that wait at the same time. More would be ready at the same time, and late over each other.
const SIDE_BY_SIDE: usize = 4;

/// How the back end says that there is nothing, by what it answers to questions about what it does not have.
pub(super) async fn nothing(run: &Run<'_>, questions: Vec<Ask>) -> Vec<Bytes> {
    let mut said = Vec::new();
    for question in questions.into_iter().filter(|question| run.description.supports(question.name())) {
        let case = run.begin(question.name(), "nothing");
        said.extend(case.call(question, How::plain()).await.heard.iter().filter_map(|heard| heard.reply_body().cloned()));
    }
    said
}

/// Makes every fault at every request of every question, each in a call of its own.
pub(super) async fn reads(run: &Run<'_>, questions: &[Ask], nothing: &[Bytes]) {
    let mut stalls = Vec::new();
    for question in questions {
        let operation = question.name();
        if !run.description.supports(operation) || !run.wants(operation) {
            continue;
        }
        let case = run.begin(operation, "before faults");
        let clean = case.call(question.clone(), How::plain()).await;
        let Ok(answer) = &clean.outcome else {
            run.skip(operation, "faults on the wire", "it fails without faults");
            continue;
        };
        let places = clean.heard.len().min(run.plan.calls.fault_positions);
        for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Drip) {
            for place in (0..places).filter(|place| fault.fits(body_at(&clean, *place), nothing)) {
                one(run, question, answer, fault, place).await;
            }
        }
        stalls.extend((0..places).map(|place| (question, answer.clone(), place)));
    }
    // They mostly wait.
    let stalls = stalls.into_iter().map(|(question, answer, place)| async move { stalled(run, question, &answer, place).await });
    stream::iter(stalls).buffer_unordered(SIDE_BY_SIDE).collect::<()>().await;
}

async fn one(run: &Run<'_>, question: &Ask, clean: &Value, fault: Fault, place: usize) {
    let operation = question.name();
    let case = run.begin(operation, title(fault, place));
    let called = case.call(question.clone(), How::at(place, fault.act())).await;
    if called.heard.len() > place && called.ended.is_none() {
        case.found(read_under(fault, operation, &comparable(operation, clean), &comparable_outcome(operation, called)));
    }
    case.end();
}

/// A machine that is busy may be late once: the host has to end the call twice, the second time with twice the time.
async fn stalled(run: &Run<'_>, question: &Ask, clean: &Value, place: usize) {
    let operation = question.name();
    let case = run.begin(operation, title(Fault::Drip, place));
    let short = Duration::from_millis(run.plan.calls.short_deadline_ms);
    let how = |deadline| How { deadline: Some(deadline), may_be_ended: true, ..How::at(place, Fault::Drip.act()) };
    let mut called = case.call(question.clone(), how(short)).await;
    if is_out_of_time(&called) {
        called = case.call(question.clone(), how(short * 2)).await;
    }
    if let Some(message) = late(&called) {
        case.find(Kind::IgnoresDeadline, message);
    } else if called.ended.is_none() {
        case.found(read_under(Fault::Drip, operation, &comparable(operation, clean), &comparable_outcome(operation, called)));
    }
    case.end();
}

pub(super) fn title(fault: Fault, place: usize) -> String {
    format!("{}, request {}", fault.name(), place + 1)
}

pub(super) fn is_out_of_time(called: &Called) -> bool {
    matches!(called.ended, Some("cpu" | "wall"))
}

/// In words, when the host had to end the call.
pub(super) fn late(called: &Called) -> Option<String> {
    let took = called.took.as_millis();
    match called.ended? {
        "wall" => Some(format!(
            "no request was answered any more, and the adapter had not answered when its time was over ({took} ms); the host ended it"
        )),
        "cpu" => Some(format!(
            "no request was answered any more, and the adapter computed until its CPU time was spent ({took} ms); the host ended it"
        )),
        _ => None,
    }
}

fn body_at(called: &Called, place: usize) -> Option<&Bytes> {
    called.heard.get(place)?.reply_body()
}

/// Without what is the adapter's own: the cursor of a page.
fn comparable(operation: &str, answer: &Value) -> Value {
    match answer.get("items").filter(|_| operation.ends_with(".list")) {
        Some(items) => items.clone(),
        None => answer.clone(),
    }
}

fn comparable_outcome(operation: &str, called: Called) -> Result<Value, crate::domain::Failure> {
    called.outcome.map(|answer| comparable(operation, &answer))
}

/// Reads again over the same replies, and with a clock that is a day off.
pub(super) async fn repeats(run: &Run<'_>, questions: &[Ask]) {
    for question in questions {
        let operation = question.name();
        if !run.description.supports(operation) || !run.wants(operation) {
            continue;
        }
        let case = run.begin(operation, "the same again over the same replies");
        let first = case.call(question.clone(), How::plain()).await;
        let again = How { again: Some((first.heard.clone(), first.readings.clone())), ..How::plain() };
        let second = case.call(question.clone(), again).await;
        is_the_same(&first, &second).into_iter().for_each(|message| case.find(Kind::NotDeterministic, message));
        case.end();

        let case = run.begin(operation, "a clock that is a day ahead");
        let (day, first) = (Duration::from_secs(24 * 60 * 60), first.outcome);
        let later = case.call(question.clone(), How { ahead: day, ..How::plain() }).await.outcome;
        match (&first, &later) {
            (Ok(first), Ok(later))
                if super::judge::is_same_but_dates(&comparable(operation, first), &comparable(operation, later)) => {}
            (Err(_), _) => {}
            (Ok(first), later) => {
                let later = later.as_ref().map_or_else(ToString::to_string, shown);
                case.find(Kind::TrustsItsClock, format!("the answer was {}; with another clock it was {later}", shown(first)));
            }
        }
        case.end();
    }
}

fn is_the_same(first: &Called, second: &Called) -> Option<String> {
    let other = first.heard.iter().zip(&second.heard).find(|(one, other)| !one.asks_the_same(other));
    if let Some((one, other)) = other {
        return Some(format!("it asked {} and then {}", one.line(), other.line()));
    }
    if first.heard.len() != second.heard.len() {
        return Some(format!("it sent {} requests and then {}", first.heard.len(), second.heard.len()));
    }
    (first.outcome != second.outcome).then(|| {
        let told = |called: &Called| called.outcome.as_ref().map_or_else(ToString::to_string, shown);
        format!("it answered {} and then {}", told(first), told(second))
    })
}
