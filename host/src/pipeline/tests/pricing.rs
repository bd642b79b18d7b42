//! Orders that were taken while the back end was down (rule C6): priced before the first attempt, never sent above what anybody agreed to.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::scripted::{Act, Rig};
use crate::domain::fixtures::{calculated_line, calculation, cart, euro, order};
use crate::domain::{
    Calculation, Deduplication, DegradedMode, Failure, FailureCode, Order, PriceBasis, Provisional, Reference, Terms,
    TransferState,
};
use crate::store::fixtures::{capture_order, later};
use crate::store::{Deed, Payload};

/// Ten pieces at a price.
fn ten_at(unit_price: &str) -> Calculation {
    calculation(vec![calculated_line("1", "A", "10", unit_price)])
}

/// Ten pieces that were agreed to at 10.00, with a limit of 5 %.
fn provisional_order(mode: DegradedMode) -> Order {
    let provisional = Provisional {
        mode,
        basis: PriceBasis::Cached,
        reason: "unavailable".into(),
        as_of: None,
        max_rise_percent: 5.into(),
        unpriced: vec![],
        is_complete: false,
    };
    let terms = Terms {
        provisional,
        adapter: "demo".into(),
        agreed: Some(euro("100.00")),
        asked: None,
        asked_payable: None,
        accepted: None,
        is_settled: false,
    };
    Order { provisional: Some(terms), ..order(&cart(&[("1", "A", "10")]), &ten_at("10.00")) }
}

async fn capture(rig: &Rig, mode: DegradedMode) -> Reference {
    let mut capture = capture_order("A");
    capture.document.payload = Payload::Order(provisional_order(mode));
    rig.capture_this(capture).await
}

fn price(rig: &Rig, prices: impl IntoIterator<Item = Result<Calculation, Failure>>) {
    let mut world = rig.backend.world.lock();
    world.prices.clear();
    world.prices.extend(prices);
}

fn failed(code: FailureCode) -> Result<Calculation, Failure> {
    Err(Failure::new(code, "it went wrong"))
}

/// The amounts that were sent, in turn.
fn sent(rig: &Rig) -> Vec<String> {
    let amount = |order: &Order| order.lines[0].amount.unwrap().amount.to_string();
    rig.backend.world.lock().sent.iter().map(amount).collect()
}

async fn stored(rig: &Rig, order: &Reference) -> Terms {
    rig.temp.store.document(order).await.unwrap().unwrap().order().unwrap().provisional.clone().unwrap()
}

#[tokio::test]
async fn c6_a_provisional_order_is_priced_before_it_is_sent() {
    for (mode, amount) in [(DegradedMode::AcceptReprice, "105.00"), (DegradedMode::AcceptCached, "100.00")] {
        let rig = Rig::new(Deduplication::Queryable).await;
        price(&rig, [Ok(ten_at("10.50"))]);
        let order = capture(&rig, mode).await;
        rig.run(5).await;
        assert_eq!(rig.state(&order).await, TransferState::Confirmed);
        assert_eq!(sent(&rig), [amount], "{mode:?}");
        let terms = stored(&rig, &order).await;
        assert_eq!((terms.agreed, terms.asked, terms.is_settled), (Some(euro("100.00")), Some(euro("105.00")), true));
    }
}

#[tokio::test]
async fn c6_a_rise_beyond_the_limit_is_parked_unsent_and_goes_on_at_the_price_that_a_person_accepts() {
    let rig = Rig::new(Deduplication::Queryable).await;
    price(&rig, [Ok(ten_at("12.00"))]);
    let order = capture(&rig, DegradedMode::AcceptReprice).await;
    rig.run(5).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, transfer.attempts, rig.sends()), (TransferState::Parked, 0, 0));
    let message = transfer.last_failure.unwrap().message;
    assert!(message.contains("100.00 EUR") && message.contains("120.00 EUR"), "{message}");
    let deed = || Deed { actor: "anna".into(), reason: "the customer agreed".into(), adapter_digest: None, at: rig.clock.now() };
    rig.temp.store.resend(&order, deed()).await.unwrap();
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Parked, 0), "sending it again is no consent");
    let unseen = rig.temp.store.resend_at_price(&order, euro("119.00").amount, deed()).await.unwrap_err();
    assert!(unseen.to_string().contains("costs 120.00 EUR by now, not 119.00"), "{unseen}");
    rig.temp.store.resend_at_price(&order, euro("120.00").amount, deed()).await.unwrap();
    price(&rig, [Ok(ten_at("12.01"))]);
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Parked, 0), "what was accepted was 120.00");
    price(&rig, [Ok(ten_at("12.00"))]);
    rig.temp.store.resend(&order, deed()).await.unwrap();
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, sent(&rig)), (TransferState::Confirmed, vec!["120.00".to_owned()]));
    let audit = rig.temp.store.audit_of(&order).await.unwrap();
    assert_eq!(audit[1].action, "resend at the new price");
    assert_eq!(audit[1].detail.as_deref(), Some("120.00 EUR instead of 100.00 EUR"));
}

#[tokio::test]
async fn c6_only_a_price_that_waits_for_somebody_can_be_accepted() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::Fail(Failure::new(FailureCode::InvalidRequest, "it went wrong"))]);
    let order = rig.capture("A").await;
    rig.run(5).await;
    assert_eq!(rig.state(&order).await, TransferState::Parked);
    let deed = Deed { actor: "anna".into(), reason: "why not".into(), adapter_digest: None, at: rig.clock.now() };
    let refused = rig.temp.store.resend_at_price(&order, euro("1.00").amount, deed).await.unwrap_err();
    assert!(refused.to_string().contains("accept a price"), "{refused}");
    assert_eq!(rig.state(&order).await, TransferState::Parked, "nothing of it was done");
}

#[tokio::test]
async fn c6_an_order_that_cannot_be_priced_waits_out_an_outage_and_spends_no_attempts() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let outage = [FailureCode::Unavailable, FailureCode::Timeout, FailureCode::Auth].map(failed);
    price(&rig, outage.into_iter().cycle().take(60).chain([Ok(ten_at("10.00"))]));
    let order = capture(&rig, DegradedMode::AcceptReprice).await;
    rig.run(100).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, transfer.attempts, sent(&rig)), (TransferState::Confirmed, 1, vec!["100.00".to_owned()]));
}

#[tokio::test]
async fn c6_an_order_that_is_not_priced_in_time_or_that_the_back_end_will_not_price_goes_to_a_person() {
    let rig = Rig::new(Deduplication::Queryable).await;
    price(&rig, [failed(FailureCode::Rejected)]);
    let refused = capture(&rig, DegradedMode::AcceptReprice).await;
    rig.run(5).await;
    assert_eq!((rig.state(&refused).await, rig.sends()), (TransferState::Parked, 0));
    price(&rig, [failed(FailureCode::Unavailable)]);
    let late = capture(&rig, DegradedMode::AcceptReprice).await;
    rig.step().await;
    assert_eq!(rig.state(&late).await, TransferState::Queued);
    rig.clock.advance(SignedDuration::from_secs(rig.engine.config.max_age_secs as i64 + 1));
    rig.step().await;
    assert_eq!((rig.state(&late).await, rig.sends()), (TransferState::Parked, 0));
}

#[tokio::test]
async fn c6_once_settled_an_order_is_sent_with_the_same_amounts_in_every_attempt() {
    let rig = Rig::new(Deduplication::Queryable).await;
    price(&rig, [Ok(ten_at("10.20")), Ok(ten_at("99.00"))]);
    rig.script([Act::Fail(Failure::new(FailureCode::Unavailable, "not now")), Act::Lose, Act::DieBefore]);
    let order = capture(&rig, DegradedMode::AcceptReprice).await;
    rig.run(50).await;
    assert_eq!(rig.state(&order).await, TransferState::Confirmed);
    assert_eq!(sent(&rig), ["102.00"; 4]);
    assert_eq!(rig.backend.copies(&order), 1);
}

#[tokio::test]
async fn c6_a_worker_whose_claim_ran_out_does_not_settle_a_price() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let order = capture(&rig, DegradedMode::AcceptReprice).await;
    let slow = rig.engine.claim(1, vec![]).await.unwrap().pop().unwrap();
    rig.clock.advance(SignedDuration::from_secs(rig.engine.config.lease_secs as i64 + 1));
    let next = rig.engine.claim(1, vec![]).await.unwrap().pop().unwrap();
    price(&rig, [Ok(ten_at("10.50")), Ok(ten_at("10.10"))]);
    rig.engine.work(slow).await;
    assert!(!stored(&rig, &order).await.is_settled);
    rig.engine.work(next).await;
    assert_eq!((rig.state(&order).await, sent(&rig)), (TransferState::Confirmed, vec!["101.00".to_owned()]));
    assert!(stored(&rig, &order).await.is_settled && rig.clock.now() > later(0));
}

fn live() -> impl Strategy<Value = Result<Calculation, Failure>> {
    let code = prop::sample::select(vec![
        FailureCode::Unavailable,
        FailureCode::Timeout,
        FailureCode::InvalidResponse,
        FailureCode::Throttled,
        FailureCode::Rejected,
    ]);
    prop_oneof![
        3 => (800_i64..1_300).prop_map(|cents| Ok(ten_at(&format!("{}.{:02}", cents / 100, cents % 100)))),
        1 => code.prop_map(failed),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let failure = prop::sample::select(vec![FailureCode::Unavailable, FailureCode::InvalidResponse, FailureCode::Rejected]);
    prop_oneof![
        Just(Act::Take),
        Just(Act::TakeSilently),
        Just(Act::Lose),
        Just(Act::DieBefore),
        Just(Act::DieAfter),
        failure.prop_map(|code| Act::Fail(Failure::new(code, "it went wrong"))),
    ]
}

/// Prices, outages and deaths as they come; a person accepts what is asked where `accepts` says so.
async fn nobody_pays_what_nobody_agreed_to(
    mode: DegradedMode,
    prices: Vec<Result<Calculation, Failure>>,
    acts: Vec<Act>,
    mut accepts: Vec<bool>,
) {
    let rig = Rig::new(Deduplication::Queryable).await;
    price(&rig, prices);
    rig.script(acts);
    let order = capture(&rig, mode).await;
    loop {
        rig.run(200).await;
        if rig.state(&order).await != TransferState::Parked {
            break;
        }
        let Some(accept) = accepts.pop() else { break };
        let deed = Deed { actor: "anna".into(), reason: "a test".into(), adapter_digest: None, at: rig.clock.now() };
        let is_waiting = stored(&rig, &order).await;
        let can_accept = accept && !is_waiting.is_settled && is_waiting.asked.is_some();
        match can_accept {
            true => rig.temp.store.resend_at_price(&order, is_waiting.asked.unwrap().amount, deed).await.unwrap(),
            false => rig.temp.store.resend(&order, deed).await.unwrap(),
        };
    }
    let (terms, amounts) = (stored(&rig, &order).await, sent(&rig));
    let most = terms.accepted.map_or(euro("105.00").amount, |accepted| accepted.amount.max(euro("105.00").amount));
    assert!(amounts.iter().all(|amount| amount.parse::<rust_decimal::Decimal>().unwrap() <= most), "{amounts:?} above {most}");
    assert!(amounts.windows(2).all(|pair| pair[0] == pair[1]), "one order, one amount: {amounts:?}");
    assert!(amounts.is_empty() || terms.is_settled);
    assert!(rig.backend.copies(&order) <= 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn c6_no_order_is_doubled_or_sent_with_amounts_that_nobody_agreed_to(
        mode in prop::sample::select(vec![DegradedMode::AcceptCached, DegradedMode::AcceptReprice, DegradedMode::ListPrice]),
        prices in prop::collection::vec(live(), 1..8),
        acts in prop::collection::vec(act(), 0..8),
        accepts in prop::collection::vec(any::<bool>(), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(nobody_pays_what_nobody_agreed_to(mode, prices, acts, accepts));
    }
}
