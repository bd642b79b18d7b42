//! What one instance may hold: memory and tables. Notes a refusal, so that the trap that follows can be told from others.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use super::engine::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES};
use crate::egress::Held;

/// Bytes of the host for one element of a table.
const TABLE_ELEMENT_BYTES: usize = 8;

/// Counts all memories and tables of an instance together.
#[derive(Debug)]
pub(super) struct Limiter {
    held: Arc<Held>,
    memory_limit: usize,
    table_elements: usize,
    memory_bytes: usize,
    refused: Option<Refusal>,
}

/// What an instance was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Memory,
    /// A table of more elements.
    Table,
    /// What all calls of the adapter hold together.
    Together,
}

impl Limiter {
    /// `held`: what the call holds of the memory of all calls of its adapter.
    pub(super) fn new(memory_limit: usize, table_elements: usize, held: Arc<Held>) -> Self {
        Self { held, memory_limit, table_elements, memory_bytes: 0, refused: None }
    }

    /// What the guest asked for last and may not have.
    pub(super) fn refused(&self) -> Option<Refusal> {
        self.refused
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    fn take(&mut self, bytes: usize) -> bool {
        match self.memory_bytes.checked_add(bytes).filter(|wanted| *wanted <= self.memory_limit) {
            None => self.refuse(Refusal::Memory),
            Some(_) if !self.held.take(bytes) => self.refuse(Refusal::Together),
            Some(wanted) => {
                self.memory_bytes = wanted;
                true
            }
        }
    }

    fn refuse(&mut self, what: Refusal) -> bool {
        self.refused = Some(what);
        false
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(is_within(desired, maximum) && self.take(desired.saturating_sub(current)))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let grown = desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT_BYTES);
        if desired > self.table_elements {
            return Ok(self.refuse(Refusal::Table));
        }
        Ok(is_within(desired, maximum) && self.take(grown))
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}

/// What the component's own declaration forbids never becomes memory: counting it would charge its adapter for nothing.
fn is_within(desired: usize, maximum: Option<usize>) -> bool {
    maximum.is_none_or(|maximum| desired <= maximum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::{Holdings, Traffic};

    fn limiter(memory_limit: usize) -> Limiter {
        Limiter::new(memory_limit, 50, Arc::new(Held::unbounded()))
    }

    #[test]
    fn all_instances_of_an_adapter_share_what_it_may_hold() {
        let holdings = Arc::new(Holdings::new(150));
        let instance = || Limiter::new(100, 50, Arc::new(holdings.share(Traffic::Transfer)));
        let (mut one, mut other) = (instance(), instance());
        assert!(one.memory_growing(0, 100, None).unwrap() && !other.memory_growing(0, 60, None).unwrap());
        assert_eq!((one.refused(), other.refused()), (None, Some(Refusal::Together)));
        drop(one);
        assert!(other.memory_growing(0, 100, None).unwrap());
    }

    #[test]
    fn all_memories_of_an_instance_share_one_limit() {
        let mut limiter = limiter(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(60, 70, None).unwrap());
        assert_eq!(limiter.refused(), None);
        assert!(!limiter.memory_growing(0, 31, None).unwrap());
        assert_eq!(limiter.refused(), Some(Refusal::Memory));
        assert_eq!(limiter.memory_bytes(), 70);
    }

    #[test]
    fn growth_beyond_what_the_component_declares_is_no_memory() {
        let mut limiter = limiter(100);
        assert!(limiter.memory_growing(0, 10, Some(20)).unwrap() && !limiter.memory_growing(10, 30, Some(20)).unwrap());
        assert!(!limiter.table_growing(0, 2, Some(1)).unwrap());
        assert_eq!((limiter.memory_bytes(), limiter.refused()), (10, None));
    }

    #[test]
    fn tables_count_as_memory() {
        let mut limiter = limiter(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.table_growing(0, 5, None).unwrap());
        assert!(!limiter.table_growing(0, 1, None).unwrap());
        assert_eq!(limiter.refused(), Some(Refusal::Memory));
        assert_eq!(limiter.memory_bytes(), 100);
    }

    #[test]
    fn a_table_has_a_limit_of_its_own() {
        let mut limiter = limiter(usize::MAX);
        assert!(limiter.table_growing(0, 50, None).unwrap());
        assert!(!limiter.table_growing(50, 51, None).unwrap());
        assert_eq!(limiter.refused(), Some(Refusal::Table));
    }
}
