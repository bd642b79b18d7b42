//! Rules of `[webhooks.NAME]`: events go to one place, signed, and not in the clear over the Internet.

use url::Url;

use super::Checker;
use super::inbound::{MAX_SECRETS, NO_WEBHOOK_SECRET, is_webhook_secret};
use crate::config::{Config, Glob, WebhookConfig};

const MAX_TYPES: usize = 100;
/// Longest name: it labels metrics.
const MAX_NAME: usize = 64;

impl Checker<'_, '_> {
    pub(super) fn webhook(&mut self, config: &Config, name: &str, webhook: &WebhookConfig) {
        let path = |option| ["webhooks", name, option];
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_name) {
            let message = format!("a name has 1 to {MAX_NAME} letters, digits, `-`, `_` and `.`");
            self.report(&["webhooks", name], "C061", message);
        }
        for limit in webhook.limits() {
            self.limit(&["webhooks", name], &limit);
        }
        if let Err(message) = check_url(webhook) {
            self.report(&path("url"), "C062", message);
        }
        let secrets = &webhook.secrets;
        if !(1..=MAX_SECRETS).contains(&secrets.len()) {
            let message = format!("must name 1 or {MAX_SECRETS} secrets: the one in use, and another while they are changed");
            self.report(&path("secrets"), "C051", message);
        }
        if !secrets.iter().all(is_webhook_secret) {
            self.report(&path("secrets"), "C051", NO_WEBHOOK_SECRET);
        }
        if webhook.types.is_empty() || webhook.types.len() > MAX_TYPES {
            self.report(&path("types"), "C013", format!("must be 1 to {MAX_TYPES} patterns, such as \"order.*\""));
        }
        for types in &webhook.types {
            if !["order.", "quote."].into_iter().any(|kind| may_begin(types, kind)) {
                let message = format!(
                    "{:?} fits no event: types begin with `order.` or `quote.` (docs/events.md lists them)",
                    types.as_str()
                );
                self.report(&path("types"), "C063", message);
            }
        }
        for store in webhook.stores.iter().filter(|store| !config.stores.contains_key(*store)) {
            self.report(&path("stores"), "C011", format!("there is no store {store:?}"));
        }
        self.certificates(config, &["webhooks", name], &webhook.tls);
    }
}

/// Whether a pattern can fit a text that begins so.
fn may_begin(pattern: &Glob, beginning: &str) -> bool {
    let fixed: String = pattern.as_str().chars().take_while(|letter| !"*?".contains(*letter)).collect();
    fixed.starts_with(beginning) || (beginning.starts_with(&fixed) && fixed.len() < pattern.as_str().len())
}

/// The text is not repeated: what cannot be read may hold a password.
fn check_url(webhook: &WebhookConfig) -> Result<(), &'static str> {
    let url = Url::parse(&webhook.url).map_err(|_| "is no URL, such as https://shop.example.com/hooks/orders")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must hold no user or password: the signature proves who sends");
    }
    if url.fragment().is_some() {
        return Err("must have no fragment");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if !webhook.allow.is_empty() => Ok(()),
        _ => Err("must begin with https:// (http:// is for a receiver on your own network, with `allow = [\"private\"]`)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_fits_no_event_is_found() {
        let glob = |text: &str| {
            toml::from_str::<std::collections::BTreeMap<String, Glob>>(&format!("a = {text:?}")).unwrap().remove("a").unwrap()
        };
        for fits in ["*", "order.*", "o*", "?rder.parked", "order.parked", "order.status.s*"] {
            assert!(may_begin(&glob(fits), "order."), "{fits}");
        }
        for does_not in ["orders.*", "order", "quote.*", "parked", ""] {
            assert!(!may_begin(&glob(does_not), "order."), "{does_not}");
        }
    }
}
