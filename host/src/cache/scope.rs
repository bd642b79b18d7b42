//! What all keys of one request have in common: who is asked, for whom, under which declaration. Made once for a request, shared by its keys
//! and by those of all requests alike, and hashed once: a page of fifty items looks fifty keys up.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::ops::Deref;
use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::domain::{AdapterName, Buyer, StoreName};

/// Most scopes that are kept for sharing. One that was forgotten is made again; keys that hold it stay equal to the new one's.
const MAX_SHARED: usize = 10_000;

/// Who is asked, for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScopeParts<B> {
    pub adapter: AdapterName,
    pub store: StoreName,
    /// Reduced to what the adapter declared.
    pub buyer: B,
    /// The dimensions that the adapter declared, as bits.
    pub declared: u16,
}

/// A scope that many keys share.
#[derive(Clone, Debug)]
pub struct KeyScope<B>(Arc<Hashed<B>>);

#[derive(Debug)]
struct Hashed<B> {
    hash: u64,
    parts: ScopeParts<B>,
}

/// Of prices: a buyer always.
pub type PriceScope = KeyScope<Buyer>;
/// Of availability: a buyer where the adapter declared dimensions.
pub type AvailabilityScope = KeyScope<Option<Buyer>>;

impl<B> Deref for KeyScope<B> {
    type Target = ScopeParts<B>;

    fn deref(&self) -> &ScopeParts<B> {
        &self.0.parts
    }
}

impl<B: PartialEq> PartialEq for KeyScope<B> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.hash == other.0.hash && self.0.parts == other.0.parts)
    }
}

impl<B: Eq> Eq for KeyScope<B> {}

impl<B> Hash for KeyScope<B> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

/// Gives equal parts the same scope.
pub struct Scopes<B> {
    /// One seed for all hashes of the process's life: nobody outside can make keys that collide.
    seed: RandomState,
    shared: Cache<ScopeParts<B>, KeyScope<B>>,
}

impl<B: Clone + Eq + Hash> Default for Scopes<B> {
    fn default() -> Self {
        Self { seed: RandomState::new(), shared: Cache::new(MAX_SHARED) }
    }
}

impl<B: Clone + Eq + Hash> Scopes<B> {
    pub fn share(&self, parts: ScopeParts<B>) -> KeyScope<B> {
        if let Some(known) = self.shared.get(&parts) {
            return known;
        }
        let scope = KeyScope(Arc::new(Hashed { hash: self.seed.hash_one(&parts), parts: parts.clone() }));
        self.shared.insert(parts, scope.clone());
        scope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(store: &str) -> ScopeParts<Option<Buyer>> {
        ScopeParts { adapter: "erp".into(), store: store.into(), buyer: None, declared: 0 }
    }

    #[test]
    fn equal_parts_share_one_scope_and_others_do_not() {
        let scopes = Scopes::default();
        let first = scopes.share(parts("main"));
        assert!(Arc::ptr_eq(&first.0, &scopes.share(parts("main")).0));
        assert_ne!(first, scopes.share(parts("other")));
    }

    #[test]
    fn a_scope_that_was_forgotten_and_made_again_is_still_equal() {
        let scopes = Scopes::default();
        let first = scopes.share(parts("main"));
        scopes.shared.clear();
        let again = scopes.share(parts("main"));
        assert!(!Arc::ptr_eq(&first.0, &again.0));
        assert_eq!(first, again);
        assert_eq!(scopes.seed.hash_one(&first), scopes.seed.hash_one(&again));
    }
}
