//! A Fusion-shaped back end: the interfaces of Oracle Fusion Cloud and CPQ that a shop needs, with data of its own and the strictness of the real ones
//! (see README.md). It shares no code with the adapter that is tested against it.

mod adf;
mod books;
mod control;
mod cpq;
mod data;
mod fault;
mod faults;
mod hub;
mod matching;
mod options;
mod pod;
mod pricing;
mod promising;
mod query;
mod router;
mod schema;
mod stats;
#[cfg(test)]
mod strictness;

pub use options::Options;
pub use router::router;
