//! `ordergate check` and `ordergate migrate`.

use std::path::Path;

use serde_json::{Value, json};

use super::failure::{adapter_problems, key_problem, webhook_problem};
use super::{CliError, print};
use crate::adapter::{Adapters, LoadError};
use crate::api::Authenticator;
use crate::app::cache_folder;
use tokio::runtime::Handle;

use crate::cache::{Shared, SharedError};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, Problem};
use crate::events::Webhooks;
use crate::identity::{FetchError, try_issuer};
use crate::store::{Schema, Store, StoreError};

/// Checks configuration, adapters, database, shared cache and the issuer of tokens, and reports all findings.
pub(super) async fn check(file: &Path, json: bool) -> Result<(), CliError> {
    let (problems, store, shared, issuer) = match config::load(file) {
        Ok(config) => {
            if !config.trust.require_signatures {
                eprintln!("note: adapters need no signature (trust.require_signatures = false)");
            }
            let problems = load_problems(&config).await;
            let store = match Store::schema(&config.database).await {
                Ok(schema) => {
                    eprintln!("note: {}", told(&config, schema));
                    None
                }
                // The usual case before a reload: the running host has checked it already.
                Err(StoreError::InUse { .. }) => {
                    eprintln!("note: a running host has {} open: it was not checked", config.database);
                    None
                }
                Err(error) => Some(error),
            };
            let shared = shared_cache(&config).await.err();
            (problems, store, shared, issuer(&config).await.err())
        }
        Err(error) => (error.problems, None, None, None),
    };
    if json {
        let shared = shared.as_ref().map(|error| show_away(file, SHARED, error.to_string(), "D002"));
        let issuer = issuer.as_ref().map(|error| show_away(file, ISSUER, error.to_string(), "D003"));
        let away = store.as_ref().map(show_store).into_iter().chain(shared).chain(issuer);
        let shown: Vec<_> = problems.iter().map(|problem| show(file, problem)).chain(away).collect();
        print(&json!({"ok": shown.is_empty(), "problems": shown}).to_string())?;
    } else if !problems.is_empty() {
        eprintln!("{}", ConfigError { file: file.to_owned(), problems: problems.clone() });
    }
    let away = store.map(CliError::Store).or(shared.map(CliError::SharedCache)).or(issuer.map(CliError::Issuer));
    match away {
        Some(_) if json => Err(CliError::Unavailable),
        Some(error) => Err(error),
        None if !problems.is_empty() => Err(CliError::Found),
        None if json => Ok(()),
        None => print(&format!("{}: ok", file.display())),
    }
}

/// What is wrong with the things that the configuration names.
async fn load_problems(config: &Config) -> Vec<Problem> {
    let key = Authenticator::new(config, &Clock::system()).err().map(|error| key_problem(&config.file, &error));
    let adapters = load(config).await.err().map(|error| adapter_problems(&config.file, &error));
    let webhooks = Webhooks::check(&config.webhooks, &config.folder(), &Clock::system());
    let webhooks = webhooks.iter().filter_map(|error| webhook_problem(&config.file, error));
    key.into_iter().chain(adapters.into_iter().flatten()).chain(webhooks).collect()
}

async fn load(config: &Config) -> Result<(), LoadError> {
    let (folder, cache) = (config.folder(), cache_folder(config));
    let clock = Clock::system();
    let adapters = Adapters::load(&config.adapters, &folder, &cache, &config.runtime, &clock, Handle::current()).await?;
    adapters.check_pushes(config.inbound.keys())
}

/// `serve` goes on without it; here it is found out before a customer waits longer.
async fn shared_cache(config: &Config) -> Result<(), SharedError> {
    match &config.cache.shared {
        Some(shared) => Shared::check(shared, &config.folder()).await,
        None => Ok(()),
    }
}

/// `serve` starts without its keys, and is not ready before it has them.
async fn issuer(config: &Config) -> Result<(), FetchError> {
    let Some(jwt) = &config.access.jwt else { return Ok(()) };
    if let Some(keys) = try_issuer(jwt, &config.folder()).await.transpose()? {
        eprintln!("note: the issuer publishes {keys} keys that fit access.jwt.algorithm");
    }
    Ok(())
}

fn show(file: &Path, problem: &Problem) -> Value {
    json!({
        "file": file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "code": problem.code,
    })
}

fn show_store(error: &StoreError) -> Value {
    json!({"path": "database", "message": error.to_string(), "code": "D001"})
}

fn show_away(file: &Path, path: &str, message: String, code: &str) -> Value {
    let (line, column) = config::locate(file, path);
    json!({"file": file, "line": line, "column": column, "path": path, "message": message, "code": code})
}

const SHARED: &str = "cache.shared";
const ISSUER: &str = "access.jwt.jwks_url";

/// Brings the database's schema up to date; or only tells whether it is.
pub(super) async fn migrate(file: &Path, check: bool) -> Result<(), CliError> {
    let config = config::load(file)?;
    let schema = Store::schema(&config.database).await?;
    if check {
        print(&told(&config, schema))?;
        return if schema.is_up_to_date() { Ok(()) } else { Err(CliError::Pending) };
    }
    Store::open(&config.database).await?.close().await;
    let from = if schema.is_up_to_date() { String::new() } else { format!(" (version {}, was {})", schema.known, schema.found) };
    print(&format!("{}: schema is up to date{from}", config.database))
}

fn told(config: &Config, Schema { found, known }: Schema) -> String {
    let database = &config.database;
    if found == known {
        format!("{database}: schema is up to date (version {found})")
    } else {
        format!("{database}: schema has version {found}; `ordergate migrate`, or the next start, brings it to {known}")
    }
}
