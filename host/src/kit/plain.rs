//! Reads without faults: known items, an unknown one, a batch at the cap with an unknown item in its middle, and the live totals.

use serde_json::Value;

use super::finding::Kind;
use super::goods::Goods;
use super::judge::{is_same, shown};
use super::run::{Case, How, Run};
use crate::adapter::ask::Ask;
use crate::config::KnownItem;
use crate::domain::{Failure, FailureCode, Side};

/// Items of the largest batch that is tried, whatever the adapter declares.
const MOST_ITEMS: usize = 500;

/// Makes the question about items.
type Question = fn(&Goods<'_>, &[KnownItem]) -> Ask;

const BY_ITEM: [(&str, Question); 2] = [
    ("availability.check", |goods, items| goods.availability(items)),
    ("pricing.offer-prices", |goods, items| goods.prices(items)),
];

/// Asks everything once; keeps in `goods` what orders cost.
pub(super) async fn reads(run: &Run<'_>, goods: &mut Goods<'_>) {
    for side in [Side::Read, Side::Write] {
        if run.tests("health.probe") {
            let case = run.begin("health.probe", format!("the {} side", side.as_str()));
            let called = case.call(goods.probe(side), How::plain()).await;
            answered(&case, &called.outcome);
            case.end();
        }
    }
    for (operation, question) in BY_ITEM {
        if run.tests(operation) {
            by_item(run, goods, operation, question).await;
        }
    }
    if run.description.supports("checkout.calculate") {
        let case = run.begin("checkout.calculate", "a cart");
        let called = case.call(goods.calculate(), How::plain()).await;
        if let Some(calculation) = answered(&case, &called.outcome) {
            goods.learn(calculation);
        }
        case.end();
    } else {
        run.skip("checkout.calculate", "checkout.calculate", "not offered");
    }
}

async fn by_item(run: &Run<'_>, goods: &Goods<'_>, operation: &'static str, question: Question) {
    let case = run.begin(operation, "known items");
    let called = case.call(question(goods, goods.known()), How::plain()).await;
    for item in answered(&case, &called.outcome).and_then(Value::as_array).into_iter().flatten() {
        if let Some(failure) = failure_of(item) {
            case.find(Kind::FailsWithoutFault, format!("a known item failed: {failure}"));
        }
    }
    case.end();

    let case = run.begin(operation, "an unknown item");
    let called = case.call(question(goods, &goods.unknown()), How::plain()).await;
    let item = called.outcome.as_ref().ok().and_then(|items| items.get(0));
    if let Some(failure) = called.outcome.as_ref().err().cloned().or_else(|| item.and_then(failure_of)) {
        is_about_the_item(&case, &failure, goods);
    }
    case.end();
    batch(run, goods, operation, question).await;
}

/// An outage that is none would open the breaker of the back end.
fn is_about_the_item(case: &Case<'_>, failure: &Failure, goods: &Goods<'_>) {
    use FailureCode::{InvalidRequest, NotFound, Rejected, Unsupported};
    if !matches!(failure.code, NotFound | Rejected | InvalidRequest | Unsupported) {
        let message = format!("{} was answered {failure}; expected not-found for this item", goods.unknown_sku());
        case.find(Kind::WrongFailureCode, message);
    }
}

/// As many items as the adapter declares, one of them unknown, known ones several times.
async fn batch(run: &Run<'_>, goods: &Goods<'_>, operation: &'static str, question: Question) {
    let cap = run.description.batch_cap(operation).min(MOST_ITEMS);
    let middle = cap / 2;
    if cap < 2 {
        return run.skip(operation, "a full batch", "one item a call is all that it declares");
    }
    let case = run.begin(operation, format!("a batch of {cap} with an unknown item in the middle"));
    let singles = case.call(question(goods, &goods.many(run.plan.catalog.items.len().min(cap), None)), How::plain()).await;
    let singles = singles.outcome.ok().and_then(|items| items.as_array().cloned()).unwrap_or_default();
    let called = case.call(question(goods, &goods.many(cap, Some(middle))), How::plain()).await;
    let items = called.outcome.as_ref().ok().and_then(Value::as_array);
    let spoiled = match items {
        None => true,
        Some(items) => items.iter().enumerate().any(|(at, item)| at != middle && failure_of(item).is_some()),
    };
    if spoiled && !singles.iter().any(|item| failure_of(item).is_some()) {
        let all_known = case.call(question(goods, &goods.many(cap, None)), How::plain()).await;
        let works = all_known.outcome.as_ref().ok().and_then(Value::as_array);
        match works.is_some_and(|items| items.iter().all(|item| failure_of(item).is_none())) {
            true => case.find(
                Kind::OneBadItemSpoilsAll,
                "known items failed in a batch in which one item is unknown, and not without it",
            ),
            false => {
                let came = all_known.outcome.as_ref().map_or_else(ToString::to_string, shown);
                case.find(
                    Kind::ExceedsBatchCap,
                    format!("a batch of {cap} known items, which it declares, was not answered: {came}"),
                );
            }
        }
    }
    for (at, item) in items.into_iter().flatten().enumerate().filter(|(at, item)| *at != middle && failure_of(item).is_none()) {
        let single = singles.get(at % singles.len().max(1));
        if let Some(single) = single.filter(|single| failure_of(single).is_none() && !is_same(single, item)) {
            case.find(
                Kind::AnswersForOtherItem,
                format!("item {at} of the batch was {}, alone it is {}", shown(item), shown(single)),
            );
        }
    }
    if let Some(failure) = items.and_then(|items| failure_of(items.get(middle)?)) {
        is_about_the_item(&case, &failure, goods);
    }
    case.end();
}

/// The answer; a failure is a finding.
pub(super) fn answered<'a>(case: &Case<'_>, outcome: &'a Result<Value, Failure>) -> Option<&'a Value> {
    match outcome {
        Ok(answer) => Some(answer),
        Err(failure) => {
            if !case.is_broken() {
                let detail = failure.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
                case.find(Kind::FailsWithoutFault, format!("{failure}{detail}"));
            }
            None
        }
    }
}

fn failure_of(item: &Value) -> Option<Failure> {
    serde_json::from_value(item.get("failure")?.clone()).ok()
}
