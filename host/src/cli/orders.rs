//! `ordergate orders list|show|resend|link|abandon`: what a person decides about orders that a running host gave up, over its operations port.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::operate::{By, RunningHost, list_in, text};
use super::{CliError, findings, print};

#[derive(Debug, Subcommand)]
pub(super) enum OrdersCommand {
    /// List the orders and quotes that wait for a person.
    #[command(
        after_help = "Example: ordergate orders list\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    List {
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one with its transfers, attempts, prices and what people did.
    #[command(
        after_help = "Example: ordergate orders show O01K9…\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Show {
        /// Our reference.
        reference: String,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Queue it again.
    #[command(
        after_help = "Example: ordergate orders resend O01K9… --accept-price --reason \"the customer agreed by telephone\"\nWithout --accept-price an order whose price rose beyond its limit is priced again, and sent only when the price has come back.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Resend {
        #[command(flatten)]
        deed: OrderDeed,
        /// It may cost what the back end asked last.
        #[arg(long)]
        accept_price: bool,
    },
    /// Confirm it by hand, with the number under which you found it in the back end.
    #[command(
        after_help = "Example: ordergate orders link O01K9… --number SO-4711 --reason \"entered by hand\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Link {
        #[command(flatten)]
        deed: OrderDeed,
        /// The back end's number.
        #[arg(long)]
        number: String,
    },
    /// Give it up.
    #[command(
        after_help = "Example: ordergate orders abandon O01K9… --reason \"the customer ordered elsewhere\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Abandon {
        #[command(flatten)]
        deed: OrderDeed,
    },
}

#[derive(Debug, Args)]
pub(super) struct OrderDeed {
    /// Our reference.
    reference: String,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
}

pub(super) async fn orders(command: OrdersCommand) -> Result<(), CliError> {
    match command {
        OrdersCommand::List { host, json } => {
            let list = host.ask(Method::GET, "/ops/v1/transfers?state=parked", None).await?;
            if json { print(&list.to_string()) } else { print(&lines(list_in(&list, "items"), transfer)) }
        }
        OrdersCommand::Show { reference, host, json } => {
            let dossier = host.ask(Method::GET, &format!("/ops/v1/orders/{reference}"), None).await?;
            if json { print(&dossier.to_string()) } else { print(&show(&dossier)) }
        }
        OrdersCommand::Resend { deed, accept_price } => deed.decide("resend", json!({ "accept_price": accept_price })).await,
        OrdersCommand::Link { deed, number } => deed.decide("link", json!({ "number": number })).await,
        OrdersCommand::Abandon { deed } => deed.decide("abandon", json!({})).await,
    }
}

impl OrderDeed {
    async fn decide(self, decision: &str, mut body: Value) -> Result<(), CliError> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("actor".into(), json!(self.by.actor));
            fields.insert("reason".into(), json!(self.by.reason));
        }
        let path = format!("/ops/v1/orders/{}/{decision}", self.reference);
        let report = self.host.ask(Method::POST, &path, Some(body)).await?;
        print(&transfer(&report))
    }
}

fn lines(items: &[Value], line: impl Fn(&Value) -> String) -> String {
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What it is, where it stands, and what went wrong last.
fn transfer(transfer: &Value) -> String {
    let of = |field: &str| text(transfer.get(field));
    let line = format!(
        "{}  {:<13}  {:<9}  store {}  account {}",
        of("reference"),
        of("operation"),
        of("state"),
        of("store"),
        of("account")
    );
    match text(transfer.pointer("/last_failure/message")) {
        failure if failure.is_empty() => line,
        failure => format!("{line}  {failure}"),
    }
}

/// One line per transfer, price, attempt and deed.
fn show(dossier: &Value) -> String {
    let of = |value: &Value, fields: &[&str]| fields.iter().map(|field| text(value.get(*field))).collect::<Vec<_>>();
    let mut shown = vec![lines(list_in(dossier, "transfers"), transfer)];
    if let Some(terms) = dossier.get("price").filter(|terms| terms.is_object()) {
        let money = |field: &str| match terms.get(field).filter(|amount| amount.is_object()) {
            Some(amount) => of(amount, &["amount", "currency"]).join(" "),
            None => "unknown".to_owned(),
        };
        let mode = text(terms.pointer("/provisional/mode"));
        let limit = text(terms.pointer("/provisional/max_rise_percent"));
        shown.push(format!("price  {mode}  agreed {}  asked {}  limit {limit} %", money("agreed"), money("asked")));
    }
    shown.push(lines(list_in(dossier, "amendments"), |change| format!("amendment  {}", findings::difference(change))));
    shown.push(lines(list_in(dossier, "findings"), |finding| format!("finding {}", findings::line(finding))));
    shown.push(lines(list_in(dossier, "attempts"), |attempt| {
        let [number, kind, started_at, outcome] =
            ["number", "kind", "started_at", "outcome"].map(|field| text(attempt.get(field)));
        format!("{kind} {number}  {started_at}  {outcome}  {}", text(attempt.pointer("/failure/message")))
    }));
    shown.push(lines(list_in(dossier, "audit"), |entry| of(entry, &["at", "actor", "action", "reason", "detail"]).join("  ")));
    shown.retain(|part| !part.is_empty());
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_became_too_dear_is_shown_with_both_amounts() {
        let euro = |amount: &str| json!({"amount": amount, "currency": "EUR"});
        let failed = json!({"message": "the goods cost more"});
        let dossier = json!({
            "transfers": [{"reference": "O1", "operation": "submit-order", "state": "parked", "store": "main", "account": "A", "last_failure": failed}],
            "price": {"provisional": {"mode": "accept-reprice", "max_rise_percent": "5"}, "agreed": euro("100.00"), "asked": euro("120.00")},
            "attempts": [], "audit": [{"at": "2026-11-25T21:00:00Z", "actor": "anna", "action": "resend", "reason": "tried", "detail": null}],
        });
        let shown = show(&dossier);
        assert!(shown.contains("O1  submit-order   parked"), "{shown}");
        assert!(shown.contains("agreed 100.00 EUR  asked 120.00 EUR  limit 5 %"), "{shown}");
        assert_eq!(shown.lines().count(), 3, "{shown}");
    }
}
