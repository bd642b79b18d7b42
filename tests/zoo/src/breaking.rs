//! Breaks down.

use std::hint::black_box;

use crate::{Outcome, told};

#[expect(clippy::panic, reason = "to break down is the point")]
pub(crate) fn panic() -> Outcome {
    panic!("the password is hunter2")
}

pub(crate) fn abort() -> Outcome {
    std::process::abort()
}

pub(crate) fn exit() -> Outcome {
    std::process::exit(3)
}

#[expect(clippy::indexing_slicing, reason = "to break down is the point")]
pub(crate) fn out_of_bounds() -> Outcome {
    let few = black_box([1_u8, 2, 3]);
    told(few[black_box(7_000_000)].to_string())
}
