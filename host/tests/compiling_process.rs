//! The compiling process through the real program: `ordergate check` compiles in a child and believes only what the child made.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ordergate");

/// Fits the contract; every operation of it traps.
fn dummy() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
    let world = resolve.select_world(&[package], Some("adapter")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// What `check` finds with such limits.
fn check(limits: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dummy.wasm"), dummy()).unwrap();
    let config = format!(
        "[server]\nlisten = '127.0.0.1:0'\n[ops]\nlisten = '127.0.0.1:0'\n[database]\npath = 'orders.db'\n[trust]\nrequire_signatures = false\n
         [adapters.dummy]\ncomponent = 'dummy.wasm'\n[adapters.dummy.limits]\n{limits}\n
         [stores.shop]\nadapter = 'dummy'\ncurrency = 'EUR'\n"
    );
    let file = folder.path().join("ordergate.toml");
    fs::write(&file, config).unwrap();
    let output = Command::new(PROGRAM).args(["check", "--config"]).arg(&file).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the hidden command answers to this input.
fn answer(input: &[u8]) -> Output {
    let streams = Stdio::piped;
    let mut command = Command::new(PROGRAM);
    let mut child =
        command.arg("compile-adapter").env_clear().stdin(streams()).stdout(streams()).stderr(streams()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn an_adapter_is_compiled_in_a_child_and_used_by_the_host() {
    // It compiled and was started: only a started component can break down.
    let found = check("");
    assert!(found.contains("the adapter refuses its settings: the adapter broke down"), "{found}");
}

#[test]
fn a_child_that_takes_too_much_memory_is_ended_and_the_limit_is_named() {
    // So little that it is not even read.
    let found = check("compile_bytes = 1048576");
    let refusal = "dummy.wasm: the component cannot be read: it needs more than 1 MiB of memory (limits.compile_bytes)";
    assert!(found.contains(refusal), "{found}");
}

#[test]
fn a_snapshot_is_taken_within_the_limits_of_the_child() {
    // Its memory starts with data, as that of every real adapter does.
    let component = wat::parse_str(
        r#"(component
  (core module $m
    (memory (export "memory") 1) (data (i32.const 0) "initial data")
    (func (export "configure") (result i32) (i64.store (i32.const 64) (i64.const 0x6f206e657a6f7266)) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $configure (result (result)) (canon lift (core func $i "configure")))
  (instance $lifecycle (export "configure" (func $configure)))
  (export "ordergate:adapter/lifecycle@1.0.0" (instance $lifecycle)))"#,
    )
    .unwrap();
    let inputs = r#"{"settings":"{}","maps":{},"memory_bytes":67108864,"table_elements":100,"guest_stack_bytes":524288,"log_bytes":1024,"configure_secs":10}"#;
    let task = format!("{{\"bounds\":{{\"secs\":60,\"bytes\":2147483648}},\"work\":{{\"snapshot\":{inputs}}}}}\n");
    let output = answer(&[task.as_bytes(), &component].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("{\"made\":"), "{:?}: {said}", output.status);
    assert!(said.contains("frozen o"), "what configure wrote is not in the snapshot");
}

#[test]
fn what_is_no_component_is_refused_in_the_compilers_words() {
    let task = b"{\"bounds\":{\"secs\":60,\"bytes\":2147483648},\"work\":\"compile\"}\n\0asm nonsense";
    let output = answer(task);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("{\"refused\":{\"reason\":\""), "{said}");
}

#[test]
fn settings_are_held_against_a_schema_in_the_child() {
    let work = r#"{"settings":{"schema":"{\"required\":[\"customer\"]}","settings":"{}"}}"#;
    let task = format!("{{\"bounds\":{{\"secs\":60,\"bytes\":2147483648}},\"work\":{work}}}\n");
    let output = answer(task.as_bytes());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains(r#"[{"path":[],"reason":"customer is missing"}]"#),
        "{:?}: {said}",
        output.status
    );
}

#[test]
fn what_is_no_task_ends_the_child() {
    let output = answer(b"nonsense\n");
    assert!(!output.status.success() && output.stdout.is_empty());
}
