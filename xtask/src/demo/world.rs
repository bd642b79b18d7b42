//! A back end and a host in front of it, each a process of its own, with their folder and their configuration. The demo shows it, the story
//! stops, kills and restarts its parts.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;

use super::Keys;
use super::signed::SignedAdapter;
use crate::artifacts::Artifacts;
use crate::client::Client;
use crate::process::Process;

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// Which ports to listen on.
#[derive(Clone, Copy)]
pub(crate) enum Ports {
    /// 8080, 9090 and 7070, or others where these are taken.
    Usual,
    Free,
}

pub(crate) struct World {
    built: Artifacts,
    adapter: SignedAdapter,
    folder: PathBuf,
    pub(crate) keys: Keys,
    /// `HOST:PORT` of the back end, the same after a restart.
    backend_address: String,
    backend: Option<Process>,
    host: Option<Process>,
    /// Base URL of the storefronts' port.
    pub(crate) api: String,
    /// Base URL of the operators' port.
    pub(crate) ops: String,
}

impl World {
    pub(crate) fn start(built: Artifacts, folder: PathBuf, ports: Ports) -> Result<Self> {
        let keys = Keys::generate(&folder)?;
        let adapter = SignedAdapter::make(&built, &folder)?;
        let [backend, api, ops] = ports.choose()?;
        let mut world = Self {
            built,
            adapter,
            folder,
            keys,
            backend_address: backend,
            backend: None,
            host: None,
            api: String::new(),
            ops: String::new(),
        };
        fs::write(world.config_file(), world.config(&api, &ops))?;
        world.start_backend()?;
        world.start_host()?;
        Ok(world)
    }

    /// Starts the back end on its address and waits until it listens.
    pub(crate) fn start_backend(&mut self) -> Result<()> {
        let log = self.folder.join("back-end.log");
        let mut command = Command::new(&self.built.backend);
        command
            .args(["--listen", &self.backend_address, "--api-key", &self.keys.backend, "--push-secret", &self.keys.push])
            .arg("--data")
            .arg(self.folder.join("nordwind.json"));
        let mut process = Process::start("back end", &mut command, log.clone())?;
        process.wait_for("listening", START_LIMIT, || first_line(&log).filter(|line| line.contains("listening on")))?;
        self.backend = Some(process);
        if self.host.is_some() { self.subscribe() } else { Ok(()) }
    }

    /// Starts the host and waits until it has told its addresses, which it does when it is ready.
    pub(crate) fn start_host(&mut self) -> Result<()> {
        let addresses = self.folder.join("addresses.json");
        let _ = fs::remove_file(&addresses);
        let mut command = Command::new(&self.built.host);
        command.args(["serve", "--config"]).arg(self.config_file()).arg("--addresses").arg(&addresses);
        command.env("ORDERGATE_CACHE_DIR", self.folder.join("adapter-cache"));
        let mut process = Process::start("host", &mut command, self.folder.join("host.log"))?;
        let (api, ops) = process.wait_for("ready", START_LIMIT, || read_addresses(&addresses))?;
        (self.api, self.ops, self.host) = (api, ops, Some(process));
        self.subscribe()
    }

    /// The back end pushes its changes to the host, which may listen elsewhere than before.
    fn subscribe(&self) -> Result<()> {
        if self.backend.is_some() {
            let to = json!({"to": format!("{}/v1/inbound/nordwind", self.api)});
            self.backend().put("/control/push", &to)?.expect_status(&[200])?;
        }
        Ok(())
    }

    /// Asks the back end to end; nothing listens on its address afterwards.
    pub(crate) fn stop_backend(&mut self) -> Result<()> {
        let mut process = self.backend.take().context("the back end does not run")?;
        process.stop(STOP_LIMIT).map(drop)
    }

    /// Ends the host without warning.
    pub(crate) fn kill_host(&mut self) -> Result<()> {
        self.host.take().context("the host does not run")?.kill()
    }

    /// Asks the host to end, which it does with success after finishing what it has begun.
    pub(crate) fn stop_host(&mut self) -> Result<()> {
        let mut process = self.host.take().context("the host does not run")?;
        let status = process.stop(STOP_LIMIT)?;
        ensure!(status.success(), "the host ended with {status}:\n{}", process.last_lines());
        Ok(())
    }

    /// Ends both, the host first.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.stop_host()?;
        self.stop_backend()
    }

    /// Tells when one of the two has ended by itself.
    pub(crate) fn ended(&mut self) -> Result<Option<String>> {
        for process in [&mut self.backend, &mut self.host].into_iter().flatten() {
            if let Some(status) = process.ended()? {
                return Ok(Some(format!("{} ended ({status}):\n{}", process.log().display(), process.last_lines())));
            }
        }
        Ok(None)
    }

    /// The last lines that the host logged.
    pub(crate) fn host_log(&self) -> String {
        self.host.as_ref().map(Process::last_lines).unwrap_or_default()
    }

    /// Speaks to the back end itself, past the host.
    pub(crate) fn backend(&self) -> Client {
        Client::new(&self.backend_url()).with("x-api-key", &self.keys.backend)
    }

    pub(crate) fn backend_url(&self) -> String {
        format!("http://{}", self.backend_address)
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.join("ordergate.toml")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn config(&self, api: &str, ops: &str) -> String {
        format!(
            r#"# Written by `cargo xtask demo` at every start.
[server]
listen = "{api}"

[ops]
listen = "{ops}"
key = {ops_key}

[database]
path = "ordergate.db"

[[access.api_keys]]
name = "shop"
key = {shop_key}
scopes = {scopes}
accounts = ["*"]

[[access.api_keys]]
name = "hansen"
key = {hansen_key}
scopes = {scopes}
accounts = ["C-1001"]

[[access.api_keys]]
name = "bauer"
key = {bauer_key}
scopes = {scopes}
accounts = ["C-1002"]

# Short waits, so that one sees at once what happens when the back end comes back.
[transfer]
poll_ms = 250
backoff_initial_ms = 200
backoff_max_ms = 2000
settle_ms = 2000

[trust]
keys = [{{ name = "demo", public_key = "{public_key}" }}]

[adapters.nordwind]
component = {component:?}
settings_file = {profile:?}

[adapters.nordwind.endpoints.api]
base_url = "{backend}"
credential = {{ type = "header", name = "x-api-key", value = {backend_key} }}
allow = ["loopback"]

# What the back end pushes is signed.
[adapters.nordwind.inbound]
sender = {{ type = "standard_webhooks", secrets = [{push_secret}] }}

[stores.main]
adapter = "nordwind"
currency = "EUR"
locale = "en"
time_zone = "Europe/Berlin"
"#,
            ops_key = self.keys.reference("ops"),
            shop_key = self.keys.reference("shop"),
            hansen_key = self.keys.reference("hansen"),
            bauer_key = self.keys.reference("bauer"),
            backend_key = self.keys.reference("back-end"),
            push_secret = self.keys.reference("push"),
            scopes = r#"["catalog:read", "checkout", "orders:read", "orders:write", "quotes:read", "quotes:write"]"#,
            public_key = self.adapter.public_key,
            component = self.adapter.file,
            profile = self.built.profile,
            backend = self.backend_url(),
        )
    }
}

impl Ports {
    /// Addresses of back end, storefronts' port and operators' port.
    fn choose(self) -> Result<[String; 3]> {
        let [backend, api, ops] = match self {
            Self::Usual => [7070, 8080, 9090],
            Self::Free => [0, 0, 0],
        };
        Ok([lasting_address(backend)?, passing_address(api), passing_address(ops)])
    }
}

/// The wished port when it is free, else any; the host tells which.
fn passing_address(wished: u16) -> String {
    let port = if is_free(wished) { wished } else { 0 };
    format!("127.0.0.1:{port}")
}

/// A port that is free now and still will be after a restart: below the range from which the system gives ports to outgoing connections.
fn lasting_address(wished: u16) -> Result<String> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|cause| anyhow!("the system gives no random bytes: {cause}"))?;
    let start = 20_000 + u16::from_le_bytes(bytes) % 10_000;
    let candidates = (wished != 0).then_some(wished).into_iter().chain(start..start + 1_000);
    let port = candidates.into_iter().find(|port| is_free(*port)).context("no port is free")?;
    Ok(format!("127.0.0.1:{port}"))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn first_line(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (line, _) = text.split_once('\n')?;
    Some(line.to_owned())
}

fn read_addresses(file: &Path) -> Option<(String, String)> {
    let addresses: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    let address = |name: &str| addresses.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    Some((address("api")?, address("ops")?))
}
