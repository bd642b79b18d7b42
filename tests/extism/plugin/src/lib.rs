//! `availability.check` of `adapters/rest`, the same code, behind Extism's interface: JSON in, JSON out, settings in the plugin's
//! configuration. The back end's reply comes with the question, so that no exchange is measured.

use std::cell::OnceCell;

use extism_pdk::{Error, FnResult, Json, config, plugin_fn};
use ordergate_adapter_rest::Rest;
use ordergate_sdk::Adapter;
use ordergate_sdk::availability::{Availability, Item, Query};
use ordergate_sdk::settings::Settings;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Context, Failure};

#[derive(serde::Deserialize)]
struct Question {
    skus: Vec<String>,
    reply: String,
}

thread_local! {
    /// Configured at the first call of an instance.
    static REST: OnceCell<Rest> = const { OnceCell::new() };
}

#[plugin_fn]
pub fn check(Json(question): Json<Question>) -> FnResult<Json<Vec<Availability>>> {
    let backend = Backend::new().reply(Reply::json(200, question.reply));
    let item = |sku| Item { sku, ..Item::default() };
    let query = Query { items: question.skus.into_iter().map(item).collect(), ..Query::default() };
    let answers = REST.with(|rest| {
        if rest.get().is_none() {
            let settings = config::get("settings")?.ok_or_else(|| Error::msg("no settings"))?;
            let configured = Rest::configure(&Settings::from_json(settings)).map_err(refused)?;
            let _ = rest.set(configured);
        }
        let rest = rest.get().ok_or_else(|| Error::msg("not configured"))?;
        let answers: Result<Vec<_>, _> = rest.check_availability(&Context::default(), query).into_iter().collect();
        answers.map_err(refused)
    })?;
    drop(backend);
    Ok(Json(answers))
}

fn refused(failure: Failure) -> Error {
    Error::msg(failure.message)
}
