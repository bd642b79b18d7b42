//! PostgreSQL's programs, and the user that the server runs as: it refuses to run as root.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian and its relatives put them, by version.
const FOLDER: &str = "/usr/lib/postgresql";

/// Users that a server may run as when the tests run as root.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// A program of the newest version that is installed, started by whoever runs the tests.
pub(crate) fn command(program: &str) -> Command {
    Command::new(folder().join(program))
}

pub(crate) fn folder() -> PathBuf {
    let installed = std::fs::read_dir(FOLDER).into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let newest = installed
        .filter(|folder| folder.join("initdb").is_file())
        .max_by_key(|folder| folder.iter().rev().nth(1).and_then(|version| version.to_str()?.parse::<u32>().ok()));
    newest
        .unwrap_or_else(|| panic!("there is no PostgreSQL in {FOLDER}: run `cargo xtask test`, or `apt-get install postgresql`"))
}

/// A shell for the server's user, with the folder as its own.
pub(crate) fn shell_of_the_server(folder: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new("sh");
    }
    let (user, group) = server_user();
    chown(folder, Some(user), Some(group)).unwrap();
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned(), "sh".to_owned()]);
    command
}

fn server_user() -> (u32, u32) {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &&str| {
        let line = passwd.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut numbers = line.split(':').skip(1).map(|number| number.parse().unwrap());
        Some((numbers.next()?, numbers.next()?))
    };
    USERS.iter().find_map(find).expect("a user that the server can run as")
}
