//! From a component's file to code that can be linked: frozen after `configure` when that is possible, from the cache when it was built
//! before, else by a compiling process. Called by `load`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::compiled::{self, CompileCache};
use super::compiler::{self, Bounds, CompileError, Work};
use super::given::Given;
use super::metrics;
use super::snapshot::{Inputs, LogLine, Snapshot};
use crate::config::{LimitsConfig, RuntimeConfig};

/// Changed whenever a snapshot is taken differently, so that earlier ones are not used.
const SNAPSHOT_VERSION: u32 = 1;

/// A component to be built.
pub(super) struct Build {
    pub engine: Engine,
    pub cache: Option<Arc<CompileCache>>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    pub file: Bytes,
    pub bounds: Bounds,
}

pub(super) struct Built {
    pub component: Component,
    pub snapshot: Snapshot,
    /// What the adapter logged while its snapshot was taken.
    pub log: Vec<LogLine>,
    /// The limit that was in the way of a snapshot, by its option.
    pub limit: Option<&'static str>,
    /// None of what was built before.
    pub cost: Option<Cost>,
}

/// What compiling took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Waiting for other work included.
    pub took: Duration,
    /// Of the code that came of it.
    pub native_bytes: usize,
}

impl Inputs {
    pub(super) fn of(given: &Given, runtime: &RuntimeConfig) -> Self {
        let LimitsConfig { memory_bytes, table_elements, log_bytes, configure_secs, .. } = given.limits;
        let guest_stack_bytes = runtime.guest_stack_bytes;
        let (settings, maps) = (given.settings.clone(), given.maps.clone());
        Self { settings, maps, memory_bytes, table_elements, guest_stack_bytes, log_bytes, configure_secs }
    }

    /// Names all that a snapshot depends on besides component and runtime, and the memory of the compiling process: there may be a snapshot with
    /// more. How much may be logged, and how long it may take, is none of it.
    fn digest(&self, compile_bytes: u64) -> String {
        type Maps = BTreeMap<String, BTreeMap<String, String>>;
        let bounds = [self.memory_bytes, self.table_elements, self.guest_stack_bytes];
        let all: (u32, &str, &str, &Maps, [usize; 3], u64) =
            (SNAPSHOT_VERSION, env!("CARGO_PKG_VERSION"), &self.settings, &self.maps, bounds, compile_bytes);
        // Texts and maps of texts always have a JSON form.
        HEXLOWER.encode(&Sha256::digest(serde_json::to_vec(&all).unwrap_or_default()))
    }
}

impl Build {
    /// With a snapshot if there can be one. No snapshot is no error; a component that does not compile is.
    pub(super) async fn configured(&self, inputs: Inputs) -> Result<Built, CompileError> {
        let key = format!("{}-{}", self.digest, inputs.digest(self.bounds.bytes));
        if let Some(component) = self.cached(&key).await {
            return Ok(Built { component, snapshot: Snapshot::Taken, log: Vec::new(), limit: None, cost: None });
        }
        // Asked before: running `configure` again would cost seconds to hear the same.
        if let Some(reason) = self.refused_before(&key).await {
            return self.unconfigured(reason).await;
        }
        match self.frozen(&key, inputs).await {
            Ok(built) => Ok(built),
            Err(refused) => {
                if let Some(reason) = refused.lasting() {
                    self.remember_refusal(&key, reason).await;
                }
                let limit = refused.limit();
                Ok(Built { limit, ..self.unconfigured(refused.to_string()).await? })
            }
        }
    }

    /// The component as it is, and why.
    pub(super) async fn unconfigured(&self, reason: impl Into<String>) -> Result<Built, CompileError> {
        let (component, cost) = match self.cached(&self.digest).await {
            Some(component) => (component, None),
            None => self.compiled(&self.digest, self.file.clone()).await?,
        };
        Ok(Built { component, snapshot: Snapshot::Not(reason.into()), log: Vec::new(), limit: None, cost })
    }

    async fn frozen(&self, key: &str, inputs: Inputs) -> Result<Built, CompileError> {
        let made = compiler::run(self.bounds, Work::Snapshot(inputs), self.file.clone()).await?;
        let (component, cost) = self.compiled(key, made.bytes).await?;
        Ok(Built { component, snapshot: Snapshot::Taken, log: made.log, limit: None, cost })
    }

    async fn compiled(&self, key: &str, component: Bytes) -> Result<(Component, Option<Cost>), CompileError> {
        let began = Instant::now();
        let made = compiler::run(self.bounds, Work::Compile, component).await?;
        metrics::loaded("compiled");
        let cost = Cost { took: began.elapsed(), native_bytes: made.bytes.len() };
        let (engine, cache, key) = (self.engine.clone(), self.cache.clone(), key.to_owned());
        let component = self.aside(move || {
            let kept = cache.filter(|cache| cache.keep(&engine, &key, &made.bytes));
            // From the file, as at the next start: that takes less memory.
            kept.and_then(|cache| cache.load(&engine, &key)).or_else(|| compiled::deserialize(&engine, &made.bytes))
        });
        component.await.map(|component| (component, Some(cost))).ok_or(CompileError::Damaged)
    }

    async fn cached(&self, key: &str) -> Option<Component> {
        let (engine, cache, key) = (self.engine.clone(), self.cache.clone()?, key.to_owned());
        let component = self.aside(move || cache.load(&engine, &key)).await?;
        metrics::loaded("cache");
        Some(component)
    }

    async fn refused_before(&self, key: &str) -> Option<String> {
        let (engine, cache, key) = (self.engine.clone(), self.cache.clone()?, key.to_owned());
        self.aside(move || cache.refusal(&engine, &key)).await
    }

    async fn remember_refusal(&self, key: &str, reason: &str) {
        let (engine, cache, key, reason) = (self.engine.clone(), self.cache.clone(), key.to_owned(), reason.to_owned());
        self.aside(move || cache.map(|cache| cache.keep_refusal(&engine, &key, &reason))).await;
    }

    /// Reading and writing megabytes is nothing for a thread that serves.
    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
        tokio::task::spawn_blocking(work).await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_with_less_memory_for_compiling_is_not_remembered_for_more() {
        let inputs = Inputs {
            settings: "{}".into(),
            maps: BTreeMap::new(),
            memory_bytes: 1,
            table_elements: 1,
            guest_stack_bytes: 1,
            log_bytes: 1,
            configure_secs: 1,
        };
        assert_eq!(inputs.digest(512), inputs.digest(512));
        assert_ne!(inputs.digest(512), inputs.digest(1024));
    }
}
