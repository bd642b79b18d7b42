//! Takes and keeps: memory, handles, the host's memory between calls.

use std::hint::black_box;
use std::time::Duration;

use ordergate_sdk::session;
use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::{Outcome, five, told};

const MIB: usize = 1024 * 1024;

/// More and more memory, all of it written to.
pub(crate) fn grow() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; MIB]));
    }
}

/// Far more than there is, at once.
pub(crate) fn allocate_at_once() -> Outcome {
    let memory: Vec<u8> = Vec::with_capacity(black_box(2_000 * MIB));
    told(black_box(memory).capacity().to_string())
}

/// Nearly all that it may have, all of it written to; then an ordinary answer.
pub(crate) fn fill(sku: &str) -> Outcome {
    black_box(vec![1_u8; 48 * MIB]);
    Ok(five(sku))
}

/// Resources of the host that are never given back.
pub(crate) fn handles() -> Outcome {
    let held: Vec<_> = (0..100_000).map(|_| subscribe_duration(u64::MAX)).collect();
    told(held.len().to_string())
}

/// Far more than the small memory between calls is for; tells how much was kept.
pub(crate) fn session() -> Outcome {
    let keys = || (0..2_000).map(|number| format!("key-{number}"));
    keys().for_each(|key| session::put(&key, "kept", Duration::from_secs(60)));
    let kept = keys().filter(|key| session::get(key).is_some()).count();
    session::put("large", &"x".repeat(MIB), Duration::from_secs(60));
    told(format!("kept {kept}, large {}", session::get("large").is_some()))
}
