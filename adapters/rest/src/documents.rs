//! Canonical requests that orders and quotes share.

use ordergate_sdk::types::{DocumentFilter, PageRequest};
use serde::Serialize;

/// `find-by-reference`: `{account, reference}`.
#[derive(Serialize)]
pub(crate) struct Find<'a> {
    pub(crate) account: &'a str,
    pub(crate) reference: &'a str,
}

/// `get`: `{account, number}`.
#[derive(Serialize)]
pub(crate) struct Get<'a> {
    pub(crate) account: &'a str,
    pub(crate) number: &'a str,
}

/// `list`: `{account, filter: {statuses, from, to, search}, page: {cursor, limit}}`.
#[derive(Serialize)]
pub(crate) struct List<'a> {
    pub(crate) account: &'a str,
    pub(crate) filter: &'a DocumentFilter,
    pub(crate) page: &'a PageRequest,
}

/// `cancel`: `{account, number, reason}`.
#[derive(Serialize)]
pub(crate) struct Cancel<'a> {
    pub(crate) account: &'a str,
    pub(crate) number: &'a str,
    pub(crate) reason: Option<&'a str>,
}
