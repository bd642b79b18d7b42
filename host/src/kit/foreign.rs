//! Documents of another customer (rule H3). The host drops what is foreign by the account in the document, so that must be the true one.

use serde_json::Value;

use super::finding::Kind;
use super::goods::Goods;
use super::paper::{Paper, Placed, documents, text};
use super::run::{Case, How, Run};
use crate::domain::AccountNumber;

pub(super) async fn documents_of_others(run: &Run<'_>, goods: &Goods<'_>, paper: Paper) {
    let Some(other) = &run.plan.buyer.other_account else {
        return run.skip(paper.getting(), "a document of another customer", "the plan names no buyer.other_account");
    };
    let Some(foreign) = theirs(run, goods, paper, other).await else {
        return run.skip(
            paper.getting(),
            "a document of another customer",
            "there is none, and none can be placed for buyer.other_account",
        );
    };
    let number = foreign.number.as_str();
    if run.tests(paper.getting()) {
        let case = run.begin(paper.getting(), "a document of another customer");
        let called = case.call(paper.get(goods.account(), number), How::plain()).await;
        if let Ok(document) = &called.outcome {
            is_labeled_truly(&case, goods, other, document, number);
        }
        case.end();
    }
    if let Some(reference) = foreign.reference.filter(|_| run.tests(paper.finding())) {
        let case = run.begin(paper.finding(), "a reference of another customer");
        let called = case.call(paper.find(goods.account(), &reference), How::plain()).await;
        if let Some(document) = called.outcome.as_ref().ok().filter(|document| !document.is_null()) {
            is_labeled_truly(&case, goods, other, document, number);
        }
        case.end();
    }
    if run.tests(paper.listing()) {
        let case = run.begin(paper.listing(), "documents of another customer");
        let called = case.call(paper.list(goods.account(), 50, None), How::plain()).await;
        for document in called.outcome.iter().flat_map(documents).filter(|document| text(document, "number") == Some(number)) {
            is_labeled_truly(&case, goods, other, document, number);
        }
        case.end();
    }
}

struct Foreign {
    number: String,
    reference: Option<crate::domain::Reference>,
}

impl From<Placed> for Foreign {
    fn from(placed: Placed) -> Self {
        Self { number: placed.number, reference: Some(placed.reference) }
    }
}

/// A document of the other customer: the plan's, or one that is placed now.
async fn theirs(run: &Run<'_>, goods: &Goods<'_>, paper: Paper, other: &AccountNumber) -> Option<Foreign> {
    let named = run.plan.buyer.foreign_order.as_ref().filter(|_| paper == Paper::Order);
    if let Some(number) = named {
        return Some(Foreign { number: number.to_string(), reference: None });
    }
    if !run.description.supports(paper.submitting()) {
        return None;
    }
    let case = run.begin(paper.submitting(), "for another customer");
    let reference = case.reference(paper.letter());
    let called = case.call(paper.submit(goods, other, &reference), How::plain()).await;
    let number = called.outcome.as_ref().ok().and_then(|accepted| text(accepted, "number"))?.to_owned();
    Some(Placed { number, reference }.into())
}

fn is_labeled_truly(case: &Case<'_>, goods: &Goods<'_>, other: &AccountNumber, document: &Value, number: &str) {
    match text(document, "account") {
        Some(account) if account == goods.account().as_str() && text(document, "number") == Some(number) => {
            let message = format!(
                "{number} belongs to {other} and was answered as a document of {account}; expected not-found, or its true account"
            );
            case.find(Kind::LeaksForeignOrder, message);
        }
        Some(account) if account == other.as_str() => {
            case.run.note(format!(
                "{} answers a document of another customer with its true account; the host drops it",
                case.operation
            ));
        }
        _ => {}
    }
}
