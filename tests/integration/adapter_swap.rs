//! A new version of an adapter while the host serves: nothing fails, nothing is doubled, and a bad version leaves the old one serving
//! (figure P10, rule T12).

mod meant;
mod trials;
mod watched;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ordergate_tests::{Client, PLIERS, World, adapter_file, demo_profile, eventually, order, seal, text, until_order, within};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A host whose adapter and settings files lie in a folder of the test's own.
struct Swaps {
    world: World,
    folder: TempDir,
}

impl Swaps {
    async fn start(canary: &str, watch: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(adapter_file(), component(folder.path())).unwrap();
        std::fs::copy(demo_profile(), settings(folder.path())).unwrap();
        let quoted = |path: PathBuf| format!("{:?}", path.to_str().unwrap());
        let world = World::with(|config| {
            let options = canary.split(", ").map(|option| option.split_once(" = ").unwrap());
            let config =
                options.fold(config, |config, (key, value)| config.set(&format!("adapters.nordwind.canary.{key}"), value));
            config
                .set("adapters.nordwind.component", &quoted(component(folder.path())))
                .set("adapters.nordwind.settings_file", &quoted(settings(folder.path())))
                .set("adapters.nordwind.watch", watch)
        })
        .await;
        Self { world, folder }
    }

    /// Puts another version in place, as a deployment would: written beside and renamed.
    fn put(&self, file: &[u8]) {
        let beside = self.folder.path().join("part");
        std::fs::write(&beside, file).unwrap();
        std::fs::rename(beside, component(self.folder.path())).unwrap();
    }

    /// A mapping error that no probe sees: stock without item numbers, so that no item seems to be known.
    fn break_the_mapping(&self) {
        let text = std::fs::read_to_string(demo_profile()).unwrap();
        let broken = text.replacen(
            "sku: .article,\n  location: .site,\n  available",
            "sku: .nonsense,\n  location: .site,\n  available",
            1,
        );
        assert_ne!(text, broken);
        std::fs::write(settings(self.folder.path()), broken).unwrap();
    }

    async fn act(&self, action: &str) -> ordergate_tests::Reply {
        let deed = json!({"actor": "anna", "reason": "a test"});
        self.world.host.operator().post(&format!("/ops/v1/adapters/nordwind/{action}"), &deed).await
    }

    async fn report(&self) -> Value {
        self.world.host.operator().get("/ops/v1/adapters/nordwind").await.expect(200)
    }

    async fn until_live(&self, generation: u64) -> Value {
        within(Duration::from_secs(120), &format!("generation {generation} is live"), async || {
            let report = self.report().await;
            (state(&report, generation) == Some("live")).then_some(report)
        })
        .await
    }

    async fn read(&self) -> Value {
        live_read(&self.world.hansen()).await.expect(200)
    }
}

fn component(folder: &Path) -> PathBuf {
    folder.join("adapter.wasm")
}

fn settings(folder: &Path) -> PathBuf {
    folder.join("demo.toml")
}

/// The same adapter with a custom section more, so that its digest is another one.
fn version(number: u8) -> Vec<u8> {
    let mut file = std::fs::read(adapter_file()).unwrap();
    let name = b"version";
    // Section 0 (custom), its size, and in it a name with its length and one byte.
    file.extend([0, u8::try_from(name.len()).unwrap() + 2, u8::try_from(name.len()).unwrap()]);
    file.extend(name);
    file.push(number);
    file
}

fn state(report: &Value, generation: u64) -> Option<&str> {
    report["generations"].as_array()?.iter().find(|one| one["generation"] == generation)?["state"].as_str()
}

/// How many components the host has loaded, and how much work its compiling processes have done.
async fn built(world: &World) -> (f64, f64) {
    let loaded = world.host.metric("ordergate_adapter_compiles_total", &[]).await;
    (loaded, world.host.metric("ordergate_adapter_compile_seconds_count", &[]).await)
}

/// Asked of the back end each time.
async fn live_read(customer: &Client) -> ordergate_tests::Reply {
    customer.post("/v1/availability:query", &json!({"purpose": "checkout", "items": [{"sku": PLIERS}]})).await
}

/// Whether a read was answered, and its item too.
async fn is_answered(customer: &Client) -> bool {
    let reply = live_read(customer).await;
    reply.status == 200 && reply.json()["items"][0]["availability"]["available"].is_string()
}

/// Readers and buyers that go on until they are stopped.
struct Load {
    stop: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    buyers: Vec<tokio::task::JoinHandle<Vec<String>>>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(world: &World, readers: usize, buyers: usize) -> Self {
        let (stop, reads, failed) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let reader = |_| {
            let (customer, stop, reads, failed) = (world.hansen(), Arc::clone(&stop), Arc::clone(&reads), Arc::clone(&failed));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answered = is_answered(&customer).await;
                    reads.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(u64::from(!answered), Ordering::Relaxed);
                }
            })
        };
        let buyer = |number: usize| {
            let (customer, stop) = (world.bauer(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut references = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let checkout = seal(&customer, PLIERS, "1").await;
                    let captured = order(&customer, &checkout, &format!("{number}-{}", references.len())).await.expect(202);
                    references.push(text(&captured, "/reference").to_owned());
                    // Customers pause; thousands of orders would prove no more.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                references
            })
        };
        let (readers, buyers) = ((0..readers).map(reader).collect(), (0..buyers).map(buyer).collect());
        Self { stop, reads, failed, buyers, readers }
    }

    async fn until_more_reads(&self) {
        let wanted = self.reads.load(Ordering::Relaxed) + 50;
        within(Duration::from_secs(60), "the load goes on", async || {
            (self.reads.load(Ordering::Relaxed) >= wanted).then_some(())
        })
        .await;
    }

    /// Ends the load and checks that no read failed; gives the references of all orders.
    async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for reader in self.readers {
            reader.await.unwrap();
        }
        let (reads, failed) = (self.reads.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed));
        assert_eq!(failed, 0, "of {reads} reads");
        let mut references = Vec::new();
        for buyer in self.buyers {
            references.extend(buyer.await.unwrap());
        }
        eprintln!("{reads} reads, {} orders, none failed", references.len());
        references
    }
}

#[tokio::test]
async fn a_version_whose_settings_do_not_fit_its_schema_is_refused_and_the_old_one_serves_on() {
    let mut world = World::start().await;
    world.host.rewrite(|config| config.set("adapters.nordwind.settings.colour", "\"red\""));
    let deed = json!({"actor": "anna", "reason": "a test"});
    let reply = world.host.operator().post("/ops/v1/adapters/nordwind/load", &deed).await;
    let problem = reply.expect_problem(422, "adapter_refused");
    assert_eq!(text(&problem, "/errors/0/pointer"), "adapters.nordwind.settings.colour", "{problem:#}");
    assert_eq!(text(&problem, "/errors/0/detail"), "there is no such setting (at /colour)", "{problem:#}");
    world.hansen().get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
}

#[tokio::test]
async fn p10_a_swap_under_load_fails_no_request_and_doubles_no_order() {
    let swaps = Swaps::start("trial_calls = 10", "false").await;
    let before = text(&swaps.report().await, "/digest").to_owned();
    swaps.world.backend.set_stock(PLIERS, "BER", "100000").await;
    let load = Load::start(&swaps.world, 4, 2);
    load.until_more_reads().await;
    for number in [2, 3] {
        swaps.put(&version(number));
        let loaded = swaps.act("load").await.expect(200);
        assert!(matches!(state(&loaded, number.into()), Some("canary" | "live")), "{loaded:#}");
        let report = swaps.until_live(number.into()).await;
        assert_ne!(text(&report, "/digest"), before);
        load.until_more_reads().await;
    }
    let built = built(&swaps.world).await;
    assert!(built.0 >= 3.0 && built.1 >= 3.0, "every load shows: {built:?}");
    let report = swaps.act("rollback").await.expect(200);
    assert_eq!(self::built(&swaps.world).await, built, "a rollback compiles and loads nothing");
    assert_eq!(state(&report, 2), Some("live"), "{report:#}");
    assert!(matches!(state(&report, 3), None | Some("draining")), "what it began it ends: {report:#}");
    load.until_more_reads().await;
    for reference in load.end().await {
        let there = |order: &Value| order["number"].is_string();
        until_order(&swaps.world.bauer(), &reference, "confirmed", there).await;
        assert_eq!(swaps.world.backend.orders_with_reference(&reference).await.len(), 1, "order {reference} is there once");
    }
    swaps.world.backend.assert_nothing_doubled().await;
    assert!(swaps.world.host.metric("ordergate_adapter_canary_calls_total", &["outcome=\"ok\""]).await >= 20.0);
    assert_eq!(swaps.world.host.metric("ordergate_adapter_swaps_total", &["result=\"promoted\""]).await, 2.0);
    assert_eq!(swaps.world.host.metric("ordergate_adapter_generation", &["state=\"live\""]).await, 2.0);
    let audit = swaps.report().await["audit"].clone();
    let actions: Vec<_> = audit.as_array().unwrap().iter().map(|entry| text(entry, "/action")).collect();
    assert_eq!(actions, ["load", "load", "rollback"]);
}

#[tokio::test]
async fn a_refused_version_leaves_the_old_one_serving_and_says_where_and_why() {
    let swaps = Swaps::start("share_percent = 0", "false").await;
    let digest = text(&swaps.report().await, "/digest").to_owned();
    let load = Load::start(&swaps.world, 2, 0);
    for file in [&b"no component"[..], b"\0asm\x0d\0\x01\0", &version(2)[..100_000]] {
        swaps.put(file);
        let problem = swaps.act("load").await.expect_problem(422, "adapter_refused");
        assert_eq!(text(&problem, "/errors/0/pointer"), "adapters.nordwind.component", "{problem:#}");
    }
    swaps.put(&version(2));
    swaps.world.backend.disturb("GET", "/api/ping", "error-500", None).await;
    let problem = swaps.act("load").await.expect_problem(422, "adapter_refused");
    assert!(text(&problem, "/errors/0/detail").contains("does not answer the new version"), "{problem:#}");
    swaps.act("promote").await.expect_problem(409, "conflict");
    swaps.act("rollback").await.expect_problem(409, "conflict");
    let unknown = swaps.world.host.operator().post("/ops/v1/adapters/erp/load", &json!({"actor": "a", "reason": "b"})).await;
    assert!(text(&unknown.expect_problem(404, "not_found"), "/detail").contains("nordwind"));
    let report = swaps.report().await;
    assert_eq!((text(&report, "/digest"), text(&report, "/last_swap/result")), (digest.as_str(), "refused"), "{report:#}");
    load.end().await;
}

#[tokio::test]
async fn a_version_that_answers_nonsense_is_backed_out_and_no_customer_sees_it() {
    let swaps = Swaps::start("share_percent = 50", "false").await;
    let load = Load::start(&swaps.world, 2, 0);
    load.until_more_reads().await;
    swaps.break_the_mapping();
    swaps.act("load").await.expect(200);
    let report = within(Duration::from_secs(60), "it is backed out", async || {
        let report = swaps.report().await;
        (report["last_swap"]["result"] == "backed_out").then_some(report)
    })
    .await;
    assert_eq!(state(&report, 1), Some("live"), "{report:#}");
    load.end().await;
    swaps.read().await;
}

#[tokio::test]
async fn a_watched_file_is_loaded_when_it_rests() {
    let swaps = Swaps::start("share_percent = 0", "true").await;
    let (file, half) = (version(2), version(2).len() / 2);
    // Half a file for a while is what a slow copy looks like.
    std::fs::write(component(swaps.folder.path()), &file[..half]).unwrap();
    swaps.read().await;
    std::fs::write(component(swaps.folder.path()), &file).unwrap();
    let report = within(Duration::from_secs(120), "the new file is live", async || {
        let report = swaps.report().await;
        (report["last_swap"]["result"] == "promoted").then_some(report)
    })
    .await;
    assert_eq!(report["watch"], true);
    swaps.read().await;
}

#[tokio::test]
async fn a_reload_loads_what_changed_names_what_needs_a_restart_and_refuses_a_broken_file_whole() {
    let swaps = Swaps::start("share_percent = 0", "false").await;
    let reload = async || {
        let deed = json!({"actor": "anna", "reason": "a test"});
        swaps.world.host.operator().post("/ops/v1/config/reload", &deed).await
    };
    let nothing = reload().await.expect(200);
    assert_eq!((&nothing["adapters"][0]["changed"], &nothing["needs_restart"]), (&json!(false), &json!([])), "{nothing:#}");
    let file = swaps.world.host.folder().join("ordergate.toml");
    let text_before = std::fs::read_to_string(&file).unwrap();
    swaps.put(&version(2));
    std::fs::write(&file, text_before.replace("poll_ms = 100", "poll_ms = 200")).unwrap();
    let report = reload().await.expect(200);
    assert_eq!((&report["adapters"][0]["state"], &report["needs_restart"]), (&json!("live"), &json!(["transfer"])), "{report:#}");
    swaps.put(&version(3));
    std::fs::write(&file, format!("{text_before}\n[colour]\n")).unwrap();
    reload().await.expect_problem(422, "config_refused");
    assert_eq!(swaps.world.host.metric("ordergate_config_reload_success", &[]).await, 0.0);
    assert_eq!(state(&swaps.report().await, 2), Some("live"));
    // The same by signal.
    std::fs::write(&file, text_before).unwrap();
    hang_up(swaps.world.host.folder());
    within(Duration::from_secs(120), "SIGHUP brings the third version in", async || {
        (text(&swaps.report().await, "/last_swap/result") == "promoted" && state(&swaps.report().await, 3) == Some("live"))
            .then_some(())
    })
    .await;
    eventually("the reload has ended well", async || {
        (swaps.world.host.metric("ordergate_config_reload_success", &[]).await == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_command_line_loads_and_rolls_back() {
    let swaps = Swaps::start("share_percent = 0", "false").await;
    let run = async |arguments: &[&str]| swaps.world.host.operate(&[&["adapter"], arguments].concat()).await;
    swaps.put(&version(2));
    let loaded = run(&["load", "nordwind", "--reason", "a test", "--wait"]).await;
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert!(loaded.stdout.contains("nordwind  generation 2  live"), "{}", loaded.stdout);
    let listed = run(&["list", "--json"]).await;
    let list: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(list["items"][0]["generations"].as_array().unwrap().len(), 2);
    let back = run(&["rollback", "nordwind", "--reason", "a test"]).await;
    assert!(back.stdout.contains("generation 1  live"), "{}", back.stdout);
    swaps.put(b"no component");
    let refused = run(&["load", "nordwind", "--reason", "a test"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("adapters.nordwind.component"), "{}", refused.stderr);
}

/// Sends SIGHUP to the host that was started on this folder.
fn hang_up(folder: &Path) {
    let folder = folder.to_str().unwrap();
    let pid = std::fs::read_dir("/proc").unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).into_owned();
        (command.contains("\0serve\0") && command.contains(folder)).then_some(pid)
    });
    let pid = rustix::process::Pid::from_raw(pid.expect("the host runs")).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
}
