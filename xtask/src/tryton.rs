//! Tryton, the open-source ERP that tests put behind a host: a Python environment with pinned versions and the database of a small company. Made
//! once and kept in the target folder, until the versions or the company change.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::{Network, Workspace, run};
use crate::servers;

/// Where it is kept, and what it is made of.
struct Installation {
    folder: PathBuf,
    requirements: PathBuf,
    seed: PathBuf,
}

/// Makes sure that it is there; takes about a minute when it is not.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let sources = workspace.root.join("tests/backends/tryton");
    let installation = Installation {
        folder: workspace.target.join("tryton"),
        requirements: sources.join("requirements.txt"),
        seed: sources.join("seed.py"),
    };
    if installation.is_missing(workspace.network())? {
        servers::install_python(workspace.network())?;
        installation.make()?;
    }
    Ok(())
}

impl Installation {
    /// Whether it is missing, or another one than is wanted, and can be made.
    fn is_missing(&self, network: Network) -> Result<bool> {
        let wanted = self.wanted()?;
        if std::fs::read_to_string(self.stamp()).is_ok_and(|made| made == wanted) {
            return Ok(false);
        }
        if network == Network::Offline {
            bail!(
                "tests need Tryton, and it is not in {}, or another version of it: leave out --offline, which installs it there once",
                self.folder.display()
            );
        }
        Ok(true)
    }

    /// What it must have been made of.
    fn wanted(&self) -> Result<String> {
        let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        Ok(read(&self.requirements)? + &read(&self.seed)?)
    }

    /// Written last.
    fn stamp(&self) -> PathBuf {
        self.folder.join("made-of")
    }

    fn make(&self) -> Result<()> {
        let environment = self.folder.join("venv");
        let program = |name: &str| environment.join("bin").join(name);
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))?;
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(program("pip")).args(pip).arg(&self.requirements))
            .context("Tryton's packages are installed with pip")?;
        run(Command::new(program("python")).arg(&self.seed).arg(&self.folder))?;
        std::fs::write(self.stamp(), self.wanted()?).context("cannot note what Tryton was made of")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_only_where_it_is_missing_or_another_one_and_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let installation = Installation { folder: path("tryton"), requirements: path("requirements.txt"), seed: path("seed.py") };
        std::fs::write(&installation.requirements, "trytond==8.2.1\n").unwrap();
        std::fs::write(&installation.seed, "pass\n").unwrap();
        assert!(installation.is_missing(Network::Allowed).unwrap());
        let error = installation.is_missing(Network::Offline).unwrap_err().to_string();
        assert!(error.contains("leave out --offline"), "{error}");
        std::fs::create_dir(&installation.folder).unwrap();
        std::fs::write(installation.stamp(), installation.wanted().unwrap()).unwrap();
        assert!(!installation.is_missing(Network::Offline).unwrap());
        std::fs::write(&installation.requirements, "trytond==8.2.2\n").unwrap();
        assert!(installation.is_missing(Network::Allowed).unwrap());
    }
}
