//! What was compared and what differed, since the shadow's present generation was loaded. In memory only, and bounded.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use super::difference::Difference;

/// Differences and withheld writes that are kept to be looked at.
const KEPT: usize = 100;
/// Fields that are counted by name.
const FIELDS: usize = 200;

/// For operators: how a shadow's answers compare with the live ones.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ShadowReport {
    pub shadow: String,
    /// Of the shadow. What is counted began with it.
    pub generation: u64,
    pub operations: BTreeMap<&'static str, ComparedOperation>,
    /// The latest differences, newest first.
    pub latest: Vec<DifferenceReport>,
    /// The latest writes that were mapped, newest first.
    pub writes: Vec<MappedWrite>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ComparedOperation {
    pub same: u64,
    pub different: u64,
    /// Not copied, because as many copies as may be were under way.
    pub skipped: u64,
    /// Differences by field.
    pub fields: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DifferenceReport {
    pub at: Timestamp,
    pub request_id: String,
    pub operation: &'static str,
    /// The field in that answer, such as `[3].unit_price.amount`.
    pub field: String,
    pub live: String,
    pub shadow: String,
}

/// What the shadow would have sent for an order or quote.
#[derive(Clone, Debug, Serialize)]
pub struct MappedWrite {
    pub at: Timestamp,
    /// Our reference of the document.
    pub request_id: String,
    pub operation: &'static str,
    /// Its first request, which the host did not send; what it would have sent after the answer is not known.
    pub request: Option<WithheldRequest>,
    /// Why there is none.
    pub failure: Option<String>,
}

/// A request that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithheldRequest {
    pub endpoint: String,
    pub method: String,
    pub path: String,
    pub body_bytes: usize,
}

#[derive(Default)]
pub(super) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    generation: u64,
    operations: BTreeMap<&'static str, ComparedOperation>,
    latest: VecDeque<DifferenceReport>,
    writes: VecDeque<MappedWrite>,
}

impl Pages {
    /// A newer generation of the shadow begins with empty pages; a straggler of an older one is not counted.
    fn of(&mut self, generation: u64) -> Option<&mut Self> {
        if generation > self.generation {
            *self = Self { generation, ..Self::default() };
        }
        (generation == self.generation).then_some(self)
    }
}

impl Ledger {
    pub(super) fn skipped(&self, generation: u64, operation: &'static str) {
        if let Some(pages) = self.0.lock().of(generation) {
            pages.operations.entry(operation).or_default().skipped += 1;
        }
    }

    pub(super) fn compared(
        &self,
        generation: u64,
        (at, request_id, operation): (Timestamp, &str, &'static str),
        differences: Vec<Difference>,
    ) {
        let mut pages = self.0.lock();
        let Some(pages) = pages.of(generation) else { return };
        let counted = pages.operations.entry(operation).or_default();
        if differences.is_empty() {
            counted.same += 1;
            return;
        }
        counted.different += 1;
        for Difference { field, place, live, shadow } in differences {
            let field =
                if counted.fields.len() < FIELDS || counted.fields.contains_key(&field) { field } else { "others".into() };
            *counted.fields.entry(field).or_default() += 1;
            let request_id = request_id.to_owned();
            keep(&mut pages.latest, DifferenceReport { at, request_id, operation, field: place, live, shadow });
        }
    }

    pub(super) fn mapped(&self, generation: u64, write: MappedWrite) {
        if let Some(pages) = self.0.lock().of(generation) {
            keep(&mut pages.writes, write);
        }
    }

    pub(super) fn report(&self, shadow: String, generation: u64) -> ShadowReport {
        let mut pages = self.0.lock();
        let Some(pages) = pages.of(generation) else { return ShadowReport { shadow, generation, ..ShadowReport::default() } };
        ShadowReport {
            shadow,
            generation,
            operations: pages.operations.clone(),
            latest: pages.latest.iter().rev().cloned().collect(),
            writes: pages.writes.iter().rev().cloned().collect(),
        }
    }
}

fn keep<T>(kept: &mut VecDeque<T>, new: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: (Timestamp, &str, &str) = (Timestamp::UNIX_EPOCH, "r-1", "availability.check");

    fn difference(field: &str) -> Difference {
        Difference { field: field.into(), place: field.into(), live: "1".into(), shadow: "2".into() }
    }

    #[test]
    fn a_newer_generation_of_the_shadow_starts_its_counts_anew() {
        let ledger = Ledger::default();
        ledger.compared(1, READ, vec![difference("[].available")]);
        ledger.compared(2, READ, vec![]);
        ledger.compared(1, READ, vec![difference("[].available")]);
        let report = ledger.report("next".into(), 2);
        let counted = &report.operations["availability.check"];
        assert_eq!((counted.same, counted.different, report.latest.len()), (1, 0, 0));
    }

    #[test]
    fn the_latest_are_kept_and_fields_without_end_are_counted_together() {
        let ledger = Ledger::default();
        (0..300).for_each(|number| ledger.compared(1, READ, vec![difference(&format!("f{number}"))]));
        let report = ledger.report("next".into(), 1);
        assert_eq!(report.operations["availability.check"].different, 300);
        assert_eq!(report.operations["availability.check"].fields.len(), FIELDS + 1);
        assert_eq!(report.operations["availability.check"].fields["others"], 100);
        assert_eq!((report.latest.len(), report.latest[0].field.as_str()), (KEPT, "f299"));
    }
}
