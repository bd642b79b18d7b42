//! `ordergate orders search`.

use clap::{Args, ValueEnum};
use http::Method;
use serde_json::Value;

use super::shown::lines;
use crate::cli::running_host::{RunningHost, list_in, query, text, word};
use crate::cli::{CliError, print};

// No doc comments on these: they would take the place of the commands' own.
#[derive(Debug, Args)]
pub(in crate::cli) struct Narrowed {
    /// Only those of this account.
    #[arg(long)]
    account: Option<String>,
    /// Only those of this store.
    #[arg(long)]
    store: Option<String>,
    /// Only those that go to this adapter.
    #[arg(long)]
    adapter: Option<String>,
}

impl Narrowed {
    pub(super) fn into_pairs(self) -> [(&'static str, Option<String>); 3] {
        [("account", self.account), ("store", self.store), ("adapter", self.adapter)]
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Order,
    Quote,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SearchArgs {
    /// A number of the back end, a reference, a purchase order or an account.
    text: Option<String>,
    #[command(flatten)]
    narrowed: Narrowed,
    /// Only orders, or only quotes.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only those with a transfer that is captured, queued, sending, unknown, confirmed, rejected, parked, linked or abandoned; held by a person; or
    /// under-way.
    #[arg(long)]
    state: Option<String>,
    /// Only those of which the back end said this last, such as open, shipped, offered.
    #[arg(long)]
    status: Option<String>,
    /// Captured at or after this instant, or on or after this day (UTC).
    #[arg(long, value_name = "DAY|INSTANT")]
    from: Option<String>,
    /// Captured before this instant, or on or before this day (UTC).
    #[arg(long, value_name = "DAY|INSTANT")]
    to: Option<String>,
    /// Most that are listed, up to 100.
    #[arg(long, default_value = "20")]
    limit: u32,
    /// Go on where a search with more than its limit has ended: it tells the cursor.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    host: RunningHost,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl SearchArgs {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let own = [
            ("q", self.text),
            ("kind", self.kind.map(word)),
            ("state", self.state),
            ("status", self.status),
            ("from", self.from),
            ("to", self.to),
            ("limit", Some(self.limit.to_string())),
            ("cursor", self.cursor),
        ];
        let asked = query("/ops/v1/orders", own.into_iter().chain(self.narrowed.into_pairs()));
        let page = self.host.ask(Method::GET, &asked, None).await?;
        let next = text(page.get("next_cursor"));
        if !next.is_empty() && !self.json {
            eprintln!("there are more: --cursor {next}");
        }
        if self.json { print(&page.to_string()) } else { print(&lines(list_in(&page, "items"), found)) }
    }
}

/// Which one, its number and status, and each transfer with where it stands.
fn found(found: &Value) -> String {
    let of = |field: &str| text(found.get(field));
    let head = format!(
        "{}  {:<5}  {}  store {}  account {}",
        of("reference"),
        of("kind"),
        of("captured_at"),
        of("store"),
        of("account")
    );
    let held = if found.get("is_held") == Some(&Value::Bool(true)) { "held" } else { "" };
    let findings: Vec<_> = list_in(found, "findings").iter().map(|id| text(Some(id))).collect();
    let transfers = list_in(found, "transfers").iter();
    let transfers: Vec<_> = transfers.map(|one| format!("{} {}", text(one.get("operation")), text(one.get("state")))).collect();
    let parts = [
        ("number ", of("number")),
        ("", of("status")),
        ("", transfers.join(", ")),
        ("", held.to_owned()),
        ("finding ", findings.join(", ")),
    ];
    let said = parts.into_iter().filter(|(_, words)| !words.is_empty());
    said.fold(head, |line, (name, words)| format!("{line}  {name}{words}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_is_a_line_with_its_number_and_every_transfer() {
        let transfers =
            json!([{"operation": "submit-order", "state": "confirmed"}, {"operation": "cancel-order", "state": "parked"}]);
        let one = json!({
            "reference": "O1", "kind": "order", "captured_at": "2026-11-26T10:00:00Z", "store": "main", "account": "A", "number": "4711",
            "status": "open", "is_held": false, "findings": [7], "transfers": transfers,
        });
        let line = "O1  order  2026-11-26T10:00:00Z  store main  account A  number 4711  open  submit-order confirmed, cancel-order parked  finding 7";
        assert_eq!(found(&one), line);
    }
}
