//! A generation that is watched after it has become live: by what it goes back, and by what it does not.

use handmade::{DONE, component_with};

use super::super::record::Runs;
use super::super::slot::GenerationState::{Canary, Live, Previous};
use super::super::slot::SwapResult;
use super::generations::{READ, Swaps, name};
use super::*;
use crate::adapter::SwapError;

const CANCEL: &str = "orders.cancel";
const BROKEN: &str = "unreachable";

/// Reads work as before; cancelling breaks down.
fn broken() -> Vec<u8> {
    component_with(&[(READ, DONE), (CANCEL, BROKEN)])
}

/// Says that it cannot put the request together.
fn unable() -> Vec<u8> {
    let code = handmade::words(&[1, 0, 6400, 15, 6400, 15]);
    let definitions = format!("(data (i32.const 6400) \"invalid-request\") (data (i32.const 6144) \"{code}\")");
    let bodies = [(READ, DONE), (CANCEL, "(i32.const 6144)")];
    handmade::Parts { definitions: &definitions, bodies: &bodies, ..handmade::Parts::default() }.encode()
}

async fn cancel_by(swaps: &Swaps, times: usize) {
    for _ in 0..times {
        swaps.live().call(&context(), &cancel_order()).await.unwrap_err();
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect(what);
}

fn watched_until(swaps: &Swaps) -> Option<jiff::Timestamp> {
    let report = swaps.adapters.report(&name()).unwrap();
    report.generations.iter().find(|report| report.state == Live).unwrap().watched_until
}

#[tokio::test]
async fn a_version_whose_transfers_break_after_its_promotion_goes_back_by_itself() {
    for bad in [broken(), unable()] {
        let swaps = Swaps::start().await;
        swaps.write(&bad);
        swaps.load(50).await.unwrap();
        // Its reads are as good as those of the old one.
        swaps.until(SwapResult::Promoted).await;
        assert!(watched_until(&swaps).is_some());
        let held = swaps.live();
        cancel_by(&swaps, 3).await;
        until("it goes back", || swaps.live().generation() == 1).await;
        let last = swaps.adapters.report(&name()).unwrap().last_swap.unwrap();
        assert_eq!((last.result, last.generation), (SwapResult::BackedOut, 2));
        assert!(last.detail.starts_with("3 of 3 transfer calls failed by the adapter's own fault"), "{}", last.detail);
        assert!(!held.standing.is_good() && watched_until(&swaps).is_none());
        let refusal = swaps.adapters.roll_back(&name(), &Meant::default(), "test").unwrap_err();
        assert!(matches!(refusal, SwapError::NoPrevious { live: 1, .. }), "it does not come back by itself: {refusal}");
    }
}

#[tokio::test]
async fn a_back_end_that_is_away_brings_no_old_version_back() {
    let swaps = Swaps::start_before(Answer::Bytes("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")).await;
    swaps.load(0).await.unwrap();
    // One more and the breaker turns calls away.
    for _ in 0..4 {
        let withdraw = WithdrawQuote { account: "A".into(), number: "1".into(), reason: None };
        let failure = swaps.live().call(&context(), &withdraw).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Unavailable);
    }
    assert_eq!(swaps.live().record.runs().transfer, Runs { calls: 4, faults: 0 });
}

#[tokio::test]
async fn a_watch_ends_and_is_not_begun_where_it_is_not_wanted() {
    let swaps = Swaps::start().await;
    assert_eq!(watched_until(&swaps), None, "there is nothing to go back to");
    swaps.load_with(|config| (config.canary.share_percent, config.canary.watch_secs) = (0, 0)).await;
    assert_eq!(watched_until(&swaps), None);
    swaps.load_with(|config| (config.canary.share_percent, config.canary.watch_secs) = (0, 1)).await;
    assert!(watched_until(&swaps).is_some());
    until("the watch is over", || watched_until(&swaps).is_none()).await;
    assert_eq!(swaps.states(), [(3, Live), (2, Previous)]);
}

#[tokio::test]
async fn what_is_on_trial_while_the_live_one_goes_back_stays_on_trial() {
    let swaps = Swaps::start().await;
    swaps.write(&broken());
    swaps.load(0).await.unwrap();
    swaps.write(&component_with(&[(READ, DONE)]));
    swaps.load(10).await.unwrap();
    cancel_by(&swaps, 3).await;
    until("it goes back", || swaps.live().generation() == 1).await;
    assert_eq!(swaps.states(), [(3, Canary), (1, Live)]);
}
