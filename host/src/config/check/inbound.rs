//! Rules of `[adapters.NAME.inbound]`: a sender that anyone could pretend to be is refused.

use data_encoding::BASE64;

use super::{Checker, MIN_KEY_CHARACTERS};
use crate::config::{InboundConfig, Secret, SenderConfig};

/// The old one and the new one.
pub(super) const MAX_SECRETS: usize = 2;
/// Headers that are handed to the adapter.
const MAX_HEADERS: usize = 16;
/// Standard Webhooks: 24 to 64 bytes.
const WEBHOOK_SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Headers that hold a caller's secret are no adapter's business (rule A3).
const SECRET_HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];

impl Checker<'_, '_> {
    pub(super) fn inbound(&mut self, adapter: &str, inbound: &InboundConfig) {
        let section = ["adapters", adapter, "inbound"];
        for limit in inbound.limits() {
            self.limit(&section, &limit);
        }
        if inbound.headers.len() > MAX_HEADERS {
            self.report(&[&section[..], &["headers"]].concat(), "C050", format!("names more than {MAX_HEADERS} headers"));
        }
        for name in &inbound.headers {
            self.header(&[&section[..], &["headers"]].concat(), name);
            if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                let message = format!("{name:?} holds a secret, which no adapter is given: leave it out");
                self.report(&[&section[..], &["headers"]].concat(), "C050", message);
            }
        }
        let sender = [&section[..], &["sender"]].concat();
        let path = |option| [&sender[..], &[option]].concat();
        let secrets = inbound.sender.secrets();
        if !(1..=MAX_SECRETS).contains(&secrets.len()) {
            let message = format!("must name 1 or {MAX_SECRETS} secrets: the one in use, and another while they are changed");
            self.report(&path("secrets"), "C051", message);
        }
        match &inbound.sender {
            SenderConfig::HmacSha256 { header, timestamp_header, signed, .. } => {
                self.header(&path("header"), header);
                if let Some(name) = timestamp_header {
                    self.header(&path("timestamp_header"), name);
                }
                if let Some(problem) = signed.as_ref().and_then(|signed| wrong_template(signed, timestamp_header.is_some())) {
                    self.report(&path("signed"), "C052", problem);
                }
                self.long_enough(&path("secrets"), secrets);
            }
            SenderConfig::Token { header, .. } => {
                self.header(&path("header"), header);
                self.long_enough(&path("secrets"), secrets);
            }
            SenderConfig::StandardWebhooks { .. } => {
                if !secrets.iter().all(is_webhook_secret) {
                    self.report(&path("secrets"), "C051", NO_WEBHOOK_SECRET);
                }
            }
        }
    }

    fn header(&mut self, path: &[&str], name: &str) {
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            self.report(path, "C050", format!("{name:?} is no header's name"));
        }
    }

    fn long_enough(&mut self, path: &[&str], secrets: &[Secret]) {
        if secrets.iter().any(|secret| secret.expose().len() < MIN_KEY_CHARACTERS) {
            let message = format!(
                "a secret is shorter than {MIN_KEY_CHARACTERS} characters: make a longer one, such as `openssl rand -hex 32`"
            );
            self.report(path, "C051", message);
        }
    }
}

/// What a secret of Standard Webhooks is.
pub(super) const NO_WEBHOOK_SECRET: &str =
    "a secret is `whsec_` and the Base64 of 24 to 64 bytes: make one with `echo whsec_$(openssl rand -base64 32)`";

pub(super) fn is_webhook_secret(secret: &Secret) -> bool {
    let bytes = secret.expose().strip_prefix("whsec_").and_then(|text| BASE64.decode(text.as_bytes()).ok());
    bytes.is_some_and(|bytes| WEBHOOK_SECRET_BYTES.contains(&bytes.len()))
}

fn wrong_template(signed: &str, has_timestamp: bool) -> Option<&'static str> {
    let (body, timestamps) = (signed.matches("{body}").count(), signed.matches("{timestamp}").count());
    if body != 1 || !signed.ends_with("{body}") {
        Some("must end with {body}, which stands in it once")
    } else if has_timestamp && timestamps != 1 {
        Some("must hold {timestamp} once: an unsigned timestamp proves nothing")
    } else if !has_timestamp && timestamps != 0 {
        Some("holds {timestamp}, but no timestamp_header says where that is")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_holds_the_body_at_its_end_and_the_timestamp_where_there_is_one() {
        assert_eq!((wrong_template("{body}", false), wrong_template("v0:{timestamp}:{body}", true)), (None, None));
        for (signed, has_timestamp) in
            [("x", false), ("{body}.", false), ("{body}{body}", false), ("{body}", true), ("{timestamp}{body}", false)]
        {
            assert!(wrong_template(signed, has_timestamp).is_some(), "{signed}");
        }
    }
}
