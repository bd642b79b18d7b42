//! Changes without a reference of ours: holding stock and giving it back, cancelling. What nobody can look up must at least be told truly.

use std::time::Duration;

use super::fault::Fault;
use super::finding::Kind;
use super::goods::Goods;
use super::judge;
use super::outages::{is_out_of_time, late, title};
use super::paper::{Paper, text};
use super::plain::answered;
use super::run::{Case, How, Run};
use crate::adapter::ask::Ask;
use crate::adapter::bench::Called;
use crate::adapter::operation::Release;

pub(super) async fn reservations(run: &Run<'_>, goods: &Goods<'_>) {
    let (reserve, release) = ("checkout.reserve", "checkout.release");
    if !run.description.supports(release) {
        run.skip(release, release, "not offered");
    }
    let is_tested = run.tests(reserve) || run.wants(release);
    if !is_tested || !run.description.supports(reserve) {
        return;
    }
    let case = run.begin(reserve, "stock is held for a cart");
    let called = case.call(goods.reserve(), How::plain()).await;
    let held = answered(&case, &called.outcome).and_then(|held| text(held, "id")).map(str::to_owned);
    case.end();
    let Some(held) = held else { return };
    if run.tests(release) {
        for title in ["stock is given back", "stock that is not held any more is given back"] {
            let case = run.begin(release, title);
            let called = case.call(give_back(&held), How::plain()).await;
            answered(&case, &called.outcome);
            case.end();
        }
    }
    if run.tests(reserve) {
        let places = called.heard.len().min(run.plan.calls.fault_positions);
        for (fault, place) in faults(places) {
            let case = run.begin(reserve, title(fault, place));
            let called = under(&case, goods.reserve(), fault, place).await;
            if let Some(held) = called.outcome.as_ref().ok().and_then(|held| text(held, "id")) {
                case.call(give_back(held), How::plain()).await;
            }
            case.end();
        }
    }
}

/// Cancels documents that are placed for it.
pub(super) async fn cancellations(run: &Run<'_>, goods: &Goods<'_>, paper: Paper) {
    let operation = paper.cancelling();
    if !run.description.supports(operation) || !run.description.supports(paper.submitting()) || !run.wants(operation) {
        return;
    }
    let case = run.begin(operation, "one that was just placed");
    let Some(number) = place(&case, goods, paper).await else {
        return case.skip("nothing can be placed that it could cancel");
    };
    let called = case.call(paper.cancel(goods.account(), &number), How::plain()).await;
    if let Some(document) = answered(&case, &called.outcome)
        && text(document, "number") != Some(&number)
    {
        case.find(Kind::AnswersForOtherItem, format!("the answer is {:?}; expected {number}", text(document, "number")));
    }
    let places = called.heard.len().min(run.plan.calls.fault_positions);
    let works = called.outcome.is_ok();
    case.end();
    for (fault, position) in faults(places).filter(|_| works) {
        let case = run.begin(operation, title(fault, position));
        if let Some(number) = place(&case, goods, paper).await {
            under(&case, paper.cancel(goods.account(), &number), fault, position).await;
        }
        case.end();
    }
}

fn faults(places: usize) -> impl Iterator<Item = (Fault, usize)> {
    Fault::FOR_CHANGES.into_iter().flat_map(move |fault| (0..places).map(move |place| (fault, place)))
}

async fn under(case: &Case<'_>, ask: Ask, fault: Fault, place: usize) -> Called {
    let short = Duration::from_millis(case.run.plan.calls.short_deadline_ms);
    let how = |deadline: Duration| {
        let is_drip = fault == Fault::Drip;
        How { deadline: is_drip.then_some(deadline), may_be_ended: is_drip, ..How::at(place, fault.act()) }
    };
    let mut called = case.call(ask.clone(), how(short)).await;
    if fault == Fault::Drip && is_out_of_time(&called) {
        called = case.call(ask, how(short * 2)).await;
    }
    if let Some(message) = late(&called).filter(|_| fault == Fault::Drip) {
        case.find(Kind::IgnoresDeadline, message);
    }
    if let (Err(failure), Some(said)) = (&called.outcome, called.said) {
        case.found(judge::change_said(fault, failure, said, false));
    }
    called
}

async fn place(case: &Case<'_>, goods: &Goods<'_>, paper: Paper) -> Option<String> {
    let reference = case.reference(paper.letter());
    let called = case.call(paper.submit(goods, goods.account(), &reference), How::plain()).await;
    called.outcome.as_ref().ok().and_then(|accepted| text(accepted, "number")).map(str::to_owned)
}

fn give_back(reservation: &str) -> Ask {
    Ask::Release(Release { reservation: reservation.to_owned() })
}
