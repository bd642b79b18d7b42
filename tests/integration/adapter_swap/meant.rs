//! An operator decides about the generation that was looked at, and about no other.

use super::*;

#[tokio::test]
async fn a_decision_about_another_generation_than_stands_there_by_now_is_refused() {
    // Without reads, a trial goes on for its whole time.
    let swaps = Swaps::start("share_percent = 50, trial_secs = 3600", "false").await;
    let decide = async |action: &str, seen: Value| {
        let mut deed = json!({"actor": "anna", "reason": "a test"});
        deed.as_object_mut().unwrap().extend(seen.as_object().unwrap().clone());
        swaps.world.host.operator().post(&format!("/ops/v1/adapters/nordwind/{action}"), &deed).await
    };
    let mut digest = String::new();
    for number in [2, 3] {
        swaps.put(&version(number));
        let loaded = swaps.act("load").await.expect(200);
        assert_eq!(state(&loaded, number.into()), Some("canary"), "{loaded:#}");
        digest = text(&loaded, "/generations/0/digest").to_owned();
    }
    // Anna saw the second; meanwhile somebody has loaded the third.
    for action in ["promote", "rollback"] {
        let problem = decide(action, json!({"generation": 2})).await.expect_problem(409, "conflict");
        let detail = text(&problem, "/detail");
        assert!(detail.contains("generation 3 (digest ") && detail.contains("not what you mean (generation 2)"), "{detail}");
    }
    decide("promote", json!({"digest": "0".repeat(64)})).await.expect_problem(409, "conflict");
    let problem = decide("promote", json!({"digest": &digest[..6]})).await.expect(422);
    assert_eq!(text(&problem, "/errors/0/pointer"), "/digest", "{problem:#}");
    assert_eq!(state(&swaps.report().await, 3), Some("canary"), "nothing was changed");
    let promoted = decide("promote", json!({"generation": 3, "digest": &digest[..12]})).await.expect(200);
    assert_eq!(state(&promoted, 3), Some("live"), "{promoted:#}");

    let run =
        async |arguments: &[&str]| swaps.world.host.operate(&[&["adapter", "rollback", "nordwind"], arguments].concat()).await;
    let refused = run(&["--reason", "a test", "--generation", "1"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("generation 3 (digest "), "{refused:?}");
    let gone_back = run(&["--reason", "a test", "--generation", "3", "--digest", &digest]).await;
    assert!(gone_back.code == Some(0) && gone_back.stdout.contains("generation 1  live"), "{gone_back:?}");
    let audit = swaps.report().await["audit"].clone();
    let last = audit.as_array().unwrap().last().unwrap().clone();
    let meant = format!("generation 3 with the digest {digest}");
    assert_eq!((text(&last, "/action"), text(&last, "/detail")), ("rollback", meant.as_str()));
}
