//! `extism-side PLUGIN.wasm SETTINGS.json`: for each line of standard input, calls the plugin so often and prints how long each call took, in
//! nanoseconds. A line is `{"fresh": bool, "calls": number, "question": {"skus": […], "reply": "…"}}`.

use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use serde_json::Value;

#[derive(serde::Deserialize)]
struct Round {
    fresh: bool,
    calls: usize,
    question: Value,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (wasm, settings) = (arguments.next().context("no plugin")?, arguments.next().context("no settings")?);
    let manifest = Manifest::new([Wasm::data(std::fs::read(wasm)?)]).with_config_key("settings", std::fs::read_to_string(settings)?);
    let compiled = CompiledPlugin::new(PluginBuilder::new(manifest).with_wasi(true))?;
    let mut reused = Plugin::new_from_compiled(&compiled)?;
    for line in std::io::stdin().lock().lines() {
        let round: Round = serde_json::from_str(&line?)?;
        let input = serde_json::to_string(&round.question)?;
        let asked = round.question["skus"].as_array().map_or(0, Vec::len);
        let mut took = Vec::with_capacity(round.calls);
        for _ in 0..round.calls {
            let began = Instant::now();
            let output: String = if round.fresh {
                Plugin::new_from_compiled(&compiled)?.call("check", &input)?
            } else {
                reused.call("check", &input)?
            };
            took.push(u64::try_from(began.elapsed().as_nanos())?);
            let answers: Vec<Value> = serde_json::from_str(&output)?;
            ensure!(answers.len() == asked, "asked about {asked} items, was told about {}", answers.len());
        }
        println!("{}", serde_json::to_string(&took)?);
        std::io::stdout().flush()?;
    }
    Ok(())
}
