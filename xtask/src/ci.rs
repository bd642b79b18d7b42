//! `cargo xtask ci`: everything that must pass before a change is taken. `.ci/run` calls it.

use anyhow::Result;

use crate::cargo::{self, Network, Workspace};
use crate::{demo, suites};

pub(crate) fn run(network: Network) -> Result<()> {
    let workspace = Workspace::find(network)?;
    cargo::run(&mut workspace.cargo(["fmt", "--all", "--check"]))?;
    lock_file_is_up_to_date(&workspace)?;
    cargo::run(&mut workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    cargo::run(workspace.cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    suites::run(&[], network)?;
    demo::smoke(&workspace)
}

fn lock_file_is_up_to_date(workspace: &Workspace) -> Result<()> {
    let mut metadata = workspace.cargo(["metadata", "--locked", "--format-version", "1"]);
    cargo::run(metadata.stdout(std::process::Stdio::null()))
}
