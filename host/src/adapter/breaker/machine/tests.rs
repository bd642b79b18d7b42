//! The machine by its rules, and by chance.

use proptest::prelude::*;

use super::*;

const MIDDLE: u64 = 20; // 100 % of the time, without jitter.

struct Rig {
    machine: Machine,
    now: Timestamp,
}

impl Rig {
    fn new() -> Self {
        Self { machine: Machine::new(BreakerConfig::default()), now: Timestamp::UNIX_EPOCH }
    }

    fn call(&mut self, signal: Signal) {
        let ticket = self.machine.admit(self.now).unwrap();
        self.machine.record(ticket, signal, self.now, MIDDLE);
    }

    fn calls(&mut self, number: u32, signal: Signal) {
        (0..number).for_each(|_| self.call(signal));
    }

    /// So many trials have failed that it stays open for its longest time, from now.
    fn open_for_long(&mut self) {
        self.calls(5, Signal::Sick);
        for _ in 0..6 {
            self.pass_millis(30_000);
            self.call(Signal::Sick);
        }
        assert_eq!(self.wait_millis(), 30_000);
    }

    fn pass_millis(&mut self, millis: i64) {
        self.now += SignedDuration::from_millis(millis);
    }

    fn wait_millis(&self) -> u128 {
        self.machine.wait(self.now).unwrap().as_millis()
    }

    fn is(&self) -> (State, Why) {
        (self.machine.state(), self.machine.why())
    }
}

#[test]
fn failures_in_a_row_open_it_and_an_answer_begins_a_new_row() {
    let mut rig = Rig::new();
    rig.calls(4, Signal::Sick);
    rig.call(Signal::Fine);
    rig.calls(4, Signal::Sick);
    // What says nothing about the back end neither counts nor ends the row.
    rig.calls(3, Signal::Neutral);
    assert_eq!(rig.machine.state(), State::Closed);
    rig.call(Signal::Sick);
    assert_eq!(rig.is(), (State::Open, Why::FailuresInARow));
    assert_eq!(rig.machine.admit(rig.now), Err(Duration::from_secs(1)));
}

#[test]
fn traps_have_a_row_of_their_own() {
    let mut rig = Rig::new();
    for _ in 0..4 {
        rig.call(Signal::Trapped);
        rig.call(Signal::Sick);
    }
    // A failure that the guest reports itself ends the row of traps, a trap does not end the row of failures.
    assert_eq!((rig.machine.state(), rig.machine.rows()), (State::Closed, (4, 0)));
    rig.call(Signal::Fine);
    rig.calls(5, Signal::Trapped);
    assert_eq!(rig.is(), (State::Open, Why::TrapsInARow));
}

#[test]
fn half_of_the_calls_failing_opens_it_when_there_were_enough_of_them() {
    let mut rig = Rig::new();
    for _ in 0..9 {
        rig.call(Signal::Sick);
        rig.call(Signal::Fine);
    }
    rig.call(Signal::Sick);
    assert_eq!(rig.machine.state(), State::Closed, "19 calls are too few");
    rig.call(Signal::Fine);
    rig.call(Signal::Sick);
    assert_eq!(rig.is(), (State::Open, Why::FailureShare));
}

#[test]
fn old_failures_do_not_count_for_the_share() {
    let mut rig = Rig::new();
    for _ in 0..9 {
        rig.call(Signal::Sick);
        rig.call(Signal::Fine);
    }
    rig.pass_millis(10_000);
    rig.calls(2, Signal::Sick);
    assert_eq!(rig.machine.state(), State::Closed);
}

#[test]
fn few_calls_try_the_back_end_again_and_all_must_succeed() {
    let mut rig = Rig::new();
    rig.calls(5, Signal::Sick);
    rig.pass_millis(999);
    assert!(rig.machine.admit(rig.now).is_err());
    rig.pass_millis(1);
    let trials = [rig.machine.admit(rig.now).unwrap(), rig.machine.admit(rig.now).unwrap()];
    assert_eq!(rig.machine.admit(rig.now), Err(LEAST_WAIT));
    rig.machine.record(trials[0], Signal::Fine, rig.now, MIDDLE);
    assert_eq!(rig.is(), (State::HalfOpen, Why::TimeOver));
    assert!(rig.machine.admit(rig.now).is_err(), "one has passed, one is under way");
    rig.machine.record(trials[1], Signal::Fine, rig.now, MIDDLE);
    assert_eq!(rig.is(), (State::Closed, Why::TrialsPassed));
}

#[test]
fn a_trial_that_went_away_leaves_its_place_to_another() {
    let mut rig = Rig::new();
    rig.calls(5, Signal::Sick);
    rig.pass_millis(1_000);
    for _ in 0..10 {
        rig.call(Signal::Neutral);
    }
    assert_eq!(rig.machine.state(), State::HalfOpen);
    rig.calls(2, Signal::Fine);
    assert_eq!(rig.machine.state(), State::Closed);
}

#[test]
fn each_failed_trial_doubles_the_time_up_to_its_limit_and_closing_forgets_it() {
    let mut rig = Rig::new();
    rig.calls(5, Signal::Sick);
    for expected in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        assert_eq!(rig.wait_millis(), expected);
        rig.pass_millis(expected as i64);
        rig.call(Signal::Sick);
        assert_eq!(rig.is(), (State::Open, Why::TrialFailed));
    }
    rig.pass_millis(30_000);
    rig.calls(2, Signal::Fine);
    rig.calls(5, Signal::Sick);
    assert_eq!(rig.wait_millis(), 1_000);
}

#[test]
fn calls_that_were_admitted_before_a_change_say_nothing_after_it() {
    let mut rig = Rig::new();
    let late = rig.machine.admit(rig.now).unwrap();
    rig.calls(5, Signal::Sick);
    rig.machine.record(late, Signal::Fine, rig.now, MIDDLE);
    assert_eq!(rig.machine.state(), State::Open);
    rig.pass_millis(1_000);
    let _trial = rig.machine.admit(rig.now).unwrap();
    rig.machine.record(late, Signal::Sick, rig.now, MIDDLE);
    assert_eq!(rig.machine.state(), State::HalfOpen);
}

#[test]
fn a_heartbeat_that_is_answered_lets_calls_be_tried_early() {
    let mut rig = Rig::new();
    rig.open_for_long();
    rig.pass_millis(4_999);
    assert_eq!(rig.machine.beat_due(rig.now), None);
    rig.pass_millis(1);
    let ticket = rig.machine.beat_due(rig.now).unwrap();
    rig.machine.beat(ticket, Signal::Sick, rig.now);
    assert_eq!((rig.machine.state(), rig.machine.beat_due(rig.now)), (State::Open, None));
    rig.pass_millis(5_000);
    let ticket = rig.machine.beat_due(rig.now).unwrap();
    rig.machine.beat(ticket, Signal::Fine, rig.now);
    assert_eq!(rig.is(), (State::HalfOpen, Why::Heartbeat));
    assert_eq!(rig.machine.beat_due(rig.now), None);
    rig.calls(2, Signal::Fine);
    assert_eq!(rig.machine.state(), State::Closed);
}

#[test]
fn a_heartbeat_that_always_fails_does_not_keep_it_open() {
    let mut rig = Rig::new();
    rig.open_for_long();
    for _ in 0..6 {
        rig.pass_millis(5_000);
        let ticket = rig.machine.beat_due(rig.now).unwrap();
        rig.machine.beat(ticket, Signal::Sick, rig.now);
    }
    rig.calls(2, Signal::Fine);
    assert_eq!(rig.machine.state(), State::Closed);
}

#[test]
fn a_heartbeat_of_an_earlier_opening_says_nothing() {
    let mut rig = Rig::new();
    rig.open_for_long();
    rig.pass_millis(30_000);
    let late = rig.machine.beat_due(rig.now).unwrap();
    rig.call(Signal::Sick);
    rig.machine.beat(late, Signal::Fine, rig.now);
    assert_eq!(rig.is(), (State::Open, Why::TrialFailed));
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_it_open() {
    let mut rig = Rig::new();
    rig.calls(5, Signal::Sick);
    rig.pass_millis(-3_600_000);
    assert!(rig.machine.beat_due(rig.now).is_some());
    assert!(rig.machine.admit(rig.now).is_ok());
}

#[test]
fn a_persons_word_holds_whatever_fails() {
    let mut rig = Rig::new();
    rig.machine.hold(Some(Held::Closed));
    rig.calls(50, Signal::Sick);
    assert_eq!(rig.is(), (State::Closed, Why::ByHand));
    rig.machine.hold(Some(Held::Open));
    rig.pass_millis(3_600_000);
    assert_eq!(rig.machine.admit(rig.now), Err(Duration::from_secs(30)));
    assert_eq!(rig.machine.beat_due(rig.now), None);
    // Given back to its rules, it begins with trials.
    rig.machine.hold(None);
    assert_eq!(rig.is(), (State::HalfOpen, Why::ByHand));
    rig.calls(2, Signal::Fine);
    assert_eq!(rig.machine.state(), State::Closed);
}

#[derive(Clone, Debug)]
enum Act {
    Admit,
    Record(usize, Signal),
    Pass(i64),
    Beat(Signal),
}

fn signal() -> impl Strategy<Value = Signal> {
    prop_oneof![Just(Signal::Fine), Just(Signal::Neutral), Just(Signal::Sick), Just(Signal::Trapped)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Admit),
        4 => (0_usize..8, signal()).prop_map(|(index, signal)| Act::Record(index, signal)),
        1 => (0_i64..5_000).prop_map(Act::Pass),
        1 => signal().prop_map(Act::Beat),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_trials_are_few_waits_are_bounded_and_it_recovers(
        acts in prop::collection::vec((act(), any::<u64>()), 1..300),
    ) {
        let config = BreakerConfig::default();
        let mut rig = Rig::new();
        let mut tickets: Vec<Ticket> = Vec::new();
        for (act, dice) in acts {
            match act {
                Act::Admit => {
                    let may = rig.machine.wait(rig.now);
                    let admitted = rig.machine.admit(rig.now);
                    prop_assert_eq!(admitted.err(), may, "wait() says what admit() does");
                    tickets.extend(admitted);
                }
                Act::Record(index, signal) if !tickets.is_empty() => {
                    let ticket = tickets.remove(index % tickets.len());
                    let before = rig.machine.state();
                    rig.machine.record(ticket, signal, rig.now, dice);
                    let opened = before != State::Open && rig.machine.state() == State::Open;
                    prop_assert!(!opened || matches!(signal, Signal::Sick | Signal::Trapped), "opened by {:?}", signal);
                }
                Act::Record(..) => {}
                Act::Pass(millis) => rig.pass_millis(millis),
                Act::Beat(signal) => {
                    if let Some(ticket) = rig.machine.beat_due(rig.now) {
                        rig.machine.beat(ticket, signal, rig.now);
                    }
                }
            }
            if let Phase::HalfOpen { under_way, passed } = rig.machine.phase {
                prop_assert!(under_way + passed <= config.half_open_calls);
            }
            if let Some(wait) = rig.machine.wait(rig.now) {
                prop_assert!(wait >= LEAST_WAIT && wait <= config.open_max() * 12 / 10);
            }
        }
        // The back end is well again, and everything under way comes back.
        for ticket in tickets.drain(..) {
            rig.machine.record(ticket, Signal::Fine, rig.now, MIDDLE);
        }
        rig.pass_millis(36_000);
        for _ in 0..config.half_open_calls {
            if let Ok(ticket) = rig.machine.admit(rig.now) {
                rig.machine.record(ticket, Signal::Fine, rig.now, MIDDLE);
            }
        }
        prop_assert_eq!(rig.machine.state(), State::Closed);
    }

    #[test]
    fn it_stays_open_for_80_to_120_percent_of_its_time(failed_trials in 0_u32..40, dice: u64) {
        let mut rig = Rig::new();
        rig.calls(5, Signal::Sick);
        for _ in 0..failed_trials {
            rig.pass_millis(40_000);
            rig.call(Signal::Sick);
        }
        rig.pass_millis(40_000);
        let ticket = rig.machine.admit(rig.now).unwrap();
        rig.machine.record(ticket, Signal::Sick, rig.now, dice);
        let plain = (1_000_u128 << (failed_trials + 1).min(20)).min(30_000);
        let wait = rig.wait_millis();
        prop_assert!((plain * 80 / 100..=plain * 120 / 100).contains(&wait), "{} of {}", wait, plain);
    }
}
