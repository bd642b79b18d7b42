//! What a call came to: the adapter's own word, or the runtime's when the guest trapped, hit a limit or ran out of time. Says what happened;
//! what follows is decided in `error`.

use std::time::Duration;

use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use super::error::TRAP;
use super::instance::{Broke, Ran};
use super::limits::Refusal;
use super::live_call::LiveCall;
use crate::config::LimitsConfig;
use crate::domain::{Failure, FailureCode, Side};

/// How a guest ended that did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrapKind {
    /// Its CPU time was spent.
    Cpu,
    /// It asked for more memory than it may have, and gave up.
    Memory,
    /// It asked for a larger table than it may have, and gave up.
    Table,
    Stack,
    /// It handed the host more bytes at once than it may, as arguments of an import.
    Data,
    /// Its answer has more bytes than it may.
    Result,
    /// It asked for more random bytes at once than it may.
    Random,
    /// It held more of the host's resources than it may.
    Handles,
    /// It panicked or aborted.
    Abort,
    /// The time of the whole call was over.
    Wall,
    /// It broke another rule of the engine: an address outside its memory, text that is none.
    Other,
}

impl TrapKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Table => "table",
            Self::Data => "data",
            Self::Result => "result",
            Self::Random => "random",
            Self::Handles => "handles",
            Self::Abort => "abort",
            Self::Wall => "wall",
            Self::Other => "other",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Cpu => "the adapter used up its CPU time",
            Self::Memory => "the adapter needs more memory than it may have",
            Self::Stack => "the adapter recursed too deeply",
            Self::Table => "the adapter needs a larger table than it may have",
            Self::Data => "the adapter handed over more than it may at once",
            Self::Result => "the adapter's answer is larger than it may be",
            Self::Random => "the adapter asked for more random bytes at once than it may",
            Self::Handles => "the adapter holds more of the host's resources than it may",
            Self::Abort => "the adapter broke down",
            Self::Wall => "the adapter did not answer in time",
            Self::Other => "the adapter was ended by the runtime",
        }
    }

    /// The limit that ended it, by its option; `deadline` is that of the request, which ends a call as well.
    pub(super) fn limit(self, limits: &LimitsConfig, deadline: Duration) -> Option<&'static str> {
        match self {
            Self::Cpu => Some("cpu_ms"),
            Self::Memory => Some("memory_bytes"),
            Self::Table => Some("table_elements"),
            Self::Stack => Some("guest_stack_bytes"),
            Self::Data => Some("hostcall_bytes"),
            Self::Result => Some("result_bytes"),
            Self::Random => Some("random_bytes"),
            Self::Handles => Some("handles"),
            Self::Wall => (limits.wall() <= deadline).then_some("wall_ms"),
            Self::Abort | Self::Other => None,
        }
    }
}

/// Whose word a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The adapter said so, or its answer cannot be used.
    Adapter,
    /// The guest did not end by itself.
    Trap(TrapKind),
    /// The host did not run it: no place, or the breaker is open.
    Host,
}

/// A failed call: what the caller is told, and whose word it is.
#[derive(Debug)]
pub(super) struct Classified {
    pub failure: Box<Failure>,
    pub cause: Cause,
}

impl Classified {
    pub(super) fn host(failure: Failure) -> Self {
        Self { failure: Box::new(failure), cause: Cause::Host }
    }

    fn adapter(failure: Failure) -> Self {
        Self { failure: Box::new(failure), cause: Cause::Adapter }
    }
}

/// `ran` is absent when the call's time was over.
pub(super) fn classify<T>(ran: Option<Ran<T>>, side: Side, call: &LiveCall) -> Result<T, Classified> {
    match ran {
        Some(Ok(reply)) => Ok(reply),
        Some(Err(Broke::Failed(failure))) => Err(Classified::adapter(careful(failure, side, call))),
        Some(Err(Broke::Crashed(error))) if error.is::<PoolConcurrencyLimitError>() => {
            let failure = Failure::new(FailureCode::Throttled, "no place for another adapter instance is free");
            Err(Classified::host(failure.with_retry_after(Duration::from_secs(1))))
        }
        Some(Err(Broke::Crashed(error))) if is_crowded(&error, call) => Err(crowded(side, call)),
        Some(Err(Broke::Crashed(error))) => Err(ended(trap_kind(&error, call), side, call, Some(words(&error)))),
        None => Err(ended(TrapKind::Wall, side, call, None)),
    }
}

/// Most characters of one name of a function or module, and of all words. They are the component's own, and may have as many as its file.
const NAME: usize = 100;
const WORDS: usize = 2_000;

/// What ended the guest and where, for the log.
fn words(error: &wasmtime::Error) -> String {
    let cause = error.root_cause().to_string();
    let frames = error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames).unwrap_or_default();
    let place = |frame: &wasmtime::FrameInfo| {
        let (module, function) = (frame.module().name().unwrap_or("?"), frame.func_name().unwrap_or("?"));
        let short = |name: &str| name.chars().take(NAME).collect::<String>();
        format!(" at {}!{}", short(module), short(function))
    };
    let words = [cause].into_iter().chain(frames.iter().map(place)).collect::<String>();
    words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(WORDS).collect()
}

/// Whether the guest gave up over memory that all calls of its adapter hold together: another time there is room.
fn is_crowded(error: &wasmtime::Error, call: &LiveCall) -> bool {
    let is_its_own = matches!(error.downcast_ref(), Some(Trap::Interrupt | Trap::StackOverflow));
    call.observed().refused == Some(Refusal::Together) && !is_its_own
}

fn crowded(side: Side, call: &LiveCall) -> Classified {
    call.ran_into("memory_total_bytes");
    let changed = side == Side::Write && call.budget.change_left();
    let code = if changed { FailureCode::OutcomeUnknown } else { FailureCode::Throttled };
    let failure = Failure::new(code, "the adapter's calls together hold as much memory as they may");
    Classified::host(failure.with_retry_after(Duration::from_secs(1)))
}

fn trap_kind(error: &wasmtime::Error, call: &LiveCall) -> TrapKind {
    let refused = call.observed().refused.map(|refusal| match refusal {
        Refusal::Memory | Refusal::Together => TrapKind::Memory,
        Refusal::Table => TrapKind::Table,
    });
    match (error.downcast_ref::<Trap>(), refused) {
        (Some(Trap::Interrupt), _) => TrapKind::Cpu,
        (Some(Trap::StackOverflow), _) => TrapKind::Stack,
        // A guest that is refused memory aborts; the refusal is the cause.
        (_, Some(refused)) => refused,
        (Some(Trap::UnreachableCodeReached), _) => TrapKind::Abort,
        (None, _) if error.is::<wasmtime_wasi::I32Exit>() => TrapKind::Abort,
        (None, _) if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) => TrapKind::Handles,
        (None, _) => untyped(error),
        _ => TrapKind::Other,
    }
}

/// Errors of the engine that have no public type.
fn untyped(error: &wasmtime::Error) -> TrapKind {
    let words = error.root_cause().to_string();
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        // A guest that is ended within an import has a backtrace; one whose answer is read has returned.
        if error.is::<WasmBacktrace>() { TrapKind::Data } else { TrapKind::Result }
    } else if words.starts_with("requested len") && words.contains("exceeds limit") {
        TrapKind::Random
    } else if words.contains("store handle limit exceeded") {
        TrapKind::Handles
    } else {
        TrapKind::Other
    }
}

/// Rule T4: "turned away, send it again" is not believed of a write once the back end may have acted on one of its changes, nor is "refused" when
/// nobody knows what became of one: that is looked up, whatever the adapter calls it.
fn careful(failure: Failure, side: Side, call: &LiveCall) -> Failure {
    use FailureCode::{Auth, InvalidRequest, NotFound, Rejected, Throttled, Unavailable, Unsupported};
    let is_believed = match failure.code {
        Unavailable | Throttled | Auth => !call.budget.change_taken(),
        Rejected | NotFound | InvalidRequest | Unsupported => !call.budget.change_in_doubt(),
        _ => true,
    };
    if side == Side::Write && !is_believed { Failure { code: FailureCode::OutcomeUnknown, ..failure } } else { failure }
}

/// Rule T4: once a request that can change something may have left, nobody knows what the back end did with it.
fn ended(kind: TrapKind, side: Side, call: &LiveCall, detail: Option<String>) -> Classified {
    let code = match (side, kind) {
        (Side::Write, _) if call.budget.change_left() => FailureCode::OutcomeUnknown,
        (Side::Read, TrapKind::Wall) => FailureCode::Timeout,
        _ => FailureCode::Unavailable,
    };
    let mut failure = Failure { detail, ..Failure::new(code, kind.message()) };
    // The time of a call also runs out because a back end is slow: that is no fault of the guest.
    if kind != TrapKind::Wall {
        failure.ext.insert(TRAP.to_owned(), kind.as_str().to_owned());
    }
    Classified { failure: Box::new(failure), cause: Cause::Trap(kind) }
}
