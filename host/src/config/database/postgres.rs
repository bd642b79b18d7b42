//! The URL of a PostgreSQL database, as libpq writes it, and nothing that it does not mean: unknown parameters are errors, a password does not
//! stand in it, and a server on another machine is told whether to be spoken to in the clear.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use url::Url;

const EXAMPLE: &str = "postgres://USER@HOST/DATABASE?sslmode=verify-full";
const PORT: u16 = 5432;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresUrl {
    pub server: ServerAddress,
    pub port: u16,
    pub user: String,
    pub database: String,
    pub tls: Tls,
    /// PEM file with the authorities that the server's certificate may come from; without it, those that browsers trust.
    pub root_certificate: Option<PathBuf>,
    /// PEM files of the certificate that the server asks for, and its key.
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerAddress {
    Host(String),
    /// The folder of its socket.
    Socket(PathBuf),
}

/// `sslmode` of libpq. Those that fall back to clear text by themselves are not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    Disable,
    /// Encrypted, with whoever answers.
    Require,
    /// With a server whose certificate comes from a trusted authority.
    VerifyCa,
    /// And is made out to the host's name.
    VerifyFull,
}

impl PostgresUrl {
    /// Reads a URL; the error says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        // libpq lets the host be left out, for a socket's folder; the rules for URLs do not.
        let is_hostless = text.contains("@/");
        let url = Url::parse(&text.replacen("@/", "@-/", 1)).map_err(|error| format!("is no URL ({error}): write {EXAMPLE}"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(format!("must begin with postgres://: write {EXAMPLE}; a SQLite file stands in database.path"));
        }
        if url.password().is_some() {
            return Err("has a password in it: leave that out, and refer to it with database.password".into());
        }
        let parameters = Parameters::read(&url)?;
        let host = url.host_str().filter(|_| !is_hostless).map(decoded).unwrap_or_default();
        let server = match (parameters.socket, host) {
            (Some(folder), host) if host.is_empty() => ServerAddress::Socket(folder),
            (None, host) if host.starts_with('/') => ServerAddress::Socket(host.into()),
            (None, host) if !host.is_empty() => ServerAddress::Host(host),
            _ => return Err(format!("names no host, or two: write {EXAMPLE}, or ?host=/run/postgresql for a socket")),
        };
        let (user, database) = (decoded(url.username()), decoded(url.path().trim_start_matches('/')));
        if user.is_empty() || database.is_empty() {
            return Err(format!("names no user or no database: write {EXAMPLE}"));
        }
        let tls = match (parameters.tls, server.is_this_machine()) {
            (Some(tls), _) => tls,
            (None, true) => Tls::Disable,
            (None, false) => {
                return Err(
                    "leads to another machine: add ?sslmode=verify-full (or, in a network that is yours alone, disable)".into()
                );
            }
        };
        let Parameters { root_certificate, client_certificate, client_key, .. } = parameters;
        let port = url.port().unwrap_or(PORT);
        Ok(Self { server, port, user, database, tls, root_certificate, client_certificate, client_key })
    }

    pub(super) fn resolve(&mut self, folder: &Path) {
        for file in [&mut self.root_certificate, &mut self.client_certificate, &mut self.client_key].into_iter().flatten() {
            *file = folder.join(&file);
        }
    }
}

impl ServerAddress {
    fn is_this_machine(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Host(host) => matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]" | "::1"),
        }
    }
}

#[derive(Default)]
struct Parameters {
    socket: Option<PathBuf>,
    tls: Option<Tls>,
    root_certificate: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

impl Parameters {
    fn read(url: &Url) -> Result<Self, String> {
        let mut read = Self::default();
        for (name, value) in url.query_pairs() {
            let file = || Some(PathBuf::from(value.as_ref()));
            match name.as_ref() {
                "host" if value.starts_with('/') => read.socket = file(),
                "sslmode" => read.tls = Some(tls(&value)?),
                "sslrootcert" => read.root_certificate = file(),
                "sslcert" => read.client_certificate = file(),
                "sslkey" => read.client_key = file(),
                other => {
                    let known = "sslmode, sslrootcert, sslcert, sslkey, and host for a socket's folder";
                    return Err(format!("has a parameter {other} that is not known or not right; there are {known}"));
                }
            }
        }
        Ok(read)
    }
}

fn tls(mode: &str) -> Result<Tls, String> {
    match mode {
        "disable" => Ok(Tls::Disable),
        "require" => Ok(Tls::Require),
        "verify-ca" => Ok(Tls::VerifyCa),
        "verify-full" => Ok(Tls::VerifyFull),
        other => Err(format!("has sslmode={other}: it must be verify-full, verify-ca, require or disable")),
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.server {
            ServerAddress::Host(host) => write!(f, "postgres://{host}:{}/{}", self.port, self.database),
            ServerAddress::Socket(folder) => write!(f, "postgres:///{}?host={}", self.database, folder.display()),
        }
    }
}

impl<'de> Deserialize<'de> for PostgresUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|problem| Error::custom(format!("the URL {problem}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_another_machine_is_named_with_how_to_trust_it() {
        let read = PostgresUrl::parse("postgres://og@db.example.com:6432/shop?sslmode=verify-full&sslrootcert=ca.pem").unwrap();
        assert_eq!((read.server, read.port), (ServerAddress::Host("db.example.com".into()), 6432));
        assert_eq!((read.user.as_str(), read.database.as_str(), read.tls), ("og", "shop", Tls::VerifyFull));
        assert_eq!(read.root_certificate, Some("ca.pem".into()));
    }

    #[test]
    fn sockets_and_this_machine_need_no_tls() {
        for (url, server) in [
            ("postgres://og@localhost/shop", ServerAddress::Host("localhost".into())),
            ("postgres://og@%2Frun%2Fpostgresql/shop", ServerAddress::Socket("/run/postgresql".into())),
            ("postgresql://og@/shop?host=/run/postgresql", ServerAddress::Socket("/run/postgresql".into())),
        ] {
            let read = PostgresUrl::parse(url).unwrap();
            assert_eq!((read.server, read.port, read.tls), (server, 5432, Tls::Disable), "{url}");
        }
    }

    #[test]
    fn what_is_unclear_or_unsafe_is_refused_with_what_to_write() {
        for (url, words) in [
            ("postgres://og@db.example.com/shop", "sslmode=verify-full"),
            ("postgres://og@db.example.com/shop?sslmode=prefer", "must be verify-full"),
            ("postgres://og:secret@localhost/shop", "database.password"),
            ("postgres://localhost/shop", "no user or no database"),
            ("postgres://og@localhost", "no user or no database"),
            ("postgres://og@/shop", "names no host"),
            ("postgres://og@localhost/shop?sllmode=disable", "sllmode"),
            ("mysql://og@localhost/shop", "postgres://"),
            ("ordergate.db", "is no URL"),
        ] {
            let refused = PostgresUrl::parse(url).unwrap_err();
            assert!(refused.contains(words) && !refused.contains("secret"), "{url}: {refused}");
        }
    }
}
