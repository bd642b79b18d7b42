//! `inbound.translate`: the response mapping turns a pushed message into events. No request is sent.

use crate::exchange::Exchange;
use crate::mapping::value;
use crate::record;
use crate::settings::Configuration;
use jaq_json::Val;
use ordergate_sdk::inbound::Event;
use ordergate_sdk::operation::TRANSLATE;
use ordergate_sdk::types::{Context, Failure};

/// `$request` is `{headers: {name: value}}`; the input of the mapping is the message.
pub(crate) fn translate(
    configuration: &Configuration,
    ctx: &Context,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Vec<Event>, Failure> {
    let exchange = Exchange::begin(configuration, TRANSLATE, ctx, &())?;
    let lower: Vec<(String, &str)> = headers.iter().map(|(name, text)| (name.to_ascii_lowercase(), text.as_str())).collect();
    let headers = value::object(lower.iter().map(|(name, text)| (name.as_str(), value::text(text))));
    let exchange = exchange.with_request(value::object([("headers", headers)]));
    let message = value::parse(body).map_err(|problem| exchange.misfit(problem))?;
    let mapped = exchange.operation.reading.mapping.map_or(Ok(Val::Null), |mapping| exchange.evaluate(mapping, message));
    let mapped = mapped
        .map_err(|failure| Failure { detail: failure.detail, ..Failure::invalid_response("The message cannot be read.") })?;
    let events = if matches!(mapped, Val::Arr(_) | Val::Null) { mapped } else { [mapped].into_iter().collect() };
    record::read(&events).map_err(|misfit| exchange.misfit(misfit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::configure;

    const SETTINGS: &str = r#"{"$source": "test.toml", "backend": {"endpoint": "api"}, "operations": {"inbound.translate": {"response":
        "if $request.headers[\"x-topic\"] == \"stock\" then {kind: \"availability-changed\", as_of: .at, sku: .article} else [] end"}}}"#;

    fn events(topic: &str, body: &str) -> Result<Vec<Event>, Failure> {
        let headers = [("X-Topic".to_owned(), topic.to_owned())];
        translate(&configure(SETTINGS).unwrap(), &Context::default(), &headers, body.as_bytes())
    }

    #[test]
    fn f12_a_pushed_message_becomes_events() {
        let found = events("stock", r#"{"article": "A", "at": "2026-11-22T10:00:00Z"}"#).unwrap();
        assert_eq!((found.len(), found[0].kind.as_str(), found[0].sku.as_deref()), (1, "availability-changed", Some("A")));
        assert_eq!(events("weather", "{}"), Ok(Vec::new()));
    }

    #[test]
    fn a_message_that_cannot_be_read_is_named() {
        for body in ["<xml>", "[]", r#"{"article": "A"}"#] {
            let failure = events("stock", body).unwrap_err();
            assert!(failure.is("invalid-response"), "{failure:?}");
            assert!(failure.detail.unwrap().starts_with("test.toml: operations.\"inbound.translate\".response: "));
        }
    }
}
