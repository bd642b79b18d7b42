//! Amounts and quantities keep all their digits (rule C5). A number in a reply is replaced on the wire by one with more digits than a double holds;
//! what the answer makes of it is that very number, or a failure. And the other way for what is sent.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::finding::Kind;
use super::goods::Goods;
use super::numbers::{finer, numbers, replaced};
use super::paper::Paper;
use super::run::{Case, How, Run};
use crate::adapter::ask::Ask;
use crate::adapter::bench::Called;
use crate::adapter::operation::SubmitOrder;
use crate::egress::{Act, Answer, Reply};

/// Places of a number that are tried out.
const MOST_PLACES: usize = 12;

/// A number of an answer: which question, where it is in the answer, what it is.
struct Figure<'a> {
    ask: &'a Ask,
    pointer: &'static str,
    name: &'static str,
}

/// Where a number came from: the request whose reply held it, and which of the reply's numbers of that value it was.
#[derive(Clone, Copy)]
struct Source {
    place: usize,
    nth: usize,
}

pub(super) async fn received(run: &Run<'_>, goods: &Goods<'_>, order: Option<&str>) {
    let (availability, prices) = (goods.availability(goods.known()), goods.prices(goods.known()));
    let shown = order.map(|number| Paper::Order.get(goods.account(), number));
    let figure = |ask, pointer, name| Figure { ask, pointer, name };
    let mut figures = vec![
        figure(&prices, "/0/unit_price/amount", "the unit price"),
        figure(&prices, "/0/list_price/amount", "the list price"),
    ];
    if let Some(shown) = &shown {
        figures.push(figure(shown, "/lines/0/unit_price/amount", "a line's unit price"));
        figures.push(figure(shown, "/totals/payable/amount", "what is to be paid"));
    }
    if !run.plan.float_quantities {
        figures.push(figure(&availability, "/0/available", "what is available"));
        figures.extend(shown.as_ref().map(|shown| figure(shown, "/lines/0/quantity/value", "a line's quantity")));
    }
    for figure in figures.into_iter().filter(|figure| run.description.supports(figure.ask.name()) && run.wants(figure.ask.name()))
    {
        one(run, &figure).await;
    }
}

async fn one(run: &Run<'_>, figure: &Figure<'_>) {
    let case = run.begin(figure.ask.name(), format!("many digits in {}", figure.name));
    let clean = case.call(figure.ask.clone(), How::plain()).await;
    let Some(value) = figure.read(&clean).filter(|value| !value.is_zero()) else {
        return case.skip("the answer has no such number");
    };
    let Some(source) = figure.source(&case, &clean, value).await else {
        return case.skip("the number stands in no reply: it is computed or converted");
    };
    let Some(fine) = finer(value) else { return case.skip("the number is too large") };
    let called = case.call(figure.ask.clone(), source.replaced(value, fine)).await;
    if let Some(came) = figure.read(&called).filter(|came| *came != fine) {
        case.find(Kind::LosesDecimals, format!("{fine} in the reply became {came} in the answer; expected {fine}, or a failure"));
    }
    case.end();
}

impl Figure<'_> {
    fn read(&self, called: &Called) -> Option<Decimal> {
        Decimal::from_str_exact(called.outcome.as_ref().ok()?.pointer(self.pointer)?.as_str()?).ok()
    }

    /// Found by a change that no rounding hides.
    async fn source(&self, case: &Case<'_>, clean: &Called, value: Decimal) -> Option<Source> {
        let other = value.checked_add(Decimal::ONE)?;
        let sources = clean.heard.iter().enumerate().flat_map(|(place, heard)| {
            let same = heard.reply_body().map(|body| numbers(body)).unwrap_or_default();
            let count = same.iter().filter(|number| number.value == value).count();
            (0..count).map(move |nth| Source { place, nth })
        });
        for source in sources.take(MOST_PLACES) {
            let called = case.call(self.ask.clone(), source.replaced(value, other)).await;
            if self.read(&called) == Some(other) {
                return Some(source);
            }
        }
        None
    }
}

impl Source {
    fn replaced(self, value: Decimal, by: Decimal) -> How {
        let Self { place, nth } = self;
        let change = move |reply: Reply| Reply { body: replaced(&reply.body, value, nth, by), ..reply };
        How::at(place, Act::Then(Answer::Changed(Arc::new(change))))
    }
}

/// What is sent has all digits, or nothing is sent. Nothing reaches the back end but what reads.
pub(super) async fn sent(run: &Run<'_>, goods: &Goods<'_>) {
    if !run.description.supports("orders.submit") || !run.wants("orders.submit") {
        return;
    }
    let fine = |text: &str| Decimal::from_str_exact(text).unwrap_or_default();
    let (quantity, price) = (fine("7319.400000000000001"), fine("8317.200000000000001"));
    let quantity_too = Some(("a line's quantity", quantity)).filter(|_| !run.plan.float_quantities);
    for (name, value) in quantity_too.into_iter().chain([("a line's unit price", price)]) {
        let case = run.begin("orders.submit", format!("many digits in {name} that is sent"));
        let ask = Ask::SubmitOrder(SubmitOrder { order: goods.fine_order(quantity, price), reference: case.reference('O') });
        let called = case.call(ask, How { acts: vec![(None, Act::Withheld)], ..How::plain() }).await;
        let texts = called.heard.iter().flat_map(|heard| {
            let values = heard.request.query.iter().map(|(_, value)| value.clone().into_bytes());
            heard.request.body.clone().into_iter().chain(values)
        });
        let sent: Vec<_> = texts.flat_map(|text| numbers(&text)).map(|number| number.value).collect();
        let near = sent.iter().find(|number| **number != value && (**number - value).abs() < Decimal::ONE);
        match near {
            _ if sent.contains(&value) => case.end(),
            Some(near) => {
                case.find(Kind::LosesDecimals, format!("{value} was sent as {near}; expected all digits, or a failure"));
                case.end();
            }
            None => case.skip("the number stands in no request: it is converted, or the adapter refuses it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_figure_is_read_from_its_place_and_nothing_else() {
        let called = |answer: Value| Called {
            outcome: Ok(answer),
            said: None,
            ended: None,
            limits_hit: vec![],
            heard: vec![],
            took: std::time::Duration::ZERO,
            cpu: std::time::Duration::ZERO,
            memory_bytes: 0,
            readings: vec![],
        };
        let ask = Paper::Order.get(&"A".into(), "1");
        let figure = Figure { ask: &ask, pointer: "/0/available", name: "x" };
        assert_eq!(figure.read(&called(json!([{"available": "4.20"}]))), Decimal::from_str_exact("4.20").ok());
        assert_eq!(figure.read(&called(json!([{"failure": {}}]))), None);
    }
}
