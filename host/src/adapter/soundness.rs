//! Whether a component would do well in a host, found out without a back end: for `ordergate adapter check` and `build`. What a host would refuse is an
//! error, what it would only put up with a warning.

mod finding;

use bytes::Bytes;

use super::compiler::Bounds;
use super::contract::ReadError;
use super::describe::{DescribeError, Described, Runnable, Sample};
use super::engine;
use super::inspect::{Inspection, inspect_within};
use super::load::endpoints::mismatches;
use super::snapshot::Snapshot;
use super::trust::SignatureError;
use crate::domain::Description;

pub use finding::{Finding, Weight};

/// What was found, and what the component is as far as that could be told.
#[derive(Debug, Default)]
pub struct Sound {
    pub inspection: Option<Inspection>,
    pub described: Option<Described>,
    pub findings: Vec<Finding>,
}

impl Sound {
    /// Whether a host would load it.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.weight == Weight::Warning)
    }

    /// A file that is not read, because it is too large.
    pub fn too_large(error: &ReadError) -> Self {
        Self { findings: vec![Finding::too_large(error)], ..Self::default() }
    }

    /// With what is wrong with its signature. That it has none is no finding: it is signed when it is done.
    #[must_use]
    pub fn signed(mut self, signature: Option<SignatureError>) -> Self {
        self.findings.extend(signature.map(|error| Finding::signature(&error)));
        self
    }
}

/// Looks at a component with that SHA-256. What does not fit the contract is not run.
pub async fn check(file: Bytes, digest: &str, sample: &Sample) -> Sound {
    let bounds = Bounds::of(sample.limits());
    let (inspection, refusal) = match inspect_within(bounds, file.clone(), digest).await {
        Ok(inspection) => {
            let refusal = inspection.refusal();
            (Some(inspection), refusal)
        }
        Err(error) => (None, Some(error.to_string())),
    };
    if let Some(refusal) = refusal {
        return Sound { inspection, findings: vec![Finding::contract(refusal)], described: None };
    }
    match Runnable::of(file, digest, sample).await {
        Ok(runnable) => {
            let Run { described, findings } = run(&runnable, sample).await;
            Sound { inspection, described, findings }
        }
        Err(error) => Sound { inspection, findings: vec![Finding::described(&error, sample)], described: None },
    }
}

struct Run {
    described: Option<Described>,
    findings: Vec<Finding>,
}

async fn run(runnable: &Runnable, sample: &Sample) -> Run {
    let description = match runnable.describe(&runnable.instances).await {
        Ok(description) => description,
        Err(error) => return Run { described: None, findings: refused(runnable, sample, &error).await },
    };
    let mut findings = settings(runnable, sample, &description).await;
    findings.extend(repeats(runnable, sample, &description).await);
    if sample.is_configured {
        let mismatches = mismatches(&description.endpoints, &sample.config.endpoints);
        findings.extend(mismatches.iter().map(|(name, cause)| Finding::endpoint(name, cause)));
    }
    findings.extend(engine::excess(runnable.instances.demand()).map(Finding::too_much_of_the_pool));
    let snapshot = runnable.instances.snapshot().clone();
    findings.extend(costs(runnable, sample, &description, &snapshot));
    Run { described: Some(Described { description, snapshot, cost: runnable.cost }), findings }
}

/// Settings that the schema refuses are told by key, even when the adapter refuses them as well, in its own words.
async fn refused(runnable: &Runnable, sample: &Sample, error: &DescribeError) -> Vec<Finding> {
    if matches!(error, DescribeError::Configure(_)) && sample.has_settings() {
        let schema = runnable.schema().await.unwrap_or_default();
        let found = runnable.check_settings(&schema).await.unwrap_or_default();
        if !found.is_empty() {
            return found.into_iter().map(Finding::setting).collect();
        }
    }
    vec![Finding::described(error, sample)]
}

/// The schema is looked at in any case; settings are held against it when somebody has said what they are.
async fn settings(runnable: &Runnable, sample: &Sample, description: &Description) -> Vec<Finding> {
    match runnable.check_settings(&description.settings_schema).await {
        Ok(found) if sample.has_settings() => found.into_iter().map(Finding::setting).collect(),
        Ok(_) => Vec::new(),
        Err(error) => vec![Finding::described(&error, sample)],
    }
}

/// Asked again, of a fresh instance and of one that is configured in its call: with other random numbers, and later.
async fn repeats(runnable: &Runnable, sample: &Sample, description: &Description) -> Option<Finding> {
    let again = match runnable.describe(&runnable.instances).await {
        Ok(again) if again != *description => Ok(again),
        Ok(_) if *runnable.instances.snapshot() == Snapshot::Taken => unfrozen(runnable).await,
        same => same,
    };
    match again {
        Ok(again) => Finding::not_deterministic(description, &again),
        Err(error) => Some(Finding::not_repeated(&error, sample)),
    }
}

async fn unfrozen(runnable: &Runnable) -> Result<Description, DescribeError> {
    let instances = runnable.configured_in_each_call().await?;
    runnable.describe(&instances).await
}

fn costs(runnable: &Runnable, sample: &Sample, description: &Description, snapshot: &Snapshot) -> Vec<Finding> {
    let limits = sample.limits();
    let slow = runnable.cost.and_then(|cost| Finding::slow_to_compile(cost, limits));
    let hungry = description.memory_bytes.filter(|wanted| *wanted > limits.memory_bytes as u64);
    let hungry = hungry.map(|wanted| Finding::wants_memory(wanted, limits));
    let unfrozen = match snapshot {
        Snapshot::Not(reason) if sample.config.snapshot => Some(Finding::no_snapshot(reason)),
        _ => None,
    };
    slow.into_iter().chain(hungry).chain(unfrozen).collect()
}
