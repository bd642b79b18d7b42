//! `ordergate serve`.

use std::path::Path;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::CliError;
use crate::adapter::LoadError;
use crate::app::App;
use crate::config;
use crate::pipeline::failpoint;
use crate::store::StoreError;
use crate::telemetry;

/// Runs the host until a signal ends it.
pub(super) async fn serve(file: &Path, addresses: Option<&Path>) -> Result<(), CliError> {
    telemetry::start_logging();
    let config = config::load(file)?;
    // For crash tests; a release build refuses it.
    if let Ok(name) = std::env::var("ORDERGATE_FAILPOINT") {
        failpoint::arm(&name).map_err(|reason| anyhow::anyhow!("ORDERGATE_FAILPOINT: {reason}"))?;
    }
    let metrics = telemetry::start_metrics().context("metrics could not be started")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let app = tokio::select! {
        started = App::start(&config, metrics) => started.map_err(explain)?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    if let Some(path) = addresses {
        write_addresses(&app, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    app.stop().await;
    Ok(())
}

/// Finds the cause that has an exit code of its own.
fn explain(error: anyhow::Error) -> CliError {
    let error = match error.downcast::<StoreError>() {
        Ok(error) => return CliError::Store(error),
        Err(error) => error,
    };
    match error.downcast::<LoadError>() {
        Ok(error) => CliError::Adapter(error.to_string()),
        Err(error) => CliError::Failed(error),
    }
}

/// Written beside and renamed: whoever waits for the file never reads half of it.
fn write_addresses(app: &App, path: &Path) -> std::io::Result<()> {
    let text = format!("{{\"api\": \"http://{}\", \"ops\": \"http://{}\"}}\n", app.api, app.ops);
    let beside = path.with_extension("part");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}
