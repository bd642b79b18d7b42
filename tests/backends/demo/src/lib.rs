//! The demo back end: a small but real system of record with its own data and its own HTTP interface (see README.md). The binary serves it
//! for the demo and the tests; tests may also start it inside their process with [`serve`].

mod amount;
mod article;
mod books;
mod calculation;
mod calendar;
mod chance;
mod clerk;
mod control;
mod customer;
mod data;
mod delivery;
mod faults;
mod fulfilment;
mod http;
mod listing;
mod options;
mod order;
mod orders;
mod passing_time;
mod positions;
mod pricing;
mod push;
mod refusal;
mod reservations;
mod rfq;
mod rfqs;
mod sales_desk;
mod save;
mod serve;
mod shop;
mod stats;
mod stock;
mod vat;

pub use options::Options;
pub use save::SaveError;
pub use serve::{Running, ServeError, serve};
