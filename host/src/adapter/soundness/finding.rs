//! What can be wrong with a component, each with its mend. Ids are stable: scripts go by them.

use serde::Serialize;
use serde_json::Value;

use super::super::build::Cost;
use super::super::contract::ReadError;
use super::super::describe::{DescribeError, Sample};
use super::super::load::LoadCause;
use super::super::trust::SignatureError;
use crate::config::LimitsConfig;
use crate::domain::{Description, Failure};

const MIB: u64 = 1024 * 1024;

/// Something that is wrong with a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Such as `contract`.
    pub finding: &'static str,
    pub weight: Weight,
    pub message: String,
    /// What to do.
    pub hint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A host would refuse it, or could not rely on it.
    Error,
    /// It works, and costs more than it could.
    Warning,
}

impl Finding {
    fn error(finding: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { finding, weight: Weight::Error, message: message.into(), hint: hint.into() }
    }

    fn warning(finding: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { finding, weight: Weight::Warning, message: message.into(), hint: hint.into() }
    }

    pub(super) fn too_large(error: &ReadError) -> Self {
        let hint = "leave out what it does not need, or raise limits.component_bytes of the adapter; --max-bytes reads it here";
        Self::error("too-large", error.to_string(), hint)
    }

    pub(super) fn signature(error: &SignatureError) -> Self {
        Self::error(
            "broken-signature",
            error.to_string(),
            "sign it again when it is done: ordergate adapter sign FILE --secret-key KEY",
        )
    }

    pub(super) fn contract(refusal: String) -> Self {
        Self::error(
            "contract",
            refusal,
            "build it with the SDK and the contract of this version: ordergate adapter new writes both",
        )
    }

    /// Why it cannot be run or asked.
    pub(super) fn described(error: &DescribeError, sample: &Sample) -> Self {
        let named = if sample.is_configured { "mend them in the configuration" } else { "name some that fit: --settings FILE" };
        match error {
            DescribeError::Compile(cause) => Self::error("does-not-compile", cause, compile_hint(cause, sample)),
            DescribeError::Configure(failure) => Self::error("refuses-settings", words(failure), named),
            DescribeError::Unfit(found) => Self::error("setting", found.join("; "), named),
            DescribeError::Schema(cause) => {
                let hint = "give a JSON Schema (draft 2020-12) that refers to nothing outside of itself, or none";
                Self::error("unusable-schema", cause, hint)
            }
            DescribeError::Describe(failure) => {
                let hint = "describe must answer without back end, session, time and random numbers";
                Self::error("does-not-describe-itself", words(failure), hint)
            }
            DescribeError::Settings(_) => Self::error("unreadable-settings", error.to_string(), "mend the file"),
            DescribeError::Endpoint(..) => Self::error("endpoint", error.to_string(), "mend it in the configuration"),
            DescribeError::Engine(_) | DescribeError::Sandbox(_) => {
                Self::error("no-sandbox", error.to_string(), "this machine cannot run adapters as it is")
            }
        }
    }

    pub(super) fn setting(unfit: String) -> Self {
        Self::error("setting", unfit, "settings must fit the adapter's own schema of them")
    }

    pub(super) fn endpoint(name: &str, cause: &LoadCause) -> Self {
        Self::error(
            "endpoint",
            format!("endpoints.{name}: {cause}"),
            "mend it in the configuration, or in what the adapter declares",
        )
    }

    /// None when both say the same.
    pub(super) fn not_deterministic(first: &Description, second: &Description) -> Option<Self> {
        let differing = differing(first, second);
        let hint = "what the adapter says of itself may depend on its settings only, not on random numbers, time or the order in which a map is walked";
        (!differing.is_empty()).then(|| {
            Self::error("not-deterministic", format!("it describes itself differently when it is asked again: {differing}"), hint)
        })
    }

    /// It worked once.
    pub(super) fn not_repeated(error: &DescribeError, sample: &Sample) -> Self {
        let once = Self::described(error, sample);
        let message = format!("it worked once, and not in another instance: {}", once.message);
        Self::error("not-deterministic", message, "`configure` must work at the start of any call, and always come to the same")
    }

    pub(super) fn too_much_of_the_pool(excess: String) -> Self {
        Self::error("too-much-of-the-pool", excess, "lower limits.concurrency of the adapter, or use fewer memories and tables")
    }

    /// When it takes more than half of the time.
    pub(super) fn slow_to_compile(cost: Cost, limits: &LimitsConfig) -> Option<Self> {
        let (took, most) = (cost.took.as_secs_f64(), limits.compile_secs);
        let message =
            format!("compiling took {took:.1} s of {most} (limits.compile_secs): a busier or smaller machine may refuse it");
        (cost.took.as_secs() >= most / 2)
            .then(|| Self::warning("slow-to-compile", message, "raise limits.compile_secs of the adapter"))
    }

    pub(super) fn wants_memory(wanted: u64, limits: &LimitsConfig) -> Self {
        let has = limits.memory_bytes as u64;
        let message = format!("it asks for {} MiB of memory and has {} (limits.memory_bytes)", wanted.div_ceil(MIB), has / MIB);
        Self::warning("wants-more-memory", message, "raise limits.memory_bytes of the adapter")
    }

    pub(super) fn no_snapshot(reason: &str) -> Self {
        let hint = "every call configures it: keep `configure` short. Components in JavaScript cannot be frozen";
        Self::warning("no-snapshot", format!("it cannot be frozen after `configure`: {reason}"), hint)
    }
}

fn compile_hint(cause: &str, sample: &Sample) -> &'static str {
    match (cause.contains("limits.compile_"), sample.is_configured) {
        (true, true) => "raise that limit of the adapter in the configuration",
        (true, false) => "raise it: --compile-secs here, the limit itself in a host's configuration",
        (false, _) => "build it anew; when that does not help, the runtime lacks something that its toolchain uses",
    }
}

fn words(failure: &Failure) -> String {
    let detail = failure.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{detail}", failure.message)
}

/// The fields that differ, with both values.
fn differing(first: &Description, second: &Description) -> String {
    let fields = |description: &Description| match serde_json::to_value(description) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (first, second) = (fields(first), fields(second));
    let differs = |(name, one): (&String, &Value)| {
        let other = second.get(name)?;
        (one != other).then(|| format!("{name} was {one}, then {other}"))
    };
    first.iter().filter_map(differs).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use super::*;
    use crate::domain::Deduplication;

    fn description() -> Description {
        Description {
            name: "erp".into(),
            version: "1.0.0".into(),
            vendor: String::new(),
            capabilities: BTreeSet::new(),
            endpoints: Vec::new(),
            settings_schema: String::new(),
            batch_caps: BTreeMap::new(),
            price_dimensions: BTreeSet::new(),
            availability_dimensions: BTreeSet::new(),
            deduplication: Deduplication::None,
            propagation_delay: Duration::ZERO,
            combined_price_and_availability: false,
            memory_bytes: None,
        }
    }

    #[test]
    fn what_is_said_differently_is_named_with_both_values() {
        let first = description();
        assert_eq!(Finding::not_deterministic(&first, &first.clone()), None);
        let second = Description { version: "2.0.0".into(), ..first.clone() };
        let found = Finding::not_deterministic(&first, &second).unwrap();
        assert_eq!((found.finding, found.weight), ("not-deterministic", Weight::Error));
        assert!(found.message.contains("version was") && found.message.contains("then \"2.0.0\""), "{}", found.message);
    }

    #[test]
    fn compiling_that_takes_more_than_half_of_its_time_is_a_warning() {
        let limits = LimitsConfig { compile_secs: 60, ..LimitsConfig::default() };
        let cost = |secs| Cost { took: Duration::from_secs(secs), native_bytes: 1 };
        assert_eq!(Finding::slow_to_compile(cost(29), &limits), None);
        let found = Finding::slow_to_compile(cost(30), &limits).unwrap();
        assert_eq!((found.finding, found.weight), ("slow-to-compile", Weight::Warning));
    }

    #[test]
    fn a_time_that_ran_out_is_mended_where_it_was_given() {
        let bare = Sample::bare(None, 60).unwrap();
        let found = Finding::described(&DescribeError::Compile("it took longer than 60 s (limits.compile_secs)".into()), &bare);
        assert!(found.hint.contains("--compile-secs"), "{found:?}");
        let found = Finding::described(&DescribeError::Compile("unknown opcode".into()), &bare);
        assert!(found.hint.contains("build it anew"), "{found:?}");
    }
}
