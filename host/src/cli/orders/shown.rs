//! An order or quote at the desk, in lines.

use serde_json::Value;

use crate::cli::findings;
use crate::cli::running_host::{list_in, text};

pub(super) fn lines(items: &[Value], line: impl Fn(&Value) -> String) -> String {
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What it is, where it stands, and what went wrong last.
pub(super) fn transfer(transfer: &Value) -> String {
    let of = |field: &str| text(transfer.get(field));
    let line = format!(
        "{}  {:<13}  {:<9}  store {}  account {}",
        of("reference"),
        of("operation"),
        of("state"),
        of("store"),
        of("account")
    );
    let next = text(transfer.get("next_attempt_at"));
    let line = if next.is_empty() { line } else { format!("{line}  next {next}") };
    match text(transfer.pointer("/last_failure/message")) {
        failure if failure.is_empty() => line,
        failure => format!("{line}  {failure}"),
    }
}

/// One line per transfer, price, attempt, request and deed; `bodies` shows what was sent and answered as well.
pub(super) fn show(dossier: &Value, bodies: bool) -> String {
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
    shown.push(lines(list_in(dossier, "holds"), |hold| {
        format!("held  {}", of(hold, &["code", "placed_at", "actor", "reason"]).join("  "))
    }));
    shown.push(lines(list_in(dossier, "attempts"), |attempt| {
        let [number, kind, started_at, outcome] =
            ["number", "kind", "started_at", "outcome"].map(|field| text(attempt.get(field)));
        let line = format!("{kind} {number}  {started_at}  {outcome}  {}", text(attempt.pointer("/failure/message")));
        let said = list_in(attempt, "exchanges").iter().map(|exchange| self::exchange(exchange, bodies));
        std::iter::once(line).chain(said).collect::<Vec<_>>().join("\n")
    }));
    shown.push(lines(list_in(dossier, "audit"), |entry| of(entry, &["at", "actor", "action", "reason", "detail"]).join("  ")));
    shown.retain(|part| !part.is_empty());
    shown.join("\n")
}

/// One request of an attempt, and what came of it.
pub(super) fn exchange(exchange: &Value, bodies: bool) -> String {
    let of = |field: &str| text(exchange.get(field));
    let came = match (of("status"), of("failure")) {
        (status, failure) if status.is_empty() && failure.is_empty() => "not answered before the attempt ended".to_owned(),
        (status, failure) => format!("{status}{failure}"),
    };
    let took = Some(of("took_ms")).filter(|took| !took.is_empty()).map(|took| format!("  {took} ms")).unwrap_or_default();
    let mut shown = vec![format!("    {}  {} {}  {came}{took}", of("endpoint"), of("method"), of("target"))];
    if bodies {
        shown.extend(excerpt(exchange.get("request"), "sent"));
        shown.extend(excerpt(exchange.get("reply"), "answered"));
    }
    shown.join("\n")
}

/// A body, indented; nothing when there was none.
fn excerpt(body: Option<&Value>, what: &str) -> Option<String> {
    let body = body.filter(|body| body.is_object())?;
    let (bytes, cut) = (text(body.get("bytes")), body.get("is_cut") == Some(&Value::Bool(true)));
    let head = format!("      {what}, {bytes} bytes{}", if cut { ", cut" } else { "" });
    let lines = body.get("text").and_then(Value::as_str).unwrap_or("(no text)").lines().map(|line| format!("      | {line}"));
    Some(std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        let shown = show(&dossier, false);
        assert!(shown.contains("O1  submit-order   parked"), "{shown}");
        assert!(shown.contains("agreed 100.00 EUR  asked 120.00 EUR  limit 5 %"), "{shown}");
        assert_eq!(shown.lines().count(), 3, "{shown}");
    }

    #[test]
    fn t11_what_was_said_stands_below_its_attempt_with_its_bodies_when_they_are_asked_for() {
        let exchanges = json!([
            {"endpoint": "api", "method": "POST", "target": "/orders", "request": {"text": "{\n}", "bytes": 3, "is_cut": false},
             "status": 500, "reply": {"text": "no", "bytes": 900, "is_cut": true}, "took_ms": 12},
            {"endpoint": "api", "method": "GET", "target": "/orders?ref=O1"},
        ]);
        let attempt = json!({"kind": "send", "number": 1, "started_at": "2026-11-25T21:00:00Z", "outcome": "queued", "exchanges": exchanges});
        let dossier = json!({"transfers": [], "attempts": [attempt], "audit": []});
        let shown = show(&dossier, false);
        assert!(shown.contains("\n    api  POST /orders  500  12 ms\n"), "{shown}");
        assert!(shown.ends_with("GET /orders?ref=O1  not answered before the attempt ended"), "{shown}");
        assert!(!shown.contains("sent"), "{shown}");
        let shown = show(&dossier, true);
        assert!(
            shown.contains("      sent, 3 bytes\n      | {\n      | }\n      answered, 900 bytes, cut\n      | no"),
            "{shown}"
        );
    }
}
