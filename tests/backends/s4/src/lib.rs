//! An S/4-shaped back end: the OData V2 services of SAP Gateway that a shop needs, with data of its own and the strictness of the real ones (see
//! README.md). It shares no code with the adapter that is tested against it.

mod batch;
mod books;
mod control;
mod data;
mod entity;
mod fault;
mod faults;
mod filter;
mod gateway;
mod options;
mod resource;
mod router;
mod services;
mod sessions;
mod stats;
#[cfg(test)]
mod strictness;

pub use options::Options;
pub use router::router;
