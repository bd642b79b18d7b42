//! How the vendor-shaped back ends of the tests are served. What they serve is their own.

mod address;
mod fault;
mod program;
mod serve;

pub use address::{decoded, pairs};
pub use fault::{Sever, page, severed};
pub use program::run;
pub use serve::{Running, serve};
