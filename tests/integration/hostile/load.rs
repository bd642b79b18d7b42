//! Components that are hostile before anybody calls them: a running host refuses them, says why, and serves on with the version that it has.

use std::path::{Path, PathBuf};

use handmade::{DONE, Parts};
use ordergate_tests::{HostConfig, Zoo, text};
use serde_json::json;
use tempfile::TempDir;

const OPTION: &str = "adapters.zoo.component";

/// The usual zoo, and a folder for what shall replace its adapter.
pub(super) struct Siege {
    pub(super) zoo: Zoo,
    folder: TempDir,
}

impl Siege {
    pub(super) async fn begin() -> Self {
        Self { zoo: Zoo::open().await, folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn write(&self, component: &[u8]) -> PathBuf {
        let file = self.folder.path().join("bomb.wasm");
        std::fs::write(&file, component).unwrap();
        file
    }

    /// The changed configuration is refused with these words. Meanwhile and afterwards the host serves, with the old version too.
    pub(super) async fn is_repelled(&mut self, change: impl FnOnce(HostConfig) -> HostConfig, words: &str) {
        let refused = ("ordergate_adapter_swaps_total", ["adapter=\"zoo\"", "result=\"refused\""]);
        let before = self.zoo.host.metric(refused.0, &refused.1).await;
        self.zoo.host.rewrite(change);
        let (operator, deed) = (self.zoo.host.operator(), json!({"actor": "anna", "reason": "a test"}));
        let (reply, ()) = tokio::join!(operator.post("/ops/v1/adapters/zoo/load", &deed), self.zoo.others_are_served());
        let problem = reply.expect_problem(422, "adapter_refused");
        assert!(text(&problem, "/errors/0/detail").contains(words), "{words:?} is not said: {problem:#}");
        assert_eq!(self.zoo.host.metric(refused.0, &refused.1).await, before + 1.0);
        self.zoo.act("tame").await.expect(200);
        self.zoo.is_well().await;
    }
}

pub(super) fn component(file: &Path) -> impl FnOnce(HostConfig) -> HostConfig {
    let quoted = format!("{:?}", file.to_str().unwrap());
    move |config| config.set(OPTION, &quoted)
}

/// A function that is short to write and long to compile: in each of many loops each of many variables may have one of several values, and all
/// are needed at the end.
fn bomb(variables: usize, loops: usize) -> String {
    let one = |number: usize| {
        let (this, next) = (number % variables, (number + 7) % variables);
        format!(
            "(loop (local.set {this} (i64.add (local.get {this}) (local.get {next}))) (br_if 0 (i32.wrap_i64 (local.get {next}))))\n"
        )
    };
    let loops: String = (0..loops).map(one).collect();
    let sum: String =
        (0..variables).map(|number| format!("(local.set 0 (i64.mul (local.get 0) (local.get {number})))\n")).collect();
    format!("(func (export \"bomb\") (result i64) (local {}) {loops} {sum} (local.get 0))", "i64 ".repeat(variables))
}

#[tokio::test]
async fn hostile_component_that_takes_too_long_to_compile_is_refused() {
    let mut siege = Siege::begin().await;
    let file = siege.write(&Parts { definitions: &bomb(2_000, 2_000), ..Parts::default() }.encode());
    let change = |config: HostConfig| component(&file)(config).set("adapters.zoo.limits.compile_secs", "2");
    siege.is_repelled(change, "it took longer than 2 s (limits.compile_secs)").await;
    assert_eq!(siege.zoo.limit_hits("compile_secs").await, 1.0);
}

#[tokio::test]
async fn hostile_component_that_takes_too_much_memory_to_compile_is_refused() {
    let mut siege = Siege::begin().await;
    let file = siege.write(&Parts { definitions: &bomb(2_000, 2_000), ..Parts::default() }.encode());
    let change = |config: HostConfig| component(&file)(config).set("adapters.zoo.limits.compile_bytes", "536870912");
    siege.is_repelled(change, "it needs more than 512 MiB of memory (limits.compile_bytes)").await;
    assert_eq!(siege.zoo.limit_hits("compile_bytes").await, 1.0);
}

#[tokio::test]
async fn hostile_component_that_exhausts_the_stack_of_its_reader_ends_the_reading_process_only() {
    let mut siege = Siege::begin().await;
    let file = siege.write(&handmade::nested_types(60_000));
    let words = "bomb.wasm: the component cannot be read: the compiling process broke down (signal: 6 (SIGABRT)";
    siege.is_repelled(component(&file), words).await;
}

#[tokio::test]
async fn hostile_component_that_takes_for_ever_to_read_is_refused() {
    let mut siege = Siege::begin().await;
    let file = siege.write(&handmade::nested_components(60_000));
    let change = |config: HostConfig| component(&file)(config).set("adapters.zoo.limits.compile_secs", "2");
    siege.is_repelled(change, "the component cannot be read: it took longer than 2 s (limits.compile_secs)").await;
    assert_eq!(siege.zoo.limit_hits("compile_secs").await, 1.0);
}

#[tokio::test]
async fn hostile_configure_that_loops_is_refused() {
    let mut siege = Siege::begin().await;
    let change = |config: HostConfig| {
        config.set("adapters.zoo.settings.configure", "\"loop\"").set("adapters.zoo.limits.configure_secs", "1")
    };
    siege.is_repelled(change, "the adapter refuses its settings: the adapter used up its CPU time").await;
    let log = siege.zoo.host.log();
    assert!(log.contains("configure takes longer than 1 s (limits.configure_secs)"), "{log}");
    for limit in ["configure_secs", "cpu_ms"] {
        assert_eq!(siege.zoo.limit_hits(limit).await, 1.0, "{limit}");
    }
}

#[tokio::test]
async fn hostile_configure_that_takes_all_memory_is_refused() {
    let mut siege = Siege::begin().await;
    let change = |config: HostConfig| {
        config.set("adapters.zoo.settings.configure", "\"memory\"").set("adapters.zoo.limits.cpu_ms", "5000")
    };
    siege.is_repelled(change, "the adapter refuses its settings: the adapter needs more memory than it may have").await;
}

#[tokio::test]
async fn hostile_component_that_never_ends_to_start_is_refused() {
    let mut siege = Siege::begin().await;
    let definitions = "(func $spin (loop $again (br $again))) (start $spin)";
    let file = siege.write(&Parts { definitions, ..Parts::default() }.encode());
    siege.is_repelled(component(&file), "the adapter used up its CPU time").await;
}

#[tokio::test]
async fn hostile_component_that_begins_with_more_memory_than_it_may_have_is_refused() {
    let mut siege = Siege::begin().await;
    let file = siege.write(&Parts { pages: 2_000, ..Parts::default() }.encode());
    siege.is_repelled(component(&file), "the adapter needs more memory than it may have").await;
}

#[tokio::test]
async fn hostile_component_that_wants_sockets_is_refused() {
    let mut siege = Siege::begin().await;
    let parts = Parts {
        packages: &[
            "package wasi:sockets@0.2.6; interface instance-network { resource network; instance-network: func() -> network; }",
        ],
        world: "world thief { include adapter; import wasi:sockets/instance-network@0.2.6; }",
        imports: "(import \"wasi:sockets/instance-network@0.2.6\" \"instance-network\" (func $network (result i32)))",
        bodies: &[("availability.check", "(drop (call $network)) unreachable"), ("lifecycle.configure", DONE)],
        ..Parts::default()
    };
    let file = siege.write(&parts.encode());
    siege.is_repelled(component(&file), "wasi:sockets/instance-network").await;
}

#[tokio::test]
async fn hostile_file_that_is_too_large_is_refused() {
    const FILE_BYTES: u32 = 40 * 1024 * 1024;
    let mut siege = Siege::begin().await;
    let mut bytes = handmade::component();
    // A custom section without a name: its kind, its size in five bytes, the empty name's length.
    bytes.push(0);
    bytes.extend((0..5).map(|place| ((FILE_BYTES >> (7 * place)) & 0x7f) as u8 | if place < 4 { 0x80 } else { 0 }));
    bytes.resize(bytes.len() + FILE_BYTES as usize, 0);
    let file = siege.write(&bytes);
    siege.is_repelled(component(&file), "more than 41943040 bytes (limits.component_bytes)").await;
    assert_eq!(siege.zoo.limit_hits("component_bytes").await, 1.0);
}

/// The compiling process of a host, as soon as it has confined itself.
async fn compiling_process(host: u32) -> PathBuf {
    let is_it = |process: &Path| {
        let read = |name: &str| std::fs::read_to_string(process.join(name)).unwrap_or_default();
        let status = read("status");
        let is_child = status.lines().any(|line| line.split_whitespace().eq(["PPid:", &host.to_string()]));
        is_child && read("cmdline").contains("compile-adapter") && status.contains("Seccomp:\t2")
    };
    ordergate_tests::eventually("a compiling process is confined", async || {
        std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).find(|process| is_it(process))
    })
    .await
}

#[tokio::test]
async fn hostile_component_is_compiled_by_a_process_that_has_nothing_and_can_open_nothing() {
    let mut siege = Siege::begin().await;
    let host = siege.zoo.host.pid();
    let looked = async {
        let process = compiling_process(host).await;
        let status = std::fs::read_to_string(process.join("status")).unwrap();
        let open = std::fs::read_dir(process.join("fd")).unwrap().flatten();
        let open: Vec<_> = open.filter_map(|file| std::fs::read_link(file.path()).ok()).collect();
        (status, std::fs::read(process.join("environ")).unwrap(), open)
    };
    let change = |config: HostConfig| {
        config.set("adapters.zoo.settings.configure", "\"loop\"").set("adapters.zoo.limits.configure_secs", "5")
    };
    let repelled = siege.is_repelled(change, "the adapter used up its CPU time");
    let ((status, environment, open), ()) = tokio::join!(looked, repelled);
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    assert_eq!(environment, b"", "the host's environment holds its secrets");
    let is_own = |file: &PathBuf| ["pipe:", "anon_inode:", "socket:"].iter().any(|kind| file.to_str().unwrap().starts_with(kind));
    assert!(!open.is_empty() && open.iter().all(is_own), "{open:?}");
}

fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[tokio::test]
async fn hostile_pipe_in_place_of_a_signature_or_the_lock_file_holds_nothing_up() {
    let mut siege = Siege::begin().await;
    let file = siege.write(&handmade::component());
    pipe(&siege.folder.path().join("bomb.wasm.minisig"));
    siege.is_repelled(component(&file), "bomb.wasm.minisig: it is a pipe or a device, no regular file").await;
    pipe(&siege.zoo.host.folder().join("ordergate.lock"));
    siege.is_repelled(|config| config, "ordergate.lock: it is a pipe or a device, no regular file").await;
}

#[tokio::test]
async fn hostile_names_in_a_component_cannot_forge_a_line_of_the_log() {
    let mut siege = Siege::begin().await;
    let name = b"a\x1b[2J\nERROR forged line";
    // One import of a function under that name.
    let import = [&[1, 0, u8::try_from(name.len()).unwrap()][..], name, &[1, 0]].concat();
    let section = [&b"\0asm\x0d\0\x01\0\x0a"[..], &[u8::try_from(import.len()).unwrap()], &import].concat();
    let file = siege.write(&section);
    siege.is_repelled(component(&file), "bomb.wasm: the file cannot be read as a component").await;
    let log = siege.zoo.host.log();
    assert!(!log.contains("\u{1b}[2J") && !log.lines().any(|line| line.starts_with("ERROR forged")), "{log}");
}
