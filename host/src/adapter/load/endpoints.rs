//! Whether the endpoints that are bound are those that the adapter knows. Pure; asked at every load and by `ordergate adapter check`.

use std::collections::BTreeMap;

use super::error::LoadCause;
use crate::config::EndpointConfig;
use crate::domain::{EndpointName, EndpointNeed};

/// Each endpoint that is missing or unknown, by its name.
pub(in super::super) fn mismatches(
    needed: &[EndpointNeed],
    bound: &BTreeMap<EndpointName, EndpointConfig>,
) -> Vec<(String, LoadCause)> {
    let missing = needed.iter().filter(|need| need.required && !bound.contains_key(need.name.as_str()));
    let missing = missing.map(|need| (need.name.clone(), LoadCause::EndpointUnbound(need.description.clone())));
    let unknown = bound.keys().filter(|name| !needed.iter().any(|need| need.name == name.as_str()));
    let known = needed.iter().map(|need| need.name.as_str()).collect::<Vec<_>>().join(", ");
    let unknown = unknown.map(|name| (name.to_string(), LoadCause::EndpointUnknown(known.clone())));
    missing.chain(unknown).collect()
}
