//! What is shown of many entries.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::cache::{AvailabilityKey, Lifetime, ScopeParts, Scopes};
use crate::clock::Clock;
use crate::domain::{AvailabilityItem, Extensions};

/// A memory with the stock of A at so many locations, W0 and on.
fn memory(locations: usize) -> Memory<AvailabilityKey, Availability> {
    let memory = Memory::new(10_000_000, &Clock::manual(Timestamp::UNIX_EPOCH));
    let parts = ScopeParts { adapter: "erp".into(), store: "main".into(), buyer: None, declared: 0 };
    let scope = Scopes::default().share(parts);
    let item = |number: usize| AvailabilityItem {
        sku: "A".into(),
        location: Some(format!("W{number}").into()),
        unit: None,
        quantity: None,
        requested_date: None,
    };
    for item in (0..locations).map(item) {
        let key = AvailabilityKey::new(&scope, item.clone());
        let value = Availability {
            sku: item.sku,
            location: item.location,
            available: Decimal::TEN,
            unit: Unit::one(),
            unlimited: false,
            schedule: vec![],
            lead_time_days: None,
            as_of: None,
            ext: Extensions::new(),
        };
        let lifetime = Lifetime { fresh: Duration::from_secs(60), stale: Duration::ZERO };
        memory.remember(&key, Arc::new(Entry::new(Ok(value), Timestamp::UNIX_EPOCH, None, lifetime)));
    }
    memory
}

fn found(locations: usize, location: Option<&str>) -> (usize, bool) {
    let filter = CacheFilter { store: None, location: location.map(Into::into), account: None };
    let policy = |_: Subject<'_>, _| PolicyReport { rule: None, beaten_rules: vec![], reads: vec![] };
    let (reports, more) = entries(&memory(locations), &"A".into(), &filter, Timestamp::UNIX_EPOCH, |_| false, policy);
    (reports.len(), more)
}

#[test]
fn a_hundred_entries_are_shown_and_that_there_are_more() {
    assert_eq!(found(MAX_ENTRIES, None), (MAX_ENTRIES, false));
    assert_eq!(found(MAX_ENTRIES + 1, None), (MAX_ENTRIES, true));
    assert_eq!(found(MAX_ENTRIES + 1, Some("W7")), (1, false), "the search was narrowed");
}
