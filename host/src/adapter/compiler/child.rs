//! The parent's side of a compiling process: starts it with nothing, feeds it, watches the clock, believes only what has the right digest.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::task::{self, Bounds, Made, Report, Task, Work};
use super::{COMMAND, CompileError, Refusal, told};

/// Most that is read of a child's last words.
const MAX_SAID_BYTES: u64 = 16 * 1024;

pub(super) async fn run(program: &Path, bounds: Bounds, work: Work, component: Bytes) -> Result<Made, CompileError> {
    let mut child = start(program).map_err(CompileError::Start)?;
    let task = Task { bounds, work };
    match timeout(Duration::from_secs(bounds.secs), converse(&mut child, &task, &component)).await {
        // Hashing and reading what may be hundreds of megabytes is nothing for a thread that serves.
        Ok(Ok(ended)) => spawn_blocking(move || ended.understand(bounds)).await.unwrap_or(Err(CompileError::Damaged)),
        Ok(Err(cause)) => Err(CompileError::Start(cause)),
        Err(_) => {
            // Waits as well, so that nothing of it is left when the next one starts.
            let killed = child.kill().await;
            if let Err(cause) = killed {
                tracing::warn!(%cause, "a compiling process could not be ended");
            }
            Err(CompileError::TooLong { secs: bounds.secs })
        }
    }
}

/// No environment: it holds the host's secrets.
fn start(program: &Path) -> std::io::Result<Child> {
    let streams = Stdio::piped;
    let mut command = Command::new(program);
    command.arg0("ordergate").arg(COMMAND).env_clear().current_dir("/");
    command.stdin(streams()).stdout(streams()).stderr(streams()).kill_on_drop(true).spawn()
}

/// How a child ended, and what it said until then.
struct Ended {
    status: ExitStatus,
    answer: Bytes,
    /// Most that it may answer, in bytes.
    most: u64,
    said: Vec<u8>,
}

async fn converse(child: &mut Child, task: &Task, component: &[u8]) -> std::io::Result<Ended> {
    let most = task.work.most_bytes(component.len() as u64);
    let mut header = serde_json::to_vec(task)?;
    header.push(b'\n');
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        let Some(mut stdin) = stdin else { return };
        // A child that ended early does not read: its status tells more than this error.
        if stdin.write_all(&header).await.is_ok() {
            let _ = stdin.write_all(component).await;
        }
    };
    let ((), answer, said) = tokio::join!(feed, all(stdout, most.saturating_add(1)), all(stderr, MAX_SAID_BYTES));
    Ok(Ended { status: child.wait().await?, answer: answer?.into(), most, said: said? })
}

/// What is beyond `most` is not read: the child meets a closed pipe.
async fn all(from: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

impl Ended {
    fn understand(self, bounds: Bounds) -> Result<Made, CompileError> {
        // It met a closed pipe then, however it ended.
        if self.answer.len() as u64 > self.most {
            return Err(CompileError::TooMuch { bytes: self.most });
        }
        if !self.status.success() {
            return Err(self.broke_down(bounds));
        }
        let end = self.answer.iter().position(|byte| *byte == b'\n').ok_or(CompileError::Damaged)?;
        let (line, bytes) = (self.answer.slice(..end), self.answer.slice(end + 1..));
        match serde_json::from_slice(&line).map_err(|_| CompileError::Damaged)? {
            Report::Refused(refusal) if got_no_memory(&refusal.reason) => Err(CompileError::TooLarge { bytes: bounds.bytes }),
            Report::Refused(Refusal { reason, term }) => {
                Err(CompileError::Refused(Refusal { reason: told::plain(&reason), term }))
            }
            Report::Made { sha256, log } if sha256 == task::digest(&bytes) => Ok(Made { bytes, log }),
            Report::Made { .. } => Err(CompileError::Damaged),
        }
    }

    /// The kernel ends who exceeds a limit of CPU time; an allocator that gets no memory aborts.
    fn broke_down(&self, bounds: Bounds) -> CompileError {
        let said = String::from_utf8_lossy(&self.said);
        let ended_by = self.status.signal().and_then(rustix::process::Signal::from_named_raw);
        match ended_by {
            Some(rustix::process::Signal::XCPU) => CompileError::TooLong { secs: bounds.secs },
            _ if got_no_memory(&said) => CompileError::TooLarge { bytes: bounds.bytes },
            _ => CompileError::Ended { how: self.status.to_string(), said: last_line(&said) },
        }
    }
}

/// What Rust's allocator, Rust's library and the system say.
fn got_no_memory(said: &str) -> bool {
    ["memory allocation of", "out of memory", "os error 12"].iter().any(|words| said.contains(words))
}

/// On one line and without control characters: it goes into a log.
fn last_line(said: &str) -> String {
    let line = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    told::plain(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { secs: 60, bytes: 2 * 1024 * 1024 * 1024 };

    const MOST: u64 = 1024 * 1024;

    fn ended(raw_status: i32, answer: &[u8], said: &str) -> Result<Made, String> {
        let (status, answer) = (ExitStatus::from_raw(raw_status), Bytes::copy_from_slice(answer));
        let ended = Ended { status, answer, most: MOST, said: said.into() };
        ended.understand(BOUNDS).map_err(|error| error.to_string())
    }

    #[test]
    fn what_arrives_damaged_is_never_used() {
        let report = format!("{{\"made\":{{\"sha256\":\"{}\",\"log\":[]}}}}\n", task::digest(b"code"));
        assert_eq!(ended(0, &[report.as_bytes(), b"code"].concat(), "").unwrap().bytes, &b"code"[..]);
        for answer in
            [[report.as_bytes(), b"cod"].concat(), [report.as_bytes(), b"codes"].concat(), b"nonsense\n".to_vec(), vec![]]
        {
            assert_eq!(ended(0, &answer, "").unwrap_err(), "what the compiling process made arrived damaged");
        }
    }

    #[test]
    fn what_a_child_says_of_a_component_cannot_forge_a_line_of_the_log() {
        let reason = format!("it has \u{1b}[2Jan import\nERROR {}", "x".repeat(9_000));
        let report = serde_json::json!({"refused": {"reason": reason, "term": "good"}});
        let refused = ended(0, format!("{report}\n").as_bytes(), "").unwrap_err();
        assert!(refused.starts_with("it has  [2Jan import ERROR xxx") && refused.len() == 500, "{refused}");
    }

    #[test]
    fn an_answer_that_is_too_long_is_not_taken_however_the_child_ended() {
        for status in [0, 256, 13] {
            let refused = ended(status, &vec![b'{'; MOST as usize + 1], "Broken pipe").unwrap_err();
            assert_eq!(refused, "what it becomes has more than 1 MiB, which no component of its size needs");
        }
    }

    #[test]
    fn the_limit_that_ended_a_child_is_named() {
        let xcpu = 24;
        assert_eq!(ended(xcpu, b"", "").unwrap_err(), "it took longer than 60 s (limits.compile_secs)");
        let abort = 6;
        let memory = ended(abort, b"", "memory allocation of 8192 bytes failed").unwrap_err();
        assert_eq!(memory, "it needs more than 2048 MiB of memory (limits.compile_bytes)");
        let broke = ended(abort, b"", "thread panicked:\n\x1b[1mindex out of bounds\n").unwrap_err();
        assert!(broke.ends_with(" [1mindex out of bounds"), "{broke}");
    }
}
