//! A real host process on ports of its own, with its own folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::config::{key_of, ops_variable};
use crate::{Client, Ended, HostConfig, Process, Token, adapter_cache, eventually, programs};

/// A running or stopped host. Its folder lives as long as it does.
pub struct Host {
    config: HostConfig,
    folder: TempDir,
    process: Option<Process>,
    api: String,
    ops: String,
}

impl Host {
    /// Starts a host and waits until it is ready.
    pub async fn start(config: HostConfig) -> Self {
        let mut host = Self::in_folder(config);
        host.start_again().await;
        host
    }

    /// Starts a host that need not become ready.
    pub async fn launch(config: HostConfig) -> Self {
        let mut host = Self::in_folder(config);
        host.process = Some(host.launch_again().await);
        host
    }

    fn in_folder(config: HostConfig) -> Self {
        let folder = tempfile::Builder::new().prefix("ordergate-test-").tempdir().unwrap();
        Self { config, folder, process: None, api: String::new(), ops: String::new() }
    }

    /// Waits until the host is ready.
    pub async fn ready(&self) {
        let ops = self.ops();
        eventually("/readyz says ready", async || ops.get("/readyz").await.status.is_success().then_some(())).await;
    }

    /// Starts the stopped host again on the same folder; it may listen on other ports.
    pub async fn start_again(&mut self) {
        let process = self.launch_again().await;
        self.ready().await;
        // Not before: who gives up the wait ends the host.
        self.process = Some(process);
    }

    async fn launch_again(&mut self) -> Process {
        assert!(self.process.is_none(), "the host runs already");
        let config = self.folder().join("ordergate.toml");
        let addresses = self.folder().join("addresses.json");
        std::fs::write(&config, self.config.toml()).unwrap();
        let _ = std::fs::remove_file(&addresses);
        let mut command = command(&self.config);
        command.arg("serve").arg("--config").arg(config).arg("--addresses").arg(&addresses);
        let mut process = Process::start("host", &mut command);
        (self.api, self.ops) = process.wait_for("the host is ready", |_| read_addresses(&addresses)).await;
        process
    }

    /// Changes the configuration for the next start.
    pub fn reconfigure(&mut self, change: impl FnOnce(HostConfig) -> HostConfig) {
        self.config = change(self.config.clone());
    }

    /// Changes the configuration's file under the running host, and for the next start.
    pub fn rewrite(&mut self, change: impl FnOnce(HostConfig) -> HostConfig) {
        self.reconfigure(change);
        std::fs::write(self.folder().join("ordergate.toml"), self.config.toml()).unwrap();
    }

    /// A caller of the storefront API with the API key of that name, see [`HostConfig::for_backend`].
    pub fn caller(&self, name: &str) -> Client {
        self.anonymous().with("authorization", &format!("Bearer {}", key_of(name)))
    }

    /// A customer with a token.
    pub fn customer(&self, token: &Token) -> Client {
        self.anonymous().with("authorization", &format!("Bearer {}", token.signed()))
    }

    /// A caller of the storefront API without any credential.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.api)
    }

    /// The operations port, without a key.
    pub fn ops(&self) -> Client {
        Client::new(&self.ops)
    }

    /// The operations port as an operator.
    pub fn operator(&self) -> Client {
        self.ops().with("authorization", "Bearer ops-key-of-this-test")
    }

    /// The operations port as an operator with a key of their own, see [`HostConfig::operator`].
    pub fn operator_named(&self, name: &str) -> Client {
        self.ops().with("authorization", &format!("Bearer {}", key_of(name)))
    }

    /// Base URL of the storefront API.
    pub fn api(&self) -> &str {
        &self.api
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the host has logged since it was started.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::stderr).unwrap_or_default()
    }

    /// Waits until words are in the log: what a host writes is read a little later.
    pub async fn logged(&self, words: &str) {
        eventually(&format!("{words:?} is logged"), async || self.log().contains(words).then_some(())).await;
    }

    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the host runs").id()
    }

    /// Memory of the host process that is resident, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most that ever was.
    pub fn most_resident_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, row: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let kib = status.lines().find_map(|line| line.strip_prefix(row)?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kib.expect("memory in kB") * 1024
    }

    /// CPU time that the host's threads of that name have used since it was started; all of them for an empty name.
    pub fn cpu_of(&self, threads: &str) -> Duration {
        self.process.as_ref().expect("the host runs").cpu_of(threads)
    }

    /// Ends the host without warning.
    pub fn kill_9(&mut self) {
        self.process.take().expect("the host runs").kill_9();
    }

    /// Has a host do nothing until it is resumed (`SIGSTOP`).
    pub fn pause(&mut self) {
        self.process.as_mut().expect("the host runs").pause();
    }

    /// Lets a host go on that was stopped (`SIGCONT`).
    pub fn resume(&mut self) {
        self.process.as_mut().expect("the host runs").resume();
    }

    /// Sends SIGTERM and returns at once.
    pub fn terminate(&mut self) {
        self.process.as_mut().expect("the host runs").terminate();
    }

    /// Waits until the host has ended.
    pub async fn ended(&mut self) -> Ended {
        self.process.take().expect("the host runs").ended().await
    }

    /// Asks the host to end and waits until it has.
    pub async fn stop(&mut self) -> Ended {
        self.terminate();
        self.ended().await
    }

    /// Runs the `ordergate` program to its end, as an operator of this host.
    pub async fn operate(&self, arguments: &[&str]) -> Ended {
        self.operate_with("TEST_OPS_KEY", arguments).await
    }

    /// The same as an operator with a key of their own, see [`HostConfig::operator`].
    pub async fn operate_as(&self, name: &str, arguments: &[&str]) -> Ended {
        self.operate_with(&ops_variable(name), arguments).await
    }

    async fn operate_with(&self, key: &str, arguments: &[&str]) -> Ended {
        let at = ["--ops", self.ops.as_str(), "--key-env", key];
        run_host(&self.config, &[arguments, &at].concat()).await
    }

    /// The value of a metric: the sum of all its series whose line contains every one of `labels`. Zero when there is none.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.ops().get("/metrics").await.text();
        let is_series = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
        let fits = |line: &&str| labels.iter().all(|label| line.contains(label));
        text.lines().filter(is_series).filter(fits).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Waits until so many comparisons with the back end more have ended in some way: `same`, `different` or `failed`.
    pub async fn compared(&self, outcome: &str, more: f64) {
        let outcome = format!("outcome=\"{outcome}\"");
        let count = async || self.metric("ordergate_reconciled_total", &[&outcome]).await;
        let before = count().await;
        eventually("it is compared", async || (count().await >= before + more).then_some(())).await;
    }

    /// Findings, narrowed by a query string; those that wait for somebody without one.
    pub async fn findings(&self, narrowed: &str) -> Vec<Value> {
        let list = self.operator().get(&format!("/ops/v1/findings{narrowed}")).await.expect(200);
        crate::items(&list).to_vec()
    }
}

/// Runs the `ordergate` program to its end with the environment of `config`.
pub async fn run_host(config: &HostConfig, arguments: &[&str]) -> Ended {
    Process::start("host", command(config).args(arguments)).ended().await
}

/// The same for a command that may take longer than usual.
pub async fn run_host_within(limit: Duration, config: &HostConfig, arguments: &[&str]) -> Ended {
    Process::start("host", command(config).args(arguments)).ended_within(limit).await
}

fn command(config: &HostConfig) -> Command {
    let mut command = match config.launcher.split_first() {
        None => Command::new(programs::host_program()),
        Some((launcher, arguments)) => {
            let mut command = Command::new(launcher);
            command.args(arguments).arg(programs::host_program());
            command
        }
    };
    command.env("ORDERGATE_CACHE_DIR", cache()).envs(&config.environment);
    command
}

fn cache() -> PathBuf {
    let folder = adapter_cache();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn read_addresses(file: &Path) -> Option<(String, String)> {
    let addresses: Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    Some((addresses["api"].as_str()?.to_owned(), addresses["ops"].as_str()?.to_owned()))
}
