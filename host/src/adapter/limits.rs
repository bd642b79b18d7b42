//! What one instance may hold: memory and tables. Notes a refusal, so that the trap that follows can be told from others.

use wasmtime::ResourceLimiter;

/// Elements of one table, the same number as in the engine's pool.
const MAX_TABLE_ELEMENTS: usize = 100_000;

/// Counts the linear memory of all memories of an instance together.
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
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_limit {
            self.refused = true;
            return Ok(false);
        }
        self.memory_bytes = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let fits = desired <= MAX_TABLE_ELEMENTS;
        self.refused |= !fits;
        Ok(fits)
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
}
