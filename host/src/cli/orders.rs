//! `ordergate orders list|search|show|resend|link|abandon|edit|hold|release|bulk`: what a person decides about orders and quotes of a running host,
//! over its operations port.

mod bulk;
mod replay;
mod search;
mod shown;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::{Value, json};

use super::running_host::{By, RunningHost, encoded, list_in, query, word};
use super::{CliError, print};
use shown::{lines, show, transfer};

#[derive(Debug, Subcommand)]
pub(super) enum OrdersCommand {
    /// List the orders and quotes that wait, for a person or by themselves.
    #[command(
        after_help = "Example: ordergate orders list --state under-way\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    List {
        /// `parked`: given up, `held`: held back by a person, `under-way`: not there yet, with the time of the next attempt.
        #[arg(long, value_enum, default_value = "parked")]
        state: Listed,
        #[command(flatten)]
        narrowed: search::Narrowed,
        /// Only those whose last failure has this code; of what is held, those with this hold.
        #[arg(long)]
        code: Option<String>,
        /// Most that are listed, up to 1000.
        #[arg(long, default_value = "100")]
        limit: u32,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Find orders and quotes of every store by number, reference, purchase order or account, and by where they stand; newest first.
    #[command(
        after_help = "Example: ordergate orders search PO-4711\nExample: ordergate orders search --account C-1001 --state confirmed --from 2026-11-01\nTEXT is the whole of it, in small or capital letters. What came through another channel is found once it was cancelled, declined or withdrawn through us;\nthe rest is in the customer's history.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Search(search::SearchArgs),
    /// Show one with its transfers, attempts, prices and what people did.
    #[command(
        after_help = "Example: ordergate orders show O01K9…\nExample: ordergate orders show O01K9… --bodies\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Show {
        /// Our reference.
        reference: String,
        /// With what was sent to the back end and what it answered, cut and without what is personal.
        #[arg(long)]
        bodies: bool,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Queue it again; what waits to be tried again is tried at once.
    #[command(
        after_help = "Example: ordergate orders resend O01K9… --accept-price 65.12 --reason \"the customer agreed by telephone\"\nWithout --accept-price an order whose price rose beyond its limit is priced again, and sent only when the price has come back.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Resend {
        #[command(flatten)]
        deed: OrderDeed,
        /// It may cost this, which is what the back end asked last (`orders show`); refused when it asks something else by now.
        #[arg(long, value_name = "AMOUNT")]
        accept_price: Option<String>,
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
        /// Do not ask the back end whether it has that number for this customer: only while it cannot be asked.
        #[arg(long)]
        unchecked: bool,
    },
    /// Change what is written on a parked order, or who gets it, before it is sent again.
    #[command(
        after_help = "Example: ordergate orders edit O01K9… --purchase-order PO-2 --requested-date 2026-12-24 --reason \"the customer mistyped it\"\nExample: echo '{\"parties\": [{\"role\": \"ship-to\", \"address\": {\"lines\": [\"Lange Str. 1\"], \"city\": \"Berlin\"}}]}' | ordergate orders edit O01K9… --changes - --reason \"wrong street\"\nWhat was agreed about goods and money cannot be changed, nor what the back end may have already. The order stays parked: resend it.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Edit {
        #[command(flatten)]
        deed: OrderDeed,
        #[command(flatten)]
        changes: Changes,
    },
    /// Hold back what waits to be sent, until it is released.
    #[command(
        after_help = "Example: ordergate orders hold O01K9… --code credit --reason \"above the limit\"\nReasons: address, credit, fraud, manual, and those under [holds.reasons] of the configuration. Orders behind it go on.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Hold {
        #[command(flatten)]
        deed: OrderDeed,
        /// Why, as the configuration names it.
        #[arg(long)]
        code: String,
    },
    /// Release one hold, or all of them. It is sent once none is left.
    #[command(
        after_help = "Example: ordergate orders release O01K9… --code credit --reason \"the limit was raised\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Release {
        #[command(flatten)]
        deed: OrderDeed,
        /// Only the hold with this code.
        #[arg(long)]
        code: Option<String>,
    },
    /// Play an attempt again with another version of the adapter, or with the configuration as it is now: what it would send and come to. Nothing is sent.
    #[command(
        after_help = "Example: ordergate orders replay O01K9… --adapter fixed.wasm\nExample: ordergate orders replay O01K9… --attempt 2 --json\nWithout --adapter it is the component and the settings that the configuration names now. A component's signature is FILE.minisig beside it, where the host\nasks for one. What the back end answered then answers again, as far as it was kept (limits.exchange_bytes) and without what is personal.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key, which needs the scope operate."
    )]
    Replay(replay::ReplayArgs),
    /// Decide the same about many.
    #[command(
        after_help = "Example: ordergate orders bulk resend --code unavailable --store main --older-than 3600 --reason \"the back end is there again\" --dry-run\nShows how many there are and asks, unless --yes is there. Exit code 1: some were refused.\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Bulk(bulk::BulkArgs),
    /// Give up what is parked or held.
    #[command(
        after_help = "Example: ordergate orders abandon O01K9… --reason \"the customer ordered elsewhere\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Abandon {
        #[command(flatten)]
        deed: OrderDeed,
    },
}

/// What is listed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Listed {
    Parked,
    Held,
    UnderWay,
}

// No doc comment: it would take the place of the command's own.
#[derive(Debug, Args)]
pub(super) struct Changes {
    /// The customer's purchase order number.
    #[arg(long)]
    purchase_order: Option<String>,
    /// When the customer wants it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    requested_date: Option<String>,
    /// Whether it may be delivered in parts.
    #[arg(long, value_name = "true|false")]
    ship_complete: Option<bool>,
    /// A file with changes as JSON, `-` for standard input: `parties` (ship-to, contact), `notes`, and what the options above set.
    #[arg(long, value_name = "FILE")]
    changes: Option<PathBuf>,
}

impl Changes {
    fn into_json(self) -> Result<Value, CliError> {
        let mut changes = match &self.changes {
            None => json!({}),
            Some(file) => read(file)?,
        };
        let said = [
            ("purchase_order", json!(self.purchase_order)),
            ("requested_date", json!(self.requested_date)),
            ("ship_complete", json!(self.ship_complete)),
        ];
        let not_an_object = || CliError::Refused("--changes: must be a JSON object".to_owned());
        let fields = changes.as_object_mut().ok_or_else(not_an_object)?;
        fields.extend(said.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)));
        Ok(changes)
    }
}

fn read(file: &Path) -> Result<Value, CliError> {
    let text = if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let refused = |cause: &dyn std::fmt::Display| CliError::Refused(format!("--changes: {}: {cause}", file.display()));
    serde_json::from_str(&text.map_err(|cause| refused(&cause))?).map_err(|cause| refused(&cause))
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
        OrdersCommand::List { state, narrowed, code, limit, host, json } => {
            let own = [("state", Some(word(state))), ("limit", Some(limit.to_string())), ("code", code)];
            let asked = query("/ops/v1/transfers", own.into_iter().chain(narrowed.into_pairs()));
            let list = host.ask(Method::GET, &asked, None).await?;
            if json { print(&list.to_string()) } else { print(&lines(list_in(&list, "items"), transfer)) }
        }
        OrdersCommand::Search(search) => search.run().await,
        OrdersCommand::Show { reference, bodies, host, json } => {
            let dossier = host.ask(Method::GET, &format!("/ops/v1/orders/{}", encoded(&reference)), None).await?;
            if json { print(&dossier.to_string()) } else { print(&show(&dossier, bodies)) }
        }
        OrdersCommand::Resend { deed, accept_price } => deed.decide("resend", json!({ "accept_price": accept_price })).await,
        OrdersCommand::Link { deed, number, unchecked } => {
            deed.decide("link", json!({ "number": number, "unchecked": unchecked })).await
        }
        OrdersCommand::Abandon { deed } => deed.decide("abandon", json!({})).await,
        OrdersCommand::Edit { deed, changes } => {
            let changes = changes.into_json()?;
            deed.decide("edit", json!({ "changes": changes })).await
        }
        OrdersCommand::Hold { deed, code } => deed.decide("hold", json!({ "code": code })).await,
        OrdersCommand::Release { deed, code } => deed.decide("release", json!({ "code": code })).await,
        OrdersCommand::Replay(replay) => replay.run().await,
        OrdersCommand::Bulk(bulk) => bulk.run().await,
    }
}

impl OrderDeed {
    async fn decide(self, decision: &str, mut body: Value) -> Result<(), CliError> {
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
            fields.insert("actor".into(), json!(self.by.actor));
            fields.insert("reason".into(), json!(self.by.reason));
        }
        let path = format!("/ops/v1/orders/{}/{decision}", encoded(&self.reference));
        let report = self.host.ask(Method::POST, &path, Some(body)).await?;
        print(&transfer(&report))
    }
}
