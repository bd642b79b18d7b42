//! Components that no language's toolchain would make: they break the rules between guest and host.

use handmade::Parts;
use ordergate_tests::{HostConfig, Zoo};

use super::{NONSENSE, UNAVAILABLE, ends, says_only};

/// A zoo with a component of its own instead of the usual one.
async fn zoo_of(parts: Parts<'_>) -> (Zoo, tempfile::TempDir) {
    zoo_with(parts, |config| config).await
}

async fn zoo_with(parts: Parts<'_>, change: impl FnOnce(HostConfig) -> HostConfig) -> (Zoo, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("by-hand.wasm");
    std::fs::write(&file, parts.encode()).unwrap();
    let component = format!("{:?}", file.to_str().unwrap());
    (Zoo::with(|config| change(config.set("adapters.zoo.component", &component))).await, folder)
}

async fn zoo_that_checks(body: &str) -> (Zoo, tempfile::TempDir) {
    zoo_of(Parts { bodies: &[("availability.check", body)], ..Parts::default() }).await
}

#[tokio::test]
async fn hostile_table_bomb_is_refused_beyond_its_limit() {
    let grow =
        "(loop $more (br_if $more (i32.ge_s (table.grow $bomb (ref.null func) (i32.const 60000)) (i32.const 0)))) unreachable";
    let bodies = [("availability.check", grow)];
    let (zoo, _folder) = zoo_of(Parts { definitions: "(table $bomb 1 funcref)", bodies: &bodies, ..Parts::default() }).await;
    ends(&zoo, "any", UNAVAILABLE, "table", Some("table_elements")).await;
}

#[tokio::test]
async fn hostile_table_is_bounded_as_the_operator_says() {
    let grow =
        "(if (i32.lt_s (table.grow $table (ref.null func) (i32.const 1000)) (i32.const 0)) (then unreachable)) (i32.const 4096)";
    let bodies = [("availability.check", grow)];
    let parts = Parts { definitions: "(table $table 1 funcref)", bodies: &bodies, ..Parts::default() };
    let (zoo, _folder) = zoo_of(parts).await;
    // It gets them, and answers for no item.
    says_only(&zoo.act("any").await, NONSENSE.0, NONSENSE.1);
    let (zoo, _folder) = zoo_with(parts, |config| config.set("adapters.zoo.limits.table_elements", "1000")).await;
    ends(&zoo, "any", UNAVAILABLE, "table", Some("table_elements")).await;
}

#[tokio::test]
async fn hostile_text_that_is_no_utf_8_ends_the_guest() {
    let bytes = "(i32.store (i32.const 700) (i32.const 0xfffefdfc))";
    let write = "(call $log (i32.const 1) (i32.const 700) (i32.const 4) (i32.const 0) (i32.const 0))";
    let (zoo, _folder) = zoo_that_checks(&format!("{bytes} {write} (i32.const 4096)")).await;
    ends(&zoo, "any", UNAVAILABLE, "other", None).await;
}

#[tokio::test]
async fn hostile_choice_that_is_none_ends_the_guest() {
    let write = "(call $log (i32.const 77) (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 0))";
    let (zoo, _folder) = zoo_that_checks(&format!("{write} (i32.const 4096)")).await;
    ends(&zoo, "any", UNAVAILABLE, "other", None).await;
}

#[tokio::test]
async fn hostile_result_outside_of_the_guests_memory_ends_the_guest() {
    for address in ["0x7ffffff8", "-8", "4097"] {
        let (zoo, _folder) = zoo_that_checks(&format!("(i32.const {address})")).await;
        ends(&zoo, "any", UNAVAILABLE, "other", None).await;
    }
}

#[tokio::test]
async fn hostile_list_of_four_billion_entries_ends_the_guest() {
    let list = "(i32.store (i32.const 700) (i32.const 4096)) (i32.store (i32.const 704) (i32.const -1)) (i32.const 700)";
    let (zoo, _folder) = zoo_that_checks(list).await;
    let before = zoo.host.resident_bytes();
    let reply = zoo.act("any").await;
    says_only(&reply, UNAVAILABLE.0, UNAVAILABLE.1);
    assert_eq!(zoo.traps("result").await + zoo.traps("other").await, 1.0);
    assert!(zoo.host.resident_bytes() < before + 64 * 1024 * 1024, "the host made room for it");
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_allocator_that_lies_loops_or_calls_the_host_ends_the_guest() {
    let log = "(call $log (i32.const 1) (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 0)) (i32.const 16384)";
    for (realloc, kind) in [
        ("(i32.const 0x7ffffff0)", "other"),
        ("(i32.const 16385)", "other"),
        ("(loop $again (br $again)) unreachable", "cpu"),
        (log, "other"),
    ] {
        let (zoo, _folder) =
            zoo_of(Parts { realloc, bodies: &[("availability.check", handmade::DONE)], ..Parts::default() }).await;
        let reply = zoo.act("any").await;
        says_only(&reply, UNAVAILABLE.0, UNAVAILABLE.1);
        assert_eq!(zoo.traps(kind).await, 1.0, "{realloc}");
        zoo.is_well().await;
    }
}

#[tokio::test]
async fn hostile_names_of_functions_do_not_fill_the_log_of_a_trap() {
    let name = "n".repeat(500_000);
    let definitions = format!("(func ${name} unreachable)");
    let bodies = [("availability.check", format!("(call ${name}) unreachable"))];
    let bodies = bodies.each_ref().map(|(operation, body)| (*operation, body.as_str()));
    let (zoo, _folder) = zoo_of(Parts { definitions: &definitions, bodies: &bodies, ..Parts::default() }).await;
    ends(&zoo, "any", UNAVAILABLE, "abort", None).await;
    let log = zoo.host.log();
    let line = log.lines().find(|line| line.contains("adapter call failed")).unwrap();
    assert!(line.contains("nnnn") && line.len() < 4_000, "{} bytes", line.len());
}

#[tokio::test]
async fn hostile_answer_with_too_few_items_is_no_answer() {
    let (zoo, _folder) = zoo_that_checks(handmade::DONE).await;
    says_only(&zoo.act("any").await, NONSENSE.0, NONSENSE.1);
    zoo.is_well().await;
}
