//! A connection to either database: lent by its pool, or that of SQLite's one writer.

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};

use super::Local;
use crate::store::StoreError;

/// What a database is spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Where the two differ.
    pub(in crate::store) fn choose<T>(self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

pub(in crate::store) enum Connection {
    Local(Local),
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Connection {
    pub(in crate::store) fn dialect(&self) -> Dialect {
        match self {
            Self::Local(_) | Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs statements without values, such as those around a transaction.
    pub(in crate::store) async fn run(&mut self, statements: &'static str) -> Result<(), StoreError> {
        let done = match self {
            Self::Local(connection) => return connection.run(statements),
            Self::Sqlite(connection) => sqlx::raw_sql(statements).execute(&mut **connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(statements).execute(&mut **connection).await.map(drop),
        };
        self.judge(done)
    }

    /// What came of a statement. A connection to a server that has failed at one goes to no one else: it may be lost, or keep what was
    /// prepared before something changed.
    pub(super) fn judge<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let answer = answer.map_err(StoreError::from);
        if let Err(StoreError::Unavailable(_) | StoreError::Corrupt { .. }) = answer {
            self.close_on_drop();
        }
        answer
    }

    /// Has a connection to a server closed instead of given back to its pool.
    pub(in crate::store) fn close_on_drop(&mut self) {
        if let Self::Postgres(connection) = self {
            connection.close_on_drop();
        }
    }

    /// Ends the connection, after the database has said goodbye.
    pub(in crate::store) async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::Local(connection) => connection.close(),
            Self::Sqlite(connection) => Ok(connection.close().await?),
            Self::Postgres(connection) => Ok(connection.close().await?),
        }
    }
}
