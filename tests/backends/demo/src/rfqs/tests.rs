//! Asking, offering, countering, accepting.

use super::*;
use crate::{
    data,
    order::OrderState,
    passing_time::{self, Pace},
    pricing,
};
use jiff::{SignedDuration, ToSpan};

const PACE: Pace = Pace {
    answer_after: SignedDuration::from_secs(4),
    advance_every: SignedDuration::ZERO,
    stock_moves_every: SignedDuration::ZERO,
};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn ask(books: &mut Books, positions: &str) -> String {
    let json = format!(r#"{{"customer": "C-1003", "your_ref": "Q-1", "positions": {positions}}}"#);
    submit(books, &serde_json::from_str(&json).unwrap(), Channel::Web, now()).unwrap().no
}

fn offered(positions: &str) -> (Books, String, Timestamp) {
    let mut books = data::opened(now(), 1);
    let no = ask(&mut books, positions);
    let later = now() + 4.seconds();
    passing_time::settle(&mut books, &PACE, later);
    (books, no, later)
}

fn acceptance(json: &str) -> OrderRequest {
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_sales_desk_takes_an_rfq_into_work_and_offers_after_its_time() {
    let mut books = data::opened(now(), 1);
    let no = ask(&mut books, r#"[{"article": "NW-1013", "qty": "10"}]"#);
    let state = |books: &mut Books, secs: i64| {
        passing_time::settle(books, &PACE, now() + secs.seconds());
        books.rfqs[&no].state
    };
    assert_eq!(state(&mut books, 1), RfqState::New);
    assert_eq!(state(&mut books, 2), RfqState::InWork);
    assert_eq!(state(&mut books, 4), RfqState::Offered);
    let rfq = &books.rfqs[&no];
    assert_eq!((rfq.rev.as_str(), rfq.valid_to.unwrap().to_string()), ("1", "2026-12-07".to_owned()));
}

#[test]
fn an_offer_is_seven_percent_below_the_customers_price_or_the_wish_within_ten() {
    let (books, no, _) = offered(
        r#"[{"article": "NW-1013", "qty": "1"}, {"article": "NW-1013", "qty": "1", "wish": "80.50"},
            {"article": "NW-1013", "qty": "1", "wish": "60"}, {"article": "NW-1013", "qty": "1", "wish": "95"}]"#,
    );
    let own = pricing::price(&books.customers["C-1003"], &books.articles["NW-1013"], Decimal::ONE).net;
    assert_eq!(own.to_string(), "89.00");
    let nets: Vec<_> = books.rfqs[&no].positions.iter().map(|position| position.net.unwrap().to_string()).collect();
    assert_eq!(nets, ["82.77", "80.50", "82.77", "82.77"]);
}

#[test]
fn an_accepted_offer_becomes_an_order_at_its_prices_whatever_the_list_says_now() {
    let (mut books, no, later) = offered(r#"[{"article": "NW-1013", "qty": "10"}]"#);
    let net = books.rfqs[&no].positions[0].net;
    books.articles.get_mut("NW-1013").unwrap().list = Decimal::from(200);
    let order = accept(&mut books, &no, &acceptance(r#"{"rev": "1", "your_ref": "W-9", "po": "4711"}"#), later).unwrap();
    assert_eq!((Some(order.positions[0].net), order.state), (net, OrderState::Open));
    assert_eq!((order.rfq.as_ref(), order.rfq_rev.as_deref()), (Some(&no), Some("1")));
    assert_eq!((books.rfqs[&no].state, books.rfqs[&no].order_no.as_ref()), (RfqState::Accepted, Some(&order.no)));
    let again = accept(&mut books, &no, &acceptance(r#"{"rev": "1"}"#), later).unwrap_err();
    assert_eq!((again.code, again.no), (Code::Closed, Some(order.no)));
}

#[test]
fn an_order_that_names_an_rfq_takes_its_offer_up() {
    let (mut books, no, later) = offered(r#"[{"article": "NW-1013", "qty": "10"}]"#);
    let json =
        format!(r#"{{"customer": "C-1003", "rfq": "{no}", "positions": [{{"pos": "1", "article": "NW-1013", "qty": "10"}}]}}"#);
    let order = orders::enter(&mut books, &acceptance(&json), Channel::Web, later).unwrap();
    assert_eq!(Some(order.positions[0].net), books.rfqs[&no].positions[0].net);
    assert_eq!(books.rfqs[&no].state, RfqState::Accepted);
}

#[test]
fn another_revision_is_stale_and_another_quantity_is_not_offered() {
    let (mut books, no, later) = offered(r#"[{"article": "NW-1013", "qty": "10"}]"#);
    let stale = accept(&mut books, &no, &acceptance(r#"{"rev": "0"}"#), later).unwrap_err();
    assert_eq!(stale.code, Code::Stale);
    let other = r#"{"rev": "1", "positions": [{"pos": "3", "article": "NW-1013", "qty": "1"}]}"#;
    let refusal = accept(&mut books, &no, &acceptance(other), later).unwrap_err();
    assert_eq!((refusal.code, refusal.position.as_deref()), (Code::NotOffered, Some("3")));
    assert_eq!(books.rfqs[&no].state, RfqState::Offered);
}

#[test]
fn an_offer_can_be_accepted_until_the_end_of_its_last_day_in_the_sellers_zone() {
    let last: Timestamp = "2026-12-07T22:59:59Z".parse().unwrap();
    let (mut books, no, _) = offered(r#"[{"article": "NW-1013", "qty": "10"}]"#);
    passing_time::settle(&mut books, &PACE, last);
    assert_eq!(books.rfqs[&no].state, RfqState::Offered);
    let late = accept(&mut books, &no, &acceptance(r#"{"rev": "1"}"#), last + 1.second()).unwrap_err();
    assert_eq!(late.code, Code::Expired);
    passing_time::settle(&mut books, &PACE, last + 1.second());
    assert_eq!(books.rfqs[&no].state, RfqState::Expired);
}

#[test]
fn a_counter_offer_makes_the_same_rfq_a_new_revision_found_by_both_references() {
    let (mut books, no, later) = offered(r#"[{"article": "NW-1013", "qty": "10"}]"#);
    let json = format!(
        r#"{{"customer": "C-1003", "your_ref": "Q-1-C", "counters": "{no}", "positions": [{{"article": "NW-1013", "qty": "20", "wish": "72.00"}}]}}"#
    );
    let countered = submit(&mut books, &serde_json::from_str(&json).unwrap(), Channel::Web, later).unwrap();
    assert_eq!((countered.no.as_str(), countered.state.code(), countered.rev.as_str()), (no.as_str(), "CTR", "1"));
    assert!(countered.has_ref("Q-1") && countered.has_ref("Q-1-C"));
    assert_eq!(accept(&mut books, &no, &acceptance(r#"{"rev": "1"}"#), later).unwrap_err().code, Code::Stale);
    passing_time::settle(&mut books, &PACE, later + 4.seconds());
    let rfq = &books.rfqs[&no];
    assert_eq!((rfq.state, rfq.rev.as_str(), rfq.positions[0].qty), (RfqState::Offered, "2", Decimal::from(20)));
    // 20 pieces cost 6 % less than the list price of 89.00; the wish is within 15 % of that.
    assert_eq!(rfq.positions[0].net.unwrap().to_string(), "72.00");
}

#[test]
fn refused_and_withdrawn_rfqs_stay_so() {
    let (mut books, no, later) = offered(r#"[{"article": "NW-1013", "qty": "10"}]"#);
    assert_eq!(refuse(&mut books, &no, Some("9"), None, later).unwrap_err().code, Code::Stale);
    assert_eq!(refuse(&mut books, &no, Some("1"), None, later).unwrap().state, RfqState::Refused);
    assert_eq!(withdraw(&mut books, &no, None, later).unwrap_err().code, Code::Closed);
    let other = ask(&mut books, r#"[{"article": "NW-1013", "qty": "10"}]"#);
    assert_eq!(withdraw(&mut books, &other, None, later).unwrap().state, RfqState::Withdrawn);
    passing_time::settle(&mut books, &PACE, later + 400.hours());
    assert_eq!((books.rfqs[&no].state, books.rfqs[&other].state), (RfqState::Refused, RfqState::Withdrawn));
}
