//! What the integration tests stand on: real host processes, real back-end processes, a small HTTP client, and waiting with a deadline.
//! Everything here fails by panicking, with what was seen: it runs in tests only.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod adf;
mod backend;
mod backend_process;
mod cache_server;
mod certificates;
mod client;
mod config;
mod depot;
mod host;
mod hostile_backend;
mod issuer;
mod listening;
mod losing_network;
mod port;
mod process;
mod programs;
mod pushes;
mod receiver;
mod registry;
mod s4;
mod shopping;
mod slow_body;
mod tls_backend;
mod token;
mod tryton;
mod vendor;
mod wait;
mod world;
mod zoo;

pub use adf::{AdfBackend, AdfWorld};
pub use backend::DemoBackend;
pub use cache_server::CacheServer;
pub use certificates::Certificates;
pub use client::{Client, Reply};
pub use config::{ALL_SCOPES, HostConfig, key_of};
pub use depot::Depot;
pub use host::{Host, run_host, run_host_within};
pub use hostile_backend::HostileBackend;
pub use issuer::{Issuer, IssuerKey};
pub use listening::{Heard, Listening};
pub use losing_network::LosingNetwork;
pub use port::lasting_port;
pub use process::{Ended, Process};
pub use programs::{
    adapter_cache, adapter_file, authored_file, demo_profile, first_contract_file, oracle_file, repository, sap_file, wrong_file,
    zoo_file,
};
pub use pushes::{DOOR, PUSH_SECRET, not_to_cache, push, push_signed, pushing, stock_message};
pub use receiver::{Message, Receiver, webhook_secret};
pub use registry::{REGISTRY_PASSWORD, REGISTRY_USER, Registry, TokenGate};
pub use s4::{S4Backend, S4World};
pub use shopping::{PLIERS, items, line, money, order, seal, text, until_order, until_quote};
pub use slow_body::slow_body;
pub use tls_backend::TlsBackend;
pub use token::{ES256_PRIVATE, ES256_PUBLIC, Token};
pub use tryton::{TrytonBackend, TrytonWorld};
pub use vendor::{Vendor, VendorBackend, VendorWorld, started};
pub use wait::{eventually, within};
pub use world::World;
pub use zoo::{ZOO_KEY, Zoo, good_read, zoo_component};
