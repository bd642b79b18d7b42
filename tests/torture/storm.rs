//! The storm itself, the calm after it, and what is then seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::future::join_all;
use ordergate_tests::{Client, Host, items, text, within};
use serde_json::Value;
use tokio::sync::watch;

use crate::customers::Crowd;
use crate::desk;
use crate::dice::Dice;
use crate::facts::{Facts, Kill, Reserved, Story, Taken};
use crate::plan::Plan;
use crate::stored::Stored;
use crate::world::{ACCOUNT_SAMPLE, BLOCKED, World, accounts};

/// Longest time until everything is settled once nothing fails any more.
const DRAIN: Duration = Duration::from_secs(240);

/// In so many of a hundred cases a host is killed again before it is ready.
const KILLED_AT_START: u64 = 15;

/// Carries a storm out and tells what was seen.
pub(crate) async fn run(plan: &Plan) -> Facts {
    let began = Instant::now();
    let mut world = World::start(plan, began).await;
    let storefronts = world.hosts.iter().map(|host| host.caller("shop")).collect();
    let crowd = Crowd::new(storefronts, plan.size.seed, plan.size.orders, began, world.network.taken());
    world.network.turn_bad();
    let killers = world.hosts.iter_mut().enumerate();
    let killers: Vec<_> = killers
        .map(|(index, host)| {
            let dice = Dice::seeded(plan.size.seed, &format!("killer {index}"));
            let kills = plan.size.kills / plan.hosts + usize::from(index < plan.size.kills % plan.hosts);
            Killer { host, index, dice, began, kills: Vec::new(), logs: Vec::new() }.kill(
                kills,
                plan.size.orders,
                crowd.done.subscribe(),
            )
        })
        .collect();
    let (stories, killed) = tokio::join!(crowd.shop(), join_all(killers));
    world.network.calm_down();
    let storm_ms = began.elapsed().as_millis() as u64;
    let (mut kills, mut logs) = (Vec::new(), Vec::new());
    for (some_kills, some_logs) in killed {
        kills.extend(some_kills);
        logs.extend(some_logs);
    }
    let stored = Stored::of(&world).await;
    until_settled(&stored).await;
    let parked = desk::parked(&world).await;
    desk::decide_all(&world, &parked, &mut Dice::seeded(plan.size.seed, "desk")).await;
    until_settled(&stored).await;
    let drain_ms = began.elapsed().as_millis() as u64 - storm_ms;
    logs.extend(world.hosts.iter().map(Host::log));
    let (listed, strangers) = readable(&world, &stories).await;
    Facts {
        kills,
        passages: world.network.passages(),
        taken: taken(&world).await,
        reserved: reserved(&world).await,
        transfers: stored.transfers().await,
        sealed: stored.sealed().await,
        listed,
        strangers,
        parked,
        blocked: BTreeSet::from([BLOCKED.to_owned()]),
        logs,
        storm_ms,
        drain_ms,
        stories,
    }
}

async fn until_settled(stored: &Stored) {
    within(DRAIN, "everything is settled", async || (stored.unsettled().await == 0).then_some(())).await;
}

/// Ends one host again and again.
struct Killer<'a> {
    host: &'a mut Host,
    index: usize,
    dice: Dice,
    began: Instant,
    kills: Vec<Kill>,
    logs: Vec<String>,
}

impl Killer<'_> {
    /// So many kills, spread over what customers do.
    async fn kill(mut self, kills: usize, carts: usize, mut done: watch::Receiver<usize>) -> (Vec<Kill>, Vec<String>) {
        let mut moments: Vec<_> = (0..kills).map(|_| self.dice.below(carts as u64) as usize).collect();
        moments.sort_unstable();
        for moment in moments {
            let _ = done.wait_for(|done| *done >= moment).await;
            // In the middle of whatever comes next.
            tokio::time::sleep(Duration::from_millis(self.dice.below(500))).await;
            self.logs.push(self.host.log());
            self.host.kill_9();
            self.note();
            self.start_again().await;
        }
        (self.kills, self.logs)
    }

    /// What is given up while it starts is killed.
    async fn start_again(&mut self) {
        if self.dice.percent(KILLED_AT_START) {
            let soon = Duration::from_millis(self.dice.below(600));
            if tokio::time::timeout(soon, self.host.start_again()).await.is_ok() {
                return;
            }
            self.note();
        }
        self.host.start_again().await;
    }

    fn note(&mut self) {
        self.kills.push(Kill { host: self.index, at: self.began.elapsed().as_millis() as u64 });
    }
}

/// All orders that came through the network, as the back end has them.
async fn taken(world: &World) -> Vec<Taken> {
    let client = world.back_end.client();
    let mut all = Vec::new();
    for page in 1.. {
        let found = client.get(&format!("/control/orders?size=100&page={page}")).await.expect(200);
        all.extend(items(&found).iter().filter(|order| accounts().any(|account| order["customer"] == account)).map(|order| {
            Taken {
                number: text(order, "/no").to_owned(),
                reference: order["your_ref"].as_str().map(str::to_owned),
                account: text(order, "/customer").to_owned(),
                cart: quantity(&order["positions"]),
            }
        }));
        if found["pages"] == page {
            break;
        }
    }
    all
}

async fn reserved(world: &World) -> Vec<Reserved> {
    let found = world.back_end.client().get("/control/reservations").await.expect(200);
    let of = |held: &Value| Reserved { id: text(held, "/id").to_owned(), cart: quantity(&held["allocations"]) };
    items(&found).iter().map(of).collect()
}

/// What is ordered or reserved in all, over several sites as well.
fn quantity(parts: &Value) -> usize {
    let one = |part: &Value| part["qty"].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    let all: rust_decimal::Decimal = parts.as_array().unwrap().iter().map(one).sum();
    all.normalize().to_string().parse().unwrap()
}

/// What each account is shown as its own, and what a sample of them could read of others.
async fn readable(world: &World, stories: &[Story]) -> (BTreeMap<String, BTreeSet<String>>, Vec<String>) {
    let as_account = |account: &str| world.hosts[0].caller("shop").with("x-account", account);
    let mut listed = BTreeMap::new();
    for account in accounts() {
        listed.insert(account.clone(), list(&as_account(&account)).await);
    }
    let mut strangers = Vec::new();
    for pair in stories.windows(2).step_by(stories.len() / ACCOUNT_SAMPLE + 1) {
        let (Some(reference), true) = (&pair[0].reference, pair[0].account != pair[1].account) else { continue };
        if as_account(&pair[1].account).get(&format!("/v1/orders/{reference}")).await.status != 404 {
            strangers.push(format!("{} can read {reference} of {}", pair[1].account, pair[0].account));
        }
    }
    (listed, strangers)
}

async fn list(customer: &Client) -> BTreeSet<String> {
    let (mut references, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = customer.get(&format!("/v1/orders?limit=100{cursor}")).await.expect(200);
        references.extend(items(&page).iter().filter_map(|order| order["reference"].as_str().map(str::to_owned)));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return references,
        }
    }
}
