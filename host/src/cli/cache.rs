//! `ordergate cache show|invalidate`: what a running host has cached of an item, over its operations port.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::running_host::{By, RunningHost, encoded, list_in, query, text};
use super::{CliError, print};

#[derive(Debug, Subcommand)]
pub(super) enum CacheCommand {
    /// Show what is cached of an item, under which policy, and why a read is answered from the cache or asked live now.
    #[command(
        after_help = "Example: ordergate cache show NW-1014 --location BER\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Show {
        /// The seller's number of the item.
        sku: String,
        /// Only this store's.
        #[arg(long)]
        store: Option<String>,
        /// Only answers about this location.
        #[arg(long)]
        location: Option<String>,
        /// Only this account's answers and those that all accounts share.
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        host: RunningHost,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have an item asked again: what is cached of it is not used any more, for no account. Lifts what the back end does not want to be cached.
    #[command(
        after_help = "Example: ordergate cache invalidate NW-1014 --location BER --reason \"stock was counted\"\nEnvironment: ORDERGATE_OPS_URL is the host's operations port, ORDERGATE_OPS_KEY holds its key."
    )]
    Invalidate(InvalidateArgs),
}

#[derive(Debug, Args)]
pub(super) struct InvalidateArgs {
    /// The seller's number of the item.
    sku: String,
    /// Only this store's.
    #[arg(long)]
    store: Option<String>,
    /// Only what this adapter answered.
    #[arg(long)]
    adapter: Option<String>,
    /// Only answers about this location, and about none in particular.
    #[arg(long)]
    location: Option<String>,
    #[command(flatten)]
    host: RunningHost,
    #[command(flatten)]
    by: By,
}

pub(super) async fn cache(command: CacheCommand) -> Result<(), CliError> {
    match command {
        CacheCommand::Show { sku, store, location, account, host, json } => {
            let parameters = [("store", store), ("location", location), ("account", account)];
            let report = host.ask(Method::GET, &query(&format!("/ops/v1/cache/{}", encoded(&sku)), parameters), None).await?;
            if json { print(&report.to_string()) } else { print(&show(&report)) }
        }
        CacheCommand::Invalidate(InvalidateArgs { sku, store, adapter, location, host, by: By { actor, reason } }) => {
            let body = json!({"store": store, "adapter": adapter, "location": location, "actor": actor, "reason": reason});
            let report = host.ask(Method::POST, &format!("/ops/v1/cache/{}/invalidate", encoded(&sku)), Some(body)).await?;
            let others = match report.get("other_hosts").and_then(Value::as_str) {
                Some("later") => "; the shared cache is away: other hosts are told when it is back, if this host runs so long",
                _ => "",
            };
            let (sku, at) = (text(report.get("sku")), to_the_second(&text(report.get("at"))));
            print(&format!("{sku}  asked again from now on ({at}){others}"))
        }
    }
}

/// A block for each entry, then what happens to a question that none of them answers.
fn show(report: &Value) -> String {
    let mut lines: Vec<String> = report.get("shared").map(shared).into_iter().collect();
    for (kind, title) in [("availability", "availability"), ("offer_prices", "offer price")] {
        for entry in list_in(report, kind) {
            lines.push(format!("{title}  {}", about(entry)));
            lines.push(format!("  {}", value(entry)));
            let (age, until) = (text(entry.get("age_secs")), |field: &str| to_the_second(&text(entry.get(field))));
            let from = if entry.get("from_shared") == Some(&Value::Bool(true)) { ", from the shared cache" } else { "" };
            let pushed = if entry.get("pushed") == Some(&Value::Bool(true)) { "pushed, " } else { "" };
            let (fresh, kept) = (until("fresh_until"), until("kept_until"));
            lines.push(format!("  {pushed}{age} s old, fresh until {fresh}, kept until {kept}{from}"));
            lines.extend(policy(entry));
        }
    }
    for withheld in list_in(report, "uncacheable") {
        let until = withheld.get("until").filter(|until| !until.is_null());
        let until =
            until.map_or_else(|| "until it is lifted".to_owned(), |until| format!("until {}", to_the_second(&text(Some(until)))));
        lines.push(format!(
            "not to be cached  {}  {until}: the back end said so at {}",
            about(withheld),
            to_the_second(&text(withheld.get("as_of")))
        ));
    }
    if report.get("more") == Some(&Value::Bool(true)) {
        lines.push("there are more: narrow the search with --store, --location or --account".to_owned());
    }
    for otherwise in list_in(report, "otherwise") {
        for (kind, title) in [("availability", "availability"), ("offer_prices", "offer price")] {
            let Some(of_kind) = otherwise.get(kind) else { continue };
            lines.push(format!("any other {title}  {}", about(otherwise)));
            lines.extend(policy(of_kind));
        }
    }
    lines.join("\n")
}

/// How the cache stands that hosts share.
fn shared(status: &Value) -> String {
    let (address, since) = (text(status.get("address")), to_the_second(&text(status.get("since"))));
    let why = status.get("why").map(|why| format!(": {}", text(Some(why))));
    let resting = if status.get("resting") == Some(&Value::Bool(true)) { ", slow at the moment" } else { "" };
    match why {
        None => format!("shared cache  {address}  attached since {since}{resting}"),
        Some(why) => format!("shared cache  {address}  not attached since {since}{why}"),
    }
}

/// An instant without its fraction of a second.
fn to_the_second(instant: &str) -> String {
    instant.split_once('.').map_or_else(|| instant.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

/// The dimensions that are named.
fn about(entry: &Value) -> String {
    let names = ["store", "adapter", "location", "account", "ship_to", "contract", "currency", "quantity", "unit", "date"];
    let named = names.into_iter().filter_map(|name| Some((name, entry.get(name).filter(|value| !value.is_null())?)));
    let named = named.map(|(name, value)| format!("{name} {}", text(Some(value))));
    named.collect::<Vec<_>>().join("  ")
}

fn value(entry: &Value) -> String {
    let at = |pointer: &str| text(entry.pointer(pointer));
    if let Some(failure) = entry.get("failure") {
        return format!("failure {}", text(Some(failure)));
    }
    if entry.pointer("/value/unlimited") == Some(&Value::Bool(true)) {
        return "unlimited".to_owned();
    }
    if entry.pointer("/value/available").is_some() {
        return format!("available {} {}{}", at("/value/available"), at("/value/unit"), lowered(entry));
    }
    let breaks = list_in(entry.get("value").unwrap_or(&Value::Null), "breaks").len();
    let breaks = if breaks > 0 { format!(", {breaks} quantity breaks") } else { String::new() };
    let (amount, currency) = (at("/value/unit_price/amount"), at("/value/unit_price/currency"));
    format!("price {amount} {currency} for {} {}{breaks}", at("/value/per"), at("/value/quantity/unit"))
}

/// What orders leave of it.
fn lowered(entry: &Value) -> String {
    let Some(shown) = entry.get("shown") else { return String::new() };
    let takes = |order: &Value| format!("order {} takes {}", text(order.get("reference")), text(order.get("quantity")));
    let orders: Vec<_> = list_in(entry, "lowered_by").iter().map(takes).collect();
    format!(", shown as {}: {}", text(Some(shown)), orders.join(", "))
}

/// The rule, and each way of being answered with the purposes that it is for.
fn policy(of: &Value) -> Vec<String> {
    let rule = match of.get("rule") {
        Some(Value::String(rule)) => format!("rule {rule:?}"),
        _ => "the base policy".to_owned(),
    };
    let beaten: Vec<_> = list_in(of, "beaten_rules").iter().map(|rule| format!("{:?}", text(Some(rule)))).collect();
    let beaten = if beaten.is_empty() { String::new() } else { format!(", which beats {}", beaten.join(", ")) };
    let mut lines = vec![format!("  by {rule}{beaten}")];
    let mut reads: Vec<(String, Vec<String>)> = Vec::new();
    for read in list_in(of, "reads") {
        let how = format!("{}: {}", text(read.get("answered")), text(read.get("why")));
        let purpose = text(read.get("purpose"));
        match reads.iter_mut().find(|(known, _)| *known == how) {
            Some((_, purposes)) => purposes.push(purpose),
            None => reads.push((how, vec![purpose])),
        }
    }
    lines.extend(reads.into_iter().map(|(how, purposes)| format!("  {:<12}  {how}", purposes.join(", "))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_shown_with_what_it_is_about_and_why() {
        let read = |purpose: &str, answered: &str, why: &str| json!({"purpose": purpose, "answered": answered, "why": why});
        let reads =
            [read("browse", "cached", "it is fresh"), read("cart", "cached", "it is fresh"), read("checkout", "live", "always")];
        let entry = json!({"store": "main", "adapter": "erp", "location": "BER", "value": {"available": "7", "unit": "C62"}, "age_secs": 3,
            "fresh_until": "2026-11-22T22:08:44.55Z", "kept_until": "later", "rule": "scarce", "beaten_rules": ["all"], "reads": reads});
        let withheld =
            json!({"adapter": "erp", "store": null, "location": null, "as_of": "2026-11-22T22:00:00.1Z", "until": null});
        let shown = show(&json!({"availability": [entry], "offer_prices": [], "uncacheable": [withheld], "more": true}));
        let lines = [
            "availability  store main  adapter erp  location BER",
            "  available 7 C62",
            "  3 s old, fresh until 2026-11-22T22:08:44Z, kept until later",
            "  by rule \"scarce\", which beats \"all\"",
            "  browse, cart  cached: it is fresh",
            "  checkout      live: always",
            "not to be cached  adapter erp  until it is lifted: the back end said so at 2026-11-22T22:00:00Z",
            "there are more: narrow the search with --store, --location or --account",
        ];
        assert_eq!(shown, lines.join("\n"));
    }
}
