//! What a back end does not want to be cached (rule F12).

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{AdapterName, Location, Sku, StoreName};

/// An item, or a part of what is said of it, that is asked each time. An absent part means all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withheld {
    pub sku: Sku,
    pub adapter: Option<AdapterName>,
    pub store: Option<StoreName>,
    pub location: Option<Location>,
    /// When the back end said so, by its clock.
    pub as_of: Timestamp,
    /// None: until it is lifted.
    pub until: Option<Timestamp>,
}

impl Withheld {
    /// How long one that has ended is remembered, so that an older message that comes again does not bring it back. No signature is good for longer.
    pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }

    /// The same, ended by what the back end said at its time `as_of`; by a person, who knows nothing of the back end's time, when there is none.
    #[must_use]
    pub fn ended(self, as_of: Option<Timestamp>, now: Timestamp) -> Self {
        // Later than itself: the same message again must not bring it back.
        let just_later = self.as_of.saturating_add(SignedDuration::from_micros(1)).unwrap_or(self.as_of);
        Self { as_of: as_of.unwrap_or(just_later), until: Some(now), ..self }
    }
}
