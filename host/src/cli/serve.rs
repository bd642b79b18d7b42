//! `ordergate serve`.

use std::path::Path;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::CliError;
use super::failure::{adapter_problems, key_problem, webhook_problem};
use crate::adapter::LoadError;
use crate::app::App;
use crate::cache::SharedError;
use crate::config::{self, Config, ConfigError};
use crate::events::WebhookError;
use crate::identity::SetupError;
use crate::pipeline::failpoint;
use crate::store::StoreError;
use crate::telemetry;

/// Runs the host until a signal ends it.
pub(super) async fn serve(file: &Path, addresses: Option<&Path>) -> Result<(), CliError> {
    telemetry::start_logging();
    let config = config::load(file)?;
    if !config.trust.require_signatures {
        tracing::warn!(
            "adapters need no signature (trust.require_signatures = false): whoever can write a component decides what runs"
        );
    }
    // For crash tests; a release build refuses it.
    if let Ok(name) = std::env::var("ORDERGATE_FAILPOINT") {
        failpoint::arm(&name).map_err(|reason| anyhow::anyhow!("ORDERGATE_FAILPOINT: {reason}"))?;
    }
    let metrics = telemetry::start_metrics().context("metrics could not be started")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    // From here on SIGHUP reads the configuration again; without a handler it would end the host.
    let mut hang_up = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let app = tokio::select! {
        started = App::start(&config, metrics) => started.map_err(|error| explain(&config, error))?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    if let Some(path) = addresses {
        write_addresses(&app, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => app.reload(),
        }
    }
    app.stop().await;
    Ok(())
}

/// Finds the cause that has an exit code of its own.
fn explain(config: &Config, error: anyhow::Error) -> CliError {
    let refused = |problems| CliError::Config(ConfigError { file: config.file.clone(), problems });
    if let Some(error) = error.downcast_ref::<LoadError>() {
        return refused(adapter_problems(&config.file, error));
    }
    if let Some(error) = error.downcast_ref::<SetupError>() {
        return refused(vec![key_problem(&config.file, error)]);
    }
    if let Some(problem) = error.downcast_ref::<WebhookError>().and_then(|error| webhook_problem(&config.file, error)) {
        return refused(vec![problem]);
    }
    let error = match error.downcast::<SharedError>() {
        Ok(error) => return CliError::SharedCache(error),
        Err(error) => error,
    };
    match error.downcast::<StoreError>() {
        Ok(error) => CliError::Store(error),
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
