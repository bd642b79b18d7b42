//! Offered quotes that the plan gives away: one is accepted, by its revision (rule Q2), and one declined.

use serde_json::Value;

use super::finding::Kind;
use super::goods::Goods;
use super::judge::shown;
use super::paper::{Paper, text};
use super::plain::answered;
use super::run::{Case, How, Run};
use super::settle::Transfer;
use crate::adapter::ask::Ask;
use crate::adapter::operation::{AcceptQuote, DeclineQuote};
use crate::domain::{Acceptance, Order, QuoteDocument, Reference};

/// A revision that no quote has.
const STALE: &str = "no-such-revision";

pub(super) async fn quotes(run: &Run<'_>, goods: &Goods<'_>) {
    let planned = &run.plan.quotes;
    for (operation, number, option) in
        [("quotes.accept", &planned.to_accept, "quotes.to_accept"), ("quotes.decline", &planned.to_decline, "quotes.to_decline")]
    {
        if !run.tests(operation) {
            continue;
        }
        let Some(number) = number else {
            run.skip(operation, operation, &format!("the plan names no {option}"));
            continue;
        };
        let case = run.begin(operation, format!("quote {number}"));
        let called = case.call(Paper::Quote.get(goods.account(), number.as_str()), How::plain()).await;
        let quote =
            answered(&case, &called.outcome).and_then(|quote| serde_json::from_value::<QuoteDocument>(quote.clone()).ok());
        match quote {
            Some(quote) if operation == "quotes.accept" => accepted(&case, goods, &quote).await,
            Some(quote) => declined(&case, goods, &quote).await,
            None => {}
        }
        case.end();
    }
}

async fn accepted(case: &Case<'_>, goods: &Goods<'_>, quote: &QuoteDocument) {
    let reference = case.reference('O');
    let stale = case.call(accept(goods, quote, STALE, &reference), How::plain()).await;
    if let Ok(order) = &stale.outcome {
        return case.find(Kind::AcceptsStaleRevision, format!("revision {STALE:?} of {} became {}", quote.number, shown(order)));
    }
    let called = case.call(accept(goods, quote, &quote.revision, &reference), How::plain()).await;
    let Some(number) = answered(case, &called.outcome).and_then(|order| text(order, "number")) else { return };
    let transfer = Transfer { case, paper: Paper::Order, goods, reference: &reference };
    transfer.wait().await;
    match transfer.find().await {
        Ok(Value::Null) => case.find(Kind::NotFoundAfterCommit, "the order that came of it is not found by its reference"),
        Ok(order) if text(&order, "number") != Some(number) => {
            case.find(Kind::AnswersForOtherItem, format!("it became {number}; its reference finds {:?}", text(&order, "number")));
        }
        _ => {}
    }
}

async fn declined(case: &Case<'_>, goods: &Goods<'_>, quote: &QuoteDocument) {
    let (account, number, revision) = (goods.account().clone(), quote.number.clone(), quote.revision.clone());
    let ask = Ask::DeclineQuote(DeclineQuote { account, number, revision, reason: None });
    let called = case.call(ask, How::plain()).await;
    if let Some(answer) = answered(case, &called.outcome)
        && text(answer, "number") != Some(quote.number.as_str())
    {
        case.find(Kind::AnswersForOtherItem, format!("the answer is {:?}; expected {}", text(answer, "number"), quote.number));
    }
}

/// The whole quote, at its prices.
fn accept(goods: &Goods<'_>, quote: &QuoteDocument, revision: &str, reference: &Reference) -> Ask {
    let (link, lines) = (quote.link(revision, None), quote.order_lines(revision));
    let order = Order { quote: Some(link), totals: quote.totals.clone(), lines, ..goods.order(goods.account()) };
    let (number, revision, reference) = (quote.number.clone(), revision.to_owned(), reference.clone());
    Ask::AcceptQuote(AcceptQuote { acceptance: Acceptance { number, revision, order, reference } })
}
