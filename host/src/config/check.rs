//! Rules between options. Each has a code; each message says how to mend it.

mod access;
mod events;
mod freshness;
mod inbound;
mod shared_cache;
mod webhooks;

use super::load::Source;
use super::problem::Problem;
use super::{AdapterConfig, CanaryConfig, Config, DatabaseConfig, EndpointConfig, Limit, StoreConfig, TlsConfig, TrustConfig};
use crate::domain::{AdapterName, StoreName};

const MIN_KEY_CHARACTERS: usize = 16;

const MAX_PROXIES: usize = 16;

/// What is left of a lease after the longest attempt: for the store to record its outcome.
const LEASE_MARGIN_MS: u64 = 10_000;

/// Everything in the configuration that contradicts itself or the machine.
pub(super) fn check(config: &Config, source: &Source<'_>) -> Vec<Problem> {
    let mut checker = Checker { source, problems: Vec::new() };
    checker.parts(config);
    checker.server(config);
    checker.database(&config.database);
    checker.access(config);
    config.rates.limits().iter().for_each(|limit| checker.limit(&["rates"], limit));
    checker.freshness(config);
    checker.shared_cache(config);
    checker.transfer(config);
    for (code, message) in config.holds.problems() {
        checker.report(&["holds", "reasons", code], "C013", message);
    }
    checker.trust(&config.trust);
    checker.events(&config.events);
    config.events.limits().iter().for_each(|limit| checker.limit(&["events"], limit));
    config.cache.limits().iter().for_each(|limit| checker.limit(&["cache"], limit));
    config.runtime.all().iter().for_each(|limit| checker.limit(&["runtime"], limit));
    for (name, adapter) in &config.adapters {
        checker.adapter(config, name, adapter);
    }
    for (name, inbound) in &config.inbound {
        checker.inbound(name.as_str(), inbound);
    }
    for (name, webhook) in &config.webhooks {
        checker.webhook(config, name.as_str(), webhook);
    }
    for (name, store) in &config.stores {
        checker.store(config, name, store);
    }
    checker.problems
}

struct Checker<'a, 'text> {
    source: &'a Source<'text>,
    problems: Vec<Problem>,
}

impl Checker<'_, '_> {
    fn report(&mut self, path: &[&str], code: &'static str, message: impl Into<String>) {
        let (line, column) = self.source.locate(path);
        self.problems.push(Problem { line, column, path: path.join("."), message: message.into(), code });
    }

    fn parts(&mut self, config: &Config) {
        if config.stores.is_empty() {
            self.report(&["stores"], "C010", "there is no store: add a [stores.NAME] with the adapter that serves it");
        }
        if config.adapters.is_empty() {
            self.report(&["adapters"], "C010", "there is no adapter: add an [adapters.NAME] with its component");
        }
    }

    fn server(&mut self, config: &Config) {
        let (server, ops) = (config.server.listen, config.ops.listen);
        if server == ops && server.port() != 0 {
            self.report(
                &["ops", "listen"],
                "C012",
                format!("is the same address as server.listen ({server}): give it its own port"),
            );
        }
        for (key, value) in [
            ("max_body_bytes", config.server.max_body_bytes as u64),
            ("request_timeout_ms", config.server.request_timeout_ms),
            ("header_read_timeout_ms", config.server.header_read_timeout_ms),
            ("idle_timeout_ms", config.server.idle_timeout_ms),
            ("max_concurrent_requests", config.server.max_concurrent_requests as u64),
            ("max_connections", config.server.max_connections as u64),
        ] {
            if value == 0 {
                self.report(&["server", key], "C013", "must be above 0");
            }
        }
        if config.server.proxies.is_some_and(|proxies| proxies > MAX_PROXIES) {
            self.report(&["server", "proxies"], "C013", format!("must be 0 to {MAX_PROXIES}"));
        }
        if config.ops.max_connections == 0 {
            self.report(&["ops", "max_connections"], "C013", "must be above 0");
        }
        self.ops_keys(config);
    }

    fn database(&mut self, database: &DatabaseConfig) {
        match (&database.path, &database.url, &database.password) {
            (Some(_), Some(_), _) => {
                self.report(&["database", "url"], "C032", "stands beside database.path: leave out the one that is not meant");
            }
            (_, None, Some(_)) => {
                self.report(
                    &["database", "password"],
                    "C032",
                    "is for database.url, and there is none: a SQLite file has no password",
                );
            }
            _ => {}
        }
        for (key, value) in [
            ("max_connections", u64::from(database.max_connections)),
            ("acquire_timeout_ms", database.acquire_timeout_ms),
            ("statement_timeout_ms", database.statement_timeout_ms),
            ("lock_timeout_ms", database.lock_timeout_ms),
        ] {
            if value == 0 {
                self.report(&["database", key], "C013", "must be above 0");
            }
        }
    }

    fn transfer(&mut self, config: &Config) {
        let transfer = &config.transfer;
        if transfer.deadline_ms.saturating_add(LEASE_MARGIN_MS) > transfer.lease_secs.saturating_mul(1_000) {
            let (margin, lease) = (LEASE_MARGIN_MS / 1_000, transfer.lease_secs);
            let message = format!(
                "must be at least {margin} s below transfer.lease_secs ({lease} s), or a slow attempt outlives its lease"
            );
            self.report(&["transfer", "deadline_ms"], "C014", message);
        }
        if transfer.concurrency == 0 || transfer.max_attempts == 0 {
            self.report(&["transfer"], "C013", "concurrency and max_attempts must be above 0");
        }
        if transfer.backoff_initial_ms > transfer.backoff_max_ms {
            self.report(&["transfer", "backoff_initial_ms"], "C013", "must not be above transfer.backoff_max_ms");
        }
        if transfer.reconcile_window_secs < transfer.reconcile_secs {
            self.report(&["transfer", "reconcile_window_secs"], "C013", "must not be below transfer.reconcile_secs");
        }
        if !(1..=1_000).contains(&transfer.reconcile_batch) {
            self.report(&["transfer", "reconcile_batch"], "C013", "must be 1 to 1000");
        }
    }

    fn trust(&mut self, trust: &TrustConfig) {
        if trust.require_signatures && trust.keys.is_empty() {
            let message = "signatures are required and no key is trusted, so no adapter can be loaded: add the public keys of whom you trust, \
                           keys = [{ name = \"…\", public_key = \"RW…\" }], or set require_signatures = false";
            self.report(&["trust", "keys"], "C030", message);
        }
        for (index, key) in trust.keys.iter().enumerate() {
            for other in trust.keys.iter().take(index) {
                if other.name == key.name {
                    self.report(&["trust", "keys"], "C031", format!("two keys are named {:?}: give each its own name", key.name));
                }
                if other.public_key.id() == key.public_key.id() {
                    let message = format!("{:?} and {:?} have the same key: remove one", other.name, key.name);
                    self.report(&["trust", "keys"], "C031", message);
                }
            }
        }
    }

    fn adapter(&mut self, config: &Config, name: &AdapterName, adapter: &AdapterConfig) {
        let name = name.as_str();
        for (key, path) in [("component", Some(&adapter.component)), ("settings_file", adapter.settings_file.as_ref())] {
            let Some(path) = path.map(|path| config.folder().join(path)) else { continue };
            if !path.is_file() {
                self.report(&["adapters", name, key], "C016", format!("there is no file {}", path.display()));
            }
        }
        if adapter.sha256.as_ref().is_some_and(|pin| pin.len() != 64 || !pin.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            self.report(
                &["adapters", name, "sha256"],
                "C017",
                "is no SHA-256: write 64 hexadecimal digits, as `sha256sum FILE` prints them",
            );
        }
        if adapter.limits.cpu_ms > adapter.limits.wall_ms {
            self.report(&["adapters", name, "limits", "cpu_ms"], "C013", "must not be above wall_ms");
        }
        if adapter.limits.memory_total_bytes < adapter.limits.memory_bytes {
            let message = "must not be below memory_bytes, which one call may have";
            self.report(&["adapters", name, "limits", "memory_total_bytes"], "C013", message);
        }
        for limit in adapter.limits.all() {
            self.limit(&["adapters", name, "limits"], &limit);
        }
        for (key, message) in adapter.breaker.problems() {
            self.report(&["adapters", name, "breaker", key], "C013", message);
        }
        self.canary(name, &adapter.canary);
        self.shadow(config, name, adapter);
        for (endpoint, binding) in &adapter.endpoints {
            let path = |key| ["adapters", name, "endpoints", endpoint.as_str(), key];
            if let Err(message) = check_base_url(&binding.base_url) {
                self.report(&path("base_url"), "C018", message);
            }
            self.tls(config, name, endpoint.as_str(), binding);
            if binding.sends_secrets_in_the_clear() {
                self.report(
                    &path("credential"),
                    "C020",
                    "would cross the Internet in the clear: use https://, or `allow = [\"private\"]` for a back end on your own network",
                );
            }
        }
    }

    fn limit(&mut self, section: &[&str], limit: &Limit) {
        if let Some(message) = limit.problem() {
            self.report(&[section, &[limit.option]].concat(), "C013", message);
        }
    }

    fn tls(&mut self, config: &Config, name: &str, endpoint: &str, binding: &EndpointConfig) {
        let section = ["adapters", name, "endpoints", endpoint];
        self.certificates(config, &section, &binding.tls);
        if binding.tls != TlsConfig::default() && !binding.is_encrypted() {
            let message = "has no effect: base_url does not begin with https://";
            self.report(&[&section[..], &["tls"]].concat(), "C023", message);
        }
    }

    fn certificates(&mut self, config: &Config, section: &[&str], tls: &TlsConfig) {
        let path = |option| [section, &["tls", option]].concat();
        for (option, file) in tls.files() {
            let file = config.folder().join(file);
            if !file.is_file() {
                self.report(&path(option), "C016", format!("there is no file {}", file.display()));
            }
        }
        if tls.client_cert.is_some() != tls.client_key.is_some() {
            let (given, missing) =
                if tls.client_cert.is_some() { ("client_cert", "client_key") } else { ("client_key", "client_cert") };
            self.report(&path(given), "C022", format!("a certificate and its key are given together: add {missing}"));
        }
    }

    fn canary(&mut self, name: &str, canary: &CanaryConfig) {
        if canary.share_percent > 50 {
            let message = "must not be above 50: the old version has to serve enough to compare with";
            self.report(&["adapters", name, "canary", "share_percent"], "C013", message);
        }
        if canary.watch_secs > CanaryConfig::MAX_WATCH_SECS {
            let message = format!("must not be above {}: a day", CanaryConfig::MAX_WATCH_SECS);
            self.report(&["adapters", name, "canary", "watch_secs"], "C013", message);
        }
        for (key, factor) in
            [("max_failure_factor", canary.max_failure_factor), ("max_latency_factor", canary.max_latency_factor)]
        {
            if !(factor.is_finite() && factor >= 1.0) {
                self.report(&["adapters", name, "canary", key], "C013", "must be at least 1");
            }
        }
    }

    fn shadow(&mut self, config: &Config, name: &str, adapter: &AdapterConfig) {
        let Some(shadow) = &adapter.shadow else { return };
        let path = |key| ["adapters", name, "shadow", key];
        match config.adapters.get(&shadow.adapter) {
            None => {
                let message =
                    format!("there is no adapter {:?}: configure the one that is to follow {name} as well", shadow.adapter);
                self.report(&path("adapter"), "C011", message);
            }
            Some(_) if shadow.adapter.as_str() == name => {
                self.report(
                    &path("adapter"),
                    "C024",
                    "an adapter cannot follow itself: to try a new version of it, use `canary`",
                );
            }
            Some(other) if other.shadow.is_some() => {
                self.report(
                    &path("adapter"),
                    "C024",
                    format!("{:?} has a shadow of its own: one of the two must go", shadow.adapter),
                );
            }
            Some(_) => {}
        }
        if !(1..=100).contains(&shadow.share_percent) {
            self.report(&path("share_percent"), "C013", "must be 1 to 100");
        }
        if !(1..=1_000).contains(&shadow.concurrency) {
            self.report(&path("concurrency"), "C013", "must be 1 to 1000");
        }
    }

    fn store(&mut self, config: &Config, name: &StoreName, store: &StoreConfig) {
        let known = || config.adapters.keys().map(AdapterName::as_str).collect::<Vec<_>>().join(", ");
        for (key, adapter) in store.adapters() {
            if !config.adapters.contains_key(adapter) {
                let message = format!("there is no adapter {adapter:?}; there are: {}", known());
                self.report(&["stores", name.as_str(), key], "C011", message);
            }
        }
        if jiff::tz::TimeZone::get(&store.time_zone).is_err() {
            let message = format!("{:?} is no IANA time zone, such as \"Europe/Berlin\"", store.time_zone);
            self.report(&["stores", name.as_str(), "time_zone"], "C019", message);
        }
        for (key, code, message) in store.degraded.problems() {
            self.report(&["stores", name.as_str(), "degraded", key], code, message);
        }
        for (key, message) in store.amendments.problems() {
            self.report(&["stores", name.as_str(), "amendments", key], "C013", message);
        }
    }
}

fn check_base_url(text: &str) -> Result<(), String> {
    // The text is not repeated: what cannot be read may hold a password.
    let uri: http::Uri = text.parse().map_err(|cause| format!("is no URL: {cause}"))?;
    let authority = uri.authority().ok_or("must have a host, such as https://erp.example.com/api")?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("must begin with http:// or https://".into());
    }
    if authority.as_str().contains('@') {
        return Err("must not hold a user or password: use `credential`".into());
    }
    if uri.query().is_some() || text.contains('#') {
        return Err("must have no query or fragment".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_that_cannot_be_read_is_not_repeated() {
        let message = check_base_url("https://user:hunter2@erp example.com").unwrap_err();
        assert!(message.contains("is no URL") && !message.contains("hunter2"), "{message}");
    }

    #[test]
    fn base_urls_with_credentials_queries_or_other_schemes_are_refused() {
        assert!(check_base_url("https://erp.example.com:8443/api").is_ok());
        for (text, reason) in [
            ("ftp://erp.example.com", "http://"),
            ("https://user:secret@erp.example.com", "credential"),
            ("https://erp.example.com/?x=1", "query"),
            ("/api", "host"),
        ] {
            let message = check_base_url(text).unwrap_err();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
