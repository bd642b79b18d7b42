//! Adapters with `watch = true` are loaded when what they are made of changes: component, signature, pin, settings, certificates, secrets, options.
//! Files are looked at once a second; a file that is still being written is left alone until it rests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Commerce;
use super::reload::describe;
use crate::adapter::trust::lock::FILE_NAME;
use crate::adapter::trust::signature_path;
use crate::config::AdapterConfig;
use crate::domain::AdapterName;

const LOOK: Duration = Duration::from_secs(1);

/// What is known of one adapter's files.
#[derive(Default)]
struct Watched {
    /// As it was read last, loaded or refused. Until then, what was loaded.
    config: Option<AdapterConfig>,
    files: Rest,
    /// Apart from the others: it can name other files, so that missing ones are no longer waited for.
    options: Rest,
    /// The configuration cannot be read. It may name a file that comes later, so it is read until it can be.
    refused: bool,
}

impl Commerce {
    /// Runs until it is dropped.
    pub async fn watch_adapters(self) {
        let mut seen: BTreeMap<AdapterName, Watched> = BTreeMap::new();
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            for adapter in self.inner.adapters.iter() {
                let name = adapter.name();
                let Some(loaded) = self.inner.adapters.config(name).filter(|config| config.watch) else { continue };
                let watched = seen.entry(name.clone()).or_default();
                let config = watched.config.get_or_insert(loaded);
                let options = stamps([self.inner.started_with.file.clone()]).await;
                let files = files(config, &self.inner.started_with.folder()).await;
                let (options, files) = (watched.options.came_to(options), watched.files.came_to(files));
                if options || files || watched.refused {
                    self.look_closer(name, watched).await;
                }
            }
        }
    }

    /// The files rest, and are not those of the last look: what they hold decides.
    async fn look_closer(&self, name: &AdapterName, watched: &mut Watched) {
        let turn = self.inner.adapters.turn_to_load().await;
        let was_refused = watched.refused;
        let config = match self.adapter_config(name) {
            Ok(config) => config,
            Err(error) => {
                watched.refused = true;
                if !was_refused {
                    let error = describe(&error);
                    tracing::error!(adapter = %name, error, "a changed adapter is not loaded: the configuration is refused");
                }
                return;
            }
        };
        watched.refused = false;
        watched.config = Some(config.clone());
        if !self.inner.adapters.differs(name, &config).await {
            return;
        }
        tracing::info!(adapter = %name, "the adapter's files have changed");
        // A refusal was logged where it was found; the next change of the files tries again.
        let _ = self.bring_in(&turn, name, &config).await;
    }
}

/// What tells a file from its next version without reading it. None for a file that is not there.
type Stamp = Option<(SystemTime, u64)>;

#[derive(Clone, PartialEq, Eq)]
struct Stamps {
    needed: Vec<Stamp>,
    /// Signature and pins: they need not be there, and a component can rest before its own have come.
    beside: Vec<Stamp>,
}

async fn files(config: &AdapterConfig, folder: &Path) -> Stamps {
    let beside = [signature_path(&folder.join(&config.component)), folder.join(FILE_NAME)];
    Stamps { beside: stamps(beside).await.needed, ..stamps(config.files(folder)).await }
}

/// Of files that have to be there.
async fn stamps(files: impl IntoIterator<Item = PathBuf>) -> Stamps {
    let mut needed = Vec::new();
    for file in files {
        let found = tokio::fs::metadata(file).await.ok();
        needed.push(found.and_then(|found| Some((found.modified().ok()?, found.len()))));
    }
    Stamps { needed, beside: Vec::new() }
}

/// Tells when files have changed and rest again.
#[derive(Default)]
struct Rest {
    dealt_with: Option<Stamps>,
    last: Option<Stamps>,
}

impl Rest {
    /// True once per change: at the first look that finds the files as the look before did. A needed one that is missing is being replaced.
    fn came_to(&mut self, stamps: Stamps) -> bool {
        let rests = self.last.as_ref() == Some(&stamps) && stamps.needed.iter().all(Option::is_some);
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

    fn stamp(len: u64) -> Stamp {
        Some((SystemTime::UNIX_EPOCH, len))
    }

    fn with(component: Stamp, signature: Stamp) -> Stamps {
        Stamps { needed: vec![component], beside: vec![signature] }
    }

    fn stamps(len: u64) -> Stamps {
        with(stamp(len), None)
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
        assert!(!rest.came_to(with(None, None)));
        assert!(!rest.came_to(with(None, None)));
        assert!(!rest.came_to(stamps(10)));
        assert!(rest.came_to(stamps(10)));
    }

    #[test]
    fn a_component_rests_without_its_signature_and_again_when_that_has_come() {
        let mut rest = Rest::default();
        rest.came_to(stamps(10));
        assert!(rest.came_to(stamps(10)), "unsigned components may be allowed");
        assert!(!rest.came_to(with(stamp(10), stamp(1))));
        assert!(rest.came_to(with(stamp(10), stamp(1))));
    }
}
