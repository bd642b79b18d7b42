//! A real host process before a real back-end process, over HTTP. One module per area; each test starts its own processes on free ports.
//! Tests are named by the rule that they prove.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod adapter_swap;
mod adversity;
mod availability;
mod bad_input;
mod batches;
mod breaker;
mod cache_desk;
mod checkouts;
mod command_line;
mod configuration;
mod decrements;
mod degraded;
mod desk;
mod drain;
mod egress;
mod erasure;
mod every_route;
mod freshness;
mod history;
mod hostile;
mod http_semantics;
mod idempotency;
mod inbound;
mod issuer;
mod limits;
mod offer_prices;
mod operations;
mod operators;
mod oracle;
mod orders;
mod parked;
mod policies;
mod postgres;
mod quotes;
mod rates;
mod restart;
mod sap;
mod several_backends;
mod shadow;
mod shared_cache;
mod tidy;
mod transfer;
mod trust;
