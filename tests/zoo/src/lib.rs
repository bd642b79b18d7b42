//! A hostile adapter. What it does is chosen by the SKU that is asked, up to a `~`: `loop`, `loop~7`. What it found out, where it was to find
//! out something, it tells as a business refusal, because that is the one text of an adapter that a caller sees.

#![allow(clippy::result_large_err, reason = "Failure is a record of the contract; a box would be undone at the boundary")]

mod breaking;
mod cpu;
mod hoard;
mod requests;
mod senses;
mod talk;

use ordergate_sdk::availability::{Availability, Query};
use ordergate_sdk::descriptor::Endpoint;
use ordergate_sdk::prelude::*;

/// What an act comes to, when it comes back.
type Outcome = Result<Availability, Failure>;

/// The settings: `configure = "loop"` makes the adapter hostile while it is loaded, `restless = true` has it describe itself otherwise each time.
#[derive(serde::Deserialize)]
struct Wishes {
    #[serde(default)]
    configure: String,
    #[serde(default)]
    restless: bool,
}

/// The adapter.
pub struct Zoo {
    restless: bool,
}

impl Adapter for Zoo {
    fn configure(settings: &Settings) -> Result<Self, Failure> {
        let Wishes { configure, restless } = settings.parse()?;
        match configure.as_str() {
            "loop" => cpu::spin(),
            "memory" => hoard::grow(),
            // What cannot be frozen.
            "random" => drop(senses::random()),
            _ => {}
        }
        Ok(Zoo { restless })
    }

    fn settings_schema() -> String {
        r#"{"type": "object", "additionalProperties": false, "properties": {"configure": {"enum": ["loop", "memory", "random"]}, "restless": {"type": "boolean"}}}"#.into()
    }

    fn describe(&self) -> Description {
        let version = if self.restless { senses::of_the_moment() } else { "0.1.0".to_owned() };
        let mut description = Description::new("zoo", version)
            .capable_of([operation::CHECK_AVAILABILITY, operation::PROBE])
            .requires_endpoint("api", "A back end")
            .at_most(operation::CHECK_AVAILABILITY, 1);
        let named = Endpoint { name: "named".into(), description: "A back end known by its name".into(), required: false };
        description.endpoints.push(named);
        // Each customer's reads are calls of their own.
        description.availability_dimensions = vec!["account".into()];
        description
    }

    fn check_availability(&self, _: &Context, query: Query) -> Vec<Outcome> {
        let sku = query.items.first().map(|item| item.sku.clone()).unwrap_or_default();
        match act_of(&sku) {
            "no-items" => Vec::new(),
            "more-items" => vec![Ok(five(&sku)), Ok(five(&sku))],
            act => vec![perform(act, &sku)],
        }
    }

    fn probe(&self, _: &Context, _: String) -> Result<(), Failure> {
        Ok(())
    }
}

ordergate_sdk::export_adapter!(Zoo);

fn act_of(sku: &str) -> &str {
    sku.split('~').next().unwrap_or_default()
}

fn perform(act: &str, sku: &str) -> Outcome {
    if let Some(path) = act.strip_prefix("get-") {
        return requests::get(path);
    }
    if let Some(path) = act.strip_prefix("named-") {
        return requests::get_named(path);
    }
    match act {
        "tame" => Ok(five(sku)),
        "loop" => cpu::spin(),
        "recurse" => cpu::recurse(),
        "recurse-100000" => cpu::recurse_100_000(),
        "deep-frames" => cpu::deep_frames(),
        "host-calls" => cpu::call_the_host(),
        "wait" => cpu::wait(),
        "wait-forever" => cpu::wait_forever(),
        "memory" => hoard::grow(),
        "large-allocation" => hoard::allocate_at_once(),
        "fill" => hoard::fill(sku),
        "handles" => hoard::handles(),
        "session" => hoard::session(),
        "panic" => breaking::panic(),
        "abort" => breaking::abort(),
        "exit" => breaking::exit(),
        "out-of-bounds" => breaking::out_of_bounds(),
        "log-flood" => talk::log_flood(sku),
        "print-flood" => talk::print_flood(sku),
        "long-line" => talk::long_line(sku),
        "forged-line" => talk::forged_line(sku),
        "huge-result" => talk::huge_result(sku),
        "huge-request" => talk::huge_request(),
        "huge-failure" => talk::huge_failure(),
        "not-a-number" => talk::with_amount(sku, "NaN"),
        "negative" => talk::with_amount(sku, "-1"),
        "endless-digits" => talk::with_amount(sku, &"9".repeat(1_000)),
        "another-item" => Ok(five("another-item")),
        "requests-10000" => requests::ten_thousand(),
        "requests-at-once" => requests::ten_thousand_at_once(),
        "large-replies" => requests::large_replies(),
        "ask" => requests::ask(sku),
        "bad-paths" => requests::bad_paths(),
        "bad-headers" => requests::bad_headers(),
        "bad-methods" => requests::bad_methods(),
        "bad-endpoints" => requests::bad_endpoints(),
        "redirect" => requests::redirect(),
        "cookies" => requests::cookies(),
        "echo" => requests::echo(),
        "environment" => senses::environment(),
        "files" => senses::files(),
        "clocks" => senses::clocks(),
        "random" => senses::random(),
        "random-100000" => senses::random_100_000(),
        "random-flood" => senses::random_flood(),
        "standard-input" => senses::standard_input(),
        _ => Err(Failure::not_found("there is no such act")),
    }
}

/// An ordinary answer.
fn five(sku: &str) -> Availability {
    Availability { sku: sku.to_owned(), available: "5".into(), unit: "C62".into(), ..Availability::default() }
}

/// Tells the test what was found out.
fn told(what: impl Into<String>) -> Outcome {
    Err(Failure::rejected(what))
}
