//! Programs that tests start: servers, and what adapters in other languages are built with. What is missing is installed with the system's
//! package manager, where it is Debian's.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo::{Network, run};

/// What tests start: the programs of which any will do, the package that brings one, and what to do by hand.
struct Server {
    programs: &'static [&'static str],
    package: &'static str,
    by_hand: &'static str,
}

const CACHE: Server = Server {
    programs: &["valkey-server", "redis-server"],
    package: "redis-server",
    by_hand: "install Valkey or Redis, 6 or later, so that `valkey-server` or `redis-server` is found in PATH",
};

const POSTGRES: Server = Server {
    programs: &["initdb"],
    package: "postgresql",
    by_hand: "install PostgreSQL, 13 or later, so that its programs are in /usr/lib/postgresql/VERSION/bin",
};

/// For adapters that are pushed and pulled.
const REGISTRY: Server = Server {
    programs: &["docker-registry"],
    package: "docker-registry",
    by_hand: "install the OCI registry of the Distribution project as `docker-registry` in PATH",
};

const NPM: Server = Server { programs: &["npm"], package: "npm", by_hand: "install Node.js, 20 or later, with npm" };

/// Tryton is a Python program, installed by `tryton.rs`, and adapters can be written in Python.
const PYTHON: Server = Server {
    programs: &["python3"],
    package: "python3-venv",
    by_hand: "install Python, 3.11 or later, with its module venv, as `python3`",
};

/// Makes sure that there are a server for shared caches, PostgreSQL, and a registry. Tests start servers of their own; one that a package starts by
/// itself is left alone.
pub(crate) fn install(network: Network) -> Result<()> {
    provide(&CACHE, network, is_there)?;
    provide(&POSTGRES, network, |program| is_there(program) || is_postgres(program))?;
    provide(&REGISTRY, network, is_there)
}

/// Makes sure that there is a package manager for JavaScript.
pub(crate) fn install_npm(network: Network) -> Result<()> {
    provide(&NPM, network, is_there)
}

/// Makes sure that there is a Python in which packages can be installed.
pub(crate) fn install_python(network: Network) -> Result<()> {
    provide(&PYTHON, network, has_environments)
}

fn provide(server: &Server, network: Network, is_there: impl Fn(&str) -> bool) -> Result<()> {
    if !is_missing(server, network, is_there)? {
        return Ok(());
    }
    let install = ["install", "-y", "-q", "--no-install-recommends", server.package];
    apt(&["update", "-q"]).and_then(|()| apt(&install)).context(server.by_hand)
}

/// Whether a server is missing and can be installed.
fn is_missing(server: &Server, network: Network, is_there: impl Fn(&str) -> bool) -> Result<bool> {
    if server.programs.iter().any(|program| is_there(program)) {
        return Ok(false);
    }
    let by_hand = server.by_hand;
    if network == Network::Offline {
        bail!("tests need a program that is not there: {by_hand}, or leave out --offline");
    }
    if !is_there("apt-get") {
        bail!("tests need a program that is not there, and there is no apt-get to install it: {by_hand}");
    }
    Ok(true)
}

/// Debian keeps them out of PATH, by version.
fn is_postgres(program: &str) -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin").join(program)).any(|file| file.is_file())
}

/// Whether this Python is new enough; and Debian keeps what makes environments in a package of its own.
fn has_environments(program: &str) -> bool {
    let mut command = Command::new(program);
    let modules = command
        .args(["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    modules.is_ok_and(|status| status.success())
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
        let missing =
            |network, programs: &'static [&'static str]| is_missing(&CACHE, network, |program| programs.contains(&program));
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
