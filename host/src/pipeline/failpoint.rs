//! Places at which a test build kills its own process, for crash tests. A release build has none: arming one is refused.

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
    const ALL: [(&'static str, Self); 4] = [
        ("after-price", Self::AfterPrice),
        ("after-begin", Self::AfterBegin),
        ("after-send", Self::AfterSend),
        ("before-record", Self::BeforeRecord),
    ];
}

#[cfg(debug_assertions)]
static ARMED: std::sync::OnceLock<Failpoint> = std::sync::OnceLock::new();

/// Arms one for the rest of the process. To be called once, before the pipeline starts.
#[cfg(debug_assertions)]
pub fn arm(name: &str) -> Result<(), String> {
    let Some((_, point)) = Failpoint::ALL.into_iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = Failpoint::ALL.into_iter().map(|(known, _)| known).collect();
        return Err(format!("{name:?} is no failpoint; there are {}", known.join(", ")));
    };
    ARMED.set(point).map_err(|_| "a failpoint is armed already".to_owned())
}

/// Refused: this build has no failpoints.
#[cfg(not(debug_assertions))]
pub fn arm(_name: &str) -> Result<(), String> {
    Err("this build has no failpoints".to_owned())
}

/// Dies here when armed, as by a kill: nothing is flushed.
#[inline]
pub(super) fn pass(point: Failpoint) {
    #[cfg(debug_assertions)]
    if ARMED.get() == Some(&point) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}
