//! `ordergate customers erase`: what is personal about a customer is erased in a running host, over its operations port.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::running_host::{By, RunningHost, text};
use super::{CliError, print};

#[derive(Debug, Subcommand)]
pub(super) enum CustomersCommand {
    /// Erase names, addresses and texts from everything that is kept of a customer. This cannot be undone.
    #[command(
        after_help = "Example: ordergate customers erase C-1001 --reason \"request of 3 November\" --key-env ORDERGATE_ERASE_KEY\nReferences, times, states, amounts and who did what stay. Refused while an order or quote of the customer is on its way or parked.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port; the key must have the scope \"erase\" (ops.keys)."
    )]
    Erase(EraseArgs),
}

#[derive(Debug, Args)]
pub(super) struct EraseArgs {
    /// The customer's account number.
    account: String,
    /// In which store; may be left out when there is only one.
    #[arg(long)]
    store: Option<String>,
    /// Do not ask again.
    #[arg(long)]
    yes: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
}

pub(super) async fn customers(command: CustomersCommand) -> Result<(), CliError> {
    let CustomersCommand::Erase(EraseArgs { account, store, yes, json: as_json, host, by: By { actor, reason } }) = command;
    if !yes {
        confirm(&account)?;
    }
    let body = json!({"account": account, "store": store, "actor": actor, "reason": reason});
    let report = host.ask(Method::POST, "/ops/v1/customers:erase", Some(body)).await?;
    if as_json { print(&report.to_string()) } else { print(&show(&report)) }
}

/// Whoever means it types the account number.
fn confirm(account: &str) -> Result<(), CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::Refused("erasing cannot be undone and nobody can be asked: add --yes".to_owned()));
    }
    let mut line = String::new();
    let asked = write!(stderr(), "Erasing {account} cannot be undone. Type the account number to go on: ");
    asked.and_then(|()| stdin().lock().read_line(&mut line)).map_err(anyhow::Error::from)?;
    match line.trim() == account {
        true => Ok(()),
        false => Err(CliError::Refused("that is another account number: nothing was erased".to_owned())),
    }
}

fn show(report: &Value) -> String {
    let of = |field: &str| text(report.get(field));
    format!(
        "{}  store {}  erased: orders and quotes {}  checkouts {}  answers to repeated requests {}  lists {}",
        of("account"),
        of("store"),
        of("documents"),
        of("checkouts"),
        of("answers"),
        of("lists")
    )
}
