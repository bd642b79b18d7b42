//! `ordergate adapter list|shadow|pushes|load|promote|rollback|breaker`: what an operator does to a running host, over its operations port.

use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::{Value, json};

use super::running_host::{By, RunningHost, encoded, list_in, text, word};
use super::{CliError, print, pushes};

/// How often `--wait` looks.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(super) enum OperateCommand {
    /// List the adapters of a running host with all their generations.
    #[command(after_help = "Example: ordergate adapter list --ops http://127.0.0.1:9090 --json")]
    List {
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compare the answers of the adapter that follows another one with the live ones.
    #[command(
        after_help = "Example: ordergate adapter shadow erp\nWhich adapter follows is configured under [adapters.erp.shadow]."
    )]
    Shadow {
        /// The adapter that is followed, as the configuration names it.
        name: String,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what the back end pushed to this host lately, and what was turned away.
    #[command(after_help = "Example: ordergate adapter pushes erp\nWho may push is configured under [adapters.erp.inbound].")]
    Pushes {
        /// The adapter, as the configuration names it.
        name: String,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring in the version that the configuration names now: checked, probed, tried with a share of the reads, then live.
    #[command(
        after_help = "Example: ordergate adapter load erp --reason \"fix of the stock mapping\" --wait\nA version that is refused, or backed out while it is tried, leaves the old one serving; the exit code is then 1."
    )]
    Load {
        #[command(flatten)]
        deed: AdapterDeed,
        /// Wait until the trial is over.
        #[arg(long)]
        wait: bool,
    },
    /// Make the version on trial live at once.
    #[command(after_help = "Example: ordergate adapter promote erp --generation 3 --reason \"urgent, checked by hand\"")]
    Promote {
        #[command(flatten)]
        deed: AdapterDeed,
        #[command(flatten)]
        meant: Meant,
    },
    /// End a trial; when nothing is on trial, go back to the previous version at once.
    #[command(
        after_help = "Example: ordergate adapter rollback erp --generation 3 --reason \"wrong prices\"\nPut the old file back as well: a restart or reload loads what the configuration names."
    )]
    Rollback {
        #[command(flatten)]
        deed: AdapterDeed,
        #[command(flatten)]
        meant: Meant,
    },
    /// Hold the breaker of one side of a back end open or closed, or give it back to its own rules.
    #[command(
        after_help = "Example: ordergate adapter breaker erp --side write --state open --reason \"maintenance until six\"\nWhile the write side is open, orders are accepted and wait. What is held stays held until `--state auto` or a restart of the host."
    )]
    Breaker {
        #[command(flatten)]
        deed: AdapterDeed,
        /// Which side.
        #[arg(long, value_enum)]
        side: Side,
        /// Open turns every call away, closed lets every call go, auto decides by the calls' outcomes.
        #[arg(long, value_enum)]
        state: Setting,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Side {
    Read,
    Write,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Setting {
    Open,
    Closed,
    Auto,
}

#[derive(Debug, Args)]
pub(super) struct AdapterDeed {
    /// The adapter, as the configuration names it.
    name: String,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
}

// No doc comment: it would take the place of the command's own.
#[derive(Debug, Args)]
pub(super) struct Meant {
    /// Number of the generation that you decide about, as `ordergate adapter list` shows it.
    #[arg(long, value_name = "NUMBER")]
    generation: Option<u64>,
    /// SHA-256 of its component, or the first 12 characters or more: the same on all hosts.
    #[arg(long, value_name = "HEX")]
    digest: Option<String>,
}

impl Meant {
    /// Nothing of what was not said.
    fn into_fields(self) -> Value {
        let said = [("generation", json!(self.generation)), ("digest", json!(self.digest))];
        said.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

pub(super) async fn operate(command: OperateCommand) -> Result<(), CliError> {
    match command {
        OperateCommand::List { host, json } => {
            let list = host.ask(Method::GET, "/ops/v1/adapters", None).await?;
            if json { print(&list.to_string()) } else { print(&shown(list_in(&list, "items"))) }
        }
        OperateCommand::Shadow { name, host, json } => {
            let report = host.ask(Method::GET, &format!("/ops/v1/adapters/{}/shadow", encoded(&name)), None).await?;
            if json { print(&report.to_string()) } else { print(&show_shadow(&name, &report)) }
        }
        OperateCommand::Pushes { name, host, json } => {
            let log = host.ask(Method::GET, &format!("/ops/v1/adapters/{}/pushes", encoded(&name)), None).await?;
            if json { print(&log.to_string()) } else { print(&pushes::show(&log)) }
        }
        OperateCommand::Load { deed, wait } => {
            let report = deed.act("load").await?;
            print(&show(&report))?;
            if wait { deed.until_decided(&report).await } else { Ok(()) }
        }
        OperateCommand::Promote { deed, meant } => print(&show(&deed.act_with("promote", meant.into_fields()).await?)),
        OperateCommand::Rollback { deed, meant } => print(&show(&deed.act_with("rollback", meant.into_fields()).await?)),
        OperateCommand::Breaker { deed, side, state } => {
            let more = json!({"side": word(side), "state": word(state)});
            print(&show(&deed.act_with("breaker", more).await?))
        }
    }
}

impl AdapterDeed {
    async fn act(&self, action: &str) -> Result<Value, CliError> {
        self.act_with(action, json!({})).await
    }

    async fn act_with(&self, action: &str, mut body: Value) -> Result<Value, CliError> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("actor".into(), json!(self.by.actor));
            fields.insert("reason".into(), json!(self.by.reason));
        }
        self.host.ask(Method::POST, &format!("/ops/v1/adapters/{}/{action}", encoded(&self.name)), Some(body)).await
    }

    async fn until_decided(&self, loaded: &Value) -> Result<(), CliError> {
        let newest = newest(loaded);
        let mut report = loaded.clone();
        while state_of(&report, newest) == Some("canary") {
            tokio::time::sleep(LOOK).await;
            report = self.host.ask(Method::GET, &format!("/ops/v1/adapters/{}", encoded(&self.name)), None).await?;
        }
        print(&show(&report))?;
        match state_of(&report, newest) {
            Some("live" | "previous") => Ok(()),
            _ => Err(anyhow!("generation {newest} did not go live: {}", text(report.pointer("/last_swap/detail"))).into()),
        }
    }
}

fn shown(adapters: &[Value]) -> String {
    adapters.iter().map(show).collect::<Vec<_>>().join("\n")
}

fn number_of(generation: &Value) -> Option<u64> {
    generation.get("generation")?.as_u64()
}

fn newest(adapter: &Value) -> u64 {
    list_in(adapter, "generations").iter().filter_map(number_of).max().unwrap_or(0)
}

fn state_of(adapter: &Value, number: u64) -> Option<&str> {
    list_in(adapter, "generations").iter().find(|one| number_of(one) == Some(number))?.get("state")?.as_str()
}

/// One line per generation, newest first, what happened last, and one line per breaker.
fn show(adapter: &Value) -> String {
    let name = text(adapter.get("name"));
    let line = |generation: &Value| {
        let of = |field: &str| text(generation.get(field));
        let digest: String = of("digest").chars().take(12).collect();
        let head = format!("{name}  generation {}  {:<8}  {digest}  version {}", of("generation"), of("state"), of("version"));
        let watched = match of("watched_until") {
            until if until.is_empty() => until,
            until => format!("  watched until {until}"),
        };
        format!(
            "{head}  signer {}  calls {}  failures {}  in flight {}{watched}",
            of("signer"),
            of("calls"),
            of("failures"),
            of("in_flight")
        )
    };
    let last = adapter.get("last_swap").filter(|swap| swap.is_object()).map(|swap| {
        let of = |field: &str| text(swap.get(field));
        format!("{name}  last: generation {} {} ({})", of("generation"), of("result"), of("detail"))
    });
    let breakers = ["read", "write"].into_iter();
    let breakers = breakers.filter_map(|side| Some(breaker(&name, side, adapter.pointer(&format!("/breakers/{side}"))?)));
    list_in(adapter, "generations").iter().map(line).chain(last).chain(breakers).collect::<Vec<_>>().join("\n")
}

/// Its state, why, since when, and who holds it.
fn breaker(name: &str, side: &str, breaker: &Value) -> String {
    let of = |field: &str| text(breaker.get(field));
    let line = format!("{name}  breaker {side:<5}  {:<9}  since {} ({})", of("state"), of("since"), of("why"));
    let Some(held) = breaker.get("held").filter(|held| held.is_object()) else { return line };
    let of = |field: &str| text(held.get(field));
    format!("{line}, held {} by {}: {}", of("state"), of("actor"), of("reason"))
}

/// Counts by operation and field, then the latest differences and withheld writes.
fn show_shadow(name: &str, report: &Value) -> String {
    let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut lines =
        vec![format!("{name}  followed by {} generation {}", text(report.get("shadow")), text(report.get("generation")))];
    for (operation, counts) in members(report.get("operations")) {
        let of = |field: &str| text(counts.get(field));
        lines.push(format!("{operation}  same {}  different {}  skipped {}", of("same"), of("different"), of("skipped")));
        for (field, count) in members(counts.get("fields")) {
            lines.push(format!("  {count} times {field}"));
        }
    }
    for difference in list_in(report, "latest") {
        let of = |field: &str| text(difference.get(field));
        lines.push(format!("{}  {}  {}: {} here, {} there", of("at"), of("operation"), of("field"), of("live"), of("shadow")));
    }
    for write in list_in(report, "writes") {
        let of = |path: &str| text(write.pointer(path));
        let would = match write.get("request").filter(|request| request.is_object()) {
            Some(_) => {
                format!("would send {} {} ({} bytes)", of("/request/method"), of("/request/path"), of("/request/body_bytes"))
            }
            None => format!("would fail: {}", of("/failure")),
        };
        lines.push(format!("{}  {}  {}: {would}", of("/at"), of("/operation"), of("/request_id")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_is_a_line() {
        let generation = |number: u64, state: &str| json!({"generation": number, "state": state, "digest": "0123456789abcdef", "version": "1.2", "signer": "acme (key 1)", "calls": 3, "failures": 0, "in_flight": 1});
        let adapter = json!({"name": "erp", "generations": [generation(2, "canary"), generation(1, "live")], "last_swap": null});
        assert_eq!(show(&adapter).lines().count(), 2);
        let head = "erp  generation 2  canary    0123456789ab  version 1.2  signer acme (key 1)";
        assert!(show(&adapter).starts_with(head), "{}", show(&adapter));
        assert_eq!((newest(&adapter), state_of(&adapter, 1)), (2, Some("live")));
    }

    #[test]
    fn a_breaker_is_a_line_with_who_holds_it() {
        let held = json!({"state": "open", "actor": "anna", "reason": "maintenance"});
        let write = json!({"state": "open", "since": "2026-11-22T18:00:00Z", "why": "by hand", "held": held});
        let adapter = json!({"name": "erp", "generations": [], "last_swap": null, "breakers": {"write": write}});
        let line = "erp  breaker write  open       since 2026-11-22T18:00:00Z (by hand), held open by anna: maintenance";
        assert_eq!(show(&adapter), line);
    }
}
