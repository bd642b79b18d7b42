//! Reading the configuration again while the host runs (SIGHUP, or the operators' API): checked as a whole, then the adapters that changed
//! are brought in, all or none, and the freshness policies take the place of the old ones. What only a restart applies is named.

use serde::Serialize;

use super::{Commerce, Operator, ServiceError};
use crate::adapter::{Adapter, GenerationState, LoadError, Prepared};
use crate::config::Config;
use crate::domain::AdapterName;

const SUCCESS: &str = "ordergate_config_reload_success";

/// What a reload came to.
#[derive(Clone, Debug, Serialize)]
pub struct ReloadReport {
    pub adapters: Vec<ReloadedAdapter>,
    /// Sections that differ from what the host was started with; they are applied at the next start.
    pub needs_restart: Vec<String>,
}

/// What a reload did with one adapter.
#[derive(Clone, Debug, Serialize)]
pub struct ReloadedAdapter {
    pub name: AdapterName,
    pub changed: bool,
    /// Of the new generation, when it changed.
    pub generation: Option<u64>,
    pub state: Option<GenerationState>,
}

impl Commerce {
    /// Reads the configuration again because a person asked for it.
    pub async fn reload_by(&self, operator: Operator) -> Result<ReloadReport, ServiceError> {
        self.note("configuration", "reload", operator).await?;
        self.reload().await
    }

    /// Reads the configuration again. An error means that nothing was changed.
    pub async fn reload(&self) -> Result<ReloadReport, ServiceError> {
        let result = self.apply().await;
        metrics::gauge!(SUCCESS).set(if result.is_ok() { 1.0 } else { 0.0 });
        match &result {
            Ok(report) => tracing::info!(
                changed = report.adapters.iter().filter(|adapter| adapter.changed).count(),
                needs_restart = report.needs_restart.join(", "),
                "configuration reloaded"
            ),
            Err(error) => tracing::error!(error = describe(error), "the configuration was not reloaded; nothing is changed"),
        }
        result
    }

    async fn apply(&self) -> Result<ReloadReport, ServiceError> {
        let turn = self.inner.adapters.turn_to_load().await;
        let config = self.read_config()?;
        let needs_restart = needs_restart(&self.inner.started_with, &config);
        let adapters = &self.inner.adapters;
        let (mut prepared, mut unchanged) = (Vec::new(), Vec::new());
        // A new or a removed one is in `needs_restart`.
        for (name, part) in config.adapters.iter().filter(|(name, _)| adapters.get(name).is_some()) {
            if adapters.differs(name, part).await {
                prepared.push(turn.prepare(name, part).await.map_err(|error| self.refusal(error))?);
            } else {
                unchanged.push(ReloadedAdapter { name: name.clone(), changed: false, generation: None, state: None });
            }
        }
        self.check_pushes(&config, &prepared)?;
        let installed = prepared.into_iter().map(|prepared| {
            let (name, generation) = (prepared.adapter().name().clone(), prepared.adapter().generation());
            ReloadedAdapter { name, changed: true, generation: Some(generation), state: Some(prepared.install()) }
        });
        self.inner.policies.replace(&config.freshness);
        self.inner.doors.replace(&config.inbound);
        Ok(ReloadReport { adapters: installed.chain(unchanged).collect(), needs_restart })
    }

    /// Whoever may be pushed to can read it, in the version that is brought in or in the one that stays.
    fn check_pushes(&self, config: &Config, prepared: &[Prepared<'_>]) -> Result<(), ServiceError> {
        let is_new = |name: &AdapterName| prepared.iter().any(|new| new.adapter().name() == name);
        let stay = config.inbound.keys().filter(|name| !is_new(name));
        let new = prepared.iter().map(Prepared::adapter).filter(|adapter| config.inbound.contains_key(adapter.name()));
        let mut problems: Vec<_> = new.filter_map(Adapter::problem_of_pushes).collect();
        problems.extend(self.inner.adapters.check_pushes(stay).err().into_iter().flat_map(|error| error.problems));
        if problems.is_empty() { Ok(()) } else { Err(self.refusal(LoadError { problems }.into())) }
    }
}

/// Called once at start: the configuration that is in force was read.
pub(super) fn describe_metrics() {
    metrics::describe_gauge!(SUCCESS, "1 when the configuration was read and applied the last time, 0 when it was refused");
    metrics::gauge!(SUCCESS).set(1.0);
}

/// All problems of a refusal, for the log.
pub(super) fn describe(error: &ServiceError) -> String {
    match error {
        ServiceError::AdapterRefused(problems) | ServiceError::ConfigRefused(problems) => {
            problems.iter().map(|problem| format!("{}: {}", problem.pointer, problem.detail)).collect::<Vec<_>>().join("; ")
        }
        error => error.to_string(),
    }
}

fn needs_restart(started_with: &Config, now: &Config) -> Vec<String> {
    let (old, new) = (started_with, now);
    let sections = [
        ("server", old.server != new.server),
        ("ops", old.ops != new.ops),
        ("database", old.database != new.database),
        ("access", old.access != new.access),
        ("rates", old.rates != new.rates),
        ("cache", old.cache != new.cache),
        ("transfer", old.transfer != new.transfer),
        ("events", old.events != new.events),
        ("runtime", old.runtime != new.runtime),
        ("stores", old.stores != new.stores),
        ("webhooks", old.webhooks != new.webhooks),
    ];
    let sections = sections.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned());
    let added = new.adapters.keys().filter(|name| !old.adapters.contains_key(*name));
    let removed = old.adapters.keys().filter(|name| !new.adapters.contains_key(*name));
    sections.chain(added.chain(removed).map(|name| format!("adapters.{name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl Fn(String) -> String) -> Config {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wasm"), "").unwrap();
        let text = "[trust]\nrequire_signatures = false\n[adapters.erp]\ncomponent = \"a.wasm\"\n[stores.main]\nadapter = \"erp\"\ncurrency = \"EUR\"\n";
        let file = folder.path().join("ordergate.toml");
        std::fs::write(&file, change(text.to_owned())).unwrap();
        let mut config = crate::config::load(&file).unwrap();
        // Both are read from folders of their own.
        config.database.path = Some("ordergate.db".into());
        config
    }

    #[test]
    fn what_only_a_restart_applies_is_named() {
        let started_with = config(|text| text);
        assert_eq!(needs_restart(&started_with, &config(|text| text)), Vec::<String>::new());
        let more = "[transfer]\nconcurrency = 3\n[adapters.new]\ncomponent = \"a.wasm\"\n";
        let now = config(|text| text.replace("EUR", "USD") + more);
        assert_eq!(needs_restart(&started_with, &now), ["transfer", "stores", "adapters.new"]);
        assert_eq!(needs_restart(&now, &started_with), ["transfer", "stores", "adapters.new"]);
    }

    #[test]
    fn a_changed_adapter_needs_no_restart() {
        let now = config(|text| text.replace("\"a.wasm\"\n", "\"a.wasm\"\nwatch = true\n"));
        assert_eq!(needs_restart(&config(|text| text), &now), Vec::<String>::new());
    }
}
