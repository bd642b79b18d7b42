//! The `ordergate` program: its verbs, what goes to standard output, and its exit codes.

use ordergate_tests::{HostConfig, adapter_file, run_host};
use serde_json::Value;

fn config() -> HostConfig {
    HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test")
}

async fn run(arguments: &[&str]) -> ordergate_tests::Ended {
    run_host(&config(), arguments).await
}

#[tokio::test]
async fn help_shows_every_verb() {
    let ended = run(&["--help"]).await;
    assert_eq!(ended.code, Some(0));
    for verb in [
        "serve",
        "check",
        "config",
        "adapter",
        "cache",
        "customers",
        "orders",
        "quotes",
        "migrate",
        "openapi",
        "completions",
        "version",
    ] {
        assert!(ended.stdout.contains(verb), "{verb}:\n{}", ended.stdout);
    }
}

#[tokio::test]
async fn an_unknown_verb_or_option_is_a_usage_error() {
    for arguments in [&["fly"][..], &["serve", "--cofnig", "x"], &[]] {
        let ended = run(arguments).await;
        assert_eq!(ended.code, Some(64), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{arguments:?}: said on standard error");
    }
}

#[tokio::test]
async fn the_example_configuration_is_complete_and_understood() {
    let example = run(&["config", "example"]).await;
    assert_eq!(example.code, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, &example.stdout).unwrap();
    // Its secrets and files are not there: that, and nothing else, is what is wrong with it.
    let checked = run(&["check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(checked.code, Some(64));
    assert!(checked.stderr.contains("ORDERGATE_SHOP_KEY is not set"), "{}", checked.stderr);
    assert!(!checked.stderr.contains("unknown"), "{}", checked.stderr);
}

#[tokio::test]
async fn an_adapter_can_be_inspected() {
    let ended = run(&["adapter", "inspect", adapter_file().to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("ordergate:adapter"), "{}", ended.stdout);
}

#[tokio::test]
async fn the_version_is_told_as_json() {
    let ended = run(&["version", "--json"]).await;
    assert_eq!(ended.code, Some(0));
    let version: Value = serde_json::from_str(&ended.stdout).expect(&ended.stdout);
    assert!(version["version"].is_string(), "{version:#}");
}

#[tokio::test]
async fn the_api_description_needs_no_running_host() {
    let ended = run(&["openapi"]).await;
    assert_eq!(ended.code, Some(0));
    let description: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert!(description["paths"]["/v1/orders"].is_object());
}

#[tokio::test]
async fn shells_complete_the_commands() {
    let ended = run(&["completions", "bash"]).await;
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stdout.contains("ordergate__subcmd__orders") || ended.stdout.contains("ordergate__orders"),
        "{:.500}",
        ended.stdout
    );
    assert_eq!(run(&["completions", "dos"]).await.code, Some(64));
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_a_missing_dependency() {
    let config = config().env("ORDERGATE_OPS_KEY", "ops-key-of-this-test");
    for command in [&["orders", "list"][..], &["cache", "show", "NW-1014"], &["adapter", "list"]] {
        let ended = run_host(&config, &[command, &["--ops", "http://127.0.0.1:1"]].concat()).await;
        assert_eq!(ended.code, Some(69), "{command:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("no host answers at http://127.0.0.1:1 (--ops): "), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn migrating_makes_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config().toml()).unwrap();
    for _ in 0..2 {
        let ended = run(&["migrate", "--config", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    assert!(folder.path().join("ordergate.db").is_file());
}
