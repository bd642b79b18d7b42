//! Places at which a test build kills or stops its own process, for crash tests. A release build has none: arming one is refused.

/// A place in the life of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failpoint {
    /// A provisional order is priced and its amounts are committed, `sending` is not.
    AfterPrice,
    /// `sending` is committed, nothing was sent.
    AfterBegin,
    /// The back end has answered, nothing is recorded.
    AfterSend,
    /// The answer is understood, the record is about to be committed.
    BeforeRecord,
}

#[cfg(debug_assertions)]
impl Failpoint {
    const ALL: [(&'static str, Self, Deed); 5] = [
        ("after-price", Self::AfterPrice, Deed::Die),
        ("after-begin", Self::AfterBegin, Deed::Die),
        ("after-send", Self::AfterSend, Deed::Die),
        ("before-record", Self::BeforeRecord, Deed::Die),
        ("stop-after-begin", Self::AfterBegin, Deed::Stop),
    ];
}

/// What happens there.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug)]
enum Deed {
    Die,
    /// Once, until somebody lets it go on (`SIGCONT`), as when the machine stands still.
    Stop,
}

#[cfg(debug_assertions)]
static ARMED: std::sync::OnceLock<(Failpoint, Deed)> = std::sync::OnceLock::new();

#[cfg(debug_assertions)]
static STOPPED: std::sync::Once = std::sync::Once::new();

/// Arms one for the rest of the process. To be called once, before the pipeline starts.
#[cfg(debug_assertions)]
pub fn arm(name: &str) -> Result<(), String> {
    let Some((_, point, deed)) = Failpoint::ALL.into_iter().find(|(known, ..)| *known == name) else {
        let known: Vec<_> = Failpoint::ALL.into_iter().map(|(known, ..)| known).collect();
        return Err(format!("{name:?} is no failpoint; there are {}", known.join(", ")));
    };
    ARMED.set((point, deed)).map_err(|_| "a failpoint is armed already".to_owned())
}

/// Refused: this build has no failpoints.
#[cfg(not(debug_assertions))]
pub fn arm(_name: &str) -> Result<(), String> {
    Err("this build has no failpoints".to_owned())
}

/// Dies or stops here when armed, as by a kill: nothing is flushed.
#[inline]
pub(super) fn pass(point: Failpoint) {
    #[cfg(debug_assertions)]
    match ARMED.get() {
        Some((armed, Deed::Die)) if *armed == point => std::process::abort(),
        Some((armed, Deed::Stop)) if *armed == point => STOPPED.call_once(stop),
        _ => {}
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}

/// Every thread of this process, by another program.
#[cfg(debug_assertions)]
fn stop() {
    let stopped = std::process::Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
    tracing::warn!(?stopped, "a failpoint stopped this process");
}
