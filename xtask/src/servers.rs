//! Servers that tests start. What is missing is installed with the system's package manager, where it is Debian's.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo::{Network, run};

/// Any of these programs will do.
const CACHE_SERVERS: [&str; 2] = ["valkey-server", "redis-server"];

/// Makes sure that there is a server for shared caches.
pub(crate) fn install(network: Network) -> Result<()> {
    if CACHE_SERVERS.into_iter().any(is_there) {
        return Ok(());
    }
    let by_hand = "install Valkey or Redis, 6 or later, so that `valkey-server` or `redis-server` is found in PATH";
    if network == Network::Offline {
        bail!("tests of the shared cache need a server, and none is there: {by_hand}, or leave out --offline");
    }
    if !is_there("apt-get") {
        bail!("tests of the shared cache need a server, and there is no apt-get to install one: {by_hand}");
    }
    apt(&["update", "-q"])
        .and_then(|()| apt(&["install", "-y", "-q", "--no-install-recommends", "redis-server"]))
        .context(by_hand)
}

fn is_there(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// As root, or as whoever may become root without a password.
fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}
