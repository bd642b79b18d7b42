//! Storefronts that place orders as fast as they are accepted.

use std::net::SocketAddr;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use ordergate_tests::{Client, Host, key_of, seal, text};

use super::wire::Connection;

pub(super) const CLIENTS: usize = 64;
/// Of one client in one phase.
pub(super) const ORDERS: usize = 40;
/// Clients that check out at the same time; more than a host takes at once would be told to come again.
const SEALING: usize = 8;
const ACCOUNTS: [&str; 3] = ["C-1001", "C-1002", "C-1003"];

/// Has every client place its orders, one after another, at one of the hosts; gives the orders per second. Carts are sealed before.
pub(super) async fn accept(hosts: &[&Host], phase: &str) -> f64 {
    let clients = (0..CLIENTS).map(|client| fill_carts(customer(hosts, client)));
    let sealed: Vec<_> = stream::iter(clients).buffered(SEALING).collect().await;
    let requests = sealed.into_iter().enumerate().map(|(client, checkouts)| {
        let orders = checkouts.iter().enumerate().map(|(number, checkout)| {
            let key = format!("{phase}-{client}-{number}");
            order(address(hosts, client), client, &key, checkout)
        });
        (client, orders.collect::<Vec<_>>())
    });
    let requests: Vec<_> = requests.collect();
    let began = Instant::now();
    let placing: Vec<_> =
        requests.into_iter().map(|(client, orders)| tokio::spawn(place(address(hosts, client), orders))).collect();
    for client in placing {
        client.await.unwrap();
    }
    (CLIENTS * ORDERS) as f64 / began.elapsed().as_secs_f64()
}

fn customer(hosts: &[&Host], client: usize) -> Client {
    hosts[client % hosts.len()].caller("shop").with("x-account", ACCOUNTS[client % ACCOUNTS.len()])
}

fn address(hosts: &[&Host], client: usize) -> SocketAddr {
    hosts[client % hosts.len()].api().trim_start_matches("http://").parse().unwrap()
}

/// As it goes over the wire.
fn order(address: SocketAddr, client: usize, key: &str, checkout: &str) -> String {
    let body = format!("{{\"checkout\":\"{checkout}\",\"purchase_order\":\"PO-4711\"}}");
    format!(
        "POST /v1/orders HTTP/1.1\r\nhost: {address}\r\nx-api-key: {}\r\nx-account: {}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        key_of("shop"),
        ACCOUNTS[client % ACCOUNTS.len()],
        body.len()
    )
}

async fn place(address: SocketAddr, orders: Vec<String>) {
    let mut connection = Connection::open(address).await;
    for order in orders {
        connection.ask(order.as_bytes(), 202).await;
    }
}

async fn fill_carts(customer: Client) -> Vec<String> {
    let mut checkouts = Vec::with_capacity(ORDERS);
    for _ in 0..ORDERS {
        checkouts.push(text(&seal(&customer, "NW-1017", "1").await, "/id").to_owned());
    }
    checkouts
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
