//! `ordergate check` and `ordergate migrate`.

use std::path::Path;

use serde_json::{Value, json};

use super::{CliError, print};
use crate::adapter::{Adapters, LoadError};
use crate::api::Authenticator;
use crate::app::cache_folder;
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError};
use crate::store::Store;

/// Checks configuration, adapters and database, and reports all findings.
pub(super) async fn check(file: &Path, json: bool) -> Result<(), CliError> {
    let config = match config::load(file) {
        Ok(config) => config,
        Err(error) if json => {
            print(&json!({"ok": false, "problems": config_problems(&error)}).to_string())?;
            return Err(CliError::Found);
        }
        Err(error) => return Err(error.into()),
    };
    let mut problems = Vec::new();
    if let Err(error) = Authenticator::new(&config.access) {
        problems.push(json!({"path": "access.jwt.key", "message": error.to_string(), "code": "C020"}));
    }
    let adapters = load(&config).await;
    if let Err(error) = &adapters {
        let messages =
            error.problems.iter().map(|problem| json!({"path": "adapters", "message": problem.to_string(), "code": "A001"}));
        problems.extend(messages);
    }
    // Opening brings the schema up to date, as `serve` would.
    let store = Store::open(&config.database.path).await;
    if let Ok(store) = &store {
        store.close().await;
    }
    match (json, store) {
        (true, Err(error)) => {
            problems.push(json!({"path": "database.path", "message": error.to_string(), "code": "D001"}));
            report(&problems)?;
            Err(CliError::Store(error))
        }
        (true, Ok(_)) => report(&problems),
        (false, store) => {
            for problem in &problems {
                eprintln!("{}: {}", file.display(), problem.get("message").and_then(Value::as_str).unwrap_or_default());
            }
            store?;
            if problems.is_empty() { print(&format!("{}: ok", file.display())) } else { Err(CliError::Found) }
        }
    }
}

fn report(problems: &[Value]) -> Result<(), CliError> {
    print(&json!({"ok": problems.is_empty(), "problems": problems}).to_string())?;
    if problems.is_empty() { Ok(()) } else { Err(CliError::Found) }
}

async fn load(config: &Config) -> Result<Adapters, LoadError> {
    Adapters::load(&config.adapters, &config.folder(), &cache_folder(config), &Clock::system()).await
}

fn config_problems(error: &ConfigError) -> Vec<Value> {
    let show = |problem: &config::Problem| {
        json!({
            "file": error.file,
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
            "message": problem.message,
            "code": problem.code,
        })
    };
    error.problems.iter().map(show).collect()
}

/// Brings the database's schema up to date.
pub(super) async fn migrate(file: &Path) -> Result<(), CliError> {
    let config = config::load(file)?;
    let store = Store::open(&config.database.path).await?;
    store.close().await;
    print(&format!("{}: schema is up to date", config.database.path.display()))
}
