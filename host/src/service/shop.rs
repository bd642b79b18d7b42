//! A store as the use cases see it.

use jiff::tz::TimeZone;

use crate::config::StoreConfig;
use crate::domain::{CallContext, Purpose, StoreName};

/// A configured store.
#[derive(Clone, Debug)]
pub struct Shop {
    pub name: StoreName,
    pub config: StoreConfig,
    /// The seller's zone (rule Q1).
    pub time_zone: TimeZone,
}

impl Shop {
    pub fn new(name: StoreName, config: StoreConfig) -> Self {
        // The configuration was checked: an unknown zone never gets here.
        let time_zone = TimeZone::get(&config.time_zone).unwrap_or(TimeZone::UTC);
        Self { name, config, time_zone }
    }

    /// The context of a read that no customer waits for.
    pub(super) fn context(&self, request_id: String, purpose: Purpose) -> CallContext {
        CallContext {
            store: self.name.clone(),
            channel: self.config.channel.clone(),
            locale: self.config.locale.clone(),
            request_id,
            trace_parent: None,
            purpose,
            deadline: self.config.read_deadline(),
        }
    }
}
