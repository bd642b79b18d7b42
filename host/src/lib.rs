//! Ordergate: storefronts on one side, a company's back end of record on the other, adapters in sandboxed WebAssembly between them.
//!
//! ```text
//!  storefront                                                             back end (SAP, Oracle, any REST system)
//!      │ HTTP                                                                   ▲ HTTPS
//!      ▼                                                                        │
//!  ┌───────┐   ┌─────────┐  read   ┌───────┐  miss / refresh    ┌─────────┐  ┌──┴─────┐
//!  │  api  ├──▶│ service ├────────▶│ cache ├───────────────────▶│ adapter ├─▶│ egress │
//!  └───────┘   │         │         └───────┘                    │ (wasm)  │  └────────┘
//!              │         │  write  ┌──────────┐   transfer      │         │
//!              └─────────┴────────▶│ pipeline ├────────────────▶└─────────┘
//!                                  └────┬─────┘
//!                                       ▼
//!                                    store (SQLite | PostgreSQL)
//! ```
//!
//! Modules in the order in which a request meets them.

pub mod adapter;
pub mod api;
pub mod app;
pub mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod egress;
pub mod events;
pub mod identity;
pub mod kit;
pub mod pipeline;
pub mod service;
pub mod store;
pub mod telemetry;
