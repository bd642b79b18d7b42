//! Bringing a new version of one adapter in, all or nothing: load, compare with the live one, probe; then the slot tries and promotes it.
//! Called by the service for operators, reloads and the folder watch alike. A refusal leaves the old generation serving.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::meant::Meant;
use super::operation::{Operation, Probe};
use super::reader::can_step_in;
use super::slot::{GenerationState, Slot, SlotReport, SwapResult};
use super::{Adapter, Adapters, LoadError, load};
use crate::config::AdapterConfig;
use crate::domain::{AdapterName, Description, Failure, Side};

/// How long one probe of a new generation may take.
const PROBE_TIME: Duration = Duration::from_secs(10);

/// The number of what serves nothing.
const ASIDE: u64 = 0;

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
    #[error(
        "adapter {adapter} has no version before its generation {live}, which is live: put the file of the version that you want in place and load it"
    )]
    NoPrevious { adapter: AdapterName, live: u64 },
    #[error(
        "adapter {adapter}: generation {generation} (digest {}) is {stands}, which is not what you mean ({meant}): look again (ordergate adapter list), then decide",
        .digest.get(..12).unwrap_or(.digest)
    )]
    Another { adapter: AdapterName, meant: Meant, generation: u64, digest: String, stands: &'static str },
    #[error(
        "adapters.{adapter}.canary.share_percent: the new version does not depend on {lost} any more, which the live one needs to be told, so the live one cannot step in where the new one fails: \
         compare the two with a shadow, then set share_percent = 0 to load it without a trial"
    )]
    NoTrialPossible { adapter: AdapterName, lost: String },
}

/// The turn to load: one at a time, so that what was read first is installed first, and an older generation never replaces a newer one.
pub struct Loading<'adapters> {
    adapters: &'adapters Adapters,
    _turn: tokio::sync::MutexGuard<'adapters, ()>,
}

/// A generation that was loaded and probed, and serves nothing yet.
pub struct Prepared<'turn> {
    adapters: &'turn Adapters,
    slot: &'turn Arc<Slot>,
    adapter: Arc<Adapter>,
}

impl Loading<'_> {
    /// Loads a version that serves nothing: it is not compared with the live one, nor is its back end asked.
    pub async fn aside(&self, name: &AdapterName, config: &AdapterConfig) -> Result<Arc<Adapter>, SwapError> {
        self.adapters.slot(name)?;
        Ok(load::one(name, config, ASIDE, &self.adapters.workshop).await?)
    }

    /// Loads a version of an adapter as the configuration says now, and asks whether its back end answers it.
    pub async fn prepare(&self, name: &AdapterName, config: &AdapterConfig) -> Result<Prepared<'_>, SwapError> {
        let slot = self.adapters.slot(name)?;
        let generation = slot.next_generation();
        match self.adapters.prepare_generation(name, config, generation, &slot.live()).await {
            Ok(adapter) => Ok(Prepared { adapters: self.adapters, slot, adapter }),
            Err(error) => {
                slot.refused(generation, &error.to_string());
                Err(error)
            }
        }
    }
}

impl Prepared<'_> {
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// Puts it on trial, or live when it needs none.
    pub fn install(self) -> GenerationState {
        self.adapters.attach_shadow(&self.adapter);
        let state = self.slot.install(self.adapter);
        load::tell_shortage(self.adapters.slots.values().map(|slot| slot.newest()));
        state
    }
}

impl Adapters {
    /// Waits until nothing else is being loaded.
    pub async fn turn_to_load(&self) -> Loading<'_> {
        Loading { adapters: self, _turn: self.loading.lock().await }
    }

    /// Ends a trial well.
    pub fn promote(&self, name: &AdapterName, meant: &Meant, why: &str) -> Result<(), SwapError> {
        self.slot(name)?.promote(meant, why)
    }

    /// Ends a trial, or, when nothing is on trial, makes the previous generation live again. At once: nothing is compiled.
    pub fn roll_back(&self, name: &AdapterName, meant: &Meant, why: &str) -> Result<SwapResult, SwapError> {
        self.slot(name)?.go_back(meant, why)
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

/// The same adapter in another version may do less; whoever misses it is told "unsupported". On trial it must let the live one step in.
fn compare(new: &Adapter, live: &Adapter) -> Result<(), SwapError> {
    let (found, known) = (new.description(), live.description());
    if found.name != known.name {
        return Err(SwapError::OtherAdapter { adapter: new.name().clone(), live: known.name.clone(), found: found.name.clone() });
    }
    if new.config.canary.share_percent > 0 && !can_step_in(known, found) {
        let lost = needed_more(known, found).join(", ");
        return Err(SwapError::NoTrialPossible { adapter: new.name().clone(), lost });
    }
    let lost: Vec<_> = known.capabilities.difference(&found.capabilities).map(String::as_str).collect();
    if !lost.is_empty() {
        tracing::warn!(adapter = %new.name(), generation = new.generation(), lost = lost.join(", "), "the new version does less than the live one");
    }
    Ok(())
}

/// The dimensions that only the live one declares.
fn needed_more(live: &Description, new: &Description) -> Vec<&'static str> {
    let prices = live.price_dimensions.difference(&new.price_dimensions);
    let more = prices.chain(live.availability_dimensions.difference(&new.availability_dimensions));
    let more: BTreeSet<_> = more.map(|dimension| dimension.as_str()).collect();
    more.into_iter().collect()
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
