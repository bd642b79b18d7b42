//! What happens to the PostgreSQL server: it ends as at a power failure while hosts write to it, and comes back with its data.

use std::sync::Arc;
use std::time::Duration;

use scratch_postgres::Server;
use tokio::sync::{RwLock, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::dice::Dice;
use crate::plan::Plan;

/// Longest that the server is away.
const AWAY_MS: u64 = 1_500;

/// Crashes the server as often as is planned, while no host starts; tells how often.
pub(crate) async fn crash(
    server: &Arc<Server>,
    plan: &Plan,
    mut dice: Dice,
    mut orders: watch::Receiver<usize>,
    starts: &RwLock<()>,
) -> usize {
    let mut moments: Vec<_> = (0..plan.size.crashes()).map(|_| dice.below(plan.size.orders as u64) as usize).collect();
    moments.sort_unstable();
    for moment in &moments {
        let _ = orders.wait_for(|done| *done >= *moment).await;
        let _no_start = starts.write().await;
        on(server, Server::crash).await;
        sleep(Duration::from_millis(dice.below(AWAY_MS))).await;
        on(server, Server::start_again).await;
    }
    moments.len()
}

async fn on(server: &Arc<Server>, act: fn(&Server)) {
    let server = Arc::clone(server);
    spawn_blocking(move || act(&server)).await.unwrap();
}
