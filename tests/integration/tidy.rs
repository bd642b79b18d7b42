//! Rules about the code itself that no compiler checks: which part of the host may use which, and where certain things may stand.
//! ARCHITECTURE.md explains them.

use std::path::{Path, PathBuf};

use ordergate_tests::repository;

/// Which parts of the host a part may name as `crate::PART`. Requests flow from left to right, so nothing may point back. Every part may
/// use `domain`, `clock` and `telemetry`.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("cli", &["app", "api", "kit", "adapter", "cache", "config", "events", "pipeline", "store", "identity"]),
    ("app", &["api", "service", "cache", "pipeline", "events", "store", "adapter", "egress", "config"]),
    ("api", &["service", "identity", "config"]),
    ("identity", &["egress", "config"]),
    ("service", &["cache", "store", "pipeline", "events", "adapter", "config"]),
    ("pipeline", &["store", "adapter", "config"]),
    ("events", &["store", "egress", "config"]),
    ("cache", &["config"]),
    ("store", &["config"]),
    ("kit", &["adapter", "egress", "config"]),
    ("adapter", &["egress", "config"]),
    ("egress", &["config"]),
    ("config", &[]),
    ("telemetry", &["config"]),
    ("clock", &[]),
    ("domain", &[]),
];

const FOR_ALL: &[&str] = &["domain", "clock", "telemetry"];

/// Where a rule has to give way: the file, what it names, and why.
const EXCEPTIONS: &[(&str, &str, &str)] =
    &[("api/problem.rs", "store", "turns the store's errors, which the service passes on, into status codes")];

/// Longest file; a longer one has more than one job.
const MAX_LINES: usize = 400;

struct Source {
    /// Relative to the folder that was searched, with `/`.
    name: String,
    text: String,
}

impl Source {
    /// The text without its unit tests and without comments.
    fn code(&self) -> String {
        let before_tests = self.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
    }

    /// The part of the host that it belongs to: `api` for `api.rs` and everything in `api/`.
    fn part(&self) -> &str {
        self.name.split('/').next().unwrap().trim_end_matches(".rs")
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let root = repository().join(folder);
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(!found.is_empty(), "no sources in {}", root.display());
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(Source { name, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The words that follow `prefix` in `code`.
fn named_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let word = |rest: &'a str| rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap();
    code.split(prefix).skip(1).map(word).filter(|word| !word.is_empty()).collect()
}

fn every_source() -> Vec<Source> {
    ["host", "sdk", "adapters", "tests", "xtask"].into_iter().flat_map(sources).collect()
}

#[test]
fn no_part_of_the_host_points_back() {
    let mut wrong = Vec::new();
    for source in sources("host/src") {
        if ["lib", "main"].contains(&source.part()) {
            continue;
        }
        let (_, allowed) = DIRECTIONS.iter().find(|(part, _)| *part == source.part()).unwrap_or_else(|| {
            panic!(
                "{}: the part {:?} is not in the table of directions: add it to tests/integration/tidy.rs",
                source.name,
                source.part()
            )
        });
        for used in named_after(&source.code(), "crate::") {
            let known = DIRECTIONS.iter().any(|(part, _)| *part == used);
            let excused = EXCEPTIONS.iter().any(|(file, part, _)| *file == source.name && *part == used);
            if known && used != source.part() && !allowed.contains(&used) && !FOR_ALL.contains(&used) && !excused {
                wrong.push(format!("{} uses {used}", source.name));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "these point against the direction of a request:\n{}", wrong.join("\n"));
}

#[test]
fn exceptions_are_still_needed() {
    let host = sources("host/src");
    for (file, part, why) in EXCEPTIONS {
        let needed = host.iter().any(|source| source.name == *file && named_after(&source.code(), "crate::").contains(part));
        assert!(needed, "{file} does not use {part} any more ({why}): take the exception away");
    }
}

#[test]
fn the_domain_knows_no_io_no_runtime_and_no_format() {
    for source in sources("host/src").into_iter().filter(|source| source.part() == "domain") {
        for foreign in [
            "async fn",
            "tokio::",
            "sqlx::",
            "wasmtime::",
            "serde_json::",
            "hyper::",
            "axum::",
            "std::fs",
            "std::net",
            "std::env",
        ] {
            assert!(!source.code().contains(foreign), "{} contains {foreign}", source.name);
        }
    }
}

#[test]
fn certain_things_stand_in_one_place_only() {
    let places: &[(&str, &str, &[&str])] = &[
        ("sqlx::", "SQL belongs to the store", &["store"]),
        ("bindgen!", "generated code belongs to adapter/bindings.rs", &["adapter/bindings.rs"]),
        ("expose_secret", "secrets are read in config/secret.rs", &["config/secret.rs"]),
        ("wasmtime::", "the runtime belongs to the adapter", &["adapter"]),
        ("unsafe ", "unsafe code belongs to the compile cache", &["adapter"]),
    ];
    for source in sources("host/src") {
        for (what, why, homes) in places {
            let at_home = homes.iter().any(|home| {
                source.name == *home || source.name == format!("{home}.rs") || source.name.starts_with(&format!("{home}/"))
            });
            assert!(at_home || !source.code().contains(what), "{} contains {what:?}: {why}", source.name);
        }
    }
}

#[test]
fn there_is_no_mod_rs_and_no_module_for_odds_and_ends() {
    const ODDS_AND_ENDS: [&str; 7] = ["util", "utils", "helpers", "common", "misc", "types", "manager"];
    for source in every_source() {
        let file = source.name.rsplit('/').next().unwrap();
        assert_ne!(file, "mod.rs", "{}: write it as FOLDER.rs beside the folder", source.name);
        assert!(!ODDS_AND_ENDS.contains(&file.trim_end_matches(".rs")), "{}: name it after what it does", source.name);
    }
}

#[test]
fn no_file_is_longer_than_one_job_needs() {
    let long: Vec<_> = every_source()
        .iter()
        .map(|source| (source.text.lines().count(), &source.name))
        .filter(|(lines, _)| *lines >= MAX_LINES)
        .map(|(lines, name)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "longer than {MAX_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn nobody_switches_off_the_lints_against_panics() {
    // Bindings are generated; their macro brings its own code.
    let written = |source: &Source| !source.name.ends_with("bindings.rs");
    for source in ["host/src", "sdk/rust/src", "adapters"].into_iter().flat_map(sources).filter(written) {
        for lint in ["unwrap_used", "expect_used", "clippy::panic", "indexing_slicing"] {
            let switched_off = source
                .text
                .lines()
                .any(|line| (line.contains("allow(") || line.contains("expect(clippy")) && line.contains(lint));
            assert!(!switched_off, "{} switches off {lint}", source.name);
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for source in every_source() {
        assert!(source.text.starts_with("//!") || source.text.starts_with("#!"), "{} has no module documentation", source.name);
    }
}

/// Names in backticks with at least three underscores; options have fewer.
fn tests_named_in(document: &str) -> Vec<String> {
    let is_test = |name: &&str| {
        name.matches('_').count() >= 3
            && name.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    let text = std::fs::read_to_string(repository().join(document)).unwrap();
    let metrics = |name: &&str| !name.starts_with("ordergate_");
    text.split('`').skip(1).step_by(2).filter(is_test).filter(metrics).map(str::to_owned).collect()
}

#[test]
fn every_test_that_is_named_in_a_document_exists() {
    let sources = every_source();
    for (document, least) in [("SECURITY.md", 20), ("docs/design/rules.md", 100)] {
        let named = tests_named_in(document);
        assert!(named.len() > least, "{document}: {named:?}");
        for name in named {
            let function = format!("fn {name}(");
            assert!(sources.iter().any(|source| source.text.contains(&function)), "{document} names {name}, which is no test");
        }
    }
}

#[test]
fn every_member_of_the_workspace_follows_its_lints() {
    for folder in [
        "host",
        "sdk/rust",
        "adapters/rest",
        "adapters/oracle",
        "adapters/sap",
        "tests",
        "tests/backends/adf",
        "tests/backends/demo",
        "tests/backends/s4",
        "tests/backends/server",
        "tests/contracts/v1_0_0",
        "tests/handmade",
        "tests/postgres",
        "tests/zoo",
        "xtask",
    ] {
        let manifest = std::fs::read_to_string(repository().join(folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder}/Cargo.toml does not take the workspace's lints");
    }
}
