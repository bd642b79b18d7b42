//! `ordergate webhooks list|show|resend|discard|disable|enable`: those outside who are told of events, over a running host's operations port.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::running_host::{By, RunningHost, encoded, list_in, text};
use super::{CliError, print};

#[derive(Debug, Subcommand)]
pub(super) enum WebhooksCommand {
    /// List the webhooks and how they stand.
    #[command(
        after_help = "Example: ordergate webhooks list\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    List {
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one with the events that are parked or wait, and what people did.
    #[command(
        after_help = "Example: ordergate webhooks show shop\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Show {
        /// The webhook, as the configuration names it.
        name: String,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Deliver what is parked once more, with all its attempts.
    #[command(
        after_help = "Example: ordergate webhooks resend shop --event 4711 --reason \"the receiver is mended\"\nWithout --event: everything that is parked.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Resend {
        #[command(flatten)]
        deed: WebhookDeed,
        #[command(flatten)]
        which: Which,
    },
    /// Never deliver what is parked.
    #[command(
        after_help = "Example: ordergate webhooks discard shop --event 4711 --reason \"the receiver has it from elsewhere\"\nWithout --event: everything that is parked.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Discard {
        #[command(flatten)]
        deed: WebhookDeed,
        #[command(flatten)]
        which: Which,
    },
    /// Deliver nothing until it is enabled; events wait meanwhile.
    #[command(
        after_help = "Example: ordergate webhooks disable shop --reason \"the receiver is being moved\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Disable {
        #[command(flatten)]
        deed: WebhookDeed,
    },
    /// Deliver again, what waits at once.
    #[command(
        after_help = "Example: ordergate webhooks enable shop --reason \"the receiver has moved\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Enable {
        #[command(flatten)]
        deed: WebhookDeed,
    },
}

#[derive(Debug, Args)]
pub(super) struct WebhookDeed {
    /// The webhook, as the configuration names it.
    name: String,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Only this event, by its number in `webhooks show`.
    #[arg(long, value_name = "NUMBER")]
    event: Option<i64>,
}

pub(super) async fn webhooks(command: WebhooksCommand) -> Result<(), CliError> {
    match command {
        WebhooksCommand::List { host, json } => {
            let list = host.ask(Method::GET, "/ops/v1/webhooks", None).await?;
            let lines: Vec<_> = list_in(&list, "items").iter().map(line).collect();
            if json { print(&list.to_string()) } else { print(&lines.join("\n")) }
        }
        WebhooksCommand::Show { name, host, json } => {
            let dossier = host.ask(Method::GET, &format!("/ops/v1/webhooks/{}", encoded(&name)), None).await?;
            if json { print(&dossier.to_string()) } else { print(&show(&dossier)) }
        }
        WebhooksCommand::Resend { deed, which } => deed.decide("resend", which.event).await,
        WebhooksCommand::Discard { deed, which } => deed.decide("discard", which.event).await,
        WebhooksCommand::Disable { deed } => deed.decide("disable", None).await,
        WebhooksCommand::Enable { deed } => deed.decide("enable", None).await,
    }
}

impl WebhookDeed {
    async fn decide(self, decision: &str, event: Option<i64>) -> Result<(), CliError> {
        let mut body = json!({"actor": self.by.actor, "reason": self.by.reason});
        if let (Some(fields), Some(event)) = (body.as_object_mut(), event) {
            fields.insert("event".into(), json!(event));
        }
        let answer =
            self.host.ask(Method::POST, &format!("/ops/v1/webhooks/{}/{decision}", encoded(&self.name)), Some(body)).await?;
        let webhook = answer.get("webhook").map(line).unwrap_or_default();
        print(&format!("{decision}: {} events\n{webhook}", text(answer.get("events"))))
    }
}

/// Whether it is told of events, and what is still to be told.
fn line(webhook: &Value) -> String {
    let of = |field: &str| text(webhook.get(field));
    let line = format!(
        "{:<16}  {:<8}  waiting {}  parked {}  delivered {}",
        of("name"),
        of("state"),
        of("waiting"),
        of("parked"),
        of("delivered_at")
    );
    let because = match of("because") {
        because if because.is_empty() => because,
        because => format!("  since {} ({because})", of("disabled_at")),
    };
    let failing = match of("state").as_str() {
        "failing" => format!("  {} failures, next attempt {}", of("failures"), of("rests_until")),
        _ => String::new(),
    };
    format!("{}{because}{failing}", line.trim_end())
}

/// One line for it, each event and each deed.
fn show(dossier: &Value) -> String {
    let deliveries = list_in(dossier, "deliveries").iter().map(|delivery| {
        let of = |field: &str| text(delivery.get(field));
        let state = match of("parked_at") {
            at if at.is_empty() => format!("waiting, next attempt {}", of("next_attempt_at")),
            at => format!("parked since {at}"),
        };
        let line = format!(
            "event {}  {}  {}  attempts {}  {state}  {}",
            of("event"),
            of("type"),
            of("reference"),
            of("attempts"),
            of("last_failure")
        );
        line.trim_end().to_owned()
    });
    let audit = list_in(dossier, "audit").iter().map(|entry| {
        let shown = ["at", "actor", "action", "reason", "detail"].map(|field| text(entry.get(field)));
        shown.join("  ").trim_end().to_owned()
    });
    std::iter::once(line(dossier)).chain(deliveries).chain(audit).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_shown_with_what_is_parked_and_what_people_did() {
        let parked = json!({"id": "a-7", "event": 7, "type": "order.parked", "reference": "O1", "attempts": 12, "parked_at": "t2", "next_attempt_at": null, "last_failure": "answered 500"});
        let audit = json!({"at": "t3", "actor": "anna", "action": "disable", "reason": "moved", "detail": null});
        let dossier = json!({"name": "shop", "state": "disabled", "because": "by anna: moved", "disabled_at": "t3", "failures": 0, "rests_until": null,
            "waiting": 2, "parked": 1, "delivered_at": null, "deliveries": [parked], "audit": [audit]});
        let expected = "shop              disabled  waiting 2  parked 1  delivered  since t3 (by anna: moved)\n\
                        event 7  order.parked  O1  attempts 12  parked since t2  answered 500\n\
                        t3  anna  disable  moved";
        assert_eq!(show(&dossier), expected);
    }
}
