//! The path of an adapter's author, walked for the tests: what `ordergate adapter new` writes in each language is built by that language's package
//! manager in `target/authors`, as it is and with the mistakes of `tests/wrong`. What was built from the same files is not built again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::{Network, Workspace, run};
use crate::wrong;

/// As `ordergate adapter new` knows them.
const LANGUAGES: [&str; 3] = ["rust", "js", "python"];

/// Builds two adapters in each language: the one that an author begins with, and the one that is wrong on purpose. `host`: the `ordergate` program.
pub(crate) fn build(workspace: &Workspace, host: &Path) -> Result<()> {
    for language in LANGUAGES {
        Authored { workspace, host, language, is_wrong: false }.build()?;
        Authored { workspace, host, language, is_wrong: true }.build()?;
    }
    Ok(())
}

/// One adapter in a folder of its own.
struct Authored<'a> {
    workspace: &'a Workspace,
    host: &'a Path,
    language: &'a str,
    is_wrong: bool,
}

impl Authored<'_> {
    fn build(&self) -> Result<()> {
        let folder = self.folder();
        let is_same = self.scaffold(&folder)?;
        // Cargo itself knows what is built.
        if self.language == "rust" || !is_same || !folder.join(self.component()).is_file() {
            self.build_in(&folder)?;
        }
        if self.language == "rust" { Ok(()) } else { check(self.workspace, self.host, &folder) }
    }

    /// Two packages of one name would be one file in cargo's folder.
    fn name(&self) -> &'static str {
        if self.is_wrong { "wrong-adapter" } else { "my-adapter" }
    }

    fn folder(&self) -> PathBuf {
        let prefix = if self.is_wrong { "wrong-" } else { "" };
        self.workspace.target.join("authors").join(format!("{prefix}{}", self.language))
    }

    /// Where JavaScript and Python leave it; cargo has a folder of its own.
    fn component(&self) -> String {
        format!("dist/{}.wasm", self.name())
    }

    fn build_in(&self, folder: &Path) -> Result<()> {
        match (self.language, self.workspace.network()) {
            ("rust", _) if self.is_wrong => build_rust(self.workspace, folder),
            ("rust", _) => build_rust(self.workspace, folder).and_then(|()| test_rust(self.workspace, folder)),
            (_, Network::Offline) => {
                bail!(
                    "tests need an adapter in each language, whose package manager downloads what builds it: leave out --offline once"
                )
            }
            _ => build_with(self.workspace, self.host, self.language, folder),
        }
    }

    /// Has the program write the folder. True when it is as it was.
    fn scaffold(&self, folder: &Path) -> Result<bool> {
        let fresh = folder.with_extension("new");
        remove(&fresh)?;
        fs::create_dir_all(folder.parent().context("a folder has a parent")?)?;
        run(Command::new(self.host)
            .args(["adapter", "new", self.name(), "--lang", self.language, "--into"])
            .arg(&fresh)
            .stdout(std::process::Stdio::null()))?;
        if self.is_wrong {
            wrong::put_around(&self.workspace.root.join("tests/wrong"), self.language, &fresh)?;
        }
        if is_in(&fresh, folder)? {
            remove(&fresh)?;
            return Ok(true);
        }
        remove(folder)?;
        fs::rename(&fresh, folder)?;
        Ok(false)
    }
}

/// Whether every file of `one` is in `other` with the same text; what was built there may be there besides.
fn is_in(one: &Path, other: &Path) -> Result<bool> {
    for entry in fs::read_dir(one)? {
        let entry = entry?;
        let counterpart = other.join(entry.file_name());
        let is_same = if entry.file_type()?.is_dir() {
            counterpart.is_dir() && is_in(&entry.path(), &counterpart)?
        } else {
            fs::read(&counterpart).is_ok_and(|there| fs::read(entry.path()).is_ok_and(|here| here == there))
        };
        if !is_same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// With the versions, profile and folder of the workspace's own adapters, so that little is compiled again; an author says `--release`.
fn build_rust(workspace: &Workspace, folder: &Path) -> Result<()> {
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let profile = ["--profile", "adapter", "--config", "profile.adapter.inherits=\"release\""];
    let mut command = workspace.cargo(["build", "--target", "wasm32-wasip2"]);
    run(command.args(profile).arg("--target-dir").arg(&workspace.target).current_dir(folder))
}

fn test_rust(workspace: &Workspace, folder: &Path) -> Result<()> {
    run(workspace.cargo(["test", "-q", "--target-dir"]).arg(&workspace.target).current_dir(folder))
}

/// As an author does it, and then the tests that came with it.
fn build_with(workspace: &Workspace, host: &Path, language: &str, folder: &Path) -> Result<()> {
    let mut build = Command::new(host);
    build.args(["adapter", "build", "."]).current_dir(folder);
    run(build.env("ORDERGATE_CACHE_DIR", cache(workspace)))?;
    let (program, arguments): (PathBuf, &[&str]) = match language {
        "js" => ("npm".into(), &["test"]),
        _ => (folder.join(".venv/bin/python"), &["-m", "unittest", "discover", "-s", "tests"]),
    };
    run(Command::new(program).args(arguments).current_dir(folder))
}

/// With the configuration that came with it. The compiled component is kept where the hosts of the tests find it: Python's takes half a minute of CPU
/// time, which a test that waits for its host has not got.
fn check(workspace: &Workspace, host: &Path, folder: &Path) -> Result<()> {
    let mut command = Command::new(host);
    command.args(["check", "--config", "ordergate.toml"]).current_dir(folder);
    command.env("ORDERGATE_SHOP_KEY", "a-key-for-trying-it").env("NORDWIND_KEY", "nordwind-demo-key");
    run(command.env("ORDERGATE_CACHE_DIR", cache(workspace)))
}

fn cache(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tmp/adapter-cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            fs::write(folder.path().join(path), text).unwrap();
        }
        folder
    }

    #[test]
    fn what_was_built_is_no_difference_and_another_text_is() {
        let written = folder(&[("a", "1"), ("src/b", "2")]);
        let is_in = |other: &[(&str, &str)]| is_in(written.path(), folder(other).path()).unwrap();
        assert!(is_in(&[("a", "1"), ("src/b", "2"), ("dist/c.wasm", "3")]));
        assert!(!is_in(&[("a", "1"), ("src/b", "other")]));
        assert!(!is_in(&[("a", "1")]));
    }
}
