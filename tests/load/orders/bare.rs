//! The other sides: a database without anything around it.

use std::path::Path;
use std::time::Instant;

use scratch_postgres::Server;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot};

const PGBENCH_SECONDS: u32 = 5;

/// Rows with a text, handed by so many clients to one writer that commits all that wait at once; gives rows per second.
pub(super) async fn grouped_inserts(file: &Path, clients: usize, rows: usize, text: &str) -> f64 {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.synchronous(SqliteSynchronous::Full).disable_statement_logging().connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE bare (id INTEGER PRIMARY KEY, payload TEXT NOT NULL)").execute(&mut connection).await.unwrap();
    let (queue, mut waiting) = mpsc::channel::<oneshot::Sender<()>>(clients);
    let payload = text.to_owned();
    let writer = tokio::spawn(async move {
        let mut batch = Vec::new();
        while waiting.recv_many(&mut batch, clients).await > 0 {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            for _ in &batch {
                let insert = sqlx::query("INSERT INTO bare (payload) VALUES ($1)").bind(payload.clone());
                insert.execute(&mut connection).await.unwrap();
            }
            sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
            batch.drain(..).for_each(|done: oneshot::Sender<()>| done.send(()).unwrap());
        }
        connection.close().await.unwrap();
    });
    let began = Instant::now();
    let inserts = (0..clients).map(|_| {
        let queue = queue.clone();
        tokio::spawn(async move {
            for _ in 0..rows / clients {
                let (done, is_done) = oneshot::channel();
                queue.send(done).await.unwrap();
                is_done.await.unwrap();
            }
        })
    });
    for client in inserts.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let took = began.elapsed();
    drop(queue);
    writer.await.unwrap();
    rows as f64 / took.as_secs_f64()
}

/// The same with the server's own program, one row a transaction; gives transactions per second.
pub(super) fn pgbench(server: &Server, database: &str, clients: usize, text: &str) -> f64 {
    server.sql(
        database,
        "CREATE TABLE IF NOT EXISTS bare (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload TEXT NOT NULL)",
    );
    // With a colon begins one of pgbench's variables.
    let insert = format!("INSERT INTO bare (payload) VALUES ('{}');\n", text.replace('\'', "''").replace(':', ";"));
    server.transactions_per_second(database, &insert, clients, PGBENCH_SECONDS)
}
