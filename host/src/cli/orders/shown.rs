//! An order or quote at the desk, in lines.

use serde_json::Value;

use crate::cli::findings;
use crate::cli::operate::{list_in, text};

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
    match text(transfer.pointer("/last_failure/message")) {
        failure if failure.is_empty() => line,
        failure => format!("{line}  {failure}"),
    }
}

/// One line per transfer, price, attempt and deed.
pub(super) fn show(dossier: &Value) -> String {
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
        format!("{kind} {number}  {started_at}  {outcome}  {}", text(attempt.pointer("/failure/message")))
    }));
    shown.push(lines(list_in(dossier, "audit"), |entry| of(entry, &["at", "actor", "action", "reason", "detail"]).join("  ")));
    shown.retain(|part| !part.is_empty());
    shown.join("\n")
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
        let shown = show(&dossier);
        assert!(shown.contains("O1  submit-order   parked"), "{shown}");
        assert!(shown.contains("agreed 100.00 EUR  asked 120.00 EUR  limit 5 %"), "{shown}");
        assert_eq!(shown.lines().count(), 3, "{shown}");
    }
}
