//! `ordergate adapter build`: the build of an adapter's folder by its language's own tools, as `adapter new` tells it, and then what `adapter check`
//! says of the component.

mod artifact;
mod run;
mod steps;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::check::Subject;
use super::new::Language;
use crate::cli::CliError;
use crate::config::{self, LimitsConfig};
use crate::domain::AdapterName;
use run::BuildError;

/// What `adapter new` writes for trying the adapter out.
const CONFIG: &str = "ordergate.toml";

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter build acme-erp\nIn Rust it runs cargo, in JavaScript npm, in Python pip and ordergate-build of the folder's own environment; what is installed already is not installed\nagain. What they write goes to stderr. The component is checked then, with what the folder's ordergate.toml says of it, as `ordergate adapter check` does.\nExit code 1: the build fails, or a host would refuse the component; 64: this is no folder of an adapter."
)]
pub(in crate::cli) struct BuildArgs {
    /// The adapter's folder.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// What was found of the component as JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn build(args: &BuildArgs) -> Result<(), CliError> {
    let (folder, json) = (args.folder.clone(), args.json);
    let built = tokio::task::spawn_blocking(move || built(&folder)).await;
    let component = built.map_err(|cause| CliError::Failed(cause.into()))??;
    subject(&args.folder, &component)?.check(&component, json).await
}

/// Builds the folder; gives the component's file.
fn built(folder: &Path) -> Result<PathBuf, BuildError> {
    let language = language(folder)?;
    // File times may be coarser than the clock.
    let began = SystemTime::now() - std::time::Duration::from_secs(2);
    let mut told = Vec::new();
    for step in steps::of(language, folder) {
        told = run::run(&step, folder)?;
    }
    artifact::find(language, folder, &told, began)
}

fn language(folder: &Path) -> Result<Language, BuildError> {
    if !folder.is_dir() {
        return Err(BuildError::NoFolder(folder.to_owned()));
    }
    let known = Language::all().iter().find(|language| folder.join(language.manifest()).is_file());
    known.copied().ok_or_else(|| BuildError::NoLanguage(folder.to_owned()))
}

/// The component as the folder's configuration means to use it, when that names it.
fn subject(folder: &Path, component: &Path) -> Result<Subject, CliError> {
    let file = folder.join(CONFIG);
    match file.is_file().then(|| adapter_with(&file, folder, component)).transpose()?.flatten() {
        Some(name) => Subject::configured(&file, &name),
        None => Subject::bare(None, LimitsConfig::COMPONENT_BYTES, LimitsConfig::COMPILE_SECS),
    }
}

fn adapter_with(file: &Path, folder: &Path, component: &Path) -> Result<Option<AdapterName>, CliError> {
    let is_it =
        |named: &Path| folder.join(named).canonicalize().is_ok_and(|named| component.canonicalize().is_ok_and(|it| it == named));
    let mut components = config::load_trust(file)?.components.into_iter();
    Ok(components.find(|(_, configured)| is_it(&configured.component)).map(|(name, _)| name))
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::NoFolder(_) | BuildError::NoLanguage(_) => Self::Refused(error.to_string()),
            _ => Self::Failed(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let refused = language(folder.path()).unwrap_err().to_string();
        assert!(
            refused.contains("Cargo.toml") && refused.contains("package.json") && refused.contains("requirements.txt"),
            "{refused}"
        );
        std::fs::write(folder.path().join("package.json"), "{}").unwrap();
        assert_eq!(language(folder.path()).unwrap(), Language::Js);
        let gone = language(&folder.path().join("gone")).unwrap_err().to_string();
        assert!(gone.contains("there is no folder"), "{gone}");
    }
}
