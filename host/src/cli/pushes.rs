//! `ordergate adapter pushes`: what back ends pushed lately, in lines.

use serde_json::Value;

use super::running_host::{list_in, text};

/// A line for each message, then one for each reason for which messages were turned away.
pub(super) fn show(log: &Value) -> String {
    let messages = list_in(log, "messages").iter().map(message);
    let turned_away = members(log.get("turned_away")).map(|(reason, of)| {
        let of = |field: &str| text(of.get(field));
        format!("turned away  {reason}  {} messages from {} to {}", of("messages"), of("first_at"), of("last_at"))
    });
    let lines: Vec<_> = messages.chain(turned_away).collect();
    if lines.is_empty() { "nothing was pushed to this host since it was started".to_owned() } else { lines.join("\n") }
}

fn message(report: &Value) -> String {
    let of = |field: &str| text(report.get(field));
    let counts =
        |field: &str| members(report.get(field)).map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ");
    let some = |title: &str, text: String| if text.is_empty() { text } else { format!("  {title}{text}") };
    let head = format!("{}  {:<10}  {} secret {}", of("at"), of("outcome"), of("sender"), of("secret"));
    let (events, ignored) = (some("", counts("events")), some("ignored: ", counts("ignored")));
    format!("{head}{events}  applied {}{ignored}  {}", of("applied"), of("request_id"))
}

fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_message_is_a_line_and_so_is_each_reason_to_turn_some_away() {
        let message = json!({"at": "2026-11-22T22:00:00Z", "request_id": "r1", "sender": "token", "secret": 2, "outcome": "taken",
            "events": {"price-changed": 2}, "applied": 1, "ignored": {"older": 1}});
        let turned_away = json!({"unsigned": {"messages": 3, "first_at": "a", "last_at": "b"}});
        let lines = [
            "2026-11-22T22:00:00Z  taken       token secret 2  price-changed 2  applied 1  ignored: older 1  r1",
            "turned away  unsigned  3 messages from a to b",
        ];
        assert_eq!(show(&json!({"messages": [message], "turned_away": turned_away})), lines.join("\n"));
        assert_eq!(show(&json!({"messages": [], "turned_away": {}})), "nothing was pushed to this host since it was started");
    }
}
