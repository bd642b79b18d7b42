//! Mistakes in the configuration: each is refused before anything starts, with file, line, option and mend; exit code 64.

mod events;

use std::path::{Path, PathBuf};

use ordergate_tests::{ALL_SCOPES, Ended, HostConfig, adapter_file, run_host};
use tempfile::TempDir;

/// A complete configuration in a folder of its own; the back end need not be there to check it.
fn config() -> HostConfig {
    HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test")
}

struct Checked {
    ended: Ended,
    file: PathBuf,
    text: String,
    _folder: TempDir,
}

async fn check(config: HostConfig) -> Checked {
    run(config.toml(), &config, &["check"]).await
}

async fn run(text: String, config: &HostConfig, arguments: &[&str]) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, &text).unwrap();
    let mut all = arguments.to_vec();
    all.extend(["--config", file.to_str().unwrap()]);
    let ended = run_host(config, &all).await;
    Checked { ended, file, text, _folder: folder }
}

impl Checked {
    fn output(&self) -> String {
        format!("{}{}", self.ended.stdout, self.ended.stderr)
    }

    /// It was refused as the user's mistake, at the line that holds `marker`, with all of `words`.
    #[track_caller]
    fn refused(&self, marker: &str, words: &[&str]) {
        let output = self.output();
        assert_eq!(self.ended.code, Some(64), "{output}");
        let line = self.text.lines().position(|line| line.contains(marker)).expect(marker) + 1;
        let place = format!("{}:{line}:", self.file.file_name().unwrap().to_str().unwrap());
        assert!(output.contains(&place), "{place} is not named:\n{output}");
        for word in words {
            assert!(output.contains(word), "{word:?} is not said:\n{output}");
        }
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    format!("{:?}", file.to_str().unwrap())
}

#[tokio::test]
async fn a_good_configuration_passes() {
    let checked = check(config()).await;
    assert_eq!(checked.ended.code, Some(0), "{}", checked.output());
}

#[tokio::test]
async fn an_unknown_key_is_named_with_its_line_and_those_expected() {
    check(config().set("server.listn", "\"127.0.0.1:0\"")).await.refused("listn", &["unknown field `listn`", "listen", "[C003]"]);
}

#[tokio::test]
async fn an_unknown_section_is_named_with_its_line() {
    check(config().set("srever.listen", "1")).await.refused("[srever]", &["srever: unknown section", "server"]);
}

#[tokio::test]
async fn a_wrong_type_is_named_with_its_line() {
    check(config().set("transfer.concurrency", "\"many\""))
        .await
        .refused("concurrency", &["transfer", "invalid type: string \"many\""]);
}

#[tokio::test]
async fn a_missing_secret_names_the_variable_and_how_to_give_it() {
    let config = config().set("ops.key", r#"{ env = "NOT_SET_ANYWHERE" }"#);
    check(config).await.refused("NOT_SET_ANYWHERE", &["environment variable NOT_SET_ANYWHERE is not set", "export it"]);
}

#[tokio::test]
async fn a_secret_in_plain_text_is_refused_and_not_repeated() {
    let checked = check(config().set("ops.key", "\"hunter2-hunter2-hunter2\"")).await;
    checked.refused("hunter2", &["a secret is a reference"]);
    assert!(!checked.output().contains("hunter2"));
}

#[tokio::test]
async fn a_breaker_that_cannot_work_is_refused_at_its_line() {
    let breaker = |key: &str, value: &str| check(config().set(&format!("adapters.nordwind.breaker.{key}"), value));
    breaker("half_open_calls", "0").await.refused("half_open_calls", &["half_open_calls: must be above 0", "[C013]"]);
    breaker("failure_percent", "101").await.refused("failure_percent", &["must be 1 to 100"]);
    breaker("open_ms", "60000").await.refused("open_ms", &["must not be above open_max_ms"]);
    breaker("heartbeat_secs", "-1").await.refused("heartbeat_secs", &["invalid value"]);
}

#[tokio::test]
async fn a_file_that_is_no_toml_is_refused_at_its_place() {
    let config = config();
    let text = format!("{}\n[server\n", config.toml());
    let checked = run(text, &config, &["check"]).await;
    let last = checked.text.lines().count();
    assert_eq!(checked.ended.code, Some(64), "{}", checked.output());
    assert!(checked.output().contains(&format!("ordergate.toml:{last}:8: unclosed table")), "{}", checked.output());
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let checked =
        check(config().set("server.listn", "1").set("transfer.concurrency", "\"many\"").set("stores.main.currency", "\"EURO\""))
            .await;
    checked.refused("listn", &[]);
    checked.refused("concurrency", &[]);
    checked.refused("currency", &["EURO"]);
}

#[tokio::test]
async fn a_mistake_of_one_key_among_several_is_told_at_its_own_line() {
    let late = |accounts: &[&str]| config().caller("late", accounts, ALL_SCOPES);
    check(late(&["C-1001"]).env("TEST_KEY_LATE", "short"))
        .await
        .refused("TEST_KEY_LATE", &["access.api_keys.4.key: the key of \"late\" is shorter than"]);
    check(late(&["C-1001", "*"]))
        .await
        .refused(r#"accounts = ["C-1001", "*"]"#, &["access.api_keys.4.accounts: \"*\" stands for every account"]);
}

#[tokio::test]
async fn serving_with_a_mistake_is_refused_the_same_way() {
    let config = config().set("server.listn", "1");
    run(config.toml(), &config, &["serve"]).await.refused("listn", &["unknown field `listn`"]);
}

#[tokio::test]
async fn a_missing_file_is_told_with_the_command_that_writes_one() {
    let ended = run_host(&config(), &["check", "--config", "/nowhere/ordergate.toml"]).await;
    assert_eq!(ended.code, Some(64), "{}", ended.stderr);
    assert!(ended.stderr.contains("/nowhere/ordergate.toml") && ended.stderr.contains("config example"), "{}", ended.stderr);
}

#[tokio::test]
async fn as_json_every_mistake_has_line_option_and_code() {
    let config = config().set("server.listn", "1");
    let checked = run(config.toml(), &config, &["check", "--json"]).await;
    assert_eq!(checked.ended.code, Some(64), "{}", checked.output());
    let report: serde_json::Value = serde_json::from_str(&checked.ended.stdout).expect(&checked.ended.stdout);
    let problem = &report["problems"][0];
    let line = checked.text.lines().position(|line| line.contains("listn")).unwrap() + 1;
    assert_eq!((&problem["line"], &problem["code"]), (&line.into(), &"C003".into()), "{report:#}");
    assert!(problem["path"].is_string() && problem["message"].is_string(), "{report:#}");
}

#[tokio::test]
async fn a_store_with_an_unknown_adapter_is_told_which_there_are() {
    check(config().set("stores.main.pricing", "\"erp\""))
        .await
        .refused("pricing", &["there is no adapter \"erp\"", "nordwind", "[C011]"]);
}

#[tokio::test]
async fn a_component_that_is_not_there_is_named() {
    check(config().set("adapters.nordwind.component", "\"missing.wasm\""))
        .await
        .refused("missing.wasm", &["there is no file", "missing.wasm"]);
}

#[tokio::test]
async fn a_file_that_is_no_webassembly_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "adapter.wasm", b"#!/bin/sh\necho hello\n");
    let checked = check(config().set("adapters.nordwind.component", &file)).await;
    checked.refused("component", &["adapter.wasm", "WebAssembly"]);
}

#[tokio::test]
async fn a_core_module_is_refused_with_how_to_build_a_component() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "module.wasm", b"\0asm\x01\0\0\0");
    check(config().set("adapters.nordwind.component", &file))
        .await
        .refused("component", &["module.wasm", "core module", "wasm32-wasip2"]);
}

#[tokio::test]
async fn a_component_of_another_world_is_refused_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "other.wasm", b"\0asm\x0d\0\x01\0");
    let checked = check(config().set("adapters.nordwind.component", &file)).await;
    checked.refused("component", &["other.wasm", "no adapter", "nothing of ordergate:adapter"]);
}

#[tokio::test]
async fn a_truncated_adapter_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(adapter_file()).unwrap();
    let file = write(folder.path(), "cut.wasm", &bytes[..bytes.len() / 2]);
    check(config().set("adapters.nordwind.component", &file)).await.refused("component", &["cut.wasm"]);
}

#[tokio::test]
async fn another_file_than_the_pinned_one_is_refused() {
    let pin = format!("{:?}", "0".repeat(64));
    check(config().set("adapters.nordwind.sha256", &pin)).await.refused("sha256", &["pins another file", "SHA-256"]);
}

#[tokio::test]
async fn an_endpoint_that_the_adapter_needs_must_be_bound() {
    let toml = config().toml().replace("[adapters.nordwind.endpoints.api]", "[adapters.nordwind.endpoints.erp]");
    let checked = run(toml, &config(), &["check"]).await;
    let output = checked.output();
    assert_eq!(checked.ended.code, Some(64), "{output}");
    assert!(output.contains("adapters.nordwind.endpoints.api"), "the endpoint to bind is named:\n{output}");
}

#[tokio::test]
async fn settings_that_the_adapter_refuses_are_named_with_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let profile = std::fs::read_to_string(ordergate_tests::demo_profile()).unwrap();
    let broken = profile.replace("def next_page: if .page < .pages then .page + 1 else null end;", "def next_page: if .page < ;");
    assert_ne!(profile, broken);
    let file = write(folder.path(), "broken.toml", broken.as_bytes());
    let checked = check(config().set("adapters.nordwind.settings_file", &file)).await;
    checked.refused("settings_file", &["broken.toml", "library", "line"]);
}

#[tokio::test]
async fn settings_that_do_not_fit_the_adapters_schema_are_all_named_with_key_place_and_pointer() {
    let folder = tempfile::tempdir().unwrap();
    let profile = std::fs::read_to_string(ordergate_tests::demo_profile()).unwrap();
    let broken = profile.replacen("endpoint = ", "endpiont = ", 1).replacen(
        "[operations.\"orders.get\"]",
        "[operations.\"orders.get\"]\npth = \"/x\"",
        1,
    );
    assert!(broken.contains("endpiont") && broken.contains("pth"));
    let file = write(folder.path(), "broken.toml", broken.as_bytes());
    let line = |marker: &str| broken.lines().position(|line| line.starts_with(marker)).unwrap() + 1;
    let config = config().set("adapters.nordwind.settings_file", &file).set("adapters.nordwind.settings.library", "7");
    let checked = check(config).await;
    let (typo, unknown) = (format!("broken.toml:{}:1: ", line("endpiont")), format!("broken.toml:{}:1: ", line("pth")));
    checked.refused(
        "settings_file",
        &[
            &format!("{typo}backend.endpiont: there is no such setting (at /backend/endpiont)"),
            &format!("{unknown}operations.\"orders.get\".pth: there is no such setting (at /operations/orders.get/pth)"),
            "backend: endpoint is missing (at /backend)",
            "adapters.nordwind.settings_file: ",
        ],
    );
    checked.refused("library = 7", &["adapters.nordwind.settings.library: want string, but got number (at /library)"]);
    assert!(!checked.output().contains("unknown field"), "the adapter's own words are not needed: {}", checked.output());
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_a_missing_dependency() {
    let config = config().set("database.path", "\"/proc/nowhere/ordergate.db\"");
    for verb in ["check", "serve"] {
        let checked = run(config.toml(), &config, &[verb]).await;
        assert_eq!(checked.ended.code, Some(69), "{verb}: {}", checked.output());
        assert!(checked.output().contains("/proc/nowhere/ordergate.db"), "{verb}: {}", checked.output());
    }
}

#[tokio::test]
async fn a_database_file_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "orders.db",
        b"this is a letter to my aunt, not a database, and long enough to be sure of that. ".repeat(100).as_slice(),
    );
    let config = config().set("database.path", &file);
    let checked = run(config.toml(), &config, &["serve"]).await;
    assert_eq!(checked.ended.code, Some(69), "{}", checked.output());
    assert!(checked.output().contains("orders.db"), "{}", checked.output());
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_its_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = config().set("server.listen", &format!("\"{address}\""));
    let checked = run(config.toml(), &config, &["serve"]).await;
    assert_eq!(checked.ended.code, Some(1), "{}", checked.output());
    assert!(checked.output().contains(&address) && checked.output().contains("server.listen"), "{}", checked.output());
}

#[tokio::test]
async fn limits_that_make_no_sense_are_refused_with_what_they_must_be() {
    for (option, value, words) in [
        ("adapters.nordwind.limits.table_elements", "100001", "table_elements: must be 1 to 100000"),
        ("adapters.nordwind.limits.component_bytes", "0", "component_bytes: must be 1 to 268435456"),
        ("adapters.nordwind.limits.memory_bytes", "1", "memory_bytes: must be 65536 to 4294967296"),
        ("adapters.nordwind.limits.memory_total_bytes", "65536", "memory_total_bytes: must not be below memory_bytes"),
        ("adapters.nordwind.limits.egress_concurrency", "0", "egress_concurrency: must be 1 to 1000"),
        ("adapters.nordwind.limits.concurrency", "0", "concurrency: must be 1 to 2000"),
        ("runtime.guest_stack_bytes", "1000", "runtime.guest_stack_bytes: must be 65536 to 16777216"),
    ] {
        let name = option.rsplit_once('.').unwrap().1;
        check(config().set(option, value)).await.refused(&format!("{name} = "), &[words, "C013"]);
    }
}

#[tokio::test]
async fn a_component_that_is_larger_than_its_limit_is_refused_and_a_larger_limit_mends_it() {
    let checked = check(config().set("adapters.nordwind.limits.component_bytes", "1000")).await;
    checked.refused("component = ", &["more than 1000 bytes (limits.component_bytes)", "adapters.nordwind.component"]);
    let adapter = adapter_file();
    let file = adapter.to_str().unwrap();
    let inspected = run_host(&config(), &["adapter", "inspect", file, "--max-bytes", "1000"]).await;
    assert_eq!(inspected.code, Some(64), "{}", inspected.stderr);
    assert!(inspected.stderr.contains("more than 1000 bytes: --max-bytes reads a larger one"), "{}", inspected.stderr);
    for (limit, code) in [("1000", 64), ("41943040", 0)] {
        let config = config().set("adapters.nordwind.limits.component_bytes", limit);
        let added = run(config.toml(), &config, &["adapter", "add", "nordwind", file]).await;
        assert_eq!(added.ended.code, Some(code), "{}", added.output());
        assert!(code == 0 || added.output().contains("set adapters.nordwind.limits.component_bytes in"), "{}", added.output());
    }
}

#[tokio::test]
async fn a_shadow_must_be_another_adapter_that_nothing_follows() {
    for (shadow, words) in [
        (r#"{ adapter = "nobody" }"#, "there is no adapter \"nobody\""),
        (r#"{ adapter = "nordwind" }"#, "cannot follow itself"),
        (r#"{ adapter = "nordwind", share_percent = 0 }"#, "must be 1 to 100"),
        (r#"{ adapter = "nordwind", concurrency = 0 }"#, "must be 1 to 1000"),
    ] {
        check(config().set("adapters.nordwind.shadow", shadow)).await.refused("shadow =", &[words, "adapters.nordwind.shadow"]);
    }
}

#[tokio::test]
async fn options_of_the_shared_cache_are_refused_with_their_place_and_mend() {
    let shared = |option: &str, value: &str| {
        config().set("cache.shared.url", "\"redis://127.0.0.1:9\"").set(&format!("cache.shared.{option}"), value)
    };
    for (option, value, words) in [
        ("url", r#""redis://:hunter2@127.0.0.1""#, &["cache", "refer to it"][..]),
        ("url", r#""cache.example.com""#, &["cache", "redis://HOST:6379/0"]),
        ("lookup_ms", "0", &["cache.shared.lookup_ms: must be 1 to 5000 [C013]"]),
        ("max_value_bytes", "2000000", &["cache.shared.max_value_bytes: must be 1024 to 1048576 [C013]"]),
        ("key_prefix", r#""a*""#, &["cache.shared.key_prefix: must be 1 to 64 letters", "[C013]"]),
        (
            "sign_key",
            r#"{ env = "TEST_OPS_KEY" }"#,
            &["cache.shared.sign_key: has fewer than 32 bytes", "openssl rand -hex 32", "[C015]"],
        ),
        ("roots", r#""ca.pem""#, &["cache.shared.roots: there is no file", "[C016]", "rediss://", "[C023]"]),
        ("lookup_seconds", "1", &["unknown field `lookup_seconds`"]),
    ] {
        let checked = check(shared(option, value)).await;
        checked.refused(&format!("{option} = {value}"), words);
        assert!(!checked.output().contains("hunter2"), "{}", checked.output());
    }
}
