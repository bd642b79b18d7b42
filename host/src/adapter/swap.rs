//! Bringing a new version of one adapter in, all or nothing: load, compare with the live one, probe; then the slot tries and promotes it.
//! Called by the service for operators, reloads and the folder watch alike. A refusal leaves the old generation serving.

use std::sync::Arc;
use std::time::Duration;

use super::operation::{Operation, Probe};
use super::slot::{GenerationState, Slot, SlotReport, SwapResult};
use super::{Adapter, Adapters, LoadError, load};
use crate::config::AdapterConfig;
use crate::domain::{AdapterName, Failure, Side};

/// How long one probe of a new generation may take.
const PROBE_TIME: Duration = Duration::from_secs(10);

/// Why a version is refused, or a decision cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    #[error("there is no adapter {0}")]
    Unknown(AdapterName),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(
        "adapters.{adapter}.component: the new component is {found:?}, the live one {live:?}: another adapter needs a restart, or a name of its own"
    )]
    OtherAdapter { adapter: AdapterName, live: String, found: String },
    #[error("adapters.{adapter}: the back end does not answer the new version ({}): {failure}{}", side_name(*.side), .failure.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Probe { adapter: AdapterName, side: Side, failure: Box<Failure> },
    #[error("adapter {0} has no version on trial: load one first")]
    NoTrial(AdapterName),
    #[error("adapter {0} has no previous version since the host was started: put its file back and load it")]
    NoPrevious(AdapterName),
}

/// A generation that was loaded and probed, and serves nothing yet.
pub struct Prepared {
    slot: Arc<Slot>,
    adapter: Arc<Adapter>,
}

impl Prepared {
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }
}

impl Adapters {
    /// Loads a version of an adapter as the configuration says now, and asks whether its back end answers it.
    pub async fn prepare(&self, name: &AdapterName, config: &AdapterConfig) -> Result<Prepared, SwapError> {
        let slot = self.slot(name)?;
        let _turn = self.loading.lock().await;
        let generation = slot.next_generation();
        match self.prepare_generation(name, config, generation, &slot.live()).await {
            Ok(adapter) => Ok(Prepared { slot: Arc::clone(slot), adapter }),
            Err(error) => {
                slot.refused(generation, &error.to_string());
                Err(error)
            }
        }
    }

    /// Puts a prepared generation on trial, or live when it needs none.
    pub fn install(&self, prepared: Prepared) -> GenerationState {
        self.attach_shadow(&prepared.adapter);
        let state = prepared.slot.install(prepared.adapter);
        load::tell_shortage(self.slots.values().map(|slot| slot.newest()));
        state
    }

    /// Ends a trial well.
    pub fn promote(&self, name: &AdapterName, why: &str) -> Result<(), SwapError> {
        let promoted = self.slot(name)?.promote(None, why);
        promoted.then_some(()).ok_or_else(|| SwapError::NoTrial(name.clone()))
    }

    /// Ends a trial, or, when nothing is on trial, makes the previous generation live again. At once: nothing is compiled.
    pub fn roll_back(&self, name: &AdapterName, why: &str) -> Result<SwapResult, SwapError> {
        let slot = self.slot(name)?;
        if slot.end_trial(None, SwapResult::Withdrawn, why) {
            return Ok(SwapResult::Withdrawn);
        }
        slot.roll_back(why).then_some(SwapResult::RolledBack).ok_or_else(|| SwapError::NoPrevious(name.clone()))
    }

    /// Whether loading the adapter now would give something else than what was loaded last.
    pub async fn differs(&self, name: &AdapterName, config: &AdapterConfig) -> bool {
        match self.slots.get(name) {
            Some(slot) => load::differs(&slot.newest(), config, &self.workshop.base_dir).await,
            None => false,
        }
    }

    /// What was loaded last was loaded from this.
    pub fn config(&self, name: &AdapterName) -> Option<AdapterConfig> {
        self.slots.get(name).map(|slot| slot.newest().config.clone())
    }

    pub fn report(&self, name: &AdapterName) -> Option<SlotReport> {
        self.slots.get(name).map(|slot| slot.report())
    }

    fn slot(&self, name: &AdapterName) -> Result<&Arc<Slot>, SwapError> {
        self.slots.get(name).ok_or_else(|| SwapError::Unknown(name.clone()))
    }

    async fn prepare_generation(
        &self,
        name: &AdapterName,
        config: &AdapterConfig,
        generation: u64,
        live: &Adapter,
    ) -> Result<Arc<Adapter>, SwapError> {
        let adapter = load::one(name, config, generation, &self.workshop).await?;
        compare(&adapter, live)?;
        for side in [Side::Read, Side::Write] {
            probe(&adapter, side).await?;
        }
        Ok(adapter)
    }
}

/// The same adapter in another version may do less; whoever misses it is told "unsupported".
fn compare(new: &Adapter, live: &Adapter) -> Result<(), SwapError> {
    let (found, known) = (new.description(), live.description());
    if found.name != known.name {
        return Err(SwapError::OtherAdapter { adapter: new.name().clone(), live: known.name.clone(), found: found.name.clone() });
    }
    let lost: Vec<_> = known.capabilities.difference(&found.capabilities).map(String::as_str).collect();
    if !lost.is_empty() {
        tracing::warn!(adapter = %new.name(), generation = new.generation(), lost = lost.join(", "), "the new version does less than the live one");
    }
    Ok(())
}

async fn probe(adapter: &Adapter, side: Side) -> Result<(), SwapError> {
    if !adapter.description().supports(Probe::NAME) {
        return Ok(());
    }
    let context = Probe::context(format!("probe-{}-{}", adapter.name(), adapter.generation()), PROBE_TIME);
    let refuse = |failure| SwapError::Probe { adapter: adapter.name().clone(), side, failure: Box::new(failure) };
    adapter.call(&context, &Probe { side }).await.map_err(refuse)
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Read => "reading",
        Side::Write => "writing",
    }
}
