//! The read path between service and adapter: cached answers with their freshness (rule F1), one call per key (rule F8).
//!
//! The service asks with a [`Demand`]; the cache answers from memory, or gathers what is missing into adapter calls. It never decides what
//! a purpose means: that is the service's. It never touches the store.

mod decrements;
mod dimensions;
mod entry;
mod freshness;
mod gather;
mod key;
mod marks;
mod memory;
mod moment;
mod outdated;
mod policy;
mod reads;
mod scope;
mod shared;
mod uncacheable;
mod verdict;
mod weight;

pub use decrements::{Decrements, Ordered, OrderedLine, ShownStock};
pub use dimensions::{Dimensions, Keyed};
pub use entry::{Entry, Lookup, Origin};
pub use freshness::{Lifetime, availability_lifetime, failure_lifetime, offer_price_lifetime};
pub use gather::{Fetch, Gatherer, Join};
pub use key::{AvailabilityKey, PriceKey, Urgency, project_availability_item, project_buyer, project_price_item};
pub use marks::Reach;
pub use memory::Memory;
pub use outdated::Outdated;
pub use policy::{Choice, Policies, Subject};
pub use reads::{Answer, Demand, ReadCache, Wanted};
pub use scope::{AvailabilityScope, PriceScope, ScopeParts, Scopes};
pub use shared::{Kind, Known, Shared, SharedError, SharedStatus, Shelf, Shelved, Ticket, Told};
pub use uncacheable::{TooMany, Uncacheable};
pub use verdict::Verdict;
pub use weight::Weigh;
