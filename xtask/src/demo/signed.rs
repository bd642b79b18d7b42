//! The demo's adapter as an operator would install it: a copy in the demo's folder, signed with a key of the demo by the host's own commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::artifacts::Artifacts;
use crate::cargo::run;

pub(crate) struct SignedAdapter {
    pub(crate) file: PathBuf,
    /// Whose signature it has, for the configuration.
    pub(crate) public_key: String,
}

impl SignedAdapter {
    /// Copies and signs what was built. The key is made at the first start and kept.
    pub(crate) fn make(built: &Artifacts, folder: &Path) -> Result<Self> {
        let (secret, public) = (folder.join("keys/adapter.key"), folder.join("keys/adapter.pub"));
        if !public.is_file() {
            // It protects nothing but this demo.
            run_silently(Command::new(&built.host).args(["adapter", "keygen", "--no-password", "--secret-key"]).arg(&secret))?;
        }
        let file = folder.join("adapters/rest.wasm");
        fs::create_dir_all(folder.join("adapters"))?;
        fs::copy(&built.adapter, &file).with_context(|| format!("cannot copy the adapter to {}", file.display()))?;
        run_silently(Command::new(&built.host).args(["adapter", "sign"]).arg(&file).arg("--secret-key").arg(&secret))?;
        let text = fs::read_to_string(&public)?;
        let public_key = text.lines().nth(1).context("the public key has two lines")?.to_owned();
        Ok(Self { file, public_key })
    }
}

fn run_silently(command: &mut Command) -> Result<()> {
    run(command.stdout(std::process::Stdio::null()))
}
