//! Makes a database as large as years of business do: copies what is there, with references of its own, until there are so many orders. The copies
//! are confirmed.

use std::path::PathBuf;

use scratch_postgres::Server;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// The database of a host that is stopped.
pub(super) enum Place<'a> {
    File(PathBuf),
    Server(&'a Server, String),
}

/// Columns that are copied as they are, by table.
const TRANSFER: &str =
    "operation, store, account, adapter, instruction, attempts, lookups, spent, due_at, fence, created_at, updated_at";
const DOCUMENT: &str = "kind, store, account, adapter, principal, captured_at, payload, backend_number, status, raw_status, \
                        revision, amendments, updated_at";
const ATTEMPT: &str = "number, kind, started_at, ended_at, adapter_digest, outcome, failure";
const ANSWER: &str = "principal, operation, body_sha256, status, body, created_at";

impl Place<'_> {
    /// Copies stored orders until there are at least so many.
    pub(super) async fn grow_to(&self, orders: usize) {
        let there: usize = self.run("SELECT CAST(count(*) AS TEXT) FROM documents").await.parse().unwrap();
        let times = orders.saturating_sub(there).div_ceil(there.max(1));
        if times == 0 {
            return;
        }
        // Copies of an earlier growth are copied too, so a number marks each growth.
        let mark = format!("'-{orders}-' || CAST(n AS TEXT)");
        let copies = format!("WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {times})");
        let of = |table: &str, columns: &str| {
            columns.split(", ").map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
        };
        // Looked up one by one: joined, SQLite took the whole table for each.
        let copy = format!(
            "(SELECT max(c.id) FROM transfers c WHERE c.reference = t.reference || {mark} AND c.operation = t.operation)"
        );
        for statement in [
            format!(
                "INSERT INTO transfers (reference, state, {TRANSFER}) {copies} SELECT t.reference || {mark}, 'confirmed', {} FROM transfers t CROSS JOIN copies WHERE t.operation = 'submit-order' ORDER BY n, t.id",
                of("t", TRANSFER)
            ),
            format!(
                "INSERT INTO documents (reference, {DOCUMENT}, seal, transfer) {copies} SELECT d.reference || {mark}, {}, d.seal || {mark}, {copy} FROM documents d JOIN transfers t ON t.id = d.transfer CROSS JOIN copies",
                of("d", DOCUMENT)
            ),
            format!(
                "INSERT INTO attempts (transfer, {ATTEMPT}) {copies} SELECT {copy}, {} FROM attempts a JOIN transfers t ON t.id = a.transfer CROSS JOIN copies WHERE t.operation = 'submit-order'",
                of("a", ATTEMPT)
            ),
            format!(
                "INSERT INTO answers (key, reference, {ANSWER}) {copies} SELECT a.key || {mark}, a.reference || {mark}, {} FROM answers a CROSS JOIN copies",
                of("a", ANSWER)
            ),
            format!(
                "INSERT INTO seals (id, payload, expires_at, used_by, release_at) {copies} SELECT s.id || {mark}, s.payload, s.expires_at, s.used_by || {mark}, s.release_at FROM seals s CROSS JOIN copies WHERE s.used_by IS NOT NULL"
            ),
        ] {
            self.run(&statement).await;
        }
        // As the server does by itself before long.
        if let Self::Server(..) = self {
            self.run("ANALYZE").await;
        }
    }

    /// Runs a statement and gives the first text that it answers.
    async fn run(&self, statement: &str) -> String {
        match self {
            Self::File(path) => {
                let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
                let answer =
                    sqlx::query_scalar::<_, String>(AssertSqlSafe(statement.to_owned())).fetch_optional(&mut connection).await;
                connection.close().await.unwrap();
                answer.unwrap().unwrap_or_default()
            }
            Self::Server(server, database) => tokio::task::block_in_place(|| server.sql(database, statement)),
        }
    }
}
