//! What back ends do not want to be cached (rule F12). The store has all of it; every host keeps a copy in memory, which reads go by, and looks now
//! and then whether another host has changed something.

use std::time::Duration;

use jiff::Timestamp;

use super::{Commerce, ServiceError};
use crate::cache::{Outdated, Reach, TooMany};
use crate::domain::Withheld;
use crate::store::StoreError;

/// How often a host looks.
const LOOK: Duration = Duration::from_secs(1);

impl Commerce {
    /// Learns what is in the store, unless that was learned already. What is new is asked again from now on.
    pub async fn learn_uncacheable(&self) -> Result<(), StoreError> {
        let (inner, mut learned) = (&self.inner, self.inner.learned.lock().await);
        let change = inner.store.withheld_changes().await?;
        if *learned == Some(change) {
            return Ok(());
        }
        let all = inner.store.withheld().await?;
        for reach in inner.uncacheable.replace(all, inner.clock.now()) {
            // What comes later is not kept.
            let outdated = Outdated::until(inner.clock.now());
            self.outdate_all(&reach, outdated);
        }
        *learned = Some(change);
        Ok(())
    }

    /// Learns what other hosts change, until it is dropped.
    pub async fn follow_uncacheable(self) {
        if !self.inner.store.is_shared() {
            return std::future::pending().await;
        }
        let mut is_behind = false;
        loop {
            self.inner.clock.sleep(LOOK).await;
            let learned = self.learn_uncacheable().await;
            if let Err(error) = &learned
                && !is_behind
            {
                tracing::warn!(%error, "what other hosts were told not to cache is not known until the store answers");
            }
            is_behind = learned.is_err();
        }
    }

    /// Has it asked each time, on every host; false: something newer is known. When it could not be stored, this host goes by it all the same.
    pub(super) async fn withhold(&self, withheld: Withheld) -> Result<Result<bool, TooMany>, StoreError> {
        let mut learned = self.inner.learned.lock().await;
        match self.inner.uncacheable.put(withheld.clone(), self.inner.clock.now()) {
            Ok(true) => {}
            other => return Ok(other),
        }
        self.store_withheld(&mut learned, vec![withheld]).await?;
        Ok(Ok(true))
    }

    /// What lies within the reach and was said before `as_of` may be cached again; without `as_of`, whenever it was said.
    pub(super) async fn lift(&self, reach: &Reach, as_of: Option<Timestamp>) -> Result<(), StoreError> {
        let ended = || self.inner.uncacheable.ended_by(reach, as_of, self.inner.clock.now());
        if ended().is_empty() {
            return Ok(());
        }
        let mut learned = self.inner.learned.lock().await;
        let ended = ended();
        // Stored first: what is stored and not lifted here is asked too often, and no more.
        self.store_withheld(&mut learned, ended.clone()).await?;
        let now = self.inner.clock.now();
        for ended in ended {
            // What has ended needs no place.
            let _ = self.inner.uncacheable.put(ended, now);
        }
        Ok(())
    }

    /// The same for a person, who may know of what this host has not learned yet.
    pub(super) async fn lift_by_hand(&self, reach: &Reach) -> Result<(), ServiceError> {
        self.learn_uncacheable().await?;
        Ok(self.lift(reach, None).await?)
    }

    /// Nothing within the reach is used that is outdated.
    pub(super) fn outdate_all(&self, reach: &Reach, outdated: Outdated) {
        self.inner.availability.memory().outdate(reach.clone(), outdated);
        self.inner.offer_prices.memory().outdate(reach.clone(), outdated);
    }

    async fn store_withheld(&self, learned: &mut Option<i64>, withheld: Vec<Withheld>) -> Result<(), StoreError> {
        let change = self.inner.store.withhold(withheld).await?;
        // Unless another host has changed something in between.
        if *learned == Some(change - 1) {
            *learned = Some(change);
        }
        Ok(())
    }
}
