//! What one instance may hold: memory and tables. Notes a refusal, so that the trap that follows can be told from others.

use wasmtime::ResourceLimiter;

/// Elements of one table, the same number as in the engine's pool.
const MAX_TABLE_ELEMENTS: usize = 100_000;

/// Bytes of the host for one element of a table.
const TABLE_ELEMENT_BYTES: usize = 8;

/// Most core instances, tables and memories of one component: the same numbers as in the engine's pool.
const MAX_INSTANCES: usize = 200;
const MAX_TABLES: usize = 64;
const MAX_MEMORIES: usize = 32;

/// Counts all memories and tables of an instance together.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_limit: usize,
    memory_bytes: usize,
    refused: bool,
}

impl Limiter {
    pub(super) fn new(memory_limit: usize) -> Self {
        Self { memory_limit, memory_bytes: 0, refused: false }
    }

    /// Whether the guest asked for more than it may have.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    fn take(&mut self, bytes: usize) -> bool {
        match self.memory_bytes.checked_add(bytes).filter(|wanted| *wanted <= self.memory_limit) {
            Some(wanted) => {
                self.memory_bytes = wanted;
                true
            }
            None => self.refuse(),
        }
    }

    fn refuse(&mut self) -> bool {
        self.refused = true;
        false
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.take(desired.saturating_sub(current)))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let grown = desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(if desired > MAX_TABLE_ELEMENTS { self.refuse() } else { self.take(grown) })
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_of_an_instance_share_one_limit() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(60, 70, None).unwrap());
        assert!(!limiter.refused());
        assert!(!limiter.memory_growing(0, 31, None).unwrap());
        assert!(limiter.refused());
        assert_eq!(limiter.memory_bytes(), 70);
    }

    #[test]
    fn tables_count_as_memory() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.table_growing(0, 5, None).unwrap());
        assert!(!limiter.table_growing(0, 1, None).unwrap());
        assert!(limiter.refused());
        assert_eq!(limiter.memory_bytes(), 100);
    }

    #[test]
    fn a_table_is_never_larger_than_the_pools() {
        let mut limiter = Limiter::new(usize::MAX);
        assert!(!limiter.table_growing(0, MAX_TABLE_ELEMENTS + 1, None).unwrap());
    }
}
