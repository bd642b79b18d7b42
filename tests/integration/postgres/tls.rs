//! A database on another machine: what a host says to it cannot be read or answered by anybody between.

use ordergate_tests::{Certificates, lasting_port};
use scratch_postgres::Tls;

use super::*;

/// A server called `localhost` that lets in who has a certificate, and what a host needs to get there.
struct Remote {
    certificates: Certificates,
    port: u16,
    server: Server,
    database: String,
}

impl Remote {
    async fn start() -> Self {
        let certificates = Certificates::new();
        let authority = std::fs::read_to_string(certificates.path("ca.pem")).unwrap();
        let (certificate, key) = certificates.pem_for("localhost");
        let port = lasting_port();
        let start = move || Server::start_with_tls(port, &Tls { certificate: &certificate, key: &key, authority: &authority });
        let server = tokio::task::spawn_blocking(start).await.unwrap();
        let database = server.create_database();
        Self { certificates, port, server, database }
    }

    fn file(&self, name: &str) -> String {
        self.certificates.path(name).to_str().unwrap().to_owned()
    }

    fn url(&self, host: &str, mode: &str, authority: &str, client: &str) -> String {
        let (port, database) = (self.port, &self.database);
        let (root, certificate, key) =
            (self.file(authority), self.file(&format!("{client}.pem")), self.file(&format!("{client}.key")));
        format!(
            "\"postgres://postgres@{host}:{port}/{database}?sslmode={mode}&sslrootcert={root}&sslcert={certificate}&sslkey={key}\""
        )
    }

    /// What a host says that is to connect so.
    async fn refuses(&self, url: &str) -> String {
        let config = HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test").unset("database.path");
        let config = config.set("database.url", url).set("database.acquire_timeout_ms", "3000");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ordergate.toml");
        std::fs::write(&file, config.toml()).unwrap();
        let refused = run_host(&config, &["serve", "--config", file.to_str().unwrap()]).await;
        assert_ne!(refused.code, Some(0), "{refused:?}");
        refused.stderr
    }
}

#[tokio::test]
async fn an_order_goes_its_way_over_connections_that_are_all_encrypted() {
    let remote = Remote::start().await;
    let backend = DemoBackend::start().await;
    let url = remote.url("localhost", "verify-full", "ca.pem", "client");
    let config = HostConfig::for_backend(&backend.url(), backend.key()).unset("database.path").set("database.url", &url);
    let host = Host::start(config).await;
    let customer = host.caller("hansen");
    let captured = order(&customer, &seal(&customer, PLIERS, "1").await, "one").await.expect(202);
    until_order(&customer, text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let ways = "SELECT count(*) FILTER (WHERE s.ssl) > 0, count(*) FILTER (WHERE NOT s.ssl) \
                FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE a.application_name = 'ordergate'";
    assert_eq!(remote.server.sql(&remote.database, ways), "t|0");
}

#[tokio::test]
async fn a_server_that_another_authority_vouches_for_or_that_has_another_name_is_not_spoken_to() {
    let remote = Remote::start().await;
    let foreign = remote.refuses(&remote.url("localhost", "verify-full", "other-ca.pem", "client")).await;
    assert!(foreign.contains("certificate") && foreign.contains("localhost"), "{foreign}");
    let misnamed = remote.refuses(&remote.url("127.0.0.1", "verify-full", "ca.pem", "client")).await;
    assert!(misnamed.contains("certificate"), "{misnamed}");
    assert_eq!(remote.server.sql(&remote.database, "SELECT count(*) FROM pg_tables WHERE tablename = 'documents'"), "0");
}

#[tokio::test]
async fn a_host_whose_certificate_the_server_does_not_know_is_told_so() {
    let remote = Remote::start().await;
    let stranger = remote.refuses(&remote.url("localhost", "verify-full", "ca.pem", "stranger")).await;
    assert!(stranger.contains("received fatal alert"), "{stranger}");
}

#[tokio::test]
async fn a_server_that_wants_encryption_refuses_plain_text() {
    let remote = Remote::start().await;
    let url = format!("\"postgres://postgres@localhost:{}/{}?sslmode=disable\"", remote.port, remote.database);
    let plain = remote.refuses(&url).await;
    assert!(plain.contains("no encryption"), "{plain}");
}
