//! Customers' tokens (rule A1): which keys they are checked with, and what they say. Keys are configured, or fetched from where the issuer
//! publishes them. Called by `api`; knows no HTTP but the fetching of keys.

mod fetch;
mod issuer;
mod key_set;
mod tokens;

pub use fetch::FetchError;
pub use issuer::try_issuer;
pub use key_set::KeySetError;
pub use tokens::{SetupError, TokenRefusal, Tokens};
