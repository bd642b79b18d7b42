//! Orders and quotes without faults: handed over, found by reference, shown, listed, handed over again.

use serde_json::Value;

use super::finding::Kind;
use super::goods::Goods;
use super::judge::shown;
use super::paper::{Paper, Placed, documents, text};
use super::plain::answered;
use super::run::{Case, How, Run};
use super::settle::Transfer;
use crate::domain::{Deduplication, FailureCode};

/// Places a document and looks at it from every side. Nothing when it cannot be placed.
pub(super) async fn documents_of(run: &Run<'_>, goods: &Goods<'_>, paper: Paper) -> Option<Placed> {
    for operation in [paper.submitting(), paper.finding(), paper.getting(), paper.listing(), paper.cancelling()] {
        if !run.description.supports(operation) {
            run.skip(operation, operation, "not offered");
        }
    }
    if !run.description.supports(paper.submitting()) {
        return None;
    }
    let placed = place(run, goods, paper).await?;
    found(run, goods, paper, &placed).await;
    shown_by_number(run, goods, paper, &placed).await;
    listed(run, goods, paper, &placed).await;
    submitted_again(run, goods, paper, &placed).await;
    Some(placed)
}

async fn place(run: &Run<'_>, goods: &Goods<'_>, paper: Paper) -> Option<Placed> {
    let case = run.begin(paper.submitting(), "handed over");
    let reference = case.reference(paper.letter());
    let transfer = Transfer { case: &case, paper, goods, reference: &reference };
    let called = transfer.submit(How::plain()).await;
    let number = answered(&case, &called.outcome).and_then(|accepted| text(accepted, "number")).map(str::to_owned);
    if number.is_some() {
        transfer.wait().await;
        let count = transfer.count().await;
        if count != 1 && (run.witness.is_some() || run.description.supports(paper.finding())) {
            case.find(Kind::LosesOrder, format!("it was accepted, and there are {count} with its reference; expected one"));
        }
    }
    case.end();
    Some(Placed { number: number?, reference })
}

async fn found(run: &Run<'_>, goods: &Goods<'_>, paper: Paper, placed: &Placed) {
    if !run.tests(paper.finding()) {
        return;
    }
    let case = run.begin(paper.finding(), "by its reference");
    let called = case.call(paper.find(goods.account(), &placed.reference), How::plain()).await;
    match answered(&case, &called.outcome) {
        Some(Value::Null) => case.find(Kind::NotFoundAfterCommit, "the answer was none after the propagation delay"),
        Some(document) => is_that(&case, goods, placed, document),
        None => {}
    }
    case.end();

    let case = run.begin(paper.finding(), "an unknown reference");
    let unknown = case.reference(paper.letter());
    let called = case.call(paper.find(goods.account(), &unknown), How::plain()).await;
    if let Some(document) = answered(&case, &called.outcome).filter(|answer| !answer.is_null()) {
        case.find(Kind::AnswersForOtherItem, format!("a reference that nobody used found {}", shown(document)));
    }
    case.end();
}

/// What the host compares before it believes a look-up.
fn is_that(case: &Case<'_>, goods: &Goods<'_>, placed: &Placed, document: &Value) {
    for (field, expected) in
        [("number", placed.number.as_str()), ("reference", placed.reference.as_str()), ("account", goods.account().as_str())]
    {
        let came = text(document, field);
        if came != Some(expected) {
            case.find(Kind::AnswersForOtherItem, format!("its {field} is {came:?}; expected {expected:?}"));
        }
    }
}

async fn shown_by_number(run: &Run<'_>, goods: &Goods<'_>, paper: Paper, placed: &Placed) {
    if !run.tests(paper.getting()) {
        return;
    }
    let case = run.begin(paper.getting(), "by its number");
    let called = case.call(paper.get(goods.account(), &placed.number), How::plain()).await;
    if let Some(document) = answered(&case, &called.outcome) {
        is_that(&case, goods, placed, document);
    }
    case.end();

    let case = run.begin(paper.getting(), "an unknown number");
    let called = case.call(paper.get(goods.account(), "0000000000"), How::plain()).await;
    match &called.outcome {
        Ok(document) => case.find(Kind::AnswersForOtherItem, format!("a number that nobody has showed {}", shown(document))),
        Err(failure) if failure.is_outage() => {
            case.find(Kind::WrongFailureCode, format!("an unknown number was answered {failure}; expected not-found"));
        }
        Err(_) => {}
    }
    case.end();
}

async fn listed(run: &Run<'_>, goods: &Goods<'_>, paper: Paper, placed: &Placed) {
    if !run.tests(paper.listing()) {
        return;
    }
    let case = run.begin(paper.listing(), "it is in the list");
    let called = case.call(paper.list(goods.account(), 50, None), How::plain()).await;
    if let Some(page) = answered(&case, &called.outcome)
        && !documents(page).iter().any(|document| text(document, "number") == Some(&placed.number))
    {
        case.find(Kind::MisPages, format!("{} is not among the newest 50", placed.number));
    }
    case.end();
}

/// Rule T4: the host goes by the declared class when a reply is lost.
async fn submitted_again(run: &Run<'_>, goods: &Goods<'_>, paper: Paper, placed: &Placed) {
    let (operation, case) = (paper.submitting(), "the same reference again");
    let class = run.description.deduplication;
    if matches!(class, Deduplication::Queryable | Deduplication::None) {
        return run.skip(operation, case, "the host never does that with its class of de-duplication");
    }
    if !run.tests(operation) {
        return;
    }
    let case = run.begin(operation, case);
    let transfer = Transfer { case: &case, paper, goods, reference: &placed.reference };
    let called = transfer.submit(How::plain()).await;
    match (class, &called.outcome) {
        (_, Ok(again)) if text(again, "number") == Some(&placed.number) => {}
        (Deduplication::UniqueReference, Err(failure))
            if failure.code == FailureCode::Conflict && failure.detail.as_deref() == Some(&placed.number) => {}
        (_, came) => {
            let came = came.as_ref().map_or_else(|failure| format!("{failure} {:?}", failure.detail), shown);
            let message = format!("it came to {came}; expected the number {} (of a conflict: in its detail)", placed.number);
            case.find(Kind::DeduplicatesOtherwise, message);
        }
    }
    let count = transfer.count().await;
    if count > 1 {
        case.find(Kind::DeduplicatesOtherwise, format!("there are {count} with the reference now"));
    }
    case.end();
}
