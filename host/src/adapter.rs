//! The adapters: loading components, running one operation in a fresh sandboxed instance, and telling what went wrong. Called by the
//! service and the pipeline; reaches back ends only through `egress`; never decides what happens after a failure outside [`error`].

pub mod error;
pub mod operation;

pub use load::{LoadError, LoadProblem};
pub use operation::{Lane, Operation};
