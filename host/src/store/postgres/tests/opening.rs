//! Opening a database: the schema, rights, and servers that orders are not entrusted to.

use futures::future::join_all;
use scratch_postgres::Server;

use super::*;

async fn shared() -> &'static Server {
    tokio::task::spawn_blocking(Server::shared).await.unwrap()
}

async fn refusal(config: &DatabaseConfig) -> String {
    match Store::open(config).await {
        Ok(_) => panic!("{config} was opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn hosts_that_start_at_the_same_time_make_the_schema_once() {
    let server = shared().await;
    let database = server.create_database();
    let config = on_server(&server.url(&database));
    assert_eq!(Store::schema(&config).await.unwrap().found, 0);
    let hosts = join_all((0..5).map(|_| Store::open(&config))).await;
    assert!(hosts.iter().all(Result::is_ok), "{:?}", hosts.iter().find_map(|host| host.as_ref().err()));
    assert!(Store::schema(&config).await.unwrap().is_up_to_date());
    assert_eq!(server.sql(&database, "SELECT count(*) FROM _sqlx_migrations"), crate::store::schema::POSTGRES.len().to_string());
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let server = shared().await;
    let database = server.create_database();
    let config = on_server(&server.url(&database));
    Store::open(&config).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'future', true, '', 0)";
    server.sql(&database, newer);
    let refused = refusal(&config).await;
    assert!(refused.contains("schema version 9999, this build knows up to"), "{refused}");
    assert!(Store::schema(&config).await.is_err());
}

#[tokio::test]
async fn a_user_who_may_only_use_the_tables_serves_but_does_not_migrate() {
    let server = shared().await;
    let database = server.create_database();
    let role = format!("clerk_{database}");
    server.sql(&database, &format!("CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC"));
    let clerk = on_server(&server.url_as(&role, &database));
    let refused = refusal(&clerk).await;
    assert!(refused.contains("run `ordergate migrate` as the owner"), "{refused}");
    Store::open(&on_server(&server.url(&database))).await.unwrap().close().await;
    // What docs/operating.md says.
    server.sql(&database, &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"));
    let store = Store::open(&clerk).await.unwrap();
    assert_eq!(store.capture(with_key("k")).await.unwrap(), CaptureOutcome::Captured);
    let claimed = store.claim_due(start(), 1, LEASE, &nothing()).await.unwrap().remove(0);
    assert_eq!(confirm(&store, &claimed).await.unwrap(), TransferState::Confirmed);
    assert_eq!(store.prune(later(1_000_000)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_server_that_forgets_what_it_acknowledged_is_refused() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let config = on_server(&server.url(&server.create_database()));
    server.sql("postgres", "ALTER SYSTEM SET fsync = off");
    server.crash();
    server.start_again();
    let refused = refusal(&config).await;
    assert!(refused.contains("fsync = off") && refused.contains("set fsync = on"), "{refused}");
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_the_mend() {
    let server = shared().await;
    let refused = refusal(&on_server(&server.url("nowhere"))).await;
    assert!(refused.contains("Create the database"), "{refused}");
    let refused = refusal(&on_server(&server.url_as("nobody_at_all", "postgres"))).await;
    assert!(refused.contains("Correct the user"), "{refused}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = refusal(&on_server(&format!("postgres://og@127.0.0.1:{free}/shop"))).await;
    assert!(refused.contains("Check that the server runs"), "{refused}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = on_server(&format!("postgres://og@127.0.0.1:{}/shop", silent.local_addr().unwrap().port()));
    let refused = refusal(&DatabaseConfig { acquire_timeout_ms: 200, ..config }).await;
    assert!(refused.contains("no answer within 200 ms"), "{refused}");
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused() {
    let server = shared().await;
    server.sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let refused = refusal(&on_server(&server.url("latin"))).await;
    assert!(refused.contains("LATIN1") && refused.contains("ENCODING 'UTF8'"), "{refused}");
}

#[tokio::test]
async fn a_host_works_on_while_a_newer_version_adds_to_the_tables() {
    let server = shared().await;
    let database = server.create_database();
    let config = on_server(&server.url(&database));
    // One connection, which has prepared every statement before the change.
    let store = Store::open(&DatabaseConfig { max_connections: 1, ..config }).await.unwrap();
    let story = async |key: &str| {
        let capture = with_key(key);
        assert_eq!(store.capture(capture.clone()).await.unwrap(), CaptureOutcome::Captured);
        let claimed = store.claim_due(start(), 1, LEASE, &nothing()).await.unwrap().remove(0);
        assert_eq!(confirm(&store, &claimed).await.unwrap(), TransferState::Confirmed);
        let reference = &capture.document.reference;
        assert!(is_captured(&store, reference).await);
        assert_eq!(store.attempts_of(reference).await.unwrap().len(), 1);
        assert!(store.carried_order(reference).await.unwrap().is_some());
        assert!(
            store.waiting(DeskFilter::all(Waiting::Parked, 10)).await.unwrap().is_empty()
                && store.audit_of(reference).await.unwrap().is_empty()
        );
    };
    for round in 0..3 {
        story(&format!("before-{round}")).await;
    }
    for table in ["transfers", "documents", "attempts", "seals", "answers", "known_lists", "audit"] {
        server.sql(&database, &format!("ALTER TABLE {table} ADD COLUMN new TEXT"));
    }
    story("after").await;
}
