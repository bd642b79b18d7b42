//! Connecting to PostgreSQL: how sessions are set up, whether the server keeps what it acknowledges, and the schema. Every refusal says what
//! to change.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgPool, Row};

use crate::config::{DatabaseConfig, PostgresUrl, ServerAddress, Tls};
use crate::store::schema::{self, POSTGRES, Schema};
use crate::store::{StoreError, instant};

/// The oldest server with everything that is used here.
const OLDEST: i32 = 130_000;

/// A change of the schema may wait for other hosts' transactions, and for another host that makes it.
const MIGRATION_PATIENCE_MS: u64 = 300_000;

/// What has not been used for so long is asked whether it still works before it is used.
const RESTED: Duration = Duration::from_secs(1);

pub(super) struct Opened {
    pub(super) pool: PgPool,
    /// For connections beside the pool.
    pub(super) options: PgConnectOptions,
    /// The database's time, at the latest.
    pub(super) now: Timestamp,
}

pub(super) async fn open(url: &PostgresUrl, config: &DatabaseConfig) -> Result<Opened, StoreError> {
    let mut first = first_connection(url, config).await?;
    migrate(url, &mut first).await?;
    let now = *time(&mut first).await?.end();
    let _ = first.close().await;
    let options = options(url, config, config.statement_timeout_ms, config.lock_timeout_ms);
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout())
        .test_before_acquire(false)
        .before_acquire(|connection, used| Box::pin(still_works(connection, used)))
        .after_connect(|connection, _| Box::pin(prepare(connection)))
        .connect_lazy_with(options.clone());
    Ok(Opened { pool, options, now })
}

/// Looks at the schema and changes nothing.
pub(super) async fn schema(url: &PostgresUrl, config: &DatabaseConfig) -> Result<Schema, StoreError> {
    let mut connection = first_connection(url, config).await?;
    let schema = found(url, &mut connection).await?;
    let _ = connection.close().await;
    Ok(schema)
}

/// The earliest and the latest that the database's time can be when this returns; as far apart as asking took.
pub(super) async fn time(connection: &mut PgConnection) -> Result<RangeInclusive<Timestamp>, StoreError> {
    let asked = Instant::now();
    let row =
        sqlx::query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now").fetch_one(connection).await?;
    let told = Timestamp::from_microsecond(row.try_get("now")?).map_err(StoreError::corrupt("instant"))?;
    Ok(told..=instant::after(told, asked.elapsed()))
}

async fn first_connection(url: &PostgresUrl, config: &DatabaseConfig) -> Result<PgConnection, StoreError> {
    let options = options(url, config, MIGRATION_PATIENCE_MS, MIGRATION_PATIENCE_MS);
    let connecting = tokio::time::timeout(config.acquire_timeout(), options.connect());
    let late = |_| refusal(url, format!("no answer within {} ms", config.acquire_timeout_ms), NOT_THERE);
    let mut connection = connecting.await.map_err(late)?.map_err(|error| refuse(url, &error))?;
    examine(url, &mut connection).await?;
    Ok(connection)
}

fn options(url: &PostgresUrl, config: &DatabaseConfig, statement_ms: u64, lock_ms: u64) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass().port(url.port).username(&url.user).database(&url.database);
    options = match &url.server {
        ServerAddress::Host(host) => options.host(host),
        ServerAddress::Socket(folder) => options.socket(folder),
    };
    options = options.ssl_mode(match url.tls {
        Tls::Disable => PgSslMode::Disable,
        Tls::Require => PgSslMode::Require,
        Tls::VerifyCa => PgSslMode::VerifyCa,
        Tls::VerifyFull => PgSslMode::VerifyFull,
    });
    if let Some(file) = &url.root_certificate {
        options = options.ssl_root_cert(file);
    }
    if let (Some(certificate), Some(key)) = (&url.client_certificate, &url.client_key) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    if let Some(password) = &config.password {
        options = options.password(password.expose());
    }
    let session = [
        ("statement_timeout", statement_ms.to_string()),
        ("lock_timeout", lock_ms.to_string()),
        // A host that stopped in the middle must not hold its locks for ever.
        ("idle_in_transaction_session_timeout", (statement_ms + lock_ms).to_string()),
        ("default_transaction_isolation", "read committed".to_owned()),
        // A host that vanished holds nothing for longer than half a minute.
        ("tcp_keepalives_idle", "10".to_owned()),
        ("tcp_keepalives_interval", "5".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
    ];
    options.application_name("ordergate").options(session).disable_statement_logging()
}

/// An acknowledged order is on the server's disk, whatever the server's default is (rule T1); and a server that does not take writes, such as
/// the old primary after a failover, is none to talk to.
async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let statement = "SELECT set_config('synchronous_commit', \
         CASE WHEN current_setting('synchronous_commit') IN ('on', 'remote_apply') THEN current_setting('synchronous_commit') \
         ELSE 'on' END, false), current_setting('transaction_read_only') AS read_only";
    let row = sqlx::query(statement).fetch_one(connection).await?;
    if row.try_get::<String, _>("read_only")? == "on" {
        return Err(sqlx::Error::Protocol("the server takes no writes: it is a standby, or read-only".to_owned()));
    }
    Ok(())
}

async fn still_works(connection: &mut PgConnection, used: PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
    if used.idle_for > RESTED {
        connection.ping().await?;
    }
    Ok(true)
}

/// Whether the server is one that orders can be entrusted to.
async fn examine(url: &PostgresUrl, connection: &mut PgConnection) -> Result<(), StoreError> {
    let statement = "SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_name, \
         current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, \
         current_setting('full_page_writes') AS full_page_writes, pg_is_in_recovery() AS standby";
    let row = sqlx::query(statement).fetch_one(connection).await.map_err(|error| refuse(url, &error))?;
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::from);
    let (version, standby): (i32, bool) = (row.try_get("version")?, row.try_get("standby")?);
    if version < OLDEST {
        let reason = format!("it is PostgreSQL {}", text("version_name")?);
        return Err(refusal(url, reason, "PostgreSQL 13 is the oldest that works: upgrade the server"));
    }
    if text("encoding")? != "UTF8" {
        let reason = format!("its encoding is {}", text("encoding")?);
        return Err(refusal(url, reason, "Create it with ENCODING 'UTF8'"));
    }
    if standby {
        return Err(refusal(url, "the server is a standby and takes no writes".into(), "Name the primary in database.url"));
    }
    if text("fsync")? == "off" {
        let mend = "An order could be lost after it was acknowledged: set fsync = on in postgresql.conf";
        return Err(refusal(url, "the server runs with fsync = off".into(), mend));
    }
    if text("full_page_writes")? == "off" {
        tracing::warn!("the database server runs with full_page_writes = off: a power failure can damage it");
    }
    Ok(())
}

/// Brings the schema up to date, unless it is newer than this build. A role that may only use the tables can serve when there is nothing to do.
async fn migrate(url: &PostgresUrl, connection: &mut PgConnection) -> Result<(), StoreError> {
    let before = found(url, connection).await?;
    if before.is_up_to_date() {
        return Ok(());
    }
    match schema::migrate(POSTGRES, connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(refuse(url, &error)),
        // Another host may have been faster, and newer.
        Err(error) => match found(url, connection).await {
            Ok(_) => {
                Err(refusal(url, error.to_string(), "The schema was changed by hand or by a development build: restore a backup"))
            }
            Err(newer) => Err(newer),
        },
    }
}

async fn found(url: &PostgresUrl, connection: &mut PgConnection) -> Result<Schema, StoreError> {
    let look = async {
        let there: bool =
            sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut *connection).await?;
        if !there {
            return Ok(0);
        }
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(connection).await
    };
    let found = look.await.map_err(|error| refuse(url, &error))?;
    Schema { found, known: schema::newest(POSTGRES) }.refuse_newer(&url.to_string())
}

const NOT_THERE: &str = "Check that the server runs and can be reached, and correct database.url";

fn refusal(url: &PostgresUrl, reason: String, mend: &'static str) -> StoreError {
    StoreError::Open { database: url.to_string(), reason, mend }
}

fn refuse(url: &PostgresUrl, error: &sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|database| database.code());
    let mend = match (code.as_deref(), error) {
        (Some("28P01" | "28000"), _) => "Correct the user in database.url or database.password, or let the user in (pg_hba.conf)",
        (Some("3D000"), _) => "Create the database, with ENCODING 'UTF8'",
        (Some("42501"), _) => {
            "The user may not do this: run `ordergate migrate` as the owner of the schema, and grant the user its tables"
        }
        (Some("53300"), _) => "Raise max_connections of the server, or lower database.max_connections of the hosts",
        (Some("57P03"), _) => "The server is starting or stopping: try again",
        (None, sqlx::Error::Tls(_)) => "Check sslmode and sslrootcert in database.url, and the server's certificate",
        (None, _) => NOT_THERE,
        (Some(_), _) => "See the server's log",
    };
    refusal(url, error.to_string(), mend)
}
