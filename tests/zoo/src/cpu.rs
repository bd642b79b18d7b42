//! Spends time: the processor's, or the caller's.

use std::hint::black_box;
use std::time::Duration;

use ordergate_sdk::settings;
use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::Outcome;

pub(crate) fn spin() -> ! {
    loop {
        black_box(());
    }
}

/// Recursion that keeps everything on the engine's stack.
pub(crate) fn recurse() -> Outcome {
    crate::told(ackermann(black_box(3), black_box(30)).to_string())
}

fn ackermann(m: u64, n: u64) -> u64 {
    match (m, n) {
        (0, n) => n.wrapping_add(1),
        (m, 0) => ackermann(m.wrapping_sub(1), 1),
        (m, n) => ackermann(m.wrapping_sub(1), ackermann(m, n.wrapping_sub(1))),
    }
}

/// So many frames on the engine's stack, and back.
pub(crate) fn recurse_100_000() -> Outcome {
    crate::told(ackermann(black_box(1), black_box(100_000)).to_string())
}

/// Recursion that uses up the stack that the language keeps in linear memory.
pub(crate) fn deep_frames() -> Outcome {
    crate::told(frame(black_box(0)).to_string())
}

fn frame(depth: u64) -> u64 {
    let mut frame = [depth; 512];
    black_box(&mut frame);
    frame.iter().sum::<u64>().wrapping_add(frame_below(depth))
}

#[inline(never)]
fn frame_below(depth: u64) -> u64 {
    frame(depth.wrapping_add(1))
}

/// Cheap for the guest, work for the host.
pub(crate) fn call_the_host() -> Outcome {
    loop {
        black_box(settings::lookup("no such map", "no such key"));
    }
}

pub(crate) fn wait() -> Outcome {
    std::thread::sleep(Duration::from_secs(3_600));
    crate::told("an hour is over")
}

pub(crate) fn wait_forever() -> Outcome {
    subscribe_duration(u64::MAX).block();
    crate::told("forever is over")
}
