//! The schema that an adapter gives of its settings is its own word: it costs the host no more than compiling does, and leads nowhere.

use handmade::Parts;

use super::load::{Siege, component};

const PLACE: &str = "the adapter's own schema of its settings cannot be used: ";

async fn is_refused(schema: &str, words: &str) -> Siege {
    let mut siege = Siege::begin().await;
    let file = siege.write(&Parts { schema, ..Parts::default() }.encode());
    let change = |config| component(&file)(config).set("adapters.zoo.limits.compile_secs", "2");
    siege.is_repelled(change, &format!("{PLACE}{words}")).await;
    siege
}

/// Each part asks the next one twice.
fn doubling(parts: usize) -> String {
    let part = |number: usize| {
        let next = format!(r##"{{"$ref": "#/$defs/p{}"}}"##, number + 1);
        format!(r#""p{number}": {{"allOf": [{next}, {{"allOf": [{next}]}}]}}"#)
    };
    let all: Vec<_> = (0..parts).map(part).chain([format!(r#""p{parts}": {{}}"#)]).collect();
    format!(r##"{{"$ref": "#/$defs/p0", "$defs": {{{}}}}}"##, all.join(", "))
}

/// Each part asks the next one.
fn chain(parts: usize) -> String {
    let part = |number: usize| format!(r##""p{number}": {{"$ref": "#/$defs/p{}"}}"##, number + 1);
    let all: Vec<_> = (0..parts).map(part).chain([format!(r#""p{parts}": {{}}"#)]).collect();
    format!(r##"{{"$ref": "#/$defs/p0", "$defs": {{{}}}}}"##, all.join(", "))
}

#[tokio::test]
async fn hostile_schema_that_takes_for_ever_is_given_up() {
    let siege = is_refused(&doubling(60), "it took longer than 2 s (limits.compile_secs)").await;
    assert_eq!(siege.zoo.limit_hits("compile_secs").await, 1.0);
}

#[tokio::test]
async fn hostile_schema_that_is_endless_or_leads_elsewhere_is_refused() {
    is_refused(r##"{"$ref": "#"}"##, "").await;
    is_refused(r#"{"$ref": "http://169.254.169.254/latest"}"#, "").await;
    is_refused(r#"{"$ref": "file:///etc/hostname"}"#, "").await;
    is_refused(&format!(r#"{{"description": "{}"}}"#, "x".repeat(300_000)), "it has more than 262144 bytes").await;
}

#[tokio::test]
async fn hostile_schema_that_exhausts_the_stack_ends_the_checking_process_only() {
    is_refused(&chain(7_000), "").await;
}
