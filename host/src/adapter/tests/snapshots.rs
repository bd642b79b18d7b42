//! Snapshots of small components whose `configure` is written by hand.

use std::fs;
use std::path::{Path, PathBuf};

use handmade::{assemble, words};
use sha2::{Digest, Sha256};

use super::super::convert::description::describe;
use super::super::live_call::LiveCall;
use super::*;

const PACKAGES: [&str; 4] = [
    "package wasi:random@0.2.6; interface random { get-random-u64: func() -> u64; } interface insecure-seed { insecure-seed: func() -> tuple<u64, u64>; }",
    "package wasi:clocks@0.2.6; interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }",
    "package wasi:io@0.2.6; interface streams { resource output-stream; }",
    "package wasi:cli@0.2.6; interface stdout { use wasi:io/streams@0.2.6.{output-stream}; get-stdout: func() -> output-stream; }",
];
const WORLD: &str = "world of-test { include adapter; import wasi:random/random@0.2.6; import wasi:random/insecure-seed@0.2.6;
    import wasi:clocks/wall-clock@0.2.6; import wasi:cli/stdout@0.2.6; }";

/// Counts that it ran.
const COUNT: &str = "(global.set $configured (i32.add (global.get $configured) (i32.const 1)))";

/// A component that is well when it was configured exactly once, and whose description holds, in its version and vendor, letters drawn
/// from the random source and from the seed for hash maps.
fn component(configure: &str) -> Vec<u8> {
    let body = |operation: &str| match operation {
        "lifecycle.configure" => format!("{COUNT} {configure} (i32.const 4096)"),
        "health.probe" => "(if (i32.ne (global.get $configured) (i32.const 1)) (then unreachable)) (i32.const 4096)".into(),
        "descriptor.describe" => "(i64.store (i32.const 700) (call $letters (call $random)))
            (call $seed (i32.const 720)) (i64.store (i32.const 720) (call $letters (i64.load (i32.const 720)))) (i32.const 1024)"
            .into(),
        _ => "unreachable".into(),
    };
    assemble(&PACKAGES, WORLD, body, module)
}

fn module(functions: &str) -> String {
    let description = words(&[512, 3, 700, 8, 720, 8, 2048, 1, 3072, 1]);
    let (capability, endpoint) = (words(&[600, 12]), words(&[512, 3, 512, 3, 1]));
    format!(
        r#"(module
  (import "wasi:random/random@0.2.6" "get-random-u64" (func $random (result i64)))
  (import "wasi:random/insecure-seed@0.2.6" "insecure-seed" (func $seed (param i32)))
  (import "wasi:clocks/wall-clock@0.2.6" "now" (func $now (param i32)))
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
  (import "ordergate:adapter/session@1.0.0" "get" (func $session (param i32 i32 i32)))
  (import "ordergate:adapter/settings@1.0.0" "get" (func $settings (param i32)))
  (import "ordergate:adapter/log@1.0.0" "write" (func $log (param i32 i32 i32 i32 i32)))
  (import "ordergate:adapter/transport@1.0.0" "send-many" (func $send (param i32 i32 i32)))
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 16384))
  (global $configured (mut i32) (i32.const 0))
  (data (i32.const 512) "api")
  (data (i32.const 600) "health.probe")
  (data (i32.const 1024) "{description}")
  (data (i32.const 2048) "{capability}")
  (data (i32.const 3072) "{endpoint}")
  (func $letters (param i64) (result i64)
    (i64.or (i64.and (local.get 0) (i64.const 0x0f0f0f0f0f0f0f0f)) (i64.const 0x6060606060606060)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $free)
    (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 15)) (i32.const -8))))
  {functions})"#
    )
}

async fn load(bench: &Bench, configure: &str) -> Result<Arc<Adapter>, String> {
    fs::write(bench.folder.path().join("hostile.wasm"), component(configure)).unwrap();
    bench.load(bench.config()).await
}

async fn loaded(configure: &str) -> Arc<Adapter> {
    load(&Bench::new(OK).await, configure).await.unwrap()
}

/// Why there is no snapshot. The adapter works all the same.
async fn reason(configure: &str) -> String {
    let adapter = loaded(configure).await;
    assert_eq!(probe(&adapter).await, Ok(()));
    match adapter.snapshot() {
        Snapshot::Not(reason) => reason.clone(),
        Snapshot::Taken => panic!("a snapshot was taken"),
    }
}

async fn probe(adapter: &Adapter) -> Result<(), Failure> {
    adapter.call(&context(), &Probe { side: Side::Read }).await
}

/// What a fresh instance draws: from the random source, and as seed.
async fn draws(adapter: &Adapter) -> (String, String) {
    let call = LiveCall::offline(&adapter.given, Instant::now() + Duration::from_secs(5));
    let mut guest = adapter.instances.start(call).await.unwrap();
    let description = describe(&mut guest).await.unwrap();
    (description.version, description.vendor)
}

fn kept(bench: &Bench) -> usize {
    let folder: &Path = &bench.folder.path().join("cache/adapters");
    fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn instances_of_a_snapshot_start_configured_and_are_not_configured_again() {
    let adapter = loaded(
        "(call $settings (i32.const 5000)) (call $log (i32.const 1) (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 0))",
    )
    .await;
    assert_eq!(adapter.snapshot(), &Snapshot::Taken);
    assert_eq!(probe(&adapter).await, Ok(()));
    assert_eq!(probe(&adapter).await, Ok(()));
}

#[tokio::test]
async fn what_instances_draw_differs_though_they_start_from_one_snapshot() {
    let adapter = loaded("(call $seed (i32.const 720))").await;
    assert_eq!(adapter.snapshot(), &Snapshot::Taken);
    let (first, second) = (draws(&adapter).await, draws(&adapter).await);
    assert_ne!(first.0, second.0);
    assert_ne!(first.1, second.1);
}

#[tokio::test]
async fn nothing_random_timed_received_or_held_is_frozen() {
    for (configure, import) in [
        ("(drop (call $random))", "wasi:random/random@0.2.6#get-random-u64"),
        ("(call $now (i32.const 5000))", "wasi:clocks/wall-clock@0.2.6#now"),
        ("(drop (call $stdout))", "wasi:cli/stdout@0.2.6#get-stdout"),
        ("(call $session (i32.const 512) (i32.const 3) (i32.const 5000))", "ordergate:adapter/session@1.0.0#get"),
        ("(call $send (i32.const 0) (i32.const 0) (i32.const 5000))", "ordergate:adapter/transport@1.0.0#send-many"),
    ] {
        assert_eq!(reason(configure).await, format!("configure uses {import}, whose answer must not be frozen"));
    }
}

#[tokio::test]
async fn a_component_that_cannot_be_frozen_says_what_is_in_the_way() {
    let bench = Bench::new(OK).await;
    let with_table = |functions: &str| {
        module(functions)
            .replace("(memory (export", "(table 1 funcref) (func (table.set 0 (i32.const 0) (ref.null func))) (memory (export")
    };
    let ready = |operation: &str| {
        if operation == "descriptor.describe" { "(i32.const 1024)".into() } else { "(i32.const 4096)".to_owned() }
    };
    fs::write(bench.folder.path().join("hostile.wasm"), assemble(&PACKAGES, WORLD, ready, with_table)).unwrap();
    let adapter = bench.load(bench.config()).await.unwrap();
    let Snapshot::Not(reason) = adapter.snapshot() else { panic!("a snapshot was taken") };
    assert!(reason.contains("unsupported `table.set` instruction"), "{reason}");
    let file = fs::read(bench.folder.path().join("hostile.wasm")).unwrap();
    assert_eq!(compiler::snapshot_obstacle(file).await.as_ref(), Some(reason));
    assert_eq!(compiler::snapshot_obstacle(component("")).await, None);
}

#[tokio::test]
async fn refused_settings_refuse_the_load_in_the_adapters_words() {
    // A failure whose code is empty and whose message is "api": discriminant 1, then text after text.
    let failure = "(i32.store (i32.const 4096) (i32.const 1)) (i64.store (i32.const 4112) (i64.const 0x300000200))";
    let bench = Bench::new(OK).await;
    let problem = load(&bench, failure).await.err().unwrap();
    assert_eq!(problem, "adapters.hostile.settings: the adapter refuses its settings: api (the adapter's code was \"\")");
}

#[tokio::test]
async fn an_operator_may_go_without_a_snapshot() {
    let bench = Bench::new(OK).await;
    fs::write(bench.folder.path().join("hostile.wasm"), component("(drop (call $random))")).unwrap();
    let adapter = bench.load(AdapterConfig { snapshot: false, ..bench.config() }).await.unwrap();
    assert_eq!(adapter.snapshot(), &Snapshot::Not("the configuration forbids it (snapshot = false)".into()));
    assert_eq!(probe(&adapter).await, Ok(()));
}

#[tokio::test]
async fn a_component_that_cannot_be_frozen_is_not_tried_again_until_something_changes() {
    let bench = Bench::new(OK).await;
    let configure = "(drop (call $random))";
    let adapter = load(&bench, configure).await.unwrap();
    // The code, and why it is not frozen.
    assert_eq!(kept(&bench), 2);
    let record = refusal_in(&bench);
    let again = load(&bench, configure).await.unwrap();
    assert_eq!((again.snapshot(), kept(&bench)), (adapter.snapshot(), 2));
    // What is remembered is what is told, so it was not found out anew.
    let other_words = b"it was remembered";
    fs::write(&record, [other_words, &Sha256::digest(other_words)[..]].concat()).unwrap();
    assert_eq!(load(&bench, configure).await.unwrap().snapshot(), &Snapshot::Not("it was remembered".into()));
    fs::write(&record, "damaged").unwrap();
    assert_eq!(load(&bench, configure).await.unwrap().snapshot(), adapter.snapshot());
    let mut config = bench.config();
    config.limits.memory_bytes /= 2;
    assert_eq!(bench.load(config).await.unwrap().snapshot(), adapter.snapshot());
    assert_eq!(kept(&bench), 3, "other limits are asked for themselves");
}

fn refusal_in(bench: &Bench) -> PathBuf {
    let mut files = fs::read_dir(bench.folder.path().join("cache/adapters")).unwrap().map(|entry| entry.unwrap().path());
    files.find(|file| file.extension().is_some_and(|kind| kind == "refused")).unwrap()
}

#[tokio::test]
async fn a_snapshot_belongs_to_its_settings_and_is_used_again() {
    let bench = Bench::new(OK).await;
    load(&bench, "").await.unwrap();
    assert_eq!(kept(&bench), 1);
    assert_eq!(load(&bench, "").await.unwrap().snapshot(), &Snapshot::Taken);
    assert_eq!(kept(&bench), 1);
    let mut config = bench.config();
    config.maps.insert("units".into(), BTreeMap::from([("C62".into(), "PCE".into())]));
    assert_eq!(bench.load(config).await.unwrap().snapshot(), &Snapshot::Taken);
    assert_eq!(kept(&bench), 2);
}
