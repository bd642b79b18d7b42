//! Where a value comes from and how old it is (rule F1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Asked for this request.
    Live,
    /// From the cache and still fresh.
    Cached,
    /// From the cache, past its freshness; a refresh runs or the back end is down.
    Stale,
    /// Sent by the back end.
    Pushed,
    /// A substitute, such as a list price while the back end is down.
    Fallback,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Cached => "cached",
            Self::Stale => "stale",
            Self::Pushed => "pushed",
            Self::Fallback => "fallback",
        }
    }
}

/// A value with its provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fresh<T> {
    #[serde(flatten)]
    pub value: T,
    pub source: Source,
    /// When the value was determined.
    pub as_of: Timestamp,
    /// Until when it counts as fresh.
    pub fresh_until: Timestamp,
}
