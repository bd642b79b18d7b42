//! SQLite on the calling thread: for the writer, which has a thread of its own. A pooled connection hands every statement to another thread and
//! waits for it, which takes longer than most statements.

use std::sync::Arc;

use rusqlite::types::{FromSql, Value as Stored, ValueRef};
use rusqlite::{CachedStatement, ToSql, types::ToSqlOutput};

use super::Value;
use crate::store::StoreError;

/// Statements that stay prepared; the store has fewer of them.
const PREPARED: usize = 200;

pub(in crate::store) struct Local(rusqlite::Connection);

/// A row, taken out of its statement.
pub(in crate::store) struct LocalRow {
    columns: Arc<[String]>,
    values: Vec<Stored>,
}

impl Local {
    pub(in crate::store) fn new(connection: rusqlite::Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Self(connection)
    }

    /// Runs a statement to its end; tells how many rows it changed.
    pub(super) fn execute(&mut self, text: &str, values: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.prepare(text, values)?;
        let is_readonly = statement.readonly();
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        drop(rows);
        Ok(if is_readonly { 0 } else { self.0.changes() })
    }

    /// At most so many rows.
    pub(super) fn rows(&mut self, text: &str, values: &[Value], most: usize) -> Result<Vec<LocalRow>, StoreError> {
        let mut statement = self.prepare(text, values)?;
        let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        // To its end even when enough were found: a statement that changes something has done so only then.
        while let Some(row) = rows.next()? {
            if found.len() < most {
                let values = (0..columns.len()).map(|column| row.get(column)).collect::<Result<_, _>>()?;
                found.push(LocalRow { columns: Arc::clone(&columns), values });
            }
        }
        Ok(found)
    }

    /// Runs statements without values, one after the other.
    pub(super) fn run(&mut self, statements: &str) -> Result<(), StoreError> {
        for statement in statements.split(';') {
            self.execute(statement.trim(), &[])?;
        }
        Ok(())
    }

    pub(super) fn close(self) -> Result<(), StoreError> {
        self.0.close().map_err(|(_, error)| error.into())
    }

    /// SQLite numbers `$1`, `$2`, … by where they first stand, so each is asked for by its name.
    fn prepare(&self, text: &str, values: &[Value]) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.0.prepare_cached(text)?;
        let mut name = String::with_capacity(4);
        for (number, value) in (1..).zip(values) {
            name.clear();
            let _ = std::fmt::Write::write_fmt(&mut name, format_args!("${number}"));
            if let Some(index) = statement.parameter_index(&name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        Ok(statement)
    }
}

impl LocalRow {
    pub(super) fn get<T: FromSql>(&self, column: &'static str) -> Result<T, StoreError> {
        let corrupt = |reason: String| StoreError::Corrupt { what: "row", reason };
        let place = self.columns.iter().position(|name| name == column);
        let value = place.and_then(|place| self.values.get(place)).ok_or_else(|| corrupt(format!("no column {column}")))?;
        T::column_result(ValueRef::from(value)).map_err(|error| corrupt(format!("{column}: {error}")))
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Text(text) => text.as_deref().map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
            Self::Integer(integer) => integer.map_or(ValueRef::Null, ValueRef::Integer),
            Self::Truth(truth) => ValueRef::Integer((*truth).into()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}
