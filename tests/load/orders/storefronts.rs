//! Storefronts that place orders as fast as they are accepted.

use std::time::Instant;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use ordergate_tests::{Client, Host, seal, text};
use serde_json::json;

pub(super) const CLIENTS: usize = 64;
/// Of one client in one phase.
pub(super) const ORDERS: usize = 20;
/// Clients that check out at the same time; more than a host takes at once would be told to come again.
const SEALING: usize = 8;
const ACCOUNTS: [&str; 3] = ["C-1001", "C-1002", "C-1003"];

/// Has every client place its orders, one after another, at one of the hosts; gives the orders per second. Carts are sealed before.
pub(super) async fn accept(hosts: &[&Host], phase: &str) -> f64 {
    let clients = (0..CLIENTS).map(|client| {
        let host = hosts[client % hosts.len()];
        host.caller("shop").with("x-account", ACCOUNTS[client % ACCOUNTS.len()])
    });
    let sealed: Vec<_> = stream::iter(clients.map(fill_carts)).buffered(SEALING).collect().await;
    let began = Instant::now();
    join_all(sealed.into_iter().enumerate().map(|(client, (storefront, checkouts))| {
        let name = format!("{phase}-{client}");
        place(storefront, name, checkouts)
    }))
    .await;
    (CLIENTS * ORDERS) as f64 / began.elapsed().as_secs_f64()
}

async fn fill_carts(client: Client) -> (Client, Vec<String>) {
    let mut checkouts = Vec::with_capacity(ORDERS);
    for _ in 0..ORDERS {
        checkouts.push(text(&seal(&client, "NW-1017", "1").await, "/id").to_owned());
    }
    (client, checkouts)
}

async fn place(storefront: Client, name: String, checkouts: Vec<String>) {
    for (number, checkout) in checkouts.iter().enumerate() {
        let body = json!({"checkout": checkout, "purchase_order": "PO-4711"});
        storefront.capture("/v1/orders", &format!("{name}-{number}"), &body).await.expect(202);
    }
}

/// The median of pairs: one side, the other, and their ratios pair by pair, as cells of a table.
pub(super) fn cells(pairs: &[(f64, f64)]) -> String {
    let ratios: Vec<_> = pairs.iter().map(|(one, other)| one / other).collect();
    let all = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
    let (ours, others): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    format!("{:.0} | {:.0} | **{:.2}** ({all})", median(&ours), median(&others), median(&ratios))
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
