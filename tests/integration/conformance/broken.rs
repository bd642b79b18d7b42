//! Profiles of the REST adapter that break a promise: the kit names it.

use ordergate_tests::{DemoBackend, HostConfig, demo_profile};

use super::adapters::{backend, nordwind};
use super::{Proof, Proven};

/// The demo back end's profile with one text in place of another, each wherever it stands.
async fn proven(backend: &DemoBackend, changes: &[(&str, &str)], arguments: &[&str]) -> Proven {
    let mut profile = std::fs::read_to_string(demo_profile()).unwrap();
    for (text, other) in changes {
        assert!(profile.contains(text), "the profile has no {text}");
        profile = profile.replace(text, other);
    }
    // Without a snapshot, which every profile would have to wait for.
    let config = HostConfig::for_backend(&backend.url(), backend.key())
        .set("adapters.nordwind.settings_file", "\"mine.toml\"")
        .set("adapters.nordwind.snapshot", "false");
    let proof = Proof::new(config, "nordwind", &nordwind(&backend.url()));
    std::fs::write(proof.path("mine.toml"), profile).unwrap();
    proof.prove(arguments).await
}

const FOUND: &str = "[.items[] | select(.your_ref == $request.reference)] | last | if . == null then null else order end";

#[tokio::test]
async fn t4_a_look_up_that_always_says_none_doubles_orders() {
    let backend = backend().await;
    let proven = proven(&backend, &[(FOUND, "null")], &["--only", "orders.submit"]).await;
    proven.has_found("duplicates-on-retry", "orders.submit");
    proven.has_found("not-found-after-commit", "orders.submit");
    let lost = proven.findings();
    assert!(lost.iter().any(|line| line.contains("reply lost after the back end answered, request 1")), "{lost:#?}");
}

#[tokio::test]
async fn h3_a_document_that_is_labeled_with_the_account_that_asks_is_a_leak() {
    let backend = backend().await;
    let proven = proven(&backend, &[("account: .customer", "account: \"C-1001\"")], &["--only", "orders.get"]).await;
    proven.has_found("leaks-foreign-order", "orders.get");
    assert_eq!(proven.kinds(), ["leaks-foreign-order"], "{:#?}", proven.findings());
}

#[tokio::test]
async fn h1_pages_that_leave_out_a_document_are_found() {
    let backend = backend().await;
    let change = ("[.items[] | order]", "[.items[] | order] | .[:2]");
    let proven = proven(&backend, &[change], &["--only", "orders.list"]).await;
    proven.has_found("mis-pages", "orders.list");
}

#[tokio::test]
async fn a_list_that_takes_another_shape_for_an_empty_one_is_found() {
    let backend = backend().await;
    let proven = proven(&backend, &[("[.items[] | order]", "[.items[]? | order]")], &["--only", "orders.list"]).await;
    proven.has_found("believes-broken-reply", "orders.list");
}
