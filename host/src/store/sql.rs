//! Statements for either database. A statement is written once, with `$1`, `$2`, … for its values: both databases read it. Where they have to
//! be told different things, both wordings stand side by side ([`Dialect::choose`]). The store uses a handful of column types, and only those
//! are here.

mod connection;
mod local;
mod row;
mod value;

use std::borrow::Cow;
use std::fmt::Write;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use super::StoreError;

pub(super) use connection::{Connection, Dialect};
pub(super) use local::Local;
pub(super) use row::Row;
pub(super) use value::Value;

/// A statement with its values.
pub(super) struct Query {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// Begins a statement.
pub(super) fn query(text: impl Into<Cow<'static, str>>) -> Query {
    Query { text: text.into(), values: Vec::new() }
}

impl Query {
    /// Gives the next `$N` its value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends to the statement.
    pub(super) fn push(mut self, text: &str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Appends a value.
    pub(super) fn push_bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let number = self.values.len();
        // A `String` takes whatever is written to it.
        let _ = write!(self.text.to_mut(), "${number}");
        self
    }

    /// Appends rows, each in brackets.
    pub(super) fn push_rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        for (place, row) in rows.into_iter().enumerate() {
            self = self.push(if place == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                self = self.push(if column == 0 { "" } else { ", " }).push_bind(value);
            }
            self = self.push(")");
        }
        self
    }

    /// Appends values in brackets. An empty list holds nothing, so that `x IN (…)` is never true.
    pub(super) fn push_list(mut self, values: impl IntoIterator<Item = String>) -> Self {
        let before = self.values.len();
        self = self.push("(");
        for value in values {
            let first = self.values.len() == before;
            self = self.push(if first { "" } else { ", " }).push_bind(value);
        }
        let is_empty = self.values.len() == before;
        self.push(if is_empty { "NULL)" } else { ")" })
    }

    /// Runs it; tells how many rows it changed.
    pub(super) async fn execute(self, connection: &mut Connection) -> Result<u64, StoreError> {
        let done = match connection {
            Connection::Local(own) => return own.execute(&self.text, &self.values),
            Connection::Sqlite(lent) => self.for_sqlite().execute(&mut **lent).await.map(|done| done.rows_affected()),
            Connection::Postgres(lent) => self.for_postgres().execute(&mut **lent).await.map(|done| done.rows_affected()),
        };
        connection.judge(done)
    }

    /// All rows.
    pub(super) async fn all(self, connection: &mut Connection) -> Result<Vec<Row>, StoreError> {
        let rows = match connection {
            Connection::Local(own) => {
                let rows = own.rows(&self.text, &self.values, usize::MAX)?;
                return Ok(rows.into_iter().map(Row::Local).collect());
            }
            Connection::Sqlite(lent) => {
                let rows = self.for_sqlite().fetch_all(&mut **lent).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Connection::Postgres(lent) => {
                let rows = self.for_postgres().fetch_all(&mut **lent).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        connection.judge(rows)
    }

    /// The first row, when there is one.
    pub(super) async fn optional(self, connection: &mut Connection) -> Result<Option<Row>, StoreError> {
        let row = match connection {
            Connection::Local(own) => return Ok(own.rows(&self.text, &self.values, 1)?.pop().map(Row::Local)),
            Connection::Sqlite(lent) => self.for_sqlite().fetch_optional(&mut **lent).await.map(|row| row.map(Row::Sqlite)),
            Connection::Postgres(lent) => self.for_postgres().fetch_optional(&mut **lent).await.map(|row| row.map(Row::Postgres)),
        };
        connection.judge(row)
    }

    /// The one row that there is in any case.
    pub(super) async fn one(self, connection: &mut Connection) -> Result<Row, StoreError> {
        self.optional(connection).await?.ok_or(StoreError::Corrupt { what: "answer", reason: "it has no row".to_owned() })
    }

    // Every text that gets here is made of literals of this module; what comes from outside is a bound value.

    fn for_sqlite(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Integer(integer) => query.bind(integer),
            Value::Truth(truth) => query.bind(truth),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    }

    fn for_postgres(self) -> sqlx::query::Query<'static, Postgres, PgArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Integer(integer) => query.bind(integer),
            Value::Truth(truth) => query.bind(truth),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    }
}
