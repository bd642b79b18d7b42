//! A row of either database, and its columns by what they mean.

use jiff::Timestamp;
use rusqlite::types::FromSql;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Sqlite, Type};

use super::local::LocalRow;
use crate::store::StoreError;
use crate::store::instant::from_millis;

pub(in crate::store) enum Row {
    Local(LocalRow),
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(in crate::store) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(in crate::store) fn optional_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(in crate::store) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    /// A whole number of any width.
    pub(in crate::store) fn number<T: TryFrom<i64, Error: std::fmt::Display>>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(StoreError::corrupt(column))
    }

    pub(in crate::store) fn optional_number(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    pub(in crate::store) fn instant(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        from_millis(self.get(column)?)
    }

    pub(in crate::store) fn optional_instant(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.get::<Option<i64>>(column)?.map(from_millis).transpose()
    }

    fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> + FromSql,
    {
        use sqlx::Row as _;
        Ok(match self {
            Self::Local(row) => row.get(column)?,
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}
