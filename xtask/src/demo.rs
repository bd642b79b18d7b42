//! `cargo xtask demo`: builds everything, starts a demo back end and a host in front of it on loopback, prints what to paste, and ends
//! both on Ctrl-C. `--smoke` walks the story instead.

mod invitation;
mod keys;
mod signed;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

pub(crate) use keys::Keys;
pub(crate) use world::{Ports, World};

use crate::cargo::{Network, Workspace};
use crate::{artifacts, interrupt, story};

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Walk the whole story by itself on free ports and a temporary folder; fails at the first step that does not work.
    #[arg(long, conflicts_with = "data")]
    smoke: bool,
    /// Where both keep their data. Kept between runs; delete it to begin anew.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// Install and download nothing.
    #[arg(long)]
    offline: bool,
}

pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    let workspace = Workspace::find(if args.offline { Network::Offline } else { Network::Allowed })?;
    if args.smoke { smoke(&workspace) } else { show(&workspace, args) }
}

/// Walks the story; its folder is kept when a step fails.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    let built = artifacts::build(workspace)?;
    let folder = tempfile::Builder::new().prefix("ordergate-story-").tempdir()?;
    interrupt::notice()?;
    let world = World::start(built, folder.path().to_owned(), Ports::Free)?;
    match story::walk(world) {
        Ok(()) => Ok(()),
        Err(cause) => {
            let kept = folder.keep();
            Err(cause.context(format!("the story stopped here; data and logs are kept in {}", kept.display())))
        }
    }
}

fn show(workspace: &Workspace, args: &DemoArgs) -> Result<()> {
    let built = artifacts::build(workspace)?;
    let data = std::path::absolute(workspace.root.join(&args.data))?;
    std::fs::create_dir_all(&data).with_context(|| format!("cannot make the folder {}", data.display()))?;
    interrupt::notice()?;
    let mut world = World::start(built, data, Ports::Usual)?;
    println!("{}", invitation::text(&world));
    while !interrupt::is_requested() {
        if let Some(ended) = world.ended()? {
            bail!("{ended}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    eprintln!("\nstopping …");
    world.stop()
}
