//! `ordergate orders bulk resend|abandon|release`: the same decision about many orders, after you have seen how many.

use std::io::{BufRead, IsTerminal, Write};

use clap::{Args, ValueEnum};
use http::Method;
use serde_json::{Value, json};

use super::shown::{lines, transfer};
use crate::cli::running_host::{By, RunningHost, list_in, text};
use crate::cli::{CliError, print};

/// How many are decided about with one request: results come in while it works.
const AT_ONCE: usize = 25;

/// What is done with each.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Bulk {
    /// Queue what is parked again.
    Resend,
    /// Give up what is parked.
    Abandon,
    /// Release every hold on what is held.
    Release,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BulkArgs {
    /// What is done with each.
    #[arg(value_enum)]
    action: Bulk,
    /// Only those whose last failure has this code, such as `unavailable` or `rejected`; to release: those held with this code.
    #[arg(long)]
    code: Option<String>,
    /// Only those of this store.
    #[arg(long)]
    store: Option<String>,
    /// Only those to this adapter.
    #[arg(long)]
    adapter: Option<String>,
    /// Only those of this account.
    #[arg(long)]
    account: Option<String>,
    /// Only those that were captured so long ago, in seconds.
    #[arg(long, value_name = "SECONDS")]
    older_than: Option<u64>,
    /// Most that are taken up, up to 500.
    #[arg(long, default_value = "500")]
    limit: u32,
    /// Only show which.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
    /// Results as JSON.
    #[arg(long)]
    json: bool,
}

impl BulkArgs {
    /// Looks which there are, asks, and decides about them in small groups. Fails when one was refused.
    pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
        let found = self.send(json!({
            "dry_run": true, "code": self.code, "store": self.store, "adapter": self.adapter, "account": self.account,
            "older_than_secs": self.older_than, "limit": self.limit,
        }));
        let found = found.await?;
        let items = list_in(&found, "items");
        let more = if found.get("more") == Some(&json!(true)) { ", and there are more: run it again afterwards" } else { "" };
        eprintln!("{} orders and quotes{more}", items.len());
        if self.dry_run {
            return if self.json { print(&found.to_string()) } else { print(&lines(items, transfer)) };
        }
        if items.is_empty() || !self.is_meant(items.len())? {
            return Ok(());
        }
        let references: Vec<_> = items.iter().map(|item| text(item.get("reference"))).collect();
        let mut refused = 0;
        for (group, done) in references.chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
            let report = self.send(json!({ "references": group })).await?;
            refused += report.get("refused").and_then(Value::as_u64).unwrap_or(0);
            let shown = || lines(list_in(&report, "items"), result);
            print(&if self.json { report.to_string() } else { shown() })?;
            if std::io::stderr().is_terminal() {
                eprintln!("{} of {}", done + group.len(), references.len());
            }
        }
        if refused == 0 { Ok(()) } else { Err(anyhow::anyhow!("{refused} of {} were refused", references.len()).into()) }
    }

    async fn send(&self, mut body: Value) -> Result<Value, CliError> {
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
            fields.insert("action".into(), json!(self.verb()));
            fields.insert("actor".into(), json!(self.by.actor));
            fields.insert("reason".into(), json!(self.by.reason));
        }
        self.host.ask(Method::POST, "/ops/v1/orders:bulk", Some(body)).await
    }

    fn verb(&self) -> &'static str {
        match self.action {
            Bulk::Resend => "resend",
            Bulk::Abandon => "abandon",
            Bulk::Release => "release",
        }
    }

    /// Asks on a terminal; without one, only `--yes` will do.
    fn is_meant(&self, number: usize) -> Result<bool, CliError> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(CliError::Refused(format!(
                "{} {number} orders and quotes? Nobody can be asked here: add --yes",
                self.verb()
            )));
        }
        eprint!("{} all {number}? [y/N] ", self.verb());
        let asked = std::io::stderr().flush().and_then(|()| {
            let mut answer = String::new();
            std::io::stdin().lock().read_line(&mut answer).map(|_| answer)
        });
        Ok(asked.is_ok_and(|answer| matches!(answer.trim(), "y" | "yes")))
    }
}

/// What came of one.
fn result(item: &Value) -> String {
    match text(item.get("refused")) {
        why if why.is_empty() => format!("{}  {}", text(item.get("reference")), text(item.get("state"))),
        why => format!("{}  refused: {why}", text(item.get("reference"))),
    }
}
