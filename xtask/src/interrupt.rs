//! Ctrl-C and its kin: noticed here, acted on by whoever waits, so that what was started is ended in order before we go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static REQUESTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on an interrupt ends nothing by itself. To be called before anything is started.
pub(crate) fn notice() -> Result<()> {
    let flag = REQUESTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

/// Whether we were asked to end.
pub(crate) fn is_requested() -> bool {
    REQUESTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// An error once we were asked to end: to be called wherever something is waited for.
pub(crate) fn check() -> Result<()> {
    if is_requested() { bail!("interrupted") } else { Ok(()) }
}
