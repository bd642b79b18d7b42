//! Generations that follow each other in a slot: trial, promotion, back-out, rollback, refusal.

use handmade::{DONE, component_with};

use super::super::slot::GenerationState::{Canary, Draining, Live, Previous};
use super::super::slot::{GenerationState, SwapResult};
use super::*;
use crate::adapter::SwapError;

/// The operation that the generations differ in.
pub(super) const READ: &str = "availability.check";
const ANY: Meant = Meant { generation: None, digest: None };
const LOOP: &str = "(loop $again (br $again)) unreachable";

/// A good generation is live; others are written over its file.
pub(super) struct Swaps {
    bench: Bench,
    pub(super) adapters: Adapters,
}

impl Swaps {
    pub(super) async fn start() -> Self {
        Self::start_before(OK).await
    }

    /// Before a back end that gives this answer.
    pub(super) async fn start_before(answer: Answer) -> Self {
        let bench = Bench::new(answer).await;
        let folder = bench.folder.path().to_owned();
        std::fs::write(folder.join("hostile.wasm"), component_with(&[(READ, DONE)])).unwrap();
        let configs = BTreeMap::from([(name(), Self::configured(&bench, 0))]);
        let adapters = Adapters::load(
            &configs,
            &folder,
            &folder.join("cache"),
            &RuntimeConfig::default(),
            &Clock::system(),
            Handle::current(),
        )
        .await
        .unwrap();
        Self { bench, adapters }
    }

    fn configured(bench: &Bench, share_percent: u8) -> AdapterConfig {
        let mut config = bench.config();
        config.limits.cpu_ms = 20;
        config.canary.share_percent = share_percent;
        config
    }

    fn config(&self, share_percent: u8) -> AdapterConfig {
        Self::configured(&self.bench, share_percent)
    }

    pub(super) fn write(&self, file: &[u8]) {
        std::fs::write(self.bench.folder.path().join("hostile.wasm"), file).unwrap();
    }

    pub(super) async fn load(&self, share_percent: u8) -> Result<GenerationState, SwapError> {
        let turn = self.adapters.turn_to_load().await;
        Ok(turn.prepare(&name(), &self.config(share_percent)).await?.install())
    }

    pub(super) async fn load_with(&self, change: impl FnOnce(&mut AdapterConfig)) {
        let mut config = self.config(0);
        change(&mut config);
        let turn = self.adapters.turn_to_load().await;
        turn.prepare(&name(), &config).await.unwrap().install();
    }

    pub(super) fn live(&self) -> Arc<Adapter> {
        self.adapters.get(&name()).unwrap()
    }

    pub(super) fn states(&self) -> Vec<(u64, GenerationState)> {
        let report = self.adapters.report(&name()).unwrap();
        report.generations.iter().map(|report| (report.generation, report.state)).collect()
    }

    fn last(&self) -> SwapResult {
        self.adapters.report(&name()).unwrap().last_swap.unwrap().result
    }

    async fn read(&self) -> Result<(), Failure> {
        self.adapters.reader(&name()).unwrap().call(&context(), &check_availability(), |reply| reply).await.0.map(drop)
    }

    pub(super) async fn until(&self, result: SwapResult) {
        let reads = async {
            while self.last() != result {
                self.read().await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reads).await.unwrap();
    }
}

pub(super) fn name() -> AdapterName {
    AdapterName::new("hostile")
}

#[tokio::test]
async fn t12_who_holds_a_generation_finishes_on_it_and_then_it_is_gone() {
    let swaps = Swaps::start().await;
    let held = swaps.live();
    assert_eq!(swaps.load(0).await.unwrap(), Live);
    assert_eq!(swaps.states(), [(2, Live), (1, Previous)]);
    swaps.load(0).await.unwrap();
    assert_eq!(swaps.states(), [(3, Live), (2, Previous), (1, Draining)]);
    held.call(&context(), &check_availability()).await.unwrap();
    drop(held);
    assert_eq!(swaps.states(), [(3, Live), (2, Previous)]);
}

#[tokio::test]
async fn a_breaker_that_a_person_holds_stays_held_over_swaps_and_rollbacks() {
    let swaps = Swaps::start().await;
    let hold = |setting| swaps.live().breakers().hold(Side::Write, setting, Hand { actor: "anna".into(), reason: "test".into() });
    hold(BreakerSetting::Open);
    swaps.load(0).await.unwrap();
    assert!(swaps.live().generation() == 2 && swaps.live().turns_away(Side::Write));
    hold(BreakerSetting::Auto);
    swaps.adapters.roll_back(&name(), &ANY, "a test").unwrap();
    assert!(swaps.live().generation() == 1 && !swaps.live().turns_away(Side::Write));
}

#[tokio::test]
async fn a_good_version_serves_a_share_of_the_reads_and_is_then_promoted() {
    let swaps = Swaps::start().await;
    assert_eq!(swaps.load(50).await.unwrap(), Canary);
    assert_eq!(swaps.states(), [(2, Canary), (1, Live)]);
    assert_eq!(swaps.live().generation(), 1, "a transfer is never on trial");
    swaps.until(SwapResult::Promoted).await;
    assert_eq!(swaps.states(), [(2, Live), (1, Previous)]);
}

#[tokio::test]
async fn a_version_that_traps_on_trial_is_backed_out_and_no_read_fails() {
    let swaps = Swaps::start().await;
    swaps.write(&component_with(&[(READ, LOOP)]));
    assert_eq!(swaps.load(50).await.unwrap(), Canary);
    let said = swaps.adapters.slots[&name()].newest().standing.clone();
    assert!(said.is_good());
    // Fails when a read does.
    swaps.until(SwapResult::BackedOut).await;
    assert_eq!(swaps.states(), [(1, Live)]);
    assert!(!said.is_good() && swaps.live().standing.is_good(), "what it said is forgotten");
}

#[tokio::test]
async fn a_share_of_the_reads_is_spread_evenly() {
    let swaps = Swaps::start().await;
    swaps.load(10).await.unwrap();
    let generations: Vec<_> = (0..200).map(|_| swaps.adapters.reader(&name()).unwrap().adapter().generation()).collect();
    let on_trial = |reads: &[u64]| reads.iter().filter(|generation| **generation == 2).count();
    assert!((18..=22).contains(&on_trial(&generations)), "{generations:?}");
    assert!(generations.chunks(40).all(|reads| (2..=6).contains(&on_trial(reads))), "{generations:?}");
}

#[tokio::test]
async fn going_back_ends_a_trial_or_makes_the_previous_version_live() {
    let swaps = Swaps::start().await;
    assert!(matches!(swaps.adapters.roll_back(&name(), &ANY, "test"), Err(SwapError::NoPrevious { live: 1, .. })));
    assert!(matches!(swaps.adapters.promote(&name(), &ANY, "test"), Err(SwapError::NoTrial(_))));
    swaps.load(10).await.unwrap();
    assert_eq!(swaps.adapters.roll_back(&name(), &ANY, "test").unwrap(), SwapResult::Withdrawn);
    assert_eq!(swaps.states(), [(1, Live)]);
    swaps.load(10).await.unwrap();
    swaps.adapters.promote(&name(), &ANY, "test").unwrap();
    assert_eq!(swaps.states(), [(3, Live), (1, Previous)]);
    assert_eq!(swaps.adapters.roll_back(&name(), &ANY, "test").unwrap(), SwapResult::RolledBack);
    assert_eq!(swaps.states(), [(1, Live)]);
    let refusal = swaps.adapters.roll_back(&name(), &ANY, "test").unwrap_err().to_string();
    assert!(refusal.contains("no version before its generation 1, which is live"), "{refusal}");
    assert_eq!(swaps.states(), [(1, Live)], "a newer one never comes back that way");
}

#[tokio::test]
async fn a_decision_on_another_generation_than_stands_there_by_now_is_refused() {
    let swaps = Swaps::start().await;
    let meant = |generation| Meant { generation: Some(generation), digest: None };
    swaps.load(10).await.unwrap();
    swaps.load(10).await.unwrap();
    let refusal = swaps.adapters.promote(&name(), &meant(2), "test").unwrap_err().to_string();
    assert!(refusal.contains("generation 3 (digest ") && refusal.contains("not what you mean (generation 2)"), "{refusal}");
    for generation in [1, 2] {
        let refusal = swaps.adapters.roll_back(&name(), &meant(generation), "test").unwrap_err();
        assert!(matches!(refusal, SwapError::Another { generation: 3, stands: "on trial", .. }), "{refusal}");
    }
    assert_eq!(swaps.states(), [(3, Canary), (1, Live)], "nothing was changed");
    let other = Meant { digest: Some("0".repeat(64)), ..meant(3) };
    assert!(matches!(swaps.adapters.promote(&name(), &other, "test"), Err(SwapError::Another { .. })));
    let seen = Meant { digest: Some(swaps.live().digest()[..12].to_owned()), ..meant(3) };
    swaps.adapters.promote(&name(), &seen, "test").unwrap();
    let refusal = swaps.adapters.roll_back(&name(), &meant(1), "test").unwrap_err();
    assert!(matches!(refusal, SwapError::Another { generation: 3, stands: "live", .. }), "{refusal}");
    assert_eq!(swaps.adapters.roll_back(&name(), &meant(3), "test").unwrap(), SwapResult::RolledBack);
}

#[tokio::test]
async fn what_is_loaded_while_another_is_prepared_comes_after_it() {
    let swaps = Swaps::start().await;
    let turn = swaps.adapters.turn_to_load().await;
    let first = async {
        let prepared = turn.prepare(&name(), &swaps.config(0)).await.unwrap();
        // As long as a reload takes for its other adapters.
        tokio::task::yield_now().await;
        turn.prepare(&name(), &swaps.config(0)).await.unwrap();
        prepared.install();
        assert_eq!(swaps.states(), [(2, Live), (1, Previous)]);
        drop(turn);
    };
    let (second, ()) = tokio::join!(swaps.load(0), first);
    assert_eq!((second.unwrap(), swaps.states()), (Live, vec![(4, Live), (2, Previous)]));
}

#[tokio::test]
async fn a_refused_version_leaves_the_old_one_serving_and_says_why() {
    let swaps = Swaps::start().await;
    let trapping_probe = component_with(&[(READ, DONE), ("health.probe", "unreachable")]);
    let trapping_description = component_with(&[("descriptor.describe", "unreachable")]);
    for (file, reason) in [
        (&b"no component"[..], "adapters.hostile.component: "),
        (&trapping_probe, "the back end does not answer the new version (reading): unavailable: the adapter broke down"),
        (&trapping_description, "the adapter cannot describe itself"),
    ] {
        swaps.write(file);
        let refusal = swaps.load(0).await.unwrap_err().to_string();
        assert!(refusal.contains(reason), "{refusal}");
        assert_eq!((swaps.states(), swaps.last()), (vec![(1, Live)], SwapResult::Refused));
        swaps.read().await.unwrap();
    }
}

#[tokio::test]
async fn only_what_changed_differs() {
    let swaps = Swaps::start().await;
    assert!(!swaps.adapters.differs(&name(), &swaps.config(0)).await);
    assert!(swaps.adapters.differs(&name(), &swaps.config(1)).await);
    let mut rotated = swaps.config(0);
    rotated.endpoints.get_mut("api").unwrap().credential =
        Some(crate::config::CredentialConfig::Bearer { token: crate::config::Secret::new("new") });
    assert!(swaps.adapters.differs(&name(), &rotated).await);
    swaps.write(&component_with(&[(READ, LOOP)]));
    assert!(swaps.adapters.differs(&name(), &swaps.config(0)).await);
}
