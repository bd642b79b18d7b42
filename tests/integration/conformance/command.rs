//! The command itself: what it refuses, what it prints, and the same run again.

use ordergate_tests::{HostConfig, run_host};
use serde_json::{Value, json};

use super::Proof;
use super::adapters::{authored, backend, nordwind};

#[tokio::test]
async fn a_plan_must_say_that_it_is_a_test_system_and_nothing_is_sent_before() {
    let backend = backend().await;
    let plan = nordwind(&backend.url()).replace("is_test_system = true", "");
    let ended = Proof::new(authored(&backend, "rust"), "nordwind", &plan).run(&[]).await;
    assert_eq!(ended.code, Some(64), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("conformance.toml") && ended.stderr.contains("backend.is_test_system: must be true"),
        "{}",
        ended.stderr
    );
    assert_eq!(backend.stats().await["requests"], json!({}));
}

#[tokio::test]
async fn mistakes_are_told_with_their_place_and_the_mend() {
    let backend = backend().await;
    let fails = async |plan: &str, arguments: &[&str], expected: &str| {
        let ended = Proof::new(authored(&backend, "rust"), "nordwind", plan).run(arguments).await;
        assert_eq!(ended.code, Some(64), "{}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    };
    let plan = nordwind(&backend.url());
    fails(&plan.replace("account =", "acount ="), &[], "conformance.toml:5:1: buyer: unknown field `acount`").await;
    fails(&plan, &["--only", "orders.create"], "--only orders.create: the adapter has availability.check, ").await;
    fails(&plan, &["--replay", "no-such-file.json"], "no-such-file.json: ").await;
    let nowhere = Proof::new(authored(&backend, "rust"), "nordwind", &plan);
    std::fs::remove_file(nowhere.path("conformance.toml")).unwrap();
    let told = nowhere.run(&[]).await.stderr;
    assert!(told.contains("cannot read the plan") && told.contains("`ordergate adapter test --example > "), "{told}");
    let elsewhere = Proof { adapter: "erp", ..Proof::new(authored(&backend, "rust"), "nordwind", &plan) };
    assert!(elsewhere.run(&[]).await.stderr.contains("there is no adapter erp; there is nordwind"));
}

#[tokio::test]
async fn a_witness_that_is_not_there_ends_the_run_before_the_first_order() {
    let backend = backend().await;
    let plan = nordwind(&backend.url()).replace("/control/orders?", "/control/no-such-thing?");
    let ended = Proof::new(authored(&backend, "rust"), "nordwind", &plan).run(&[]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stderr.contains("the witness cannot be asked: it answered 404"), "{}", ended.stderr);
    assert_eq!(backend.stats().await["requests"]["POST /api/orders"], Value::Null);
}

#[tokio::test]
async fn the_example_is_printed_as_it_comes_with_a_new_adapter() {
    let ended = run_host(&HostConfig::for_backend("http://127.0.0.1:9", "never-sent"), &["adapter", "test", "--example"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let written = std::fs::read_to_string(ordergate_tests::repository().join("sdk/templates/common/conformance.toml")).unwrap();
    assert_eq!(ended.stdout, written);
}

#[tokio::test]
async fn people_read_case_by_case_and_what_is_not_offered_is_said() {
    let backend = backend().await;
    let ended =
        Proof::new(authored(&backend, "rust"), "nordwind", &nordwind(&backend.url())).run(&["--only", "orders.get"]).await;
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    for expected in [
        "my-adapter 0.1.0 (",
        "orders.get: by its number ... ok",
        "orders.get: a document of another customer ... ok",
        "\npassed: ",
    ] {
        assert!(ended.stdout.contains(expected), "{expected}: {}", ended.stdout);
    }
}

#[tokio::test]
async fn a_recorded_run_is_made_again_without_network_and_secrets() {
    let mut backend = backend().await;
    let proof = Proof::new(authored(&backend, "rust"), "nordwind", &nordwind(&backend.url()));
    let file = proof.path("run.json");
    let first = proof.prove(&["--only", "orders.submit", "--record", &file]).await;
    first.has_passed(10);
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(backend.key()) && !kept.to_lowercase().contains("x-api-key"), "a credential was kept");
    backend.stop().await;

    let without = |config: HostConfig| {
        ["TEST_BACKEND_KEY", "TEST_OPS_KEY", "TEST_JWT_KEY"].into_iter().fold(config, HostConfig::without_env)
    };
    let proof = Proof { config: without(proof.config.clone()), ..proof };
    let again = proof.prove(&["--only", "orders.submit", "--replay", &file]).await;
    again.has_passed(10);
    let facts = |report: &Value| ["cases", "seed", "skipped", "findings"].map(|field| report[field].clone());
    assert_eq!(facts(&first.report), facts(&again.report));

    let text = proof.config.toml().replace("\"STD\"", "\"EXP\"");
    std::fs::write(proof.path("ordergate.toml"), text).unwrap();
    let plan = std::fs::read_to_string(proof.path("conformance.toml")).unwrap();
    std::fs::write(proof.path("conformance.toml"), plan.replace("quantity = \"2\"", "quantity = \"3\"")).unwrap();
    let strayed = proof.run(&["--only", "orders.submit", "--replay", &file]).await;
    assert_eq!(strayed.code, Some(1), "{}", strayed.stdout);
    assert!(strayed.stdout.contains("not as it was recorded: ") && strayed.stdout.contains("now it has"), "{}", strayed.stdout);
}
