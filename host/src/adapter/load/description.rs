//! What an adapter says of itself at load, and whether its settings fit its own schema. Settings that the schema refuses are told by key, even when
//! the adapter refuses them as well, in its own words.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::super::classify::{Cause, Classified, classify};
use super::super::compiler::{self, Bounds};
use super::super::convert::description::describe;
use super::super::given::Given;
use super::super::instance::{Guest, Instances, Ran};
use super::super::live_call::LiveCall;
use super::super::metrics;
use super::super::schema::Violation;
use super::Source;
use super::error::{LoadCause, LoadProblem, SettingPlace, SettingProblem, problem};
use crate::config::locate_key;
use crate::domain::{Description, Side};

/// How long configuring and describing an adapter may take at load.
const TIME: Duration = Duration::from_secs(10);

impl Source<'_> {
    pub(super) async fn describe(&self, instances: &Instances, given: &Given) -> Result<Description, Vec<LoadProblem>> {
        let call = offline(given);
        let mut guest = match self.judged(&call, instances.start(Arc::clone(&call))).await {
            Ok(guest) => guest,
            Err(refused) => return Err(self.refused(instances, given, refused).await),
        };
        guest.check_exports().map_err(|cause| vec![self.unfit(&cause)])?;
        let described = self.judged(&call, describe(&mut guest)).await;
        described.map_err(|failed| vec![problem(self.place("component"), LoadCause::Describe(*failed.failure))])
    }

    /// What of the settings does not fit the adapter's schema, each with its place.
    pub(super) async fn check_settings(&self, schema: &str, given: &Given) -> Vec<LoadProblem> {
        match compiler::check_settings(Bounds::of(&self.config.limits), schema, &given.settings).await {
            Ok(found) => found.into_iter().map(|violation| self.setting(violation)).collect(),
            Err(cause) => {
                if let Some(limit) = cause.limit() {
                    metrics::limit_hit(self.name, limit);
                }
                vec![problem(self.place("component"), LoadCause::Schema(cause.to_string()))]
            }
        }
    }

    /// Why there is no configured instance: by the schema, when the adapter tells it without being configured, else in the adapter's words.
    async fn refused(&self, instances: &Instances, given: &Given, refused: Classified) -> Vec<LoadProblem> {
        if refused.cause == Cause::Adapter
            && let Some(schema) = self.schema_unconfigured(instances, given).await
        {
            let found = self.check_settings(&schema, given).await;
            if !found.is_empty() {
                return found;
            }
        }
        vec![problem(self.settings_place(), LoadCause::Configure(*refused.failure))]
    }

    async fn schema_unconfigured(&self, instances: &Instances, given: &Given) -> Option<String> {
        let call = offline(given);
        let mut guest: Guest = self.judged(&call, instances.start_unconfigured(Arc::clone(&call))).await.ok()?;
        Some(self.judged(&call, describe(&mut guest)).await.ok()?.settings_schema)
    }

    /// What a run came to. A limit that ended it is counted.
    async fn judged<T>(&self, call: &LiveCall, run: impl Future<Output = Ran<T>>) -> Result<T, Classified> {
        let ran = timeout_at(call.ends, call.meter.drive(run)).await.ok();
        let outcome = classify(ran, Side::Read, call);
        if let Some(Cause::Trap(kind)) = outcome.as_ref().err().map(|failed| failed.cause)
            && let Some(limit) = kind.limit(&self.config.limits, TIME)
        {
            metrics::limit_hit(self.name, limit);
        }
        outcome
    }

    /// Inline settings stand in the configuration itself.
    fn setting(&self, violation: Violation) -> LoadProblem {
        let (key, pointer) = (violation.key(), violation.pointer());
        let tables = violation.tables();
        let is_inline = tables.first().is_some_and(|first| self.config.settings.contains_key(*first));
        let (place, file) = match &self.config.settings_file {
            Some(file) if !is_inline => {
                let (line, column) = locate_key(&self.workshop.base_dir.join(file), &tables);
                (self.place("settings_file"), Some(SettingPlace { file: file.clone(), line, column, key }))
            }
            _ if key.is_empty() => (self.place("settings"), None),
            _ => (self.place(&format!("settings.{key}")), None),
        };
        let reason = violation.reason;
        LoadProblem { place, cause: LoadCause::Setting(SettingProblem { file, reason, pointer }) }
    }
}

fn offline(given: &Given) -> Arc<LiveCall> {
    LiveCall::offline(given, Instant::now() + TIME)
}
