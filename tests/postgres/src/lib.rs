//! A PostgreSQL server of a test's own: its folder, its socket, its data. It ends with the test program, even when that is killed, and no
//! server that is already there is touched. Everything here fails by panicking: it runs in tests only.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod keeper;
mod programs;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use keeper::Keeper;

/// The superuser of every scratch server; it needs no password.
const USER: &str = "postgres";

/// The port of a server that nobody reaches but by its socket.
const PORT: u16 = 5432;

/// A running or stopped server.
pub struct Server {
    keeper: Keeper,
    port: u16,
    databases: AtomicU32,
}

/// What a server shows to clients, and whom it believes their certificates: PEM.
pub struct Tls<'a> {
    pub certificate: &'a str,
    pub key: &'a str,
    pub authority: &'a str,
}

impl Server {
    /// Makes and starts a server. Its defaults are those that a careless operator could have: commits are not waited for.
    pub fn start() -> Self {
        Self::begin(PORT, &[])
    }

    /// One that takes connections over TCP as well, at a port of 127.0.0.1: with TLS only, and only of clients with a certificate.
    pub fn start_with_tls(port: u16, tls: &Tls<'_>) -> Self {
        let Tls { certificate, key, authority } = tls;
        let given = [("TLS_CERTIFICATE", *certificate), ("TLS_KEY", *key), ("TLS_AUTHORITY", *authority)];
        Self::begin(port, &[&given[..], &[("TLS_PORT", &port.to_string())]].concat())
    }

    fn begin(port: u16, environment: &[(&str, &str)]) -> Self {
        let keeper = Keeper::start(environment);
        keeper.tell("start");
        Self { keeper, port, databases: AtomicU32::new(0) }
    }

    /// One server for all tests of this program that do nothing to the server itself.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Makes an empty database and gives its name.
    pub fn create_database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("createdb", &[&name]);
        name
    }

    /// The URL of a database, for a user of the server.
    pub fn url_as(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@/{database}?host={}", self.folder())
    }

    /// The URL of a database, for the superuser.
    pub fn url(&self, database: &str) -> String {
        self.url_as(USER, database)
    }

    /// The folder of its socket.
    pub fn folder(&self) -> String {
        self.keeper.folder().to_str().unwrap().to_owned()
    }

    /// The socket itself.
    pub fn socket(&self) -> String {
        format!("{}/.s.PGSQL.{}", self.folder(), self.port)
    }

    /// Runs statements in a database; gives the rows, one a line, columns separated by `|`.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        self.run(
            "psql",
            &["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", database, "--command", statements],
        )
    }

    /// Has so many clients of pgbench run statements for so long, each time as a transaction that is waited for until it is on disk.
    pub fn transactions_per_second(&self, database: &str, statements: &str, clients: usize, seconds: u32) -> f64 {
        let script = tempfile::Builder::new().suffix(".sql").tempfile().unwrap();
        std::fs::write(script.path(), statements).unwrap();
        let mut command = programs::command("pgbench");
        command.env("PGOPTIONS", "-c synchronous_commit=on").args(["--host", &self.folder(), "--username", USER, "--no-vacuum"]);
        command.args(["--protocol=prepared", &format!("--client={clients}"), "--jobs=2", &format!("--time={seconds}")]);
        let output = command.arg("--file").arg(script.path()).arg(database).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let figure = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        figure.unwrap_or_else(|| panic!("pgbench told no figure: {told} {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Ends the server as a power failure does.
    pub fn crash(&self) {
        self.keeper.tell("crash");
    }

    /// Starts the crashed server again, with its data.
    pub fn start_again(&self) {
        self.keeper.tell("start");
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = programs::command(program);
        command.args(["--host", &self.folder(), "--port", &self.port.to_string(), "--username", USER]);
        let output = command.args(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?} failed: {errors}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}
