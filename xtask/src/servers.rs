//! Servers that tests start. What is missing is installed with the system's package manager, where it is Debian's.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo::{Network, run};

/// Any of these programs will do.
const CACHE_SERVERS: [&str; 2] = ["valkey-server", "redis-server"];
const BY_HAND: &str = "install Valkey or Redis, 6 or later, so that `valkey-server` or `redis-server` is found in PATH";

/// Makes sure that there is a server for shared caches.
pub(crate) fn install(network: Network) -> Result<()> {
    if !is_missing(network, is_there)? {
        return Ok(());
    }
    let install = ["install", "-y", "-q", "--no-install-recommends", "redis-server"];
    apt(&["update", "-q"]).and_then(|()| apt(&install)).context(BY_HAND)
}

/// Whether a server is missing and can be installed.
fn is_missing(network: Network, is_there: impl Fn(&str) -> bool) -> Result<bool> {
    if CACHE_SERVERS.into_iter().any(&is_there) {
        return Ok(false);
    }
    if network == Network::Offline {
        bail!("tests of the shared cache need a server, and none is there: {BY_HAND}, or leave out --offline");
    }
    if !is_there("apt-get") {
        bail!("tests of the shared cache need a server, and there is no apt-get to install one: {BY_HAND}");
    }
    Ok(true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_installed_only_where_none_is_there_and_that_is_allowed_and_possible() {
        let missing = |network, programs: &'static [&'static str]| is_missing(network, |program| programs.contains(&program));
        assert!(!missing(Network::Offline, &["valkey-server"]).unwrap());
        assert!(!missing(Network::Allowed, &["redis-server"]).unwrap());
        assert!(missing(Network::Allowed, &["apt-get"]).unwrap());
        for (error, mend) in [
            (missing(Network::Offline, &["apt-get"]).unwrap_err(), "leave out --offline"),
            (missing(Network::Allowed, &[]).unwrap_err(), "there is no apt-get"),
        ] {
            let error = error.to_string();
            assert!(error.contains("install Valkey or Redis") && error.contains(mend), "{error}");
        }
    }

    #[test]
    fn a_program_is_there_when_it_runs() {
        assert!(is_there("cargo") && !is_there("no-such-server"));
    }
}
