//! Lists by pages (rule H1): walked with a small limit they are what they are with a large one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::finding::Kind;
use super::goods::Goods;
use super::paper::{Paper, documents, text};
use super::plain::answered;
use super::run::{Case, How, Run};
use crate::domain::AccountNumber;

/// Documents that are compared, and that there should be at least.
const COMPARED: usize = 12;
const ENOUGH: usize = 4;
const SMALL: [u32; 2] = [1, 3];
const LARGE: u32 = 50;

pub(super) async fn lists(run: &Run<'_>, goods: &Goods<'_>, paper: Paper) {
    if !run.tests(paper.listing()) {
        return;
    }
    let account = run.plan.buyer.list_account.as_ref().filter(|_| paper == Paper::Order).unwrap_or(goods.account());
    let case = run.begin(paper.listing(), "enough documents to turn pages");
    let whole = make_enough(&case, goods, paper, account).await;
    let whole = whole.map(|whole| whole.into_iter().take(COMPARED).collect::<Vec<_>>());
    case.end();
    let Some(whole) = whole else { return };
    for limit in SMALL {
        let case = run.begin(paper.listing(), format!("page by page, {limit} at a time"));
        let mut walk = Walk { case: &case, paper, account, limit, seen: Vec::new(), cursors: BTreeSet::new() };
        walk.to(whole.len()).await;
        let seen: Vec<_> = walk.seen.into_iter().map(|(number, _)| number).collect();
        if !case.is_broken() {
            compare(&case, &whole, &seen);
        }
        case.end();
    }
}

/// The newest numbers, as one large page shows them. Places documents when there are few.
async fn make_enough(case: &Case<'_>, goods: &Goods<'_>, paper: Paper, account: &AccountNumber) -> Option<Vec<String>> {
    for placed in 0..=ENOUGH {
        let called = case.call(paper.list(account, LARGE, None), How::plain()).await;
        let page = answered(case, &called.outcome)?;
        is_newest_first(case, documents(page));
        let numbers: Vec<_> = documents(page).iter().filter_map(|document| text(document, "number")).map(str::to_owned).collect();
        if numbers.len() >= ENOUGH || !case.run.description.supports(paper.submitting()) || account != goods.account() {
            return Some(numbers);
        }
        if placed == ENOUGH {
            case.find(Kind::MisPages, format!("{placed} were placed, and a page of {LARGE} shows {} of them", numbers.len()));
        }
        let reference = case.reference(paper.letter());
        case.call(paper.submit(goods, account, &reference), How::plain()).await;
    }
    None
}

fn compare(case: &Case<'_>, whole: &[String], seen: &[String]) {
    for number in whole {
        if !seen.contains(number) {
            case.find(Kind::MisPages, format!("{number} is on no page; a page of {LARGE} shows it"));
        }
    }
    let in_order: Vec<_> = seen.iter().filter(|number| whole.contains(number)).collect();
    if !in_order.into_iter().eq(whole) {
        case.find(Kind::MisPages, format!("page by page it is {seen:?}, on a page of {LARGE} {whole:?}"));
    }
}

/// From page to page by the cursor.
struct Walk<'a> {
    case: &'a Case<'a>,
    paper: Paper,
    account: &'a AccountNumber,
    limit: u32,
    /// Numbers, and when each was placed.
    seen: Vec<(String, Option<Timestamp>)>,
    cursors: BTreeSet<String>,
}

impl Walk<'_> {
    /// Until that many documents were seen, or the list is at its end.
    async fn to(&mut self, enough: usize) {
        let mut cursor = None;
        let mut empty_pages = 0;
        while self.seen.len() < enough {
            let called = self.case.call(self.paper.list(self.account, self.limit, cursor.take()), How::plain()).await;
            let Some(page) = answered(self.case, &called.outcome) else { return };
            self.read(documents(page));
            empty_pages = if documents(page).is_empty() { empty_pages + 1 } else { 0 };
            match text(page, "next") {
                Some(next) if empty_pages < 3 && self.cursors.insert(next.to_owned()) => cursor = Some(next.to_owned()),
                Some(next) => {
                    return self
                        .case
                        .find(Kind::MisPages, format!("the cursor {next:?} leads nowhere: it came before, or pages are empty"));
                }
                None => return,
            }
            if self.case.is_broken() {
                return;
            }
        }
    }

    fn read(&mut self, page: &[Value]) {
        if page.len() > self.limit as usize {
            self.case.find(Kind::MisPages, format!("a page has {} documents; the limit was {}", page.len(), self.limit));
        }
        for document in page {
            let number = text(document, "number").unwrap_or_default().to_owned();
            if self.seen.iter().any(|(known, _)| *known == number) {
                self.case.find(Kind::MisPages, format!("{number} is on two pages"));
            }
            self.seen.push((number, placed_at(document)));
        }
        let times: Vec<_> = self.seen.iter().filter_map(|(_, at)| *at).collect();
        falls(self.case, &times);
    }
}

fn is_newest_first(case: &Case<'_>, page: &[Value]) {
    falls(case, &page.iter().filter_map(placed_at).collect::<Vec<_>>());
}

fn falls(case: &Case<'_>, times: &[Timestamp]) {
    if let Some((earlier, later)) = times.iter().zip(times.iter().skip(1)).find(|(one, next)| next > one) {
        case.find(
            Kind::MisPages,
            format!("one placed at {later} comes after one placed at {earlier}; expected the newest first"),
        );
    }
}

fn placed_at(document: &Value) -> Option<Timestamp> {
    text(document, "placed_at")?.parse().ok()
}
