//! The kit names each of the common mistakes of `tests/wrong`, in each language, and nothing where none is made.

use ordergate_tests::{DemoBackend, HostConfig, wrong_file};

use super::Proof;
use super::adapters::{authored, backend, nordwind};

const FOUND: [(&str, &str); 5] = [
    ("duplicates", "duplicates-on-retry"),
    ("leaks", "leaks-foreign-order"),
    ("deadline", "ignores-deadline"),
    ("decimals", "loses-decimals"),
    ("pages", "mis-pages"),
];

/// Without snapshots: every mistake would be compiled by itself.
fn wrong(backend: &DemoBackend, language: &str, deed: &str) -> HostConfig {
    authored(backend, language)
        .set("adapters.nordwind.component", &format!("{:?}", wrong_file(language).to_str().unwrap()))
        .set("adapters.nordwind.settings.wrong", &format!("{deed:?}"))
        .set("adapters.nordwind.snapshot", "false")
        .set("adapters.nordwind.limits.compile_secs", "300")
}

async fn each_mistake_is_named(language: &str) {
    for (deed, finding) in FOUND {
        let backend = backend().await;
        let proven = Proof::new(wrong(&backend, language, deed), "nordwind", &nordwind(&backend.url())).prove(&[]).await;
        assert_eq!((proven.ended.code, proven.kinds()), (Some(1), vec![finding]), "{language} {deed}: {:#?}", proven.findings());
    }
}

async fn none_is_named_where_none_is_made(language: &str) {
    let backend = backend().await;
    Proof::new(wrong(&backend, language, "none"), "nordwind", &nordwind(&backend.url())).prove(&[]).await.has_passed(100);
}

#[tokio::test]
async fn each_mistake_in_rust_is_named_and_none_where_none_is_made() {
    none_is_named_where_none_is_made("rust").await;
    each_mistake_is_named("rust").await;
}

#[tokio::test]
async fn each_mistake_in_javascript_is_named_and_none_where_none_is_made() {
    none_is_named_where_none_is_made("js").await;
    each_mistake_is_named("js").await;
}

#[tokio::test]
async fn each_mistake_in_python_is_named_and_none_where_none_is_made() {
    none_is_named_where_none_is_made("python").await;
    each_mistake_is_named("python").await;
}
