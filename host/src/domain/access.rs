//! Who is calling and what they may see (rules A1, H3).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccountNumber, StoreName};

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Availability and offer prices.
    #[serde(rename = "catalog:read")]
    CatalogRead,
    #[serde(rename = "checkout")]
    Checkout,
    #[serde(rename = "orders:read")]
    OrdersRead,
    #[serde(rename = "orders:write")]
    OrdersWrite,
    #[serde(rename = "quotes:read")]
    QuotesRead,
    #[serde(rename = "quotes:write")]
    QuotesWrite,
    /// The operations port.
    #[serde(rename = "ops")]
    Operate,
}

impl Scope {
    /// What a logged-on customer has.
    pub const CUSTOMER: [Self; 6] =
        [Self::CatalogRead, Self::Checkout, Self::OrdersRead, Self::OrdersWrite, Self::QuotesRead, Self::QuotesWrite];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::CatalogRead => "catalog:read",
            Self::Checkout => "checkout",
            Self::OrdersRead => "orders:read",
            Self::OrdersWrite => "orders:write",
            Self::QuotesRead => "quotes:read",
            Self::QuotesWrite => "quotes:write",
            Self::Operate => "ops",
        }
    }
}

/// What somebody on the operations port may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpsScope {
    /// Look: adapters, transfers, dossiers, what is cached.
    Read,
    /// Decide about orders and quotes.
    Desk,
    /// Change what runs: adapters, breakers, cache, configuration.
    Operate,
    /// Erase a customer's personal data.
    Erase,
}

impl OpsScope {
    /// Erasing cannot be undone: it takes a key that says so.
    pub const OF_THE_SHARED_KEY: [Self; 3] = [Self::Read, Self::Desk, Self::Operate];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Desk => "desk",
            Self::Operate => "operate",
            Self::Erase => "erase",
        }
    }
}

/// Which accounts a caller may act for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountGrant {
    /// A trusted storefront back end that names the account itself.
    Any,
    Only(BTreeSet<AccountNumber>),
}

impl AccountGrant {
    pub fn covers(&self, account: &AccountNumber) -> bool {
        match self {
            Self::Any => true,
            Self::Only(accounts) => accounts.contains(account),
        }
    }

    /// The account of a caller who has only one.
    pub fn sole(&self) -> Option<&AccountNumber> {
        match self {
            Self::Only(accounts) if accounts.len() == 1 => accounts.first(),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    Customer,
    Service,
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub kind: PrincipalKind,
    /// Unique among callers: scopes idempotency keys (rule A2).
    pub id: String,
    pub accounts: AccountGrant,
    /// Stores that it may use; empty for the only one.
    pub stores: BTreeSet<StoreName>,
    pub scopes: BTreeSet<Scope>,
    /// Until when its credential is good; nothing for one that has no end.
    pub expires_at: Option<Timestamp>,
}

impl Principal {
    pub fn may_use(&self, store: &StoreName) -> bool {
        self.stores.is_empty() || self.stores.contains(store)
    }

    /// The store of a caller who may use only one.
    pub fn sole_store(&self) -> Option<&StoreName> {
        self.stores.first().filter(|_| self.stores.len() == 1)
    }

    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
