//! `ordergate adapter list|load|promote|rollback`: what an operator does to a running host, over its operations port.

use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use clap::{Args, Subcommand};
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::{CliError, print};

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
    #[command(after_help = "Example: ordergate adapter promote erp --reason \"urgent, checked by hand\"")]
    Promote {
        #[command(flatten)]
        deed: AdapterDeed,
    },
    /// End a trial; when nothing is on trial, go back to the previous version at once.
    #[command(
        after_help = "Example: ordergate adapter rollback erp --reason \"wrong prices\"\nPut the old file back as well: a restart or reload loads what the configuration names."
    )]
    Rollback {
        #[command(flatten)]
        deed: AdapterDeed,
    },
}

#[derive(Debug, Args)]
pub(super) struct RunningHost {
    /// The host's operations port.
    #[arg(long, env = "ORDERGATE_OPS_URL", default_value = "http://127.0.0.1:9090", value_name = "URL")]
    ops: String,
    /// Environment variable that holds the key of the operations port.
    #[arg(long, default_value = "ORDERGATE_OPS_KEY", value_name = "NAME")]
    key_env: String,
}

#[derive(Debug, Args)]
pub(super) struct AdapterDeed {
    /// The adapter, as the configuration names it.
    name: String,
    #[command(flatten)]
    host: RunningHost,
    /// Who does it, for the audit log.
    #[arg(long, env = "USER", default_value = "unknown")]
    actor: String,
    /// Why, for the audit log.
    #[arg(long)]
    reason: String,
}

pub(super) async fn operate(command: OperateCommand) -> Result<(), CliError> {
    match command {
        OperateCommand::List { host, json } => {
            let list = host.ask(Method::GET, "/ops/v1/adapters", None).await?;
            if json { print(&list.to_string()) } else { print(&list["items"].as_array().map(|items| shown(items)).unwrap_or_default()) }
        }
        OperateCommand::Load { deed, wait } => {
            let report = deed.act("load").await?;
            print(&show(&report))?;
            if wait { deed.until_decided(&report).await } else { Ok(()) }
        }
        OperateCommand::Promote { deed } => print(&show(&deed.act("promote").await?)),
        OperateCommand::Rollback { deed } => print(&show(&deed.act("rollback").await?)),
    }
}

impl AdapterDeed {
    async fn act(&self, action: &str) -> Result<Value, CliError> {
        let body = json!({"actor": self.actor, "reason": self.reason});
        self.host.ask(Method::POST, &format!("/ops/v1/adapters/{}/{action}", self.name), Some(body)).await
    }

    async fn until_decided(&self, loaded: &Value) -> Result<(), CliError> {
        let newest = newest(loaded);
        let mut report = loaded.clone();
        while state_of(&report, newest) == Some("canary") {
            tokio::time::sleep(LOOK).await;
            report = self.host.ask(Method::GET, &format!("/ops/v1/adapters/{}", self.name), None).await?;
        }
        print(&show(&report))?;
        match state_of(&report, newest) {
            Some("live" | "previous") => Ok(()),
            _ => Err(anyhow!("generation {newest} did not go live: {}", report["last_swap"]["detail"]).into()),
        }
    }
}

impl RunningHost {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CliError> {
        let key = std::env::var(&self.key_env)
            .map_err(|_| CliError::Refused(format!("{} is not set: put the key of the operations port in it, or name another variable with --key-env", self.key_env)))?;
        let url = format!("{}{path}", self.ops.trim_end_matches('/'));
        let request = Request::builder()
            .method(method)
            .uri(&url)
            .header(header::AUTHORIZATION, format!("Bearer {}", key.trim()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.map(|body| body.to_string()).unwrap_or_default())))
            .map_err(|cause| CliError::Refused(format!("{url}: {cause}: --ops must be such as http://127.0.0.1:9090")))?;
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let unreachable = || format!("no host answers at {} (--ops)", self.ops);
        let response = client.request(request).await.with_context(unreachable)?;
        let status = response.status();
        let bytes = response.into_body().collect().await.with_context(unreachable)?.to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).with_context(|| format!("{url} answered {status} without JSON"))?;
        if status.is_success() { Ok(answer) } else { Err(anyhow!(refusal(&answer)).into()) }
    }
}

/// A problem in lines: its title, its detail, and each error with its place.
fn refusal(problem: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let errors = errors.iter().map(|error| format!("{}: {}", text(&error["pointer"]), text(&error["detail"])));
    let lines = [text(&problem["title"]), text(&problem["detail"])].into_iter().filter(|line| !line.is_empty());
    lines.chain(errors).collect::<Vec<_>>().join("\n")
}

fn shown(adapters: &[Value]) -> String {
    adapters.iter().map(show).collect::<Vec<_>>().join("\n")
}

fn generations(adapter: &Value) -> &[Value] {
    adapter["generations"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn newest(adapter: &Value) -> u64 {
    generations(adapter).iter().filter_map(|generation| generation["generation"].as_u64()).max().unwrap_or(0)
}

fn state_of(adapter: &Value, number: u64) -> Option<&str> {
    generations(adapter).iter().find(|generation| generation["generation"] == number)?["state"].as_str()
}

/// One line per generation, newest first.
fn show(adapter: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |generation: &Value| {
        let digest: String = text(&generation["digest"]).chars().take(12).collect();
        format!(
            "{}  generation {}  {:<8}  {digest}  version {}  calls {}  failures {}  in flight {}",
            text(&adapter["name"]),
            generation["generation"],
            text(&generation["state"]),
            text(&generation["version"]),
            generation["calls"],
            generation["failures"],
            generation["in_flight"],
        )
    };
    let last = adapter["last_swap"].as_object().map(|_| &adapter["last_swap"]);
    let last = last.map(|swap| {
        format!("{}  last: generation {} {} ({})", text(&adapter["name"]), swap["generation"], text(&swap["result"]), text(&swap["detail"]))
    });
    generations(adapter).iter().map(line).chain(last).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_with_every_place() {
        let problem = json!({"title": "Refused", "errors": [{"pointer": "adapters.erp.sha256", "detail": "another file"}]});
        assert_eq!(refusal(&problem), "Refused\nadapters.erp.sha256: another file");
    }

    #[test]
    fn each_generation_is_a_line() {
        let generation = |number: u64, state: &str| {
            json!({"generation": number, "state": state, "digest": "0123456789abcdef", "version": "1.2", "calls": 3, "failures": 0, "in_flight": 1})
        };
        let adapter = json!({"name": "erp", "generations": [generation(2, "canary"), generation(1, "live")], "last_swap": null});
        assert_eq!(show(&adapter).lines().count(), 2);
        assert!(show(&adapter).starts_with("erp  generation 2  canary    0123456789ab  version 1.2"), "{}", show(&adapter));
        assert_eq!((newest(&adapter), state_of(&adapter, 1)), (2, Some("live")));
    }
}
