//! One child process: started with its output in a log file, ended politely, killed when it must be. Ends only what it started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::interrupt;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How often a condition of another process is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// A running child. Dropping it kills it.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its output in `log`, in a process group of its own: Ctrl-C reaches us only, and we end it in order.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Result<Self> {
        use std::os::unix::process::CommandExt;
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child, log })
    }

    /// Waits until `look` finds what it looks for; fails when the process ends or the time is over, and shows its last lines.
    pub(crate) fn wait_for<T>(&mut self, what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            interrupt::check()?;
            if let Some(found) = look() {
                return Ok(found);
            }
            if let Some(status) = self.ended()? {
                bail!("the {} ended ({status}) before {what}:\n{}", self.name, self.last_lines());
            }
            if start.elapsed() > limit {
                bail!("the {}: not {what} within {limit:?}:\n{}", self.name, self.last_lines());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// The exit status, once it has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks it to end (SIGTERM) and waits; kills it when it does not.
    pub(crate) fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        self.kill()?;
        bail!("the {} did not end within {limit:?} after SIGTERM and was killed:\n{}", self.name, self.last_lines());
    }

    /// Ends it at once (SIGKILL), as a power cut would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The end of its log.
    pub(crate) fn last_lines(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        let from = lines.len().saturating_sub(30);
        lines.get(from..).unwrap_or_default().iter().map(|line| format!("  | {line}\n")).collect()
    }

    fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.ended()?.is_none() {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("the process has no id")?;
            kill_process(pid, signal)?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already when the owner stopped it; then both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
