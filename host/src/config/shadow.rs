//! `[adapters.NAME.shadow]`: a second adapter that gets a copy of this one's traffic before it takes its place.

use serde::Deserialize;

use crate::domain::AdapterName;

/// Which adapter follows this one, and how much of its traffic it gets.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowConfig {
    /// Another adapter of this configuration.
    pub adapter: AdapterName,
    /// Of the reads and checkouts, in percent.
    #[serde(default = "default_share_percent")]
    pub share_percent: u8,
    /// Whether orders and quotes are mapped by it as well. Nothing that it would send leaves the host.
    #[serde(default)]
    pub writes: bool,
    /// Copies under way at once; more are skipped and counted.
    #[serde(default = "default_concurrency")]
    pub concurrency: usize,
}

fn default_share_percent() -> u8 {
    100
}

fn default_concurrency() -> usize {
    8
}
