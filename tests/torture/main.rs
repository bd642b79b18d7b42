//! Torture: hosts are killed without warning or stand still, and their database crashes, while customers order and the network before the back
//! end drops, delays, doubles and resets.
//! Afterwards everything that was told to a customer must be true (rules T, A2, C4, H3), whatever the host, the back end and the network did
//! to each other. `cargo xtask torture` runs it for long, `cargo xtask test` for a short while.
//!
//! Customers, faults and kills are drawn from a seed; when each of them happens is up to the operating system, so the same seed makes a
//! similar storm and not the same one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod crasher;
mod customers;
mod desk;
mod dice;
mod evidence;
mod facts;
mod killer;
mod network;
mod plan;
mod stored;
mod storm;
mod verdict;
mod world;

use plan::{Class, Database, Plan, Size};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_with_one_host() {
    for class in Size::asked().classes(Class::Queryable) {
        torture(Plan { class, ..Plan::new(Database::Sqlite, 1) }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_with_one_host() {
    for class in Size::asked().classes(Class::UniqueReference) {
        torture(Plan { class, ..Plan::new(Database::Postgres, 1) }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_with_two_hosts() {
    for class in Size::asked().classes(Class::Queryable) {
        torture(Plan { class, ..Plan::new(Database::Postgres, 2) }).await;
    }
}

/// The network takes each order to the back end twice, which no host can prevent there: the verdict must see it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_really_doubled_is_found() {
    let size = Size { orders: 6, kills: 0, ..Size::asked() };
    let plan = Plan { size, doubles_orders: true, ..Plan::new(Database::Sqlite, 1) };
    let facts = storm::run(&plan).await;
    let doubled = verdict::verdict(&facts).into_iter().filter(|finding| finding.rule == "t4_twice").count();
    assert!(doubled > 0, "nothing was found:\n{}", facts.summary());
}

async fn torture(plan: Plan) {
    eprintln!("torture: {plan}");
    let facts = storm::run(&plan).await;
    eprintln!("{}", facts.summary());
    let findings = verdict::verdict(&facts);
    assert!(findings.is_empty(), "{plan}\n{}", evidence::report(&findings, &facts));
}
