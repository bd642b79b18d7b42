//! Counts the orders that the back end has under a reference, past the adapter.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::tape::Tape;
use crate::clock::Clock;
use crate::config::{LimitsConfig, WitnessConfig};
use crate::domain::Reference;
use crate::egress::{Budget, Egress, EgressRequest, Trace, Traffic};

const ENDPOINT: &str = "witness";
const TIME: Duration = Duration::from_secs(10);

pub(super) struct Witness<'a> {
    /// Nothing is asked of it in a run that is made again.
    live: Option<Live<'a>>,
    tape: &'a Tape,
}

struct Live<'a> {
    egress: Egress,
    config: &'a WitnessConfig,
}

/// Why the witness cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("the witness cannot be asked: {0}")]
pub struct WitnessError(String);

impl<'a> Witness<'a> {
    /// The plan's witness; in a run that is made again, what it said then.
    pub(super) fn new(config: Option<&'a WitnessConfig>, folder: &Path, tape: &'a Tape) -> Result<Option<Self>, WitnessError> {
        if tape.is_replayed() {
            return Ok(tape.has_witness().then_some(Self { live: None, tape }));
        }
        let Some(config) = config else { return Ok(None) };
        let endpoints = BTreeMap::from([(ENDPOINT.into(), config.endpoint.clone())]);
        let egress = Egress::bind(&endpoints, folder, &Clock::system());
        let egress = egress.map_err(|problems| {
            WitnessError(problems.iter().map(|(_, cause)| cause.to_string()).collect::<Vec<_>>().join(", "))
        })?;
        Ok(Some(Self { live: Some(Live { egress, config }), tape }))
    }

    /// It is there, and tells references apart: without that nothing would be proved.
    pub(super) async fn counts_nothing_for(&self, nobodys: &Reference) -> Result<(), WitnessError> {
        match self.count(nobodys).await? {
            0 => Ok(()),
            count => Err(WitnessError(format!(
                "it counts {count} orders under {nobodys}, a reference that nobody used: does witness.path ask for {{reference}}?"
            ))),
        }
    }

    pub(super) async fn count(&self, reference: &Reference) -> Result<usize, WitnessError> {
        let count = match &self.live {
            None => self.tape.counted(reference).ok_or_else(|| WitnessError(format!("it was not asked about {reference} then"))),
            Some(live) => live.count(reference).await,
        }?;
        self.tape.keep_count(reference, count);
        Ok(count)
    }
}

impl Live<'_> {
    async fn count(&self, reference: &Reference) -> Result<usize, WitnessError> {
        let (path, query) = self.config.path.split_once('?').unwrap_or((&self.config.path, ""));
        let filled = |text: &str| text.replace("{reference}", reference.as_str());
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (filled(name), filled(value)));
        let request = EgressRequest {
            method: "GET".into(),
            path: filled(path),
            query: query.split('&').filter_map(pair).collect(),
            headers: vec![("accept".into(), "application/json".into())],
            body: None,
            timeout: None,
        };
        let budget = Budget::new(&LimitsConfig::default(), Instant::now() + TIME, Traffic::Read);
        let trace = Trace { request_id: "conformance-witness".into(), trace_parent: None };
        let reply =
            self.egress.send(ENDPOINT, request, &trace, &budget).await.map_err(|cause| WitnessError(cause.to_string()))?;
        if !reply.status.is_success() {
            return Err(WitnessError(format!("it answered {}", reply.status)));
        }
        let body: Value = serde_json::from_slice(&reply.body).map_err(|cause| WitnessError(cause.to_string()))?;
        counted(&body, &self.config.count)
    }
}

/// How many there are at a JSON pointer: elements of a list, or a number.
fn counted(body: &Value, pointer: &str) -> Result<usize, WitnessError> {
    match body.pointer(pointer) {
        Some(Value::Array(items)) => Ok(items.len()),
        Some(Value::Number(number)) if number.is_u64() => {
            Ok(number.as_u64().and_then(|count| count.try_into().ok()).unwrap_or(usize::MAX))
        }
        Some(_) => Err(WitnessError(format!("witness.count: there is no list or number at {pointer:?}"))),
        None => Err(WitnessError(format!("witness.count: there is nothing at {pointer:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_or_a_number_is_counted_and_nothing_else() {
        assert_eq!(counted(&json!({"items": [1, 2]}), "/items").unwrap(), 2);
        assert_eq!(counted(&json!([1]), "").unwrap(), 1);
        assert_eq!(counted(&json!({"total": 3}), "/total").unwrap(), 3);
        assert!(counted(&json!({"total": "3"}), "/total").is_err());
        assert!(counted(&json!({}), "/total").unwrap_err().to_string().contains("nothing at"));
    }
}
