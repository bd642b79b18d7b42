//! `ordergate adapter check`: whether a component would do well in a host, before it meets one. `adapter build` ends with the same words.

mod report;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use bytes::Bytes;

use crate::adapter::contract::{self, ReadError};
use crate::adapter::describe::Sample;
use crate::adapter::soundness::{self, Sound};
use crate::adapter::trust;
use crate::cli::{CliError, ConfigFile, print};
use crate::clock::Clock;
use crate::config::{self, LimitsConfig, TrustConfig};
use crate::domain::AdapterName;
use report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples: ordergate adapter check dist/acme-erp.wasm\n          ordergate adapter check dist/acme-erp.wasm --adapter acme-erp --config ordergate.toml --json\nCompiles the component and runs it in the sandbox, where it can send nothing: contract, imports, size, time for compiling, what it says of itself and\nwhether it says the same again, its schema of settings, whether it can be frozen; with --adapter also whether settings and endpoints of the\nconfiguration fit. No secret has to be there. ORDERGATE_CACHE_DIR keeps what was compiled.\nExit code 1: something is wrong with the component; 64: the file or the configuration cannot be read."
)]
pub(in crate::cli) struct CheckArgs {
    /// The component; its signature, when there is one, is FILE.minisig.
    #[arg(value_name = "FILE")]
    component: PathBuf,
    /// The adapter of the configuration that it is meant for: its settings, endpoints and limits count.
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
    /// Settings to run it with, as TOML.
    #[arg(long, conflicts_with = "adapter", value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Largest file that is read; an adapter of a configuration has `limits.component_bytes`.
    #[arg(long, conflicts_with = "adapter", value_name = "BYTES", default_value_t = LimitsConfig::COMPONENT_BYTES)]
    max_bytes: usize,
    /// How long compiling it may take; an adapter of a configuration has `limits.compile_secs`.
    #[arg(long, conflicts_with = "adapter", value_name = "SECONDS", default_value_t = LimitsConfig::COMPILE_SECS)]
    compile_secs: u64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn check(args: &CheckArgs) -> Result<(), CliError> {
    let subject = match &args.adapter {
        Some(name) => Subject::configured(&args.config.file, &AdapterName::new(name))?,
        None => Subject::bare(args.settings.as_deref(), args.max_bytes, args.compile_secs)?,
    };
    subject.check(&args.component, args.json).await
}

/// What a component is checked for.
pub(super) struct Subject {
    sample: Sample,
    trust: TrustConfig,
    most_bytes: usize,
}

impl Subject {
    /// No host in particular.
    pub(super) fn bare(settings: Option<&Path>, most_bytes: usize, compile_secs: u64) -> Result<Self, CliError> {
        let sample = Sample::bare(settings, compile_secs).map_err(|error| CliError::Refused(error.to_string()))?;
        Ok(Self { sample: sample.cached_in(cache()), trust: TrustConfig::default(), most_bytes })
    }

    /// An adapter of a configuration.
    pub(super) fn configured(file: &Path, name: &AdapterName) -> Result<Self, CliError> {
        let trust = config::load_trust(file)?.trust;
        let (file, config) = config::load_adapter(file, name)?;
        let most_bytes = config.limits.component_bytes;
        let folder = file.parent().map(PathBuf::from).unwrap_or_default();
        Ok(Self { sample: Sample::configured(name.clone(), config, folder).cached_in(cache()), trust, most_bytes })
    }

    /// Prints what was found; fails when a host would refuse the component.
    pub(super) async fn check(&self, path: &Path, as_json: bool) -> Result<(), CliError> {
        let (file, sound) = match contract::read_file(path, self.most_bytes) {
            Ok(file) => {
                let file = Bytes::from(file);
                let sound = self.look_at(path, file.clone()).await;
                (Some(file), sound)
            }
            Err(error @ ReadError::TooLarge { .. }) => (None, Sound::too_large(&error)),
            Err(error) => return Err(CliError::Refused(error.to_string())),
        };
        let report = Report { path, file: file.as_deref(), limits: self.sample.limits(), sound: &sound };
        print(&if as_json { report.to_json() } else { report.to_text() })?;
        let message = || CliError::Failed(anyhow!("{}: a host would refuse it, see above", path.display()));
        if sound.is_sound() { Ok(()) } else { Err(message()) }
    }

    async fn look_at(&self, path: &Path, file: Bytes) -> Sound {
        let signer = trust::signer(path, &file, &self.trust, Clock::system().now());
        let digest = super::digest(&file);
        soundness::check(file, &digest, &self.sample).await.signed(signer.err())
    }
}

fn cache() -> Option<PathBuf> {
    std::env::var_os("ORDERGATE_CACHE_DIR").map(PathBuf::from)
}
