//! One child process whose output is kept in memory. Dropping it kills it, and shows its output when a test failed.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};

use crate::wait::within;

/// How long a start or an end may take: a host that compiles a component on a machine that is busy with others takes a while.
const PATIENCE: Duration = Duration::from_secs(180);

/// How a process ended, and all that it wrote.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; absent when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A running child.
pub struct Process {
    name: String,
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

type Lines = Arc<Mutex<String>>;

impl Process {
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|cause| panic!("cannot start {name}: {cause}"));
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        Self { name: name.to_owned(), child, stdout, stderr }
    }

    /// Waits until `look` finds something in this process; panics when it ends before.
    pub async fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        within(PATIENCE, what, async || {
            if let Some(found) = look(self) {
                return Some(found);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the {} ended ({status}) before {what}", self.name);
            }
            None
        })
        .await
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it wrote to standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.lock().clone()
    }

    /// Everything that it wrote to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().clone()
    }

    /// CPU time that its threads of that name have used so far; all of them for an empty name.
    pub fn cpu_of(&self, threads: &str) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let read = |task: &Path, file: &str| std::fs::read_to_string(task.join(file)).ok();
        let nanos = |task: &Path| read(task, "schedstat")?.split(' ').next()?.parse::<u64>().ok();
        let of_that_name = tasks
            .map(|task| task.unwrap().path())
            .filter(|task| read(task, "comm").is_some_and(|name| threads.is_empty() || name.trim() == threads));
        Duration::from_nanos(of_that_name.filter_map(|task| nanos(&task)).sum())
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to end.
    pub fn terminate(&mut self) {
        if self.is_running() {
            self.signal(Signal::TERM);
        }
    }

    /// It does nothing until it is resumed.
    pub fn pause(&mut self) {
        self.signal(Signal::STOP);
    }

    pub fn resume(&mut self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Ends it at once, as a power cut would.
    pub fn kill_9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub async fn ended(self) -> Ended {
        self.ended_within(PATIENCE).await
    }

    /// The same for what may take longer.
    pub async fn ended_within(mut self, limit: Duration) -> Ended {
        let what = format!("the {} has ended", self.name);
        let status: ExitStatus = within(limit, &what, async || self.child.try_wait().unwrap()).await;
        // The pipes are closed at the other end: what is left in them is soon read.
        let read = async || (Arc::strong_count(&self.stdout) == 1 && Arc::strong_count(&self.stderr) == 1).then_some(());
        within(Duration::from_secs(5), "its output is read", read).await;
        Ended { code: status.code(), stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let lines = |text: String| text.lines().map(|line| format!("  | {line}\n")).collect::<String>();
            eprintln!("the {} wrote:\n{}{}", self.name, lines(self.stdout()), lines(self.stderr()));
        }
    }
}

fn collect(pipe: impl Read + Send + 'static) -> Lines {
    let lines = Lines::default();
    let writer = Arc::clone(&lines);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            writer.lock().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    lines
}
