//! The compiling process: limits and confines itself before it reads a byte of the component, does one piece of work, answers on stdout. Run by
//! the hidden command `compile-adapter`; can open no file of the machine and no connection.

use std::io::{self, BufRead, Read, Write};

use bytes::Bytes;
use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

use super::confine::confine;
use super::task::{self, Bounds, Report, Task};

/// Below the host's own threads, so that compiling takes no time from calls.
const NICENESS: i32 = 10;
/// Between the signal that tells what happened and the one that cannot be caught.
const GRACE_SECS: u64 = 2;
/// As much as usual. Where the operator's is unlimited, endless recursion would take the machine's memory.
const STACK_BYTES: u64 = 8 * 1024 * 1024;
/// Standard streams, the runtime's own, and a few to spare.
const OPEN_FILES: u64 = 64;

/// Reads a task and a component from stdin, writes the answer to stdout.
pub async fn serve() -> io::Result<()> {
    let (task, component) = read()?;
    let (report, bytes) = match task::perform(&task.work, &component).await {
        Ok(made) => (Report::Made { sha256: task::digest(&made.bytes), log: made.log }, made.bytes),
        Err(refusal) => (Report::Refused(refusal), Bytes::new()),
    };
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, &report)?;
    stdout.write_all(b"\n")?;
    stdout.write_all(&bytes)?;
    stdout.flush()
}

fn read() -> io::Result<(Task, Vec<u8>)> {
    let mut stdin = io::stdin().lock();
    let mut line = Vec::new();
    stdin.read_until(b'\n', &mut line)?;
    let task: Task = serde_json::from_slice(&line)?;
    offer_to_the_kernel();
    bound(task.bounds)?;
    confine()?;
    let mut component = Vec::new();
    stdin.read_to_end(&mut component)?;
    Ok((task, component))
}

/// When memory is short, this process is ended and not the host. Where that cannot be said, the limit on memory has to do.
fn offer_to_the_kernel() {
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

/// The parent watches the wall clock. These hold when the parent is gone as well.
fn bound(bounds: Bounds) -> io::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let cpu_secs = bounds.secs.saturating_mul(cores).max(1);
    setrlimit(Resource::Cpu, at_most(Resource::Cpu, cpu_secs, cpu_secs + GRACE_SECS))?;
    // What is allocated and written to, not address space: the runtime reserves far more of that than it uses.
    lower(Resource::Data, bounds.bytes)?;
    lower(Resource::Stack, STACK_BYTES)?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Core, 0)?;
    lower(Resource::Nofile, OPEN_FILES)?;
    nice(NICENESS)?;
    Ok(())
}

fn lower(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, at_most(resource, most, most))?)
}

/// Never raises what the operator has lowered.
fn at_most(resource: Resource, soft: u64, hard: u64) -> Rlimit {
    let lower = |most: u64| Some(getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most)));
    Rlimit { current: lower(soft), maximum: lower(hard) }
}
