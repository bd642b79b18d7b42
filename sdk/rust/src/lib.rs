//! Write an Ordergate adapter: one trait implementation, one macro, one `cargo build`.
//!
//! An adapter translates between Ordergate's records and one kind of back end. It runs in a sandbox: it sees no files, no sockets and
//! no secrets, and reaches the back end only through *endpoints* that the operator bound. A whole adapter can be five lines:
//!
//! ```
//! use ordergate_sdk::prelude::*;
//! struct Silent;
//! impl Adapter for Silent {
//!     fn configure(_: &Settings) -> Result<Self, Failure> { Ok(Silent) }
//!     fn describe(&self) -> Description { Description::new("silent", "0.1.0") }
//! }
//! ordergate_sdk::export_adapter!(Silent);
//! ```
//!
//! # The steps
//! 1. `cargo new --lib my-adapter`, `crate-type = ["cdylib", "rlib"]`, depend on `ordergate-sdk`.
//! 2. Implement [`Adapter`] for the operations that the back end has. Every other one already answers `unsupported`.
//! 3. Name the operations in [`Description::capabilities`](descriptor::Description::capabilities) (see [`operation`]) and the endpoints in
//!    [`Description::endpoints`](descriptor::Description::endpoints).
//! 4. `cargo build --target wasm32-wasip2 --release` gives the component.
//!
//! # An operation
//! ```
//! use ordergate_sdk::{orders::OrderDocument, prelude::*};
//!
//! /// What the back end sends, exactly.
//! #[derive(serde::Deserialize)]
//! struct WireOrder { id: String, customer: String, placed: String, currency: String, state: String }
//!
//! /// Pure, so that it can be tested without anything else.
//! fn document(wire: WireOrder) -> OrderDocument {
//!     let status = if wire.state == "C" { "completed" } else { "open" };
//!     OrderDocument {
//!         number: wire.id, account: wire.customer, placed_at: wire.placed, currency: wire.currency,
//!         status: status.into(), raw_status: Some(wire.state), ..Default::default()
//!     }
//! }
//!
//! fn get_order(number: &str) -> Result<OrderDocument, Failure> {
//!     let reply = Request::get("api", format!("/orders/{}", percent::segment(number))).send()?;
//!     Ok(document(reply.success()?.json()?))
//! }
//!
//! // The same code, tested natively against a scripted back end:
//! use ordergate_sdk::testing::{Backend, Reply};
//! let backend = Backend::new().reply(Reply::json(200, r#"{"id":"7","customer":"C1","placed":"2026-11-22T10:00:00Z","currency":"EUR","state":"C"}"#));
//! assert_eq!(get_order("7").unwrap().status, "completed");
//! assert_eq!(backend.requests()[0].path, "/orders/7");
//! ```
//!
//! # What must not go wrong
//! - A write whose outcome is not certain is [`Failure::outcome_unknown`](types::Failure::outcome_unknown), never `unavailable`: the host then looks the document up
//!   before it sends anything again. [`http`] does this for every status by itself when the request is a write.
//! - Amounts are decimals ([`money`]), never floats; units are converted by exact ratios ([`units`]).
//! - Mapping is pure and sits apart from the flow, so that it can be tested natively with [`testing`].

#![allow(clippy::result_large_err, reason = "Failure is a record of the contract; a box would be undone at the boundary")]

extern crate self as ordergate_sdk;

pub mod adapter;
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod export;
pub mod failure;
pub mod halving;
pub mod handover;
#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "atomics"))))]
mod heap;
mod host;
pub mod http;
pub mod json;
pub mod log;
pub mod markup;
pub mod money;
pub mod operation;
pub mod percent;
pub mod session;
pub mod settings;
#[cfg(any(not(target_arch = "wasm32"), ordergate_scripted))]
pub mod testing;
pub mod units;

#[doc(hidden)]
pub use wit_bindgen::rt as wit_bindgen_runtime;

pub use adapter::Adapter;
pub use bindings::exports::ordergate::adapter::{availability, checkout, descriptor, inbound, orders, pricing, quotes};
pub use bindings::ordergate::adapter::types;

/// What nearly every adapter needs.
pub mod prelude {
    pub use crate::adapter::Adapter;
    pub use crate::descriptor::Description;
    pub use crate::http::{Request, Response};
    pub use crate::settings::Settings;
    pub use crate::types::{Context, Failure, Money, Quantity};
    pub use crate::{failure, http, log, money, operation, percent, session};
}
