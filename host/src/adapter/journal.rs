//! The log of one call: what the guest writes by `log`, stdout and stderr, bounded and cleaned, tagged with adapter and request id.

mod minute;

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use super::metrics;
use crate::config::LimitsConfig;
use crate::domain::{AdapterName, Personal};

pub(super) use minute::Minute;
use minute::Room;

/// What a line costs besides its text: the log adds time, adapter and request id, and writing it is work.
const LINE_COST: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Debug,
    Info,
    Warn,
    Error,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    adapter: AdapterName,
    request_id: String,
    line_bytes: usize,
    share: Mutex<Share>,
    minute: Arc<Minute>,
    /// What the call was given that is personal.
    personal: OnceLock<Personal>,
}

/// What is left of a call's log, and what was in its way.
#[derive(Debug)]
struct Share {
    bytes_left: usize,
    is_spent: bool,
    was_cut: bool,
    minute_was_full: bool,
}

impl Journal {
    /// `minute`: shared by all calls of the adapter.
    pub(super) fn new(adapter: AdapterName, request_id: String, limits: &LimitsConfig, minute: Arc<Minute>) -> Self {
        let share = Share { bytes_left: limits.log_bytes, is_spent: false, was_cut: false, minute_was_full: false };
        let (line_bytes, share, personal) = (limits.log_line_bytes, Mutex::new(share), OnceLock::new());
        Self { adapter, request_id, line_bytes, share, minute, personal }
    }

    /// From now on these texts are in no line (rule A3).
    pub(super) fn hide(&self, personal: Personal) {
        // Said once for each call.
        let _ = self.personal.set(personal);
    }

    /// What is in no line.
    pub(super) fn personal(&self) -> &Personal {
        static NOBODY: Personal = Personal::NONE;
        self.personal.get().unwrap_or(&NOBODY)
    }

    /// Writes one line; a line beyond the call's share is dropped.
    pub(super) fn write(&self, severity: Severity, message: &str, fields: &[(String, String)]) {
        metrics::logged(&self.adapter, severity.as_str());
        let Some(line) = self.admit(message, fields) else { return };
        let (adapter, request_id) = (self.adapter.as_str(), self.request_id.as_str());
        match severity {
            Severity::Debug => tracing::debug!(target: "ordergate::guest", adapter, request_id, "{line}"),
            Severity::Info => tracing::info!(target: "ordergate::guest", adapter, request_id, "{line}"),
            Severity::Warn => tracing::warn!(target: "ordergate::guest", adapter, request_id, "{line}"),
            Severity::Error => tracing::error!(target: "ordergate::guest", adapter, request_id, "{line}"),
        }
    }

    /// The limits that lines ran into, by their options.
    pub(super) fn limits_hit(&self) -> impl Iterator<Item = &'static str> {
        let share = self.share.lock();
        let hit = [
            share.is_spent.then_some("log_bytes"),
            share.was_cut.then_some("log_line_bytes"),
            share.minute_was_full.then_some("log_minute_bytes"),
        ];
        hit.into_iter().flatten()
    }

    fn is_spent(&self) -> bool {
        self.share.lock().is_spent
    }

    /// The line as it is logged: on one line, without control characters, cut to its limit; nothing when the share is spent.
    fn admit(&self, message: &str, fields: &[(String, String)]) -> Option<String> {
        let shown = |text: &'_ str| self.personal().conceal(text).into_owned();
        let mut line = String::new();
        push_clean(&mut line, &shown(message), self.line_bytes);
        for (name, value) in fields {
            line.push(' ');
            push_clean(&mut line, &shown(name), self.line_bytes);
            line.push('=');
            push_clean(&mut line, &shown(value), self.line_bytes);
            if line.len() >= self.line_bytes {
                break;
            }
        }
        let wanted = message.len() + fields.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
        let mut share = self.share.lock();
        share.was_cut |= wanted > self.line_bytes;
        match share.bytes_left.checked_sub(line.len() + LINE_COST) {
            Some(left) => share.bytes_left = left,
            None => {
                if !std::mem::replace(&mut share.is_spent, true) {
                    let (adapter, request_id) = (self.adapter.as_str(), self.request_id.as_str());
                    tracing::warn!(
                        adapter,
                        request_id,
                        "the adapter's log of this call is full (limits.log_bytes): lines are dropped"
                    );
                }
                return None;
            }
        }
        match self.minute.take(line.len() + LINE_COST, Instant::now()) {
            Room::There => return Some(line),
            Room::NoMore => {
                let adapter = self.adapter.as_str();
                tracing::warn!(adapter, "the adapter's log of this minute is full (limits.log_minute_bytes): lines are dropped");
            }
            Room::None => {}
        }
        share.minute_was_full = true;
        None
    }
}

/// Appends text up to a length of the whole line, each control character as a space: a guest must not forge log lines.
fn push_clean(line: &mut String, text: &str, most: usize) {
    for character in text.chars() {
        if line.len() + character.len_utf8() > most {
            return;
        }
        line.push(if character.is_control() { ' ' } else { character });
    }
}

/// Stdout or stderr of the guest: every line becomes a log line.
#[derive(Clone)]
pub(super) struct Stdio {
    journal: Arc<Journal>,
    severity: Severity,
}

impl Stdio {
    pub(super) fn new(journal: Arc<Journal>, severity: Severity) -> Self {
        Self { journal, severity }
    }
}

impl IsTerminal for Stdio {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines { to: self.clone(), pending: Vec::new() })
    }
}

/// Gathers bytes into lines. What is beyond a line's limit is dropped, so that a guest cannot fill the host's memory.
struct Lines {
    to: Stdio,
    pending: Vec<u8>,
}

impl Lines {
    /// Ends when the share is spent: a stream is written beside the call, so that nobody counts what it costs.
    fn take(&mut self, bytes: &[u8]) {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let Some(first) = lines.next() else { return };
        self.append(first);
        for line in lines {
            self.flush_line();
            if self.to.journal.is_spent() {
                return;
            }
            self.append(line);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = self.to.journal.line_bytes.saturating_sub(self.pending.len());
        self.pending.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn flush_line(&mut self) {
        if !self.pending.is_empty() {
            self.to.journal.write(self.to.severity, &String::from_utf8_lossy(&self.pending), &[]);
            self.pending.clear();
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.flush_line();
    }
}

impl AsyncWrite for Lines {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(log_bytes: usize, log_line_bytes: usize) -> Journal {
        let limits = LimitsConfig { log_bytes, log_line_bytes, ..LimitsConfig::default() };
        Journal::new("rest".into(), "r-1".into(), &limits, Arc::new(Minute::new(1_000_000)))
    }

    #[test]
    fn a_guest_cannot_forge_log_lines() {
        let line = journal(10_000, 100).admit("a\nWARN b\u{1b}[31m", &[("k\r".into(), "v\0".into())]);
        assert_eq!(line.as_deref(), Some("a WARN b [31m k =v "));
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        assert_eq!(journal(10_000, 4).admit("abcäö", &[]).as_deref(), Some("abc"));
    }

    #[test]
    fn a_flood_is_dropped_when_the_calls_share_is_spent() {
        let journal = journal(25 + 2 * LINE_COST, 10);
        let written = (0..100).filter(|_| journal.admit("0123456789abc", &[]).is_some()).count();
        assert_eq!(written, 2);
    }

    #[test]
    fn what_a_guest_prints_is_cut_into_lines_and_not_looked_at_once_the_share_is_spent() {
        let journal = Arc::new(journal(2 * LINE_COST + 20, 4));
        let mut lines = Lines { to: Stdio::new(Arc::clone(&journal), Severity::Info), pending: Vec::new() };
        lines.take(b"ab");
        lines.take(b"cdef");
        assert_eq!(lines.pending, b"abcd");
        lines.take(b"\n\nx\ny\nafter the share is spent\n");
        assert!(journal.is_spent() && lines.pending.is_empty());
        let before = journal.share.lock().bytes_left;
        lines.take("z\n".repeat(10_000).as_bytes());
        assert_eq!(journal.share.lock().bytes_left, before);
    }

    #[test]
    fn calls_share_the_log_of_a_minute() {
        let (limits, minute) = (LimitsConfig::default(), Arc::new(Minute::new(3 * (LINE_COST + 1))));
        let call = || Journal::new("rest".into(), "r-1".into(), &limits, Arc::clone(&minute));
        let (one, other) = (call(), call());
        assert!(one.admit("a", &[]).is_some() && one.admit("b", &[]).is_some() && other.admit("c", &[]).is_some());
        assert!(one.admit("d", &[]).is_none() && other.admit("e", &[]).is_none());
        assert_eq!(other.limits_hit().collect::<Vec<_>>(), ["log_minute_bytes"]);
    }

    #[test]
    fn a_flood_of_empty_lines_is_dropped_as_well() {
        let journal = journal(10 * LINE_COST, 10);
        assert_eq!((0..100).filter(|_| journal.admit("", &[]).is_some()).count(), 10);
    }
}
