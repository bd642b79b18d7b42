//! Configurations of hosts under test: a complete one for the demo back end, of which a test changes what it is about.

use std::collections::BTreeMap;
use std::path::Path;

use crate::programs::{adapter_file, demo_profile, depot_profile, oracle_file, sap_file, tryton_profile};

/// Every scope of a storefront, as a TOML list.
pub const ALL_SCOPES: &str = r#"["catalog:read", "checkout", "orders:read", "orders:write", "quotes:read", "quotes:write"]"#;

/// A configuration, the callers that it knows, and the environment that holds their keys.
#[derive(Clone, Debug)]
pub struct HostConfig {
    sections: BTreeMap<String, BTreeMap<String, String>>,
    /// Of callers and operators, as tables of the file.
    keys: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) launcher: Vec<String>,
}

impl HostConfig {
    /// A host before the back end at `backend`, with short waits, every cache at its default, and these callers: `shop` (any account),
    /// `hansen` (C-1001), `bauer` (C-1002), `reader` (C-1001, may only look at the catalog), and tokens of customers ([`crate::Token`]).
    pub fn for_backend(backend: &str, backend_key: &str) -> Self {
        Self::without_adapter(backend_key)
            .set("adapters.nordwind.component", &quoted(&adapter_file()))
            .set("adapters.nordwind.settings_file", &quoted(&demo_profile()))
            .set("adapters.nordwind.endpoints.api.base_url", &format!("\"{backend}\""))
            .set(
                "adapters.nordwind.endpoints.api.credential",
                r#"{ type = "header", name = "x-api-key", value = { env = "TEST_BACKEND_KEY" } }"#,
            )
            .set("adapters.nordwind.endpoints.api.allow", r#"["loopback"]"#)
            .set("stores.main.adapter", "\"nordwind\"")
            .caller("shop", &["*"], ALL_SCOPES)
            .caller("hansen", &["C-1001"], ALL_SCOPES)
            .caller("bauer", &["C-1002"], ALL_SCOPES)
            .caller("reader", &["C-1001"], r#"["catalog:read"]"#)
    }

    /// With a second adapter, before another demo back end, which no store uses yet.
    #[must_use]
    pub fn another_backend(self, name: &str, url: &str) -> Self {
        let (component, settings) =
            (self.get("adapters.nordwind.component").to_owned(), self.get("adapters.nordwind.settings_file").to_owned());
        let endpoint = |option: &str| format!("adapters.{name}.endpoints.api.{option}");
        self.set(&format!("adapters.{name}.component"), &component)
            .set(&format!("adapters.{name}.settings_file"), &settings)
            .set(&endpoint("base_url"), &format!("{url:?}"))
            .set(&endpoint("credential"), r#"{ type = "header", name = "x-api-key", value = { env = "TEST_BACKEND_KEY" } }"#)
            .set(&endpoint("allow"), r#"["loopback"]"#)
    }

    /// The same before the S/4-shaped back end at `backend`, with the SAP adapter and its callers: `adler` (10100001), `bert` (10100002),
    /// `cara` (10100003).
    pub fn for_s4(backend: &str, password: &str) -> Self {
        Self::without_adapter(password)
            .set("adapters.s4.component", &quoted(&sap_file()))
            .set("adapters.s4.endpoints.s4.base_url", &format!("\"{backend}\""))
            .set(
                "adapters.s4.endpoints.s4.credential",
                r#"{ type = "basic", user = "SHOP", password = { env = "TEST_BACKEND_KEY" } }"#,
            )
            .set("adapters.s4.endpoints.s4.allow", r#"["loopback"]"#)
            .set("adapters.s4.endpoints.s4.cookies", "true")
            .set("adapters.s4.settings.client", "\"100\"")
            .set("adapters.s4.settings.sales_area", r#"{ organization = "1010", channel = "10", division = "00" }"#)
            .set("adapters.s4.settings.orders", r#"{ reference_type = "WEB", cancel_reason = "61" }"#)
            .set("adapters.s4.settings.quotes", r#"{ request_block = "09", decline_reason = "51", withdraw_reason = "52" }"#)
            .set("adapters.s4.settings.availability", r#"{ default_plant = "1010" }"#)
            .set("adapters.s4.settings.channels", r#"{ WEB = "web", TELE = "telephone" }"#)
            .set("adapters.s4.settings.propagation_delay_ms", "0")
            .set("stores.main.adapter", "\"s4\"")
            .caller("adler", &["10100001"], ALL_SCOPES)
            .caller("bert", &["10100002"], ALL_SCOPES)
            .caller("cara", &["10100003"], ALL_SCOPES)
    }

    /// The same before the Fusion-shaped back end at `backend`, with the Oracle adapter, CPQ, and its callers: `adler` (10060), `bert` (10070),
    /// `cara` (10080).
    pub fn for_adf(backend: &str, password: &str) -> Self {
        let config = ["fusion", "cpq"].into_iter().fold(Self::without_adapter(password), |config, endpoint| {
            let option = |name: &str| format!("adapters.fusion.endpoints.{endpoint}.{name}");
            config
                .set(&option("base_url"), &format!("\"{backend}\""))
                .set(&option("credential"), r#"{ type = "basic", user = "SHOP", password = { env = "TEST_BACKEND_KEY" } }"#)
                .set(&option("allow"), r#"["loopback"]"#)
        });
        let map = |name: &str| format!("adapters.fusion.maps.{name}");
        let items = [
            ("AS54888", "300000047414679"),
            ("AS10000", "300000047414680"),
            ("AS20000", "300000047414681"),
            ("AS30000", "300000047414682"),
        ];
        let config =
            items.into_iter().fold(config, |config, (sku, id)| config.set(&map(&format!("items.{sku}")), &format!("\"{id}\"")));
        let customers = [("10060", 300_000_047_368_660_u64), ("10070", 300_000_047_368_670), ("10080", 300_000_047_368_680)];
        let ids = ["parties", "customer_accounts", "bill_to_sites", "ship_to_sites"];
        let config = customers.into_iter().fold(config, |config, (number, party)| {
            ids.into_iter()
                .zip(party..)
                .fold(config, |config, (name, id)| config.set(&map(&format!("{name}.{number}")), &format!("\"{id}\"")))
        });
        config
            .set("adapters.fusion.component", &quoted(&oracle_file()))
            .set(
                "adapters.fusion.settings.organization",
                r#"{ source_system = "OPS", business_unit_id = "300000046987012", business_unit_name = "US1 Business Unit" }"#,
            )
            .set("adapters.fusion.settings.orders", r#"{ transaction_type = "STD", cancel_reason = "CUSTOMER REQUEST" }"#)
            .set("adapters.fusion.settings.availability", r#"{ default_organization = "M1" }"#)
            .set("adapters.fusion.settings.pricing", r#"{ tax_usages = ["TAX"] }"#)
            .set(
                "adapters.fusion.settings.totals",
                r#"{ lines = "QP_TOTAL_NET_PRICE", tax = "QP_TOTAL_TAX", payable = "QP_TOTAL_PAY_NOW" }"#,
            )
            .set("adapters.fusion.settings.channels", r#"{ OPS = "web", EDI = "edi" }"#)
            .set("adapters.fusion.settings.retry_codes", r#"["OM-LOCKED"]"#)
            .set("adapters.fusion.settings.propagation_delay_ms", "0")
            .set(
                "adapters.fusion.settings.quotes",
                r#"{ enabled = true, decline_action = "decline_t", cancel_action = "withdraw_t", statuses = { CREATED = "requested", SUBMITTED = "in-review", PUBLISHED = "offered", ACCEPTED = "accepted", ORDERED = "ordered", DECLINED = "declined", WITHDRAWN = "withdrawn" } }"#,
            )
            .set("stores.main.adapter", "\"fusion\"")
            .caller("adler", &["10060"], ALL_SCOPES)
            .caller("bert", &["10070"], ALL_SCOPES)
            .caller("cara", &["10080"], ALL_SCOPES)
    }

    /// The same before Tryton, whose REST interface is at `backend`, with the REST adapter and its callers: `adler` (10100001), `bert`
    /// (10100002), `cara` (10100003).
    pub fn for_tryton(backend: &str, key: &str) -> Self {
        Self::without_adapter(key)
            .set("adapters.erp.component", &quoted(&adapter_file()))
            .set("adapters.erp.settings_file", &quoted(&tryton_profile()))
            .set("adapters.erp.endpoints.tryton.base_url", &format!("\"{backend}\""))
            .set("adapters.erp.endpoints.tryton.credential", r#"{ type = "bearer", token = { env = "TEST_BACKEND_KEY" } }"#)
            .set("adapters.erp.endpoints.tryton.allow", r#"["loopback"]"#)
            .set("stores.main.adapter", "\"erp\"")
            .caller("adler", &["10100001"], ALL_SCOPES)
            .caller("bert", &["10100002"], ALL_SCOPES)
            .caller("cara", &["10100003"], ALL_SCOPES)
    }

    /// The same before the parts wholesaler's service at `backend`, with the REST adapter and its callers: `dora` (D-100), `emil` (D-200).
    pub fn for_depot(backend: &str, key: &str) -> Self {
        Self::without_adapter(key)
            .set("adapters.depot.component", &quoted(&adapter_file()))
            .set("adapters.depot.settings_file", &quoted(&depot_profile()))
            .set("adapters.depot.endpoints.depot.base_url", &format!("\"{backend}\""))
            .set(
                "adapters.depot.endpoints.depot.credential",
                r#"{ type = "header", name = "X-Depot-Key", value = { env = "TEST_BACKEND_KEY" } }"#,
            )
            .set("adapters.depot.endpoints.depot.allow", r#"["loopback"]"#)
            .set("stores.main.adapter", "\"depot\"")
            .caller("dora", &["D-100"], ALL_SCOPES)
            .caller("emil", &["D-200"], ALL_SCOPES)
    }

    /// Everything but the adapter and the callers.
    fn without_adapter(backend_key: &str) -> Self {
        let config = Self { sections: BTreeMap::new(), keys: Vec::new(), environment: BTreeMap::new(), launcher: Vec::new() };
        config
            .set("server.listen", r#""127.0.0.1:0""#)
            .set("ops.listen", r#""127.0.0.1:0""#)
            .set("ops.key", r#"{ env = "TEST_OPS_KEY" }"#)
            .set("database.path", r#""ordergate.db""#)
            .set("transfer.poll_ms", "100")
            .set("transfer.backoff_initial_ms", "50")
            .set("transfer.backoff_max_ms", "500")
            .set("transfer.settle_ms", "300")
            // Tests about trust sign; the others load what was just built.
            .set("trust.require_signatures", "false")
            .set("stores.main.currency", "\"EUR\"")
            .set("stores.main.time_zone", "\"Europe/Berlin\"")
            .set("access.jwt.algorithm", "\"HS256\"")
            .set("access.jwt.key", r#"{ env = "TEST_JWT_KEY" }"#)
            .set("access.jwt.issuer", "\"https://login.shop.example\"")
            .set("access.jwt.audience", "\"ordergate\"")
            .env("TEST_OPS_KEY", "ops-key-of-this-test")
            .env("TEST_BACKEND_KEY", backend_key)
            .env("TEST_JWT_KEY", crate::token::SECRET)
    }

    /// Sets an option by its dotted path; the value is TOML.
    #[must_use]
    pub fn set(mut self, path: &str, value: &str) -> Self {
        let (section, key) = path.rsplit_once('.').expect("an option has a section");
        self.sections.entry(section.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
        self
    }

    /// An option's value, as TOML.
    pub fn get(&self, path: &str) -> &str {
        let (section, key) = path.rsplit_once('.').expect("an option has a section");
        &self.sections[section][key]
    }

    /// Leaves an option out.
    #[must_use]
    pub fn unset(mut self, path: &str) -> Self {
        let (section, key) = path.rsplit_once('.').expect("an option has a section");
        self.sections.get_mut(section).and_then(|options| options.remove(key)).expect("the option was set");
        self
    }

    /// Sets an environment variable of the host.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes an environment variable away.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// Starts the host by another program, which is given the host's command line and must become it (`exec`).
    #[must_use]
    pub fn launched_by(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(ToString::to_string).collect();
        self
    }

    /// Adds a caller with an API key; [`crate::Host::caller`] speaks as it.
    #[must_use]
    pub fn caller(mut self, name: &str, accounts: &[&str], scopes: &str) -> Self {
        let variable = format!("TEST_KEY_{}", name.to_uppercase());
        self.environment.insert(variable.clone(), key_of(name));
        self.keys.push(format!(
            "[[access.api_keys]]\nname = \"{name}\"\nkey = {{ env = \"{variable}\" }}\nscopes = {scopes}\naccounts = {accounts:?}\n"
        ));
        self
    }

    /// Gives the caller that was added last a rate of its own.
    #[must_use]
    pub fn per_sec(mut self, calls: u32) -> Self {
        self.keys.last_mut().expect("a caller was added").push_str(&format!("per_sec = {calls}\n"));
        self
    }

    /// Says of all callers so far which stores they may use.
    #[must_use]
    pub fn in_stores(mut self, stores: &[&str]) -> Self {
        let callers = self.keys.iter_mut().filter(|key| key.starts_with("[[access.api_keys]]") && !key.contains("\nstores = "));
        callers.for_each(|key| key.push_str(&format!("stores = {stores:?}\n")));
        self
    }

    /// Adds a key of the operations port; [`crate::Host::operator_named`] speaks as it. `scopes` is a TOML list.
    #[must_use]
    pub fn operator(mut self, name: &str, scopes: &str) -> Self {
        let variable = ops_variable(name);
        self.environment.insert(variable.clone(), key_of(name));
        self.keys.push(format!("[[ops.keys]]\nname = \"{name}\"\nkey = {{ env = \"{variable}\" }}\nscopes = {scopes}\n"));
        self
    }

    /// For measurements: no caller is too fast.
    #[must_use]
    pub fn at_full_speed(self) -> Self {
        self.set("rates.service_per_sec", "1000000")
    }

    /// The file's text.
    pub fn toml(&self) -> String {
        let mut text = String::new();
        for (section, options) in &self.sections {
            text.push_str(&format!("[{section}]\n"));
            options.iter().for_each(|(key, value)| text.push_str(&format!("{key} = {value}\n")));
            text.push('\n');
        }
        text + &self.keys.join("\n")
    }
}

/// The environment variable with the key of an operator that was added by name.
pub(crate) fn ops_variable(name: &str) -> String {
    format!("TEST_OPS_KEY_{}", name.to_uppercase())
}

/// The key of a caller or operator that was added by name.
pub fn key_of(name: &str) -> String {
    format!("test-key-of-{name}-0123456789")
}

fn quoted(path: &Path) -> String {
    format!("{:?}", path.to_str().unwrap())
}
