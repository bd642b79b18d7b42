//! The schema's versions, the same numbers for both databases, and how a database is brought up to date. Written out, because the macro that
//! reads the folders would build SQLite a second time.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};

use super::StoreError;

/// One step of the schema.
pub(super) struct Version {
    number: i64,
    purpose: &'static str,
    statements: &'static str,
}

const fn version(number: i64, purpose: &'static str, statements: &'static str) -> Version {
    Version { number, purpose, statements }
}

pub(super) const SQLITE: &[Version] = &[
    version(1, "orders", include_str!("../../migrations/sqlite/0001_orders.sql")),
    version(2, "resends", include_str!("../../migrations/sqlite/0002_resends.sql")),
    version(3, "releases", include_str!("../../migrations/sqlite/0003_releases.sql")),
    version(4, "seal_holds", include_str!("../../migrations/sqlite/0004_seal_holds.sql")),
    version(5, "uncacheable", include_str!("../../migrations/sqlite/0005_uncacheable.sql")),
    version(6, "findings", include_str!("../../migrations/sqlite/0006_findings.sql")),
    version(7, "holds", include_str!("../../migrations/sqlite/0007_holds.sql")),
    version(8, "erasure", include_str!("../../migrations/sqlite/0008_erasure.sql")),
    version(9, "exchanges", include_str!("../../migrations/sqlite/0009_exchanges.sql")),
    version(10, "events", include_str!("../../migrations/sqlite/0010_events.sql")),
    version(11, "webhooks", include_str!("../../migrations/sqlite/0011_webhooks.sql")),
    version(12, "search", include_str!("../../migrations/sqlite/0012_search.sql")),
];

/// Begins where SQLite stood when PostgreSQL came.
pub(super) const POSTGRES: &[Version] = &[
    version(3, "store", include_str!("../../migrations/postgres/0003_store.sql")),
    version(4, "seal_holds", include_str!("../../migrations/postgres/0004_seal_holds.sql")),
    version(5, "uncacheable", include_str!("../../migrations/postgres/0005_uncacheable.sql")),
    version(6, "findings", include_str!("../../migrations/postgres/0006_findings.sql")),
    version(7, "holds", include_str!("../../migrations/postgres/0007_holds.sql")),
    version(8, "erasure", include_str!("../../migrations/postgres/0008_erasure.sql")),
    version(9, "exchanges", include_str!("../../migrations/postgres/0009_exchanges.sql")),
    version(10, "events", include_str!("../../migrations/postgres/0010_events.sql")),
    version(11, "webhooks", include_str!("../../migrations/postgres/0011_webhooks.sql")),
    version(12, "search", include_str!("../../migrations/postgres/0012_search.sql")),
];

/// Where a database stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// 0 for an empty database.
    pub found: i64,
    /// The newest that this build knows, and needs.
    pub known: i64,
}

impl Schema {
    pub fn is_up_to_date(self) -> bool {
        self.found == self.known
    }

    /// Refuses what a newer build has made.
    pub(super) fn refuse_newer(self, database: &str) -> Result<Self, StoreError> {
        let Self { found, known } = self;
        if found > known { Err(StoreError::NewerSchema { database: database.to_owned(), found, known }) } else { Ok(self) }
    }
}

pub(super) fn newest(versions: &[Version]) -> i64 {
    versions.iter().map(|version| version.number).max().unwrap_or_default()
}

/// Runs what is missing. In PostgreSQL one host at a time does, and the others wait for it.
pub(super) async fn migrate<C>(versions: &[Version], connection: &mut C) -> Result<(), MigrateError>
where
    C: Migrate,
{
    let migration = |version: &Version| {
        let Version { number, purpose, statements } = *version;
        Migration::new(number, purpose.into(), MigrationType::Simple, statements.into_sql_str(), false)
    };
    Migrator::with_migrations(versions.iter().map(migration).collect()).run_direct(None, connection, false).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_schema_is_listed_in_order() {
        for (folder, versions) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let mut files: Vec<_> =
                std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            files.sort();
            let name = |version: &Version| format!("{:04}_{}.sql", version.number, version.purpose.replace(' ', "_"));
            assert_eq!(versions.iter().map(name).collect::<Vec<_>>(), files);
        }
    }

    #[test]
    fn both_databases_are_at_the_same_version() {
        assert_eq!(newest(SQLITE), newest(POSTGRES));
    }
}
