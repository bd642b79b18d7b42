//! The only way out of the sandbox, with a hostile adapter on one end and a hostile back end on the other.

mod addresses;
mod connections;
mod cookies;
mod refusals;
mod replies;
mod tls;
