//! `ordergate findings list|show|accept|cancel`: what the back end has otherwise than it should, over a running host's operations port.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::running_host::{By, RunningHost, list_in, query, text};
use super::{CliError, print};

#[derive(Debug, Subcommand)]
pub(super) enum FindingsCommand {
    /// List what somebody must look at, oldest first.
    #[command(
        after_help = "Example: ordergate findings list --reason doubled\nReasons: amended, differs, missing, doubled, cancelled, taken.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    List {
        /// Only those in this state: open, cancelling, accepted, cancelled, gone, or all. Without it: open and cancelling.
        #[arg(long)]
        state: Option<String>,
        /// Only those with this reason.
        #[arg(long)]
        reason: Option<String>,
        /// Only those of this store.
        #[arg(long)]
        store: Option<String>,
        /// Most that are listed, up to 1000.
        #[arg(long, default_value = "100")]
        limit: u32,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one with everything that is otherwise.
    #[command(
        after_help = "Example: ordergate findings show 7\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Show {
        /// Its number.
        id: i64,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Agree: it is as it should be, or you have settled it elsewhere.
    #[command(
        after_help = "Example: ordergate findings accept 7 --reason \"the customer agreed by telephone\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Accept {
        #[command(flatten)]
        deed: FindingDeed,
    },
    /// Ask the back end to cancel the order; of one that is there more than once, those that came later.
    #[command(
        after_help = "Example: ordergate findings cancel 7 --reason \"the customer does not want the substitute\"\nWhat the back end refuses to cancel is open again.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Cancel {
        #[command(flatten)]
        deed: FindingDeed,
    },
}

#[derive(Debug, Args)]
pub(super) struct FindingDeed {
    /// Its number.
    id: i64,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
}

pub(super) async fn findings(command: FindingsCommand) -> Result<(), CliError> {
    match command {
        FindingsCommand::List { state, reason, store, limit, host, json } => {
            let narrowed = [("limit", Some(limit.to_string())), ("state", state), ("reason", reason), ("store", store)];
            let list = host.ask(Method::GET, &query("/ops/v1/findings", narrowed), None).await?;
            let shown = || list_in(&list, "items").iter().map(line).collect::<Vec<_>>().join("\n");
            if json { print(&list.to_string()) } else { print(&shown()) }
        }
        FindingsCommand::Show { id, host, json } => {
            let finding = host.ask(Method::GET, &format!("/ops/v1/findings/{id}"), None).await?;
            if json { print(&finding.to_string()) } else { print(&show(&finding)) }
        }
        FindingsCommand::Accept { deed } => deed.settle("accept").await,
        FindingsCommand::Cancel { deed } => deed.settle("cancel").await,
    }
}

impl FindingDeed {
    async fn settle(self, action: &str) -> Result<(), CliError> {
        let body = json!({"actor": self.by.actor, "reason": self.by.reason});
        let path = format!("/ops/v1/findings/{}/{action}", self.id);
        print(&line(&self.host.ask(Method::POST, &path, Some(body)).await?))
    }
}

/// Which one, why, where it stands, and what may be done.
pub(super) fn line(finding: &Value) -> String {
    let of = |field: &str| text(finding.get(field));
    let words = |field: &str| list_in(finding, field).iter().map(|word| text(Some(word))).collect::<Vec<_>>().join(", ");
    let head = format!(
        "{:>6}  {:<9}  {:<10}  {}  store {}  account {}",
        of("id"),
        of("reason"),
        of("state"),
        of("reference"),
        of("store"),
        of("account")
    );
    let parts = [("number ", words("numbers")), ("you may: ", words("allowed_actions"))];
    parts.into_iter().filter(|(_, words)| !words.is_empty()).fold(head, |line, (name, words)| format!("{line}  {name}{words}"))
}

/// And everything that is otherwise, one line each.
fn show(finding: &Value) -> String {
    let times = format!("found {}  seen {}", text(finding.get("found_at")), text(finding.get("seen_at")));
    let differences = list_in(finding, "differences").iter().map(difference);
    [line(finding), times].into_iter().chain(differences).collect::<Vec<_>>().join("\n")
}

/// A change of a line: what, from what, to what.
pub(super) fn difference(difference: &Value) -> String {
    let of = |field: &str| text(difference.get(field));
    let line = if of("line").is_empty() { "order".to_owned() } else { format!("line {}", of("line")) };
    format!("{line}  {}  {} → {}  {}", of("kind"), of("from"), of("to"), of("message")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_shown_with_what_is_otherwise_and_what_may_be_done() {
        let finding = json!({
            "id": 7, "reason": "amended", "state": "open", "reference": "O1", "store": "main", "account": "A", "numbers": ["4711"],
            "allowed_actions": ["accept", "cancel"], "found_at": "2026-11-26T10:00:00Z", "seen_at": "2026-11-26T10:00:00Z",
            "differences": [{"line": "1", "kind": "price", "from": "1.00", "to": "2.00"}, {"kind": "added-line", "to": "FREIGHT"}],
        });
        let shown = show(&finding);
        assert!(
            shown.starts_with("     7  amended    open        O1  store main  account A  number 4711  you may: accept, cancel\n"),
            "{shown}"
        );
        assert!(shown.ends_with("line 1  price  1.00 → 2.00\norder  added-line   → FREIGHT"), "{shown}");
    }
}
