//! Decoding, compiling and snapshotting: in a child process of the same program with limits on CPU, memory and time, because decoding and compiling hostile Wasm
//! can exhaust a stack or a machine (and is officially no vulnerability of the compiler). One at a time. Called by `inspect` and `build`; never runs in the process
//! that serves, once `use_children` has been called.

mod child;
mod confine;
mod error;
mod inside;
mod task;
mod told;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub(super) use error::{CompileError, Refusal};
pub use inside::serve;
pub(super) use task::{Bounds, Made, Work};
pub(super) use told::plain;

use super::inspect::Inspection;
use super::metrics;
use super::schema::Violation;
use crate::config::LimitsConfig;

/// The hidden subcommand under which the program compiles.
pub const COMMAND: &str = "compile-adapter";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// From now on this process compiles in children of its own program. The `ordergate` program calls it first of all; a program that only
/// links the library (a test, a benchmark) has no such command and compiles in its own process.
pub fn use_children() {
    PROGRAM.get_or_init(|| {
        keep_what_was_inherited();
        // Names the running program even when its file has been replaced by another version meanwhile.
        let running = Path::new("/proc/self/exe");
        let file = || std::env::current_exe().unwrap_or_else(|_| "ordergate".into());
        if running.exists() { running.to_owned() } else { file() }
    });
}

/// What this process was given open by whoever started it, it does not hand on: a child has its three pipes and nothing else. What the process opens
/// itself is its own anyway.
#[cfg_attr(target_os = "linux", expect(unsafe_code, reason = "the standard library does not know the call"))]
fn keep_what_was_inherited() {
    #[cfg(target_os = "linux")]
    // SAFETY: it marks descriptors to be closed by another program; it closes none, and touches no memory. Kernels before 5.9 refuse.
    let _ = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// What keeps a component from being frozen after `configure`, as far as its structure tells; nothing of it runs. None when nothing does.
pub async fn snapshot_obstacle(component: Vec<u8>) -> Option<String> {
    run(Bounds::of(&LimitsConfig::default()), Work::Examine, component.into()).await.err().map(|cause| cause.to_string())
}

/// What of the settings does not fit the adapter's schema of them; nothing does when it gives none.
pub(super) async fn check_settings(bounds: Bounds, schema: &str, settings: &str) -> Result<Vec<Violation>, CompileError> {
    if schema.trim().is_empty() {
        return Ok(Vec::new());
    }
    let work = Work::Settings { schema: schema.to_owned(), settings: settings.to_owned() };
    let made = run(bounds, work, Bytes::new()).await?;
    told::read(&made.bytes)
}

/// Decodes a file: what it is. Nothing of it runs and nothing is compiled.
pub(super) async fn inspect(bounds: Bounds, component: Bytes) -> Result<Inspection, CompileError> {
    told::read(&run(bounds, Work::Inspect, component).await?.bytes)
}

/// Does one piece of work on a component, within its bounds, after all earlier ones have ended.
pub(super) async fn run(bounds: Bounds, work: Work, component: Bytes) -> Result<Made, CompileError> {
    static TURN: Mutex<()> = Mutex::const_new(());
    let _turn = TURN.lock().await;
    let (began, name) = (Instant::now(), work.name());
    let made = match PROGRAM.get() {
        Some(program) => child::run(program, bounds, work, component).await,
        None => in_this_process(work, component).await,
    };
    metrics::compiled(name, made.is_ok(), began.elapsed());
    made
}

async fn in_this_process(work: Work, component: Bytes) -> Result<Made, CompileError> {
    let working = tokio::task::spawn_blocking(move || Handle::current().block_on(task::perform(&work, &component)));
    match working.await {
        Ok(made) => made.map_err(CompileError::Refused),
        Err(cause) => Err(CompileError::Ended { how: cause.to_string(), said: String::new() }),
    }
}
