//! Adapters with `watch = true` are loaded when one of their files changes: component, settings, certificates, secrets. Files are looked at once a second; a file that is
//! still being written is left alone until it rests.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Commerce;
use crate::config::AdapterConfig;
use crate::domain::AdapterName;

const LOOK: Duration = Duration::from_secs(1);

impl Commerce {
    /// Runs until it is dropped.
    pub async fn watch_adapters(self) {
        let mut seen: BTreeMap<AdapterName, Rest> = BTreeMap::new();
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            for adapter in self.inner.adapters.iter() {
                let name = adapter.name();
                let Some(config) = self.inner.adapters.config(name).filter(|config| config.watch) else { continue };
                let stamps = stamps(&config, &self.inner.started_with.folder()).await;
                if seen.entry(name.clone()).or_default().came_to(stamps) {
                    self.look_closer(name).await;
                }
            }
        }
    }

    /// The files rest, and are not those of the last look: what they hold decides.
    async fn look_closer(&self, name: &AdapterName) {
        let config = match self.adapter_config(name) {
            Ok(config) => config,
            Err(error) => {
                return tracing::error!(adapter = %name, %error, "a changed adapter is not loaded: the configuration is refused");
            }
        };
        if !self.inner.adapters.differs(name, &config).await {
            return;
        }
        tracing::info!(adapter = %name, "the adapter's files have changed");
        // A refusal was logged where it was found; the next change of the files tries again.
        let _ = self.bring_in(name, &config).await;
    }
}

/// What tells a file from its next version without reading it. None for a file that is not there.
type Stamp = Option<(SystemTime, u64)>;

async fn stamps(config: &AdapterConfig, folder: &Path) -> Vec<Stamp> {
    let mut stamps = Vec::new();
    for file in config.files(folder) {
        let found = tokio::fs::metadata(file).await.ok();
        stamps.push(found.and_then(|found| Some((found.modified().ok()?, found.len()))));
    }
    stamps
}

/// Tells when files have changed and rest again.
#[derive(Default)]
struct Rest {
    dealt_with: Option<Vec<Stamp>>,
    last: Option<Vec<Stamp>>,
}

impl Rest {
    /// True once per change: at the first look that finds the files as the look before did. A missing file is being replaced.
    fn came_to(&mut self, stamps: Vec<Stamp>) -> bool {
        let rests = self.last.as_ref() == Some(&stamps) && stamps.iter().all(Option::is_some);
        let is_new = self.dealt_with.as_ref() != Some(&stamps);
        if rests && is_new {
            self.dealt_with = Some(stamps.clone());
        }
        self.last = Some(stamps);
        rests && is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamps(len: u64) -> Vec<Stamp> {
        vec![Some((SystemTime::UNIX_EPOCH, len))]
    }

    #[test]
    fn a_half_written_file_is_left_alone_until_it_rests() {
        let mut rest = Rest::default();
        rest.came_to(stamps(10));
        assert!(rest.came_to(stamps(10)), "what was there at the start is compared once");
        for len in [11, 12, 13] {
            assert!(!rest.came_to(stamps(len)), "still being written");
        }
        assert!(rest.came_to(stamps(13)));
        assert!(!rest.came_to(stamps(13)), "once per change");
    }

    #[test]
    fn a_missing_file_is_being_replaced() {
        let mut rest = Rest::default();
        assert!(!rest.came_to(vec![None]));
        assert!(!rest.came_to(vec![None]));
        assert!(!rest.came_to(stamps(10)));
        assert!(rest.came_to(stamps(10)));
    }
}
