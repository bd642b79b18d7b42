//! Answers and what follows them.

use super::*;
use crate::egress::Effect;

fn config() -> WebhookConfig {
    toml::from_str(
        "url = \"https://shop.example.com\"\nsecrets = []\nmax_attempts = 3\nmax_age_secs = 3600\nbackoff_initial_ms = 1000",
    )
    .unwrap()
}

fn delivery(spent: u32) -> Delivery {
    Delivery {
        event: 1,
        reference: "O1".into(),
        event_type: "order.captured".into(),
        id: "a-1".into(),
        body: "{}".into(),
        attempts: 9,
        spent,
        due_at: Timestamp::UNIX_EPOCH,
        created_at: Timestamp::UNIX_EPOCH,
        parked_at: None,
        last_failure: None,
    }
}

fn judge(spent: u32, after_secs: i64, answer: &Result<Answer, EgressError>) -> Delivered {
    let now = Timestamp::from_second(after_secs).unwrap();
    Attempt { config: &config(), delivery: &delivery(spent), failures: 4, now, dice: u64::MAX }.judge(answer)
}

fn answered(status: u16) -> Result<Answer, EgressError> {
    Ok(Answer { status, retry_after_secs: None })
}

fn asked_to_wait(status: u16) -> Result<Answer, EgressError> {
    Ok(Answer { status, retry_after_secs: Some(90) })
}

#[test]
fn every_success_is_taken_and_nothing_else_is() {
    for status in 100..=599 {
        let is_taken = judge(0, 0, &answered(status)) == Delivered::Taken;
        assert_eq!(is_taken, (200..300).contains(&status), "{status}");
    }
    assert!(matches!(judge(0, 0, &answered(410)), Delivered::Disabled { .. }));
}

#[test]
fn what_a_receiver_refuses_is_tried_again_as_often_as_configured_and_then_parked() {
    for refusal in [answered(400), answered(500), answered(302)] {
        assert!(matches!(judge(1, 0, &refusal), Delivered::Again { .. }), "{refusal:?}");
        assert!(matches!(judge(2, 0, &refusal), Delivered::Parked { rests_until: None, .. }), "{refusal:?}");
    }
    let Delivered::Again { failure, .. } = judge(0, 0, &answered(308)) else { panic!("it is refused") };
    assert!(failure.contains("redirects are not followed"), "{failure}");
}

#[test]
fn a_receiver_that_is_away_spends_no_attempts_until_the_event_is_too_old() {
    for away in [answered(503), answered(429), Err(EgressError::NotDelivered("refused".into()))] {
        assert!(matches!(judge(2, 3_599, &away), Delivered::Unreached { counts: false, .. }), "{away:?}");
        assert!(matches!(judge(0, 3_600, &away), Delivered::Parked { rests_until: Some(_), .. }), "{away:?}");
    }
    let silent = Err(EgressError::TimedOut { stage: "first byte", within_ms: 1, effect: Effect::Change });
    assert!(matches!(judge(0, 0, &silent), Delivered::Unreached { counts: true, .. }));
    assert!(matches!(judge(2, 0, &silent), Delivered::Parked { .. }));
}

#[test]
fn t7_the_wait_that_is_asked_for_is_kept() {
    let at = |secs| Timestamp::from_second(secs).unwrap();
    let Delivered::Unreached { until, .. } = judge(0, 100, &asked_to_wait(503)) else { panic!("it is away") };
    assert!((at(190)..at(192)).contains(&until), "{until}");
    let Delivered::Again { due_at, .. } = judge(0, 100, &asked_to_wait(400)) else { panic!("it is refused") };
    assert!((at(190)..at(192)).contains(&due_at), "{due_at}");
}
