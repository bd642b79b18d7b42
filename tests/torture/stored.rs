//! What hosts have in their database, read beside them.

use std::collections::BTreeSet;
use std::sync::Arc;

use scratch_postgres::Server;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::sync::Mutex;

use crate::facts::{Attempt, Transfer};
use crate::world::World;

pub(crate) enum Stored {
    Sqlite(Mutex<SqliteConnection>),
    Postgres(Arc<Server>, String),
}

impl Stored {
    pub(crate) async fn of(world: &World) -> Self {
        if let Some((server, database)) = &world.server {
            return Self::Postgres(Arc::clone(server), database.clone());
        }
        let file = world.hosts[0].folder().join("ordergate.db");
        let options = SqliteConnectOptions::new().filename(file).read_only(true).disable_statement_logging();
        Self::Sqlite(Mutex::new(options.connect().await.unwrap()))
    }

    /// How many transfers are under way, and stocks of checkouts that are yet to be given back.
    pub(crate) async fn unsettled(&self) -> u64 {
        let transfers = self.rows("transfers WHERE turn IS NOT NULL", &["id"]).await.len();
        let seals = self.rows("seals WHERE used_by IS NULL AND release_at IS NOT NULL", &["id"]).await.len();
        (transfers + seals) as u64
    }

    pub(crate) async fn transfers(&self) -> Vec<Transfer> {
        let columns = "id reference operation account state attempts lookups instruction last_failure resent_at";
        let rows = self.rows("transfers ORDER BY id", &columns.split(' ').collect::<Vec<_>>()).await;
        let mut transfers: Vec<_> = rows.iter().map(transfer).collect();
        for row in self
            .rows("attempts ORDER BY transfer, number", &["transfer", "number", "kind", "started_at", "ended_at", "outcome"])
            .await
        {
            let at = transfers.binary_search_by_key(&number(&row, "transfer"), |transfer| transfer.id).unwrap();
            transfers[at].timeline.push(attempt(&row));
        }
        for row in self.rows("documents", &["transfer", "backend_number"]).await {
            let at = transfers.binary_search_by_key(&number(&row, "transfer"), |transfer| transfer.id).unwrap();
            transfers[at].number = optional_text(&row, "backend_number");
        }
        transfers
    }

    /// Reservations that checkouts have.
    pub(crate) async fn sealed(&self) -> BTreeSet<String> {
        self.rows("seals", &["payload"]).await.iter().filter_map(|row| inner(row, "payload", "/reservation/id")).collect()
    }

    /// Rows as objects; `from` is what follows FROM.
    async fn rows(&self, from: &str, columns: &[&str]) -> Vec<Value> {
        let parse = |text: &str| serde_json::from_str(text).unwrap();
        match self {
            Self::Sqlite(connection) => {
                let pairs: Vec<_> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
                let statement = format!("SELECT json_object({}) FROM {from}", pairs.join(", "));
                let rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(statement));
                rows.fetch_all(&mut *connection.lock().await).await.unwrap().iter().map(|row| parse(row)).collect()
            }
            Self::Postgres(server, database) => {
                let statement = format!("SELECT row_to_json(r) FROM (SELECT {} FROM {from}) r", columns.join(", "));
                let (server, database) = (Arc::clone(server), database.clone());
                let told = tokio::task::spawn_blocking(move || server.sql(&database, &statement)).await.unwrap();
                told.lines().map(parse).collect()
            }
        }
    }
}

fn transfer(row: &Value) -> Transfer {
    Transfer {
        id: number(row, "id"),
        reference: optional_text(row, "reference").unwrap(),
        operation: optional_text(row, "operation").unwrap(),
        account: optional_text(row, "account").unwrap(),
        state: optional_text(row, "state").unwrap(),
        attempts: number(row, "attempts"),
        lookups: number(row, "lookups"),
        held: inner(row, "instruction", "/held/reservation/id"),
        last_failure: optional_text(row, "last_failure"),
        was_resent: !row["resent_at"].is_null(),
        number: None,
        timeline: Vec::new(),
    }
}

fn attempt(row: &Value) -> Attempt {
    Attempt {
        number: number(row, "number"),
        kind: optional_text(row, "kind").unwrap(),
        started: number(row, "started_at"),
        ended: row["ended_at"].as_i64(),
        outcome: optional_text(row, "outcome"),
    }
}

fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap()
}

fn optional_text(row: &Value, column: &str) -> Option<String> {
    row[column].as_str().map(str::to_owned)
}

/// A text in a column that holds JSON.
fn inner(row: &Value, column: &str, pointer: &str) -> Option<String> {
    let document: Value = serde_json::from_str(row[column].as_str()?).unwrap();
    document.pointer(pointer)?.as_str().map(str::to_owned)
}
