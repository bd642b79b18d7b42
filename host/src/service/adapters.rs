//! What operators see of adapters and do with them: load a new version, promote it, go back. What a person does is written to the audit log
//! before it is done.

use serde::Serialize;

use super::{AuditReport, Commerce, FieldProblem, ServiceError};
use crate::adapter::{
    Adapter, BreakersReport, GenerationState, LoadError, Loading, Meant, ShadowReport, SlotReport, Snapshot, SwapError,
};
use crate::config::{self, AdapterConfig, Config, ConfigError};
use crate::domain::{AdapterName, Description, Reference};
use crate::store::Deed;

/// Who does something by hand, and why.
#[derive(Clone, Debug)]
pub struct Operator {
    pub actor: String,
    pub reason: String,
}

/// An adapter: what is live, and all its generations.
#[derive(Clone, Debug, Serialize)]
pub struct AdapterReport {
    pub name: AdapterName,
    /// SHA-256 of the live component.
    pub digest: String,
    /// Whether its instances start configured, and if not, why.
    pub snapshot: Snapshot,
    pub description: Description,
    pub breakers: BreakersReport,
    /// Loads a new version by itself when its file changes.
    pub watch: bool,
    #[serde(flatten)]
    pub slot: SlotReport,
}

impl Commerce {
    pub fn adapters(&self) -> Vec<AdapterReport> {
        self.inner.adapters.iter().filter_map(|adapter| self.report_of(&adapter)).collect()
    }

    pub fn adapter_report(&self, name: &AdapterName) -> Result<AdapterReport, ServiceError> {
        let live = self.inner.adapters.get(name);
        live.and_then(|adapter| self.report_of(&adapter)).ok_or_else(|| self.unknown(name))
    }

    /// How the answers of the adapter that follows this one compare with its own.
    pub fn shadow_report(&self, name: &AdapterName) -> Result<ShadowReport, ServiceError> {
        let live = self.inner.adapters.get(name).ok_or_else(|| self.unknown(name))?;
        live.shadow_report().ok_or_else(|| {
            let message = format!("no adapter follows {name}: name one under [adapters.{name}.shadow] and reload");
            ServiceError::AdapterConflict(message)
        })
    }

    /// What people did with an adapter, oldest first.
    pub async fn adapter_audit(&self, name: &AdapterName) -> Result<Vec<AuditReport>, ServiceError> {
        let entries = self.inner.store.audit_of(&Reference::from(subject(name))).await?;
        Ok(entries.into_iter().map(AuditReport::from).collect())
    }

    /// Reads the configuration again and brings the adapter in as it says now, changed or not. Everything else in the file is checked, but
    /// not applied.
    pub async fn load_adapter(&self, name: &AdapterName, operator: Operator) -> Result<AdapterReport, ServiceError> {
        self.adapter_report(name)?;
        self.note(&subject(name), "load", operator).await?;
        let turn = self.inner.adapters.turn_to_load().await;
        let config = self.adapter_config(name)?;
        self.bring_in(&turn, name, &config).await?;
        self.adapter_report(name)
    }

    /// Ends a trial well.
    pub async fn promote_adapter(
        &self,
        name: &AdapterName,
        meant: &Meant,
        operator: Operator,
    ) -> Result<AdapterReport, ServiceError> {
        self.adapter_report(name)?;
        let why = format!("by {}: {}", operator.actor, operator.reason);
        self.note_with(&subject(name), "promote", Some(meant.to_string()), operator).await?;
        self.inner.adapters.promote(name, meant, &why).map_err(|error| self.refusal(error))?;
        self.adapter_report(name)
    }

    /// Ends a trial, or goes back to the previous generation.
    pub async fn roll_back_adapter(
        &self,
        name: &AdapterName,
        meant: &Meant,
        operator: Operator,
    ) -> Result<AdapterReport, ServiceError> {
        self.adapter_report(name)?;
        let why = format!("by {}: {}", operator.actor, operator.reason);
        self.note_with(&subject(name), "rollback", Some(meant.to_string()), operator).await?;
        self.inner.adapters.roll_back(name, meant, &why).map_err(|error| self.refusal(error))?;
        self.adapter_report(name)
    }

    /// The configuration as it stands in its file now, checked as a whole.
    pub(super) fn read_config(&self) -> Result<Config, ServiceError> {
        config::load(&self.inner.started_with.file).map_err(|error| ServiceError::ConfigRefused(places(error)))
    }

    pub(super) fn adapter_config(&self, name: &AdapterName) -> Result<AdapterConfig, ServiceError> {
        let gone = || {
            let detail = "the configuration does not have this adapter any more: put it back, or restart the host";
            ServiceError::ConfigRefused(vec![FieldProblem::new(format!("adapters.{name}"), detail)])
        };
        self.read_config()?.adapters.remove(name).ok_or_else(gone)
    }

    pub(super) async fn bring_in(
        &self,
        turn: &Loading<'_>,
        name: &AdapterName,
        config: &AdapterConfig,
    ) -> Result<GenerationState, ServiceError> {
        let prepared = turn.prepare(name, config).await.map_err(|error| self.refusal(error))?;
        if let Some(problem) = self.inner.doors.of(name).and_then(|_| prepared.adapter().problem_of_pushes()) {
            return Err(self.refusal(LoadError { problems: vec![problem] }.into()));
        }
        Ok(prepared.install())
    }

    pub(super) async fn note(&self, subject: &str, action: &'static str, operator: Operator) -> Result<(), ServiceError> {
        self.note_with(subject, action, None, operator).await
    }

    pub(super) async fn note_with(
        &self,
        subject: &str,
        action: &'static str,
        detail: Option<String>,
        operator: Operator,
    ) -> Result<(), ServiceError> {
        let Operator { actor, reason } = operator;
        // Why, stands in the audit log only: people write names there.
        tracing::info!(subject, action, detail, actor, "operator action");
        let deed = Deed { actor, reason, adapter_digest: None, at: self.inner.clock.now() };
        Ok(self.inner.store.note_deed(subject, action, detail, deed).await?)
    }

    pub(super) fn refusal(&self, error: SwapError) -> ServiceError {
        match error {
            SwapError::Unknown(name) => self.unknown(&name),
            SwapError::Load(error) => ServiceError::AdapterRefused(
                error.problems.into_iter().map(|problem| FieldProblem::new(problem.place, problem.cause.to_string())).collect(),
            ),
            SwapError::OtherAdapter { .. } | SwapError::Probe { .. } | SwapError::NoTrialPossible { .. } => {
                let text = error.to_string();
                let (place, detail) = text.split_once(": ").unwrap_or(("adapters", &text));
                ServiceError::AdapterRefused(vec![FieldProblem::new(place, detail)])
            }
            SwapError::NoTrial(_) | SwapError::NoPrevious { .. } | SwapError::Another { .. } => {
                ServiceError::AdapterConflict(error.to_string())
            }
        }
    }

    pub(super) fn unknown(&self, name: &AdapterName) -> ServiceError {
        let known = self.inner.adapters.iter().map(|adapter| adapter.name().to_string()).collect::<Vec<_>>().join(", ");
        ServiceError::AdapterUnknown { name: name.to_string(), known }
    }

    fn report_of(&self, adapter: &Adapter) -> Option<AdapterReport> {
        let (name, adapters) = (adapter.name(), &self.inner.adapters);
        Some(AdapterReport {
            name: name.clone(),
            digest: adapter.digest().to_owned(),
            snapshot: adapter.snapshot().clone(),
            description: adapter.description().clone(),
            breakers: adapter.breakers().report(),
            watch: adapters.config(name)?.watch,
            slot: adapters.report(name)?,
        })
    }
}

/// How the audit log names an adapter.
pub(super) fn subject(name: &AdapterName) -> String {
    format!("adapters/{name}")
}

fn places(error: ConfigError) -> Vec<FieldProblem> {
    let place = |problem: config::Problem| {
        let at = if problem.line > 0 { format!("line {}, column {}: ", problem.line, problem.column) } else { String::new() };
        FieldProblem::new(problem.path, format!("{at}{} [{}]", problem.message, problem.code))
    };
    error.problems.into_iter().map(place).collect()
}
