//! A real Valkey or Redis server, for hosts that share what they cache.

use std::process::Command;

use redis::{Client, Commands, Connection};
use tempfile::TempDir;

use crate::{HostConfig, Process, lasting_port};

/// A running or stopped server. It keeps its port over a restart, and no data.
pub struct CacheServer {
    port: u16,
    arguments: Vec<String>,
    password: Option<String>,
    folder: TempDir,
    process: Option<Process>,
}

impl CacheServer {
    pub async fn start() -> Self {
        Self::start_with(&[], None).await
    }

    /// With more arguments and, where there is one, a password.
    pub async fn start_with(arguments: &[&str], password: Option<&str>) -> Self {
        let mut server = Self {
            port: lasting_port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            password: password.map(ToOwned::to_owned),
            folder: tempfile::Builder::new().prefix("valkey-test-").tempdir().unwrap(),
            process: None,
        };
        server.start_again().await;
        server
    }

    /// Starts the stopped server on its port. It is empty.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the cache server runs already");
        let mut command = Command::new(program());
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path()).args(&self.arguments);
        if let Some(password) = &self.password {
            command.args(["--requirepass", password]);
        }
        let mut process = Process::start("cache server", &mut command);
        process.wait_for("the cache server listens", |process| process.stdout().contains("Ready to accept").then_some(())).await;
        self.process = Some(process);
    }

    /// Ends it without warning.
    pub fn kill_9(&mut self) {
        self.process.take().expect("the cache server runs").kill_9();
    }

    /// It answers nothing, and holds its connections, until [`CacheServer::resume`].
    pub fn pause(&mut self) {
        self.process.as_mut().expect("the cache server runs").pause();
    }

    pub fn resume(&mut self) {
        self.process.as_mut().expect("the cache server runs").resume();
    }

    /// Without a password.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Speaks to the server itself, past all hosts.
    pub fn connection(&self) -> Connection {
        let password = self.password.as_ref().map(|password| format!(":{password}@")).unwrap_or_default();
        let client = Client::open(format!("redis://{password}127.0.0.1:{}", self.port)).unwrap();
        client.get_connection().expect("the cache server takes a connection")
    }

    /// The names of all values that hosts have stored, in order.
    pub fn values(&self) -> Vec<String> {
        let mut names: Vec<String> = self.connection().keys("ordergate:1:*").unwrap();
        names.sort();
        names
    }

    /// A host that shares its cache here. Generous with time: the machine is busy with other tests.
    pub fn shared_by(&self, config: HostConfig) -> HostConfig {
        config
            .set("cache.shared.url", &format!("{:?}", self.url()))
            .set("cache.shared.connect_ms", "10000")
            .set("cache.shared.lookup_ms", "5000")
            .set("cache.shared.rest_ms", "100")
    }
}

/// Valkey where it is installed, else Redis.
fn program() -> &'static str {
    let is_there = |program: &&str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    ["valkey-server", "redis-server"]
        .into_iter()
        .find(is_there)
        .expect("valkey-server or redis-server is there: run `cargo xtask test`, which installs one")
}
