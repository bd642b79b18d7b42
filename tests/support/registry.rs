//! A real OCI registry (Docker's own, from the system's packages), and a gate before it that wants tokens.

mod gate;

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::{Client, Process, lasting_port};
pub use gate::TokenGate;

/// Name and password of who may use a registry that is not open.
pub const REGISTRY_USER: &str = "shop";
pub const REGISTRY_PASSWORD: &str = "let-me-in-0123";

/// The same, as a registry keeps it (bcrypt).
const HTPASSWD: &str = "shop:$2b$04$7B9LptdJK7kByTavULdFOuSS15KIyAd0JaGiPzTM5Dnl3efgRj/9i\n";

/// Runs until it is dropped.
pub struct Registry {
    port: u16,
    folder: TempDir,
    _process: Process,
}

impl Registry {
    /// Open to everyone.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// Open to who knows the password.
    pub async fn with_password() -> Self {
        Self::start_with("auth: { htpasswd: { realm: tests, path: FOLDER/htpasswd } }\n").await
    }

    async fn start_with(more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("registry-test-").tempdir().unwrap();
        let (port, path) = (lasting_port(), folder.path().to_str().unwrap());
        let config = "version: 0.1\nstorage: { filesystem: { rootdirectory: FOLDER/data } }\nhttp: { addr: \"127.0.0.1:PORT\", secret: of-this-test }\n";
        let config = format!("{config}{more}").replace("FOLDER", path).replace("PORT", &port.to_string());
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        std::fs::write(folder.path().join("htpasswd"), HTPASSWD).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(folder.path().join("config.yml"));
        let mut process = Process::start("registry", &mut command);
        process.wait_for("the registry listens", |process| process.stderr().contains("listening on").then_some(())).await;
        Self { port, folder, _process: process }
    }

    /// The name of an artifact in it, such as `adapters/erp:1.2.0`.
    pub fn named(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// Speaks to it directly.
    pub fn client(&self) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.port))
    }

    /// Where it keeps what has this digest.
    pub fn file_of(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        self.folder.path().join("data/docker/registry/v2/blobs/sha256").join(&hex[..2]).join(hex).join("data")
    }
}
