//! A back end and a host before it: what most tests start with.

use crate::{Client, DemoBackend, Host, HostConfig};

pub struct World {
    pub host: Host,
    pub backend: DemoBackend,
}

impl World {
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// With a changed configuration.
    pub async fn with(change: impl FnOnce(HostConfig) -> HostConfig) -> Self {
        let backend = DemoBackend::start().await;
        let config = change(HostConfig::for_backend(&backend.url(), backend.key()));
        Self { host: Host::start(config).await, backend }
    }

    /// The customer C-1001.
    pub fn hansen(&self) -> Client {
        self.host.caller("hansen")
    }

    /// The customer C-1002.
    pub fn bauer(&self) -> Client {
        self.host.caller("bauer")
    }
}
