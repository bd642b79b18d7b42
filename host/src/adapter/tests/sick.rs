//! Sick back ends and sick adapters before their breakers.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::super::heartbeat;
use super::*;

const UP: Answer = OK;
const DOWN: Answer = Answer::Close;

/// An adapter whose availability and health ask the back end, and whose releases need nothing.
async fn asking(script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (Bench, Arc<Adapter>, Clock) {
    let bodies = [
        ("availability.check", handmade::asks()),
        ("health.probe", handmade::asks()),
        ("checkout.release", "(i32.const 4096)".to_owned()),
    ];
    let bench =
        Bench::with(&handmade::component_with(&bodies.each_ref().map(|(name, body)| (*name, body.as_str()))), script).await;
    let clock = Clock::manual(Timestamp::UNIX_EPOCH);
    let breaker = BreakerConfig { open_ms: 30_000, ..BreakerConfig::default() };
    let adapter = bench.load_at(AdapterConfig { breaker, ..bench.config() }, &clock).await.unwrap();
    (bench, adapter, clock)
}

async fn read(adapter: &Adapter) -> Result<(), Failure> {
    adapter.call(&context(), &check_availability()).await.map(drop)
}

fn states(adapter: &Adapter) -> [&'static str; 2] {
    let report = adapter.breakers().report();
    [report.read.state, report.write.state]
}

#[tokio::test]
async fn scenario_11_reads_of_a_sick_back_end_are_turned_away_without_running_the_guest_and_writes_go_on() {
    let (bench, adapter, _) = asking(|_| DOWN).await;
    for _ in 0..5 {
        assert_eq!(read(&adapter).await.unwrap_err().retry_after, None);
    }
    let asked = bench.server.seen().len();
    for _ in 0..20 {
        let turned_away = read(&adapter).await.unwrap_err();
        assert_eq!(turned_away.code, FailureCode::Unavailable);
        assert!(turned_away.retry_after.is_some_and(|wait| (24_000..=36_000).contains(&wait.as_millis())), "{turned_away:?}");
    }
    assert_eq!(bench.server.seen().len(), asked, "the guest was not run");
    assert_eq!(adapter.call(&context(), &Release { reservation: "1".into() }).await, Ok(()));
    assert_eq!(states(&adapter), ["open", "closed"]);
    assert!(adapter.turns_away(Side::Read) && !adapter.turns_away(Side::Write));
}

#[tokio::test]
async fn a_heartbeat_finds_the_back_end_well_again_and_trial_calls_close_the_breaker() {
    let well = Arc::new(AtomicBool::new(false));
    let script = Arc::clone(&well);
    let (_bench, adapter, clock) = asking(move |_| if script.load(Ordering::Relaxed) { UP } else { DOWN }).await;
    for _ in 0..5 {
        read(&adapter).await.unwrap_err();
    }
    assert!(adapter.breakers().beats().is_empty(), "not yet");
    clock.advance(SignedDuration::from_secs(5));
    heartbeat::beat(&adapter, adapter.breakers().beats()[0]).await;
    assert_eq!(states(&adapter), ["open", "closed"]);
    well.store(true, Ordering::Relaxed);
    clock.advance(SignedDuration::from_secs(5));
    heartbeat::beat(&adapter, adapter.breakers().beats()[0]).await;
    assert_eq!(states(&adapter), ["half-open", "closed"]);
    for _ in 0..2 {
        read(&adapter).await.unwrap();
    }
    assert_eq!(states(&adapter), ["closed", "closed"]);
}

#[tokio::test]
async fn an_adapter_that_keeps_trapping_is_sick_too() {
    let (_bench, adapter, _) = asking(|_| UP).await;
    for _ in 0..5 {
        failure(&adapter, cancel_order()).await;
    }
    let report = adapter.breakers().report();
    assert_eq!((report.write.state, report.write.why), ("open", "traps of the adapter in a row"));
    assert_eq!(report.read.state, "closed");
}

#[tokio::test]
async fn an_operator_holds_a_breaker_and_gives_it_back() {
    let (bench, adapter, _) = asking(|_| UP).await;
    let hold = |setting| {
        let hand = Hand { actor: "anna".into(), reason: "maintenance".into() };
        adapter.breakers().hold(Side::Read, setting, hand);
    };
    hold(BreakerSetting::Open);
    assert_eq!(read(&adapter).await.unwrap_err().code, FailureCode::Unavailable);
    assert!(bench.server.seen().is_empty());
    let report = adapter.breakers().report().read;
    assert_eq!((report.state, report.why, report.held.unwrap().actor), ("open", "by hand", "anna".to_owned()));
    hold(BreakerSetting::Auto);
    for _ in 0..2 {
        read(&adapter).await.unwrap();
    }
    let report = adapter.breakers().report().read;
    assert_eq!((report.state, report.held.is_none()), ("closed", true));
}

#[tokio::test]
async fn only_what_a_person_holds_goes_over_to_the_next_generation() {
    let (bench, adapter, clock) = asking(|_| DOWN).await;
    for _ in 0..5 {
        read(&adapter).await.unwrap_err();
    }
    adapter.breakers().hold(Side::Write, BreakerSetting::Open, Hand { actor: "anna".into(), reason: "maintenance".into() });
    assert_eq!(states(&adapter), ["open", "open"]);
    let next = bench.load_at(bench.config(), &clock).await.unwrap();
    next.breakers().take_over(adapter.breakers());
    assert_eq!(states(&next), ["closed", "open"]);
    assert_eq!(next.breakers().report().write.held.unwrap().reason, "maintenance");
    // Given back meanwhile, it is given back to a generation that serves again.
    next.breakers().hold(Side::Write, BreakerSetting::Auto, Hand { actor: "anna".into(), reason: "done".into() });
    adapter.breakers().take_over(next.breakers());
    assert_eq!(states(&adapter), ["open", "half-open"]);
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_its_trial_to_another() {
    let (_bench, adapter, clock) = asking(|request| if request <= 5 { DOWN } else { Answer::Hang }).await;
    for _ in 0..5 {
        read(&adapter).await.unwrap_err();
    }
    clock.advance(SignedDuration::from_secs(60));
    for _ in 0..10 {
        // Dropped after its first poll, as when the customer goes away.
        let (context, operation) = (context(), check_availability());
        let given_up = adapter.call(&context, &operation);
        tokio::select! { biased; _ = given_up => {}, () = tokio::task::yield_now() => {} }
    }
    assert_eq!(states(&adapter)[0], "half-open");
    assert!(!adapter.turns_away(Side::Read));
}
