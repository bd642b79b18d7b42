//! What happens to a host: it is killed without warning, again while it starts, and it stands still (`SIGSTOP`) for a moment or for longer than
//! its leases.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordergate_tests::Host;
use tokio::sync::{RwLock, watch};
use tokio::time::{sleep, timeout};

use crate::dice::Dice;
use crate::facts::{Kill, Pause};
use crate::plan::Plan;
use crate::world::LEASE;

/// In so many of a hundred cases a host is killed again before it is ready.
const KILLED_AT_START: u64 = 15;
/// Of a hundred pauses of a long storm, so many last longer than a lease.
const LONG_PAUSES: u64 = 40;
/// Longest of the others: longer than a transfer may take.
const SHORT_PAUSE_MS: u64 = 3_000;

/// Disturbs one host again and again.
pub(crate) struct Killer<'a> {
    host: &'a mut Host,
    index: usize,
    dice: Dice,
    began: Instant,
    starts: Arc<RwLock<()>>,
    done: Disturbed,
}

/// What was done to a host, and the logs of those that were killed.
#[derive(Default)]
pub(crate) struct Disturbed {
    pub(crate) kills: Vec<Kill>,
    pub(crate) pauses: Vec<Pause>,
    pub(crate) logs: Vec<String>,
}

impl<'a> Killer<'a> {
    /// Starts the host only while `starts` can be read.
    pub(crate) fn new(host: &'a mut Host, index: usize, dice: Dice, began: Instant, starts: Arc<RwLock<()>>) -> Self {
        Self { host, index, dice, began, starts, done: Disturbed::default() }
    }

    /// This host's share of the kills and pauses, spread over what customers do.
    pub(crate) async fn disturb(mut self, plan: &Plan, mut orders: watch::Receiver<usize>) -> Disturbed {
        let share = |all: usize| all / plan.hosts + usize::from(self.index < all % plan.hosts);
        let (kills, pauses) = (share(plan.size.kills), share(plan.size.pauses()));
        let mut moments: Vec<_> =
            (0..kills + pauses).map(|index| (self.dice.below(plan.size.orders as u64) as usize, index < kills)).collect();
        moments.sort_unstable();
        for (moment, is_kill) in moments {
            let _ = orders.wait_for(|done| *done >= moment).await;
            // In the middle of whatever comes next.
            sleep(Duration::from_millis(self.dice.below(500))).await;
            if is_kill { self.kill().await } else { self.pause(plan.size.is_long).await }
        }
        self.done
    }

    async fn kill(&mut self) {
        self.done.logs.push(self.host.log());
        self.host.kill_9();
        self.note();
        self.start_again().await;
    }

    /// What is given up while it starts is killed.
    async fn start_again(&mut self) {
        let starts = Arc::clone(&self.starts);
        let _starting = starts.read().await;
        if self.dice.percent(KILLED_AT_START) {
            let soon = Duration::from_millis(self.dice.below(600));
            if timeout(soon, self.host.start_again()).await.is_ok() {
                return;
            }
            self.note();
        }
        self.host.start_again().await;
    }

    async fn pause(&mut self, may_be_long: bool) {
        let is_long = may_be_long && self.dice.percent(LONG_PAUSES);
        let least = if is_long { LEASE } else { Duration::ZERO };
        let time = least + Duration::from_millis(self.dice.below(SHORT_PAUSE_MS));
        let from = self.now();
        self.host.pause();
        sleep(time).await;
        self.host.resume();
        self.done.pauses.push(Pause { host: self.index, from, until: self.now() });
    }

    fn note(&mut self) {
        self.done.kills.push(Kill { host: self.index, at: self.now() });
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}
