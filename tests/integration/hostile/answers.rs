//! Guests that break down, and guests whose answers, texts or logs are the weapon.

use ordergate_tests::{Zoo, eventually, text};

use super::{NONSENSE, UNAVAILABLE, ends, says_only};

#[tokio::test]
async fn hostile_guest_that_breaks_down_is_told_apart_and_its_words_stay_inside() {
    let zoo = Zoo::open().await;
    for act in ["panic", "abort", "exit", "out-of-bounds"] {
        ends(&zoo, act, UNAVAILABLE, "abort", None).await;
    }
    zoo.host.logged("the adapter broke down").await;
}

#[tokio::test]
async fn hostile_result_that_is_too_large_is_not_taken_over() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "2000")).await;
    ends(&zoo, "huge-result", UNAVAILABLE, "result", Some("result_bytes")).await;
    ends(&zoo, "huge-request", UNAVAILABLE, "data", Some("hostcall_bytes")).await;
    assert_eq!(zoo.bad.requests(), 0);
}

#[tokio::test]
async fn hostile_failure_with_endless_texts_is_cut() {
    let zoo =
        Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "2000").set("adapters.zoo.limits.result_bytes", "33554432"))
            .await;
    let told = zoo.told("huge-failure").await;
    // A rejected failure of the adapter carries three texts of megabytes: over the limit they are refused as a whole, below it they are cut.
    assert!(told.len() <= 1024 && !told.contains('\n'), "{} bytes", told.len());
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_values_are_not_believed() {
    let zoo = Zoo::open().await;
    for act in ["not-a-number", "negative", "endless-digits", "another-item", "no-items", "more-items"] {
        says_only(&zoo.act(act).await, NONSENSE.0, NONSENSE.1);
    }
    zoo.is_well().await;
}

/// Lines of the host's log about an item, after the call has ended; at least so many.
async fn lines_about(zoo: &Zoo, act: &str, least: usize) -> Vec<String> {
    let reply = zoo.act(act).await.expect(200);
    let sku = text(&reply, "/sku").to_owned();
    zoo.is_well().await;
    eventually("they are logged", async || {
        let lines: Vec<_> = zoo.host.log().lines().filter(|line| line.contains(&sku)).map(str::to_owned).collect();
        (lines.len() >= least).then_some(lines)
    })
    .await
}

#[tokio::test]
async fn hostile_flood_of_log_lines_is_dropped_beyond_the_calls_share() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "5000")).await;
    for act in ["log-flood", "print-flood"] {
        let before = zoo.limit_hits("log_bytes").await;
        let lines = lines_about(&zoo, act, 50).await;
        // 64 KiB, and 256 bytes for each line besides its text.
        assert!((50..=256).contains(&lines.len()), "{} lines of {act}", lines.len());
        assert_eq!(zoo.limit_hits("log_bytes").await, before + 1.0);
    }
    zoo.host.logged("limits.log_bytes").await;
}

#[tokio::test]
async fn hostile_line_without_an_end_is_cut() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "5000")).await;
    let lines = lines_about(&zoo, "long-line", 2).await;
    assert_eq!(lines.len(), 2, "one by the log, one printed");
    assert!(lines.iter().all(|line| (8_000..9_000).contains(&line.len())), "{:?}", lines.iter().map(String::len));
    assert_eq!(zoo.limit_hits("log_line_bytes").await, 1.0);
}

#[tokio::test]
async fn hostile_text_cannot_forge_a_line_of_the_log() {
    let zoo = Zoo::open().await;
    let lines = lines_about(&zoo, "forged-line", 1).await;
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains('\u{1b}') || !lines[0].contains("\u{1b}[2J"), "{}", lines[0]);
    assert!(!zoo.host.log().lines().any(|line| line.starts_with("ERROR")), "{}", zoo.host.log());
}
