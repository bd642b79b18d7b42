//! What operators are shown of an adapter's generations.

use jiff::Timestamp;
use serde::Serialize;

use super::super::Adapter;

/// Where a generation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// On trial: serves a share of the reads.
    Canary,
    Live,
    /// Older than the live one, and ready for a rollback.
    Previous,
    /// Serves nothing new; finishes what it began.
    Draining,
}

/// What came of a load or a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapResult {
    Trying,
    Promoted,
    /// By the host: the generation, on trial or watched after it, was worse than the old one.
    BackedOut,
    RolledBack,
    /// By an operator: the trial was ended.
    Withdrawn,
    /// A newer one was loaded while it was on trial.
    Superseded,
    Refused,
}

impl SwapResult {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Promoted => "promoted",
            Self::BackedOut => "backed_out",
            Self::RolledBack => "rolled_back",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
}

/// The latest load or decision.
#[derive(Clone, Debug, Serialize)]
pub struct SwapReport {
    pub at: Timestamp,
    /// The generation that it was about.
    pub generation: u64,
    pub result: SwapResult,
    pub detail: String,
}

/// One generation, for operators.
#[derive(Clone, Debug, Serialize)]
pub struct GenerationReport {
    pub generation: u64,
    pub state: GenerationState,
    /// SHA-256 of the component.
    pub digest: String,
    /// Whose signature the component has, or `unsigned`.
    pub signer: String,
    /// As the adapter describes itself.
    pub version: String,
    pub loaded_at: Timestamp,
    pub calls: u64,
    /// Calls that something was wrong with; answers of the business are none.
    pub failures: u64,
    pub traps: u64,
    pub in_flight: u64,
    /// Of the reads, while on trial.
    pub share_percent: Option<u8>,
    /// Until then it goes back by itself when the adapter fails by its own fault, see `canary.watch_secs`.
    pub watched_until: Option<Timestamp>,
}

impl GenerationReport {
    pub(super) fn of(adapter: &Adapter, state: GenerationState) -> Self {
        let record = &adapter.record;
        Self {
            generation: adapter.generation(),
            state,
            digest: adapter.digest().to_owned(),
            signer: adapter.signer().to_string(),
            version: adapter.description().version.clone(),
            loaded_at: adapter.loaded_at,
            calls: record.calls(),
            failures: record.failures(),
            traps: record.traps(),
            in_flight: record.in_flight(),
            share_percent: (state == GenerationState::Canary).then_some(adapter.config.canary.share_percent),
            watched_until: None,
        }
    }
}

/// All generations of an adapter, newest first, and what happened last.
#[derive(Clone, Debug, Serialize)]
pub struct SlotReport {
    pub generations: Vec<GenerationReport>,
    pub last_swap: Option<SwapReport>,
}
