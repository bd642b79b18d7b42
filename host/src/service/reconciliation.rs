//! Comparing what was handed over with what the back end has (rule T10): again and again, at growing intervals, for some days after a transfer
//! is settled. Nothing is ever sent by it: what differs is for a person.

mod examine;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{BackendDocument, Commerce, ServiceError};
use crate::config::TransferConfig;
use crate::domain::{AccountNumber, AdapterName, Finding, OrderDocument, QuoteDocument, Side, StoreName};
use crate::store::{DocumentKind, ToCompare};
use examine::Examination;

/// Longest time between two looks for what is to be compared.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Commerce {
    /// Compares what is due, until it is dropped; nothing when `transfer.reconcile_secs` is 0.
    pub async fn reconcile(self) {
        let config = self.inner.started_with.transfer.clone();
        if config.reconcile_secs == 0 {
            return;
        }
        loop {
            match self.reconcile_some(&config).await {
                Ok(compared) if compared == config.reconcile_batch as usize => {}
                Ok(_) => tokio::time::sleep(config.reconcile().min(LONGEST_PAUSE)).await,
                Err(error) => {
                    tracing::warn!(%error, "what the back ends have could not be compared");
                    tokio::time::sleep(config.reconcile().min(LONGEST_PAUSE)).await;
                }
            }
        }
    }

    /// One batch, one call at a time. Tells how many documents were taken up.
    async fn reconcile_some(&self, config: &TransferConfig) -> Result<usize, ServiceError> {
        let now = self.inner.clock.now();
        let sick = self.inner.adapters.iter().filter(|adapter| adapter.turns_away(Side::Read));
        let left_out: Vec<_> = sick.map(|adapter| adapter.name().clone()).collect();
        let batch = self.inner.store.take_to_compare(now, config.reconcile(), &left_out, config.reconcile_batch).await?;
        let taken = batch.len();
        let mut groups: BTreeMap<(StoreName, AdapterName, AccountNumber, bool), Vec<ToCompare>> = BTreeMap::new();
        for one in batch {
            let document = &one.document;
            let is_order = document.kind() == DocumentKind::Order;
            let whose = (document.store.clone(), document.adapter.clone(), document.account.clone(), is_order);
            groups.entry(whose).or_default().push(one);
        }
        for ((_, _, _, is_order), group) in groups {
            match is_order {
                true => self.reconcile_group::<OrderDocument>(group, config).await?,
                false => self.reconcile_group::<QuoteDocument>(group, config).await?,
            }
        }
        Ok(taken)
    }

    /// Documents of one account at one adapter. When the back end does not answer, nothing is said, and all of them are compared later.
    async fn reconcile_group<T: BackendDocument>(
        &self,
        group: Vec<ToCompare>,
        config: &TransferConfig,
    ) -> Result<(), ServiceError> {
        let Some(examination) = Examination::<T>::begin(self, &group, config) else { return Ok(()) };
        for one in &group {
            let adapter = one.document.adapter.to_string();
            let found = match examination.of(one).await {
                Ok(found) => found,
                Err(failure) => {
                    count(&adapter, "failed");
                    tracing::info!(reference = %one.document.reference, code = failure.code.as_str(), "could not be compared with the back end, later again");
                    return Ok(());
                }
            };
            count(&adapter, if found.is_empty() { "same" } else { "different" });
            self.keep_found(one, found, config).await?;
        }
        Ok(())
    }

    async fn keep_found(&self, one: &ToCompare, found: Vec<Finding>, config: &TransferConfig) -> Result<(), ServiceError> {
        let now = self.inner.clock.now();
        let next = next_after(now, one.settled_at, config);
        for reason in self.inner.store.keep_compared(&one.document, found, next, now).await? {
            let labels = [("adapter", one.document.adapter.to_string()), ("reason", reason.as_str().to_owned())];
            metrics::counter!("ordergate_findings_total", &labels).increment(1);
            tracing::warn!(reference = %one.document.reference, reason = reason.as_str(), "the back end has something else: a person must look");
        }
        Ok(())
    }
}

/// The instant an interval after which a document is compared next: its age again, so that few comparisons cover a long time. None once
/// the window is over.
fn next_after(now: Timestamp, settled_at: Timestamp, config: &TransferConfig) -> Option<Timestamp> {
    let age = now.duration_since(settled_at);
    let window = SignedDuration::from_secs(i64::try_from(config.reconcile_window_secs).unwrap_or(i64::MAX));
    let interval = SignedDuration::try_from(config.reconcile()).unwrap_or(SignedDuration::MAX);
    let beyond = age.saturating_sub(interval).max(SignedDuration::ZERO);
    (age < window).then(|| now.saturating_add(beyond).unwrap_or(Timestamp::MAX))
}

fn count(adapter: &str, outcome: &'static str) {
    metrics::counter!("ordergate_reconciled_total", "adapter" => adapter.to_owned(), "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t10_comparisons_come_at_growing_intervals_and_end_with_the_window() {
        let config = TransferConfig { reconcile_secs: 900, reconcile_window_secs: 86_400, ..TransferConfig::default() };
        let settled: Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
        let (mut now, mut ages) = (settled + SignedDuration::from_secs(900), Vec::new());
        while let Some(next) = next_after(now, settled, &config) {
            ages.push(now.duration_since(settled).as_secs() / 900);
            now = next + SignedDuration::from_secs(900);
        }
        assert_eq!(ages, [1, 2, 4, 8, 16, 32, 64]);
    }
}
