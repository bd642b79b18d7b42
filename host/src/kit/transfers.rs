//! Faults on the wire while an order or quote is handed over (rule T4): whatever happens, the back end has it exactly once in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fault::Fault;
use super::finding::Kind;
use super::goods::Goods;
use super::judge;
use super::outages::{is_out_of_time, late, title};
use super::paper::{Paper, documents, text};
use super::run::{Case, How, Run};
use super::settle::{Settled, Transfer};
use crate::adapter::bench::Called;
use crate::domain::Deduplication;

/// Documents that are looked through for new ones.
const NEWEST: u32 = 50;

/// Faults at every request of a submit, each with a document of its own.
pub(super) async fn submits(run: &Run<'_>, goods: &Goods<'_>, paper: Paper) {
    let operation = paper.submitting();
    if !run.description.supports(operation) || !run.wants(operation) {
        return;
    }
    let case = run.begin(operation, "before faults");
    let reference = case.reference(paper.letter());
    let clean = Transfer { case: &case, paper, goods, reference: &reference }.submit(How::plain()).await;
    if clean.outcome.is_err() {
        return run.skip(operation, "faults on the wire", "it fails without faults");
    }
    let places = clean.heard.len().min(run.plan.calls.fault_positions);
    for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Doubled) {
        for place in 0..places {
            if fault.fits(clean.heard.get(place).and_then(|heard| heard.reply_body()), &[]) {
                one(run, goods, paper, fault, place).await;
            }
        }
    }
}

async fn one(run: &Run<'_>, goods: &Goods<'_>, paper: Paper, fault: Fault, place: usize) {
    let case = run.begin(paper.submitting(), title(fault, place));
    let short = Duration::from_millis(run.plan.calls.short_deadline_ms);
    let known = listed(&case, goods, paper).await;
    let (mut reference, mut placed) = (case.reference(paper.letter()), 1);
    let mut first = Transfer { case: &case, paper, goods, reference: &reference }.submit(how(fault, place, short)).await;
    if fault == Fault::Drip && is_out_of_time(&first) {
        (reference, placed) = (case.reference(paper.letter()), 2);
        first = Transfer { case: &case, paper, goods, reference: &reference }.submit(how(fault, place, short * 2)).await;
    }
    if let Some(message) = late(&first).filter(|_| fault == Fault::Drip) {
        case.find(Kind::IgnoresDeadline, message);
    }
    let transfer = Transfer { case: &case, paper, goods, reference: &reference };
    if let Err(failure) = &first.outcome
        && let Some(said) = first.said
    {
        transfer.wait().await;
        let is_there = transfer.count().await > 0;
        case.found(judge::change_said(fault, failure, said, is_there));
    }
    if repeats_a_change(&first, run.description.deduplication)
        && run.witness.is_none()
        && !run.description.supports(paper.listing())
    {
        case.find(Kind::DuplicatesOnRetry, "the same change was sent twice within the call");
    }
    let made_up = first.outcome.as_ref().ok().and_then(|accepted| text(accepted, "number")).map(str::to_owned);
    let settled = transfer.settle(first.outcome).await;
    transfer.wait().await;
    let count = transfer.count().await;
    case.found(judge::count(count, settled == Settled::Parked));
    if let Some((known, now)) = known.zip(listed(&case, goods, paper).await) {
        case.found(judge::new_documents(&now.difference(&known).collect::<Vec<_>>(), placed));
    }
    if settled == Settled::Refused {
        case.find(Kind::WrongFailureCode, "the order was refused for good over a fault of the network");
    }
    if let Some(number) = made_up.filter(|_| count == 1)
        && let Ok(document) = transfer.find().await
        && text(&document, "number").is_some_and(|there| there != number)
    {
        case.find(
            Kind::BelievesBrokenReply,
            format!("it was accepted as {number}, and the back end has it as {:?}", text(&document, "number")),
        );
    }
    case.end();
}

/// Numbers of the newest documents of the account, when the adapter can tell: one that was sent again under another reference is among them.
async fn listed(case: &Case<'_>, goods: &Goods<'_>, paper: Paper) -> Option<BTreeSet<String>> {
    if !case.run.description.supports(paper.listing()) {
        return None;
    }
    let page = case.call(paper.list(goods.account(), NEWEST, None), How::plain()).await.outcome.ok()?;
    Some(documents(&page).iter().filter_map(|document| text(document, "number")).map(str::to_owned).collect())
}

fn how(fault: Fault, place: usize, short: Duration) -> How {
    let is_drip = fault == Fault::Drip;
    How { deadline: is_drip.then_some(short), may_be_ended: is_drip, ..How::at(place, fault.act()) }
}

/// Whether the adapter sent the same change twice, while the back end may take it twice.
fn repeats_a_change(called: &Called, class: Deduplication) -> bool {
    let changes: Vec<_> = called.heard.iter().filter(|heard| heard.is_change()).collect();
    let is_repeated = changes
        .iter()
        .enumerate()
        .any(|(at, change)| changes.iter().take(at).any(|earlier| earlier.asks_the_same(change) && may_have_been_taken(earlier)));
    is_repeated && matches!(class, Deduplication::Queryable | Deduplication::None)
}

fn may_have_been_taken(heard: &crate::egress::Heard) -> bool {
    match &heard.came {
        Some(Ok(reply)) => reply.status.is_success(),
        Some(Err(error)) => error.may_have_been_taken(),
        None => true,
    }
}
