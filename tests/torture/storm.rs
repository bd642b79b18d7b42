//! The storm itself, the calm after it, and what is then seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use ordergate_tests::{Client, Host, items, text, within};
use serde_json::Value;
use tokio::sync::RwLock;
use tokio::time::{sleep, timeout};

use crate::crasher::crash;
use crate::customers::Crowd;
use crate::desk;
use crate::dice::Dice;
use crate::facts::{Facts, Reserved, Story, Taken};
use crate::killer::Killer;
use crate::plan::Plan;
use crate::stored::Stored;
use crate::verdict::nothing_is_held_in_vain;
use crate::world::{ACCOUNT_SAMPLE, BLOCKED, World, accounts};

/// Longest time until everything is settled once nothing fails any more.
const DRAIN: Duration = Duration::from_secs(240);

/// Longest until stock is given back that no store has noted.
const GIVEN_BACK: Duration = Duration::from_secs(45);

/// Carries a storm out and tells what was seen.
pub(crate) async fn run(plan: &Plan) -> Facts {
    let began = Instant::now();
    let mut world = World::start(plan, began).await;
    let storefronts = world.hosts.iter().map(|host| host.caller("shop")).collect();
    let crowd = Crowd::new(storefronts, plan.size.seed, plan.size.orders, began, world.network.taken());
    world.network.turn_bad();
    // No host is started while its database is down: that is an operator's business.
    let starts = Arc::new(RwLock::new(()));
    let server = world.server.as_ref().map(|(server, _)| Arc::clone(server));
    let orders = crowd.done.subscribe();
    let crashes = async {
        let Some(server) = server else { return 0 };
        let dice = Dice::seeded(plan.size.seed, "crasher");
        crash(&server, plan, dice, orders, &starts).await
    };
    let killers = world.hosts.iter_mut().enumerate();
    let killers: Vec<_> = killers
        .map(|(index, host)| {
            let dice = Dice::seeded(plan.size.seed, &format!("killer {index}"));
            Killer::new(host, index, dice, began, Arc::clone(&starts)).disturb(plan, crowd.done.subscribe())
        })
        .collect();
    let (stories, disturbed, crashes) = tokio::join!(crowd.shop(), join_all(killers), crashes);
    world.network.calm_down();
    let storm_ms = began.elapsed().as_millis() as u64;
    let (mut kills, mut pauses, mut logs) = (Vec::new(), Vec::new(), Vec::new());
    for of_host in disturbed {
        kills.extend(of_host.kills);
        pauses.extend(of_host.pauses);
        logs.extend(of_host.logs);
    }
    let stored = Stored::of(&world).await;
    until_settled(&stored).await;
    let parked = desk::parked(&world).await;
    desk::decide_all(&world, &parked, &mut Dice::seeded(plan.size.seed, "desk")).await;
    until_settled(&stored).await;
    let drain_ms = began.elapsed().as_millis() as u64 - storm_ms;
    logs.extend(world.hosts.iter().map(Host::log));
    let (listed, strangers) = readable(&world, &stories).await;
    let mut facts = Facts {
        kills,
        pauses,
        crashes,
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
    };
    // What hosts could not note while their database was away they give back on their own, with pauses.
    let given_back = async {
        while !nothing_is_held_in_vain(&facts).is_empty() {
            sleep(Duration::from_secs(1)).await;
            facts.reserved = reserved(&world).await;
            facts.transfers = stored.transfers().await;
        }
    };
    let _ = timeout(GIVEN_BACK, given_back).await;
    facts
}

async fn until_settled(stored: &Stored) {
    within(DRAIN, "everything is settled", async || (stored.unsettled().await == 0).then_some(())).await;
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
