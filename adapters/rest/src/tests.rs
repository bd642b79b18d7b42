//! The demo profile against recorded replies of the demo back end (`fixtures/`), and the flow of each kind of operation.

mod demo_documents;
mod demo_reads;
mod failures;
mod paging;
mod steps;

use crate::Rest;
use ordergate_sdk::Adapter;
use ordergate_sdk::settings::Settings;
use ordergate_sdk::testing::SentRequest;
use ordergate_sdk::types::Context;
use serde_json::{Value, json};

/// An adapter with these settings; the file is called `test.toml`.
fn rest(mut settings: Value) -> Rest {
    settings["$source"] = json!("test.toml");
    configured(&settings).unwrap()
}

fn configured(settings: &Value) -> Result<Rest, String> {
    Rest::configure(&Settings::from_json(settings.to_string())).map_err(|failure| failure.message)
}

/// The demo profile, as the host passes it.
fn demo() -> Rest {
    let table: toml::Table = include_str!("../profiles/demo.toml").parse().unwrap();
    let mut settings = serde_json::to_value(table).unwrap();
    settings["$source"] = json!("profiles/demo.toml");
    configured(&settings).unwrap()
}

fn ctx() -> Context {
    let text = |text: &str| text.to_owned();
    Context {
        store: text("demo"),
        channel: text("web"),
        locale: text("de"),
        request_id: text("r1"),
        purpose: text("cart"),
        ..Context::default()
    }
}

fn body(request: &SentRequest) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

fn query<'a>(request: &'a SentRequest, name: &str) -> Option<&'a str> {
    request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
