//! The processes of a storm: back end, database, hosts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordergate_tests::{DemoBackend, Host, HostConfig, demo_profile, lasting_port};
use scratch_postgres::Server;
use tempfile::TempDir;

use crate::dice::Dice;
use crate::network::Network;
use crate::plan::{Class, Database, Plan};

/// For how long a host holds a transfer: longer than an attempt may take, with what recording it takes.
pub(crate) const LEASE: Duration = Duration::from_secs(12);

/// What everybody orders; there is enough of it.
pub(crate) const ARTICLE: &str = "NW-1017";

/// The back end shows it prices and takes no order of it.
pub(crate) const BLOCKED: &str = "C-1009";

/// Orders of one account go one after another: many accounts keep many orders on the way.
const ACCOUNTS: u64 = 120;

pub(crate) struct World {
    pub(crate) back_end: DemoBackend,
    pub(crate) network: Network,
    pub(crate) hosts: Vec<Host>,
    /// The server and the name of its database.
    pub(crate) server: Option<(Arc<Server>, String)>,
    _settings: TempDir,
}

impl World {
    pub(crate) async fn start(plan: &Plan, began: Instant) -> Self {
        let customers = ACCOUNTS.to_string();
        let mut arguments = vec!["--more-customers", customers.as_str()];
        if plan.class == Class::UniqueReference {
            arguments.push("--unique-references");
        }
        let back_end = DemoBackend::in_memory(&arguments).await;
        back_end.set_stock(ARTICLE, "BER", "10000000").await;
        let network = Network::start(back_end.client(), plan, began).await;
        let settings = tempfile::tempdir().unwrap();
        let mut config = config(plan, &network, &back_end, &settings);
        let mut server = None;
        if plan.database == Database::Postgres {
            let started = Arc::new(tokio::task::spawn_blocking(Server::start).await.unwrap());
            let database = started.create_database();
            config = config.unset("database.path").set("database.url", &format!("{:?}", started.url(&database)));
            server = Some((started, database));
        }
        let mut hosts = Vec::new();
        for _ in 0..plan.hosts {
            // Its address stays over a restart, as one behind a load balancer does.
            let listen = format!("\"127.0.0.1:{}\"", lasting_port());
            hosts.push(Host::start(config.clone().set("server.listen", &listen)).await);
        }
        Self { back_end, network, hosts, server, _settings: settings }
    }
}

/// One of the accounts that may order.
pub(crate) fn account(dice: &mut Dice) -> String {
    format!("C-{}", 2_001 + dice.below(ACCOUNTS))
}

/// Readers of others' orders that are tried out.
pub(crate) const ACCOUNT_SAMPLE: usize = 100;

/// All accounts that ordered anything may be of.
pub(crate) fn accounts() -> impl Iterator<Item = String> {
    (0..ACCOUNTS).map(|index| format!("C-{}", 2_001 + index)).chain([BLOCKED.to_owned()])
}

/// Short times, so that much happens; each longer than what it must outlast, on a machine that is busy.
fn config(plan: &Plan, network: &Network, back_end: &DemoBackend, settings: &TempDir) -> HostConfig {
    let config = HostConfig::for_backend(&network.url(), back_end.key())
        .set("transfer.deadline_ms", "2000")
        .set("transfer.lease_secs", &LEASE.as_secs().to_string())
        // Longer than the network may hold a request back.
        .set("transfer.settle_ms", "2500")
        .set("transfer.max_attempts", "5")
        .set("stores.main.checkout_deadline_ms", "3000")
        .set("stores.main.seal_secs", "6")
        .set("stores.main.release_after_secs", "2")
        .set("adapters.nordwind.breaker.open_max_ms", "2000")
        .set("adapters.nordwind.breaker.heartbeat_secs", "1");
    if plan.class == Class::Queryable {
        return config;
    }
    let profile = std::fs::read_to_string(demo_profile()).unwrap();
    let unique = profile.replace("deduplication = \"queryable\"", "deduplication = \"unique-reference\"");
    assert_ne!(profile, unique, "the profile names its class");
    let file = settings.path().join("profile.toml");
    std::fs::write(&file, unique).unwrap();
    config.set("adapters.nordwind.settings_file", &format!("{file:?}"))
}
