//! What a machine does to a host: a disk that takes nothing more, a database that may only be read.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ordergate_tests::{Ended, HostConfig, PLIERS, World, eventually, items, order, run_host, seal, text, until_order};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

/// A host of which writing to a full disk makes an error, as it does everywhere; the limit on a file's size would end it otherwise.
fn that_outlives_a_full_disk(config: HostConfig) -> HostConfig {
    let config = config.set("transfer.deadline_ms", "2000").set("transfer.lease_secs", "12");
    config.launched_by(&["sh", "-c", r#"trap "" XFSZ; exec "$@""#, "sh"])
}

/// From now on no file of the host takes more than its first bytes; or, without a limit, whatever it writes.
fn limit_files(world: &World, bytes: Option<u64>) {
    let pid = Pid::from_raw(world.host.pid().try_into().unwrap()).unwrap();
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

async fn reservations(world: &World) -> usize {
    items(&world.backend.client().get("/control/reservations").await.expect(200)).len()
}

fn has_number(order: &Value) -> bool {
    order["number"].is_string()
}

#[tokio::test]
async fn t1_while_the_disk_is_full_nothing_is_acknowledged_and_nothing_gets_lost() {
    let world = World::with(that_outlives_a_full_disk).await;
    let (under_way, waiting) = (seal(&world.hansen(), PLIERS, "1").await, seal(&world.bauer(), PLIERS, "2").await);
    let late = json!({"method": "POST", "path_prefix": "/api/orders", "fault": "late-reply", "times": 1, "pause_ms": 1_000});
    world.backend.faults(&json!({"rules": [late]})).await;
    let captured = order(&world.hansen(), &under_way, "under-way").await.expect(202);
    eventually("it is sent", async || (world.backend.requests("POST /api/orders").await == 1).then_some(())).await;
    limit_files(&world, Some(4_096));
    let held = reservations(&world).await;
    for _ in 0..3 {
        let refused = order(&world.bauer(), &waiting, "waiting").await;
        assert_eq!(refused.expect_problem(503, "store_unavailable")["retryable"], true);
        assert!(refused.header("retry-after").is_some(), "{refused}");
    }
    let cart = json!({"lines": [{"id": "1", "sku": PLIERS, "quantity": {"value": "3"}}]});
    world.bauer().post("/v1/checkouts", &cart).await.expect_problem(503, "store_unavailable");
    assert_eq!(reservations(&world).await, held, "c4: what could not be sealed is given back");
    assert_eq!(world.host.ops().get("/readyz").await.status, 503);
    assert_eq!(world.host.ops().get("/livez").await.status, 200);
    limit_files(&world, None);
    eventually("it is ready again", async || (world.host.ops().get("/readyz").await.status == 200).then_some(())).await;
    let second = order(&world.bauer(), &waiting, "waiting").await.expect(202);
    for (customer, captured) in [(world.hansen(), captured), (world.bauer(), second)] {
        let reference = text(&captured, "/reference");
        until_order(&customer, reference, "confirmed", has_number).await;
        assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    }
    assert_eq!(world.backend.stats().await["orders_taken"], 2);
}

/// As a user whom permissions stop, whoever runs the tests.
fn held_to_permissions(config: HostConfig) -> HostConfig {
    match rustix::process::geteuid().is_root() {
        true => config.launched_by(&["setpriv", "--inh-caps=-all", "--bounding-set=-all"]),
        false => config,
    }
}

fn permit(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_database_that_may_only_be_read_is_refused_with_its_name_and_the_mend() {
    let mut world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    world.host.stop().await;
    let folder = world.host.folder().to_owned();
    let (config, database) = (folder.join("ordergate.toml"), folder.join("ordergate.db"));
    let serve = async || -> Ended {
        let start = HostConfig::for_backend(&world.backend.url(), world.backend.key());
        run_host(&held_to_permissions(start), &["serve", "--config", config.to_str().unwrap()]).await
    };
    permit(&database, 0o400);
    let file = serve().await;
    permit(&database, 0o600);
    permit(&folder, 0o500);
    let directory = serve().await;
    permit(&folder, 0o700);
    for (refused, mend) in [(file, "write access"), (directory, "can be written")] {
        assert_eq!(refused.code, Some(69), "{refused:?}");
        assert!(refused.stderr.contains("ordergate.db") && refused.stderr.contains(mend), "{refused:?}");
    }
    world.host.start_again().await;
    until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", has_number).await;
    world.backend.assert_nothing_doubled().await;
}
