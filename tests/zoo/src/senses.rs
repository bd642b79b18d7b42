//! Looks for what it should not find.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasip2::random::random;

use crate::{Outcome, told};

pub(crate) fn environment() -> Outcome {
    let (variables, arguments) = (std::env::vars_os().count(), std::env::args_os().count());
    told(format!("variables {variables}, arguments {arguments}"))
}

pub(crate) fn files() -> Outcome {
    let readable = ["/", ".", "..", "/etc", "/proc/self"].into_iter().filter(|folder| fs::read_dir(folder).is_ok()).count();
    let files = ["/etc/passwd", "/proc/self/environ", "ordergate.toml", "../ordergate.toml", "ordergate.db"];
    let opened = files.into_iter().filter(|file| fs::read(file).is_ok()).count();
    let written = ["/tmp/zoo", "zoo", "/zoo"].into_iter().filter(|file| fs::write(file, "zoo").is_ok()).count();
    told(format!("folders {readable}, files {opened}, written {written}"))
}

/// The finest step that shows in many readings of both clocks.
pub(crate) fn clocks() -> Outcome {
    let began = Instant::now();
    let (mut wall, mut steady) = (BTreeSet::new(), BTreeSet::new());
    while began.elapsed() < Duration::from_millis(20) {
        wall.insert(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos() % 1_000_000);
        steady.insert(began.elapsed().subsec_nanos() % 1_000_000);
    }
    told(format!("parts of a millisecond: {wall:?} {steady:?}"))
}

pub(crate) fn random() -> Outcome {
    told(format!("{:016x}", random::get_random_u64()))
}

/// Another text each time.
pub(crate) fn of_the_moment() -> String {
    format!("{:016x}", random::get_random_u64())
}

/// More random bytes at once than the host gives.
pub(crate) fn random_flood() -> Outcome {
    told(random::get_random_bytes(100 * 1024 * 1024).len().to_string())
}

/// A little more than the host gives by default.
pub(crate) fn random_100_000() -> Outcome {
    told(random::get_random_bytes(100_000).len().to_string())
}

pub(crate) fn standard_input() -> Outcome {
    let mut read = Vec::new();
    let ended = std::io::stdin().read_to_end(&mut read).is_ok();
    told(format!("ended {ended}, bytes {}", read.len()))
}
