//! Whether what one version of an adapter said is still believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Good until it is withdrawn, for everyone who holds a clone.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    withdrawn: Arc<AtomicBool>,
}

impl Standing {
    /// From now on nothing is believed that was said with it.
    pub fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Release);
    }

    pub fn is_good(&self) -> bool {
        !self.withdrawn.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_withdrawn_is_withdrawn_for_everyone_who_holds_it() {
        let (standing, other) = (Standing::default(), Standing::default());
        let held = standing.clone();
        assert!(held.is_good());
        standing.withdraw();
        assert!(!held.is_good() && other.is_good());
    }
}
