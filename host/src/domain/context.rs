//! The circumstances of a call: who asks, for whom, why, and how long there is.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AccountNumber, Currency, Extensions, StoreName};

/// Why a value is read. The host, not the caller, decides from it whether the cache may answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A product page or list.
    #[default]
    Browse,
    Cart,
    /// Entering billing: everything live.
    Checkout,
    /// Submitting the order.
    Commit,
    /// Moving a captured order or quote.
    Transfer,
    /// Showing documents.
    History,
    Probe,
    /// Reading what the back end pushed.
    Inbound,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Cart => "cart",
            Self::Checkout => "checkout",
            Self::Commit => "commit",
            Self::Transfer => "transfer",
            Self::History => "history",
            Self::Probe => "probe",
            Self::Inbound => "inbound",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in the seller's organization something is sold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SalesArea {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
}

/// For whom a price or availability is asked. Holds only what the adapter declared to depend on (rules F6, A3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Buyer {
    pub account: Option<AccountNumber>,
    pub ship_to: Option<String>,
    pub contract: Option<String>,
    pub currency: Currency,
    pub sales_area: Option<SalesArea>,
    #[serde(default)]
    pub ext: Extensions,
}

/// What an adapter is told about a call.
#[derive(Clone, Debug)]
pub struct CallContext {
    pub store: StoreName,
    pub channel: String,
    pub locale: String,
    pub request_id: String,
    pub trace_parent: Option<String>,
    pub purpose: Purpose,
    /// How long the whole call may take, from now.
    pub deadline: Duration,
}
