//! Telling the outside what becomes of orders and quotes. The store's log of events is the only source: `feed` reads it once for everyone who
//! listens, `streams` are the listeners of this host (server-sent events), `message` is how an event looks outside. A
//! `courier` delivers to one `receiver` (webhooks); `verdict` decides what follows an answer.
//! Started by `app`; called by `service`. It changes no order and no quote.

mod courier;
mod feed;
mod following;
mod message;
mod metrics;
mod receiver;
mod signature;
mod streams;
mod verdict;
mod webhooks;

pub use feed::Feed;
pub use following::{Beginning, End, Following, Told};
pub use message::{EventData, EventId, EventMessage};
pub use receiver::ReceiverError;
pub use streams::{Listener, Shed, Subscription};
pub use webhooks::{WebhookError, Webhooks};
