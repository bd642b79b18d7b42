//! Builds the programs that demo and tests start: the host, the demo back end and the adapters. Development profile for programs,
//! the small `adapter` profile for the `.wasm` file.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::{Network, Workspace, run};

/// What adapters are compiled for.
const ADAPTER_TARGET: &str = "wasm32-wasip2";

/// Where the built programs lie.
pub(crate) struct Artifacts {
    /// The `ordergate` binary.
    pub(crate) host: PathBuf,
    /// The `demo-backend` binary.
    pub(crate) backend: PathBuf,
    /// The generic REST adapter, a component.
    pub(crate) adapter: PathBuf,
    /// The hostile adapter of the tests, a component.
    zoo: PathBuf,
    /// The SAP adapter, a component, and the back end that it is tested against.
    sap: PathBuf,
    s4: PathBuf,
    /// The Oracle adapter, likewise.
    oracle: PathBuf,
    adf: PathBuf,
    /// The REST adapter's settings for the demo back end.
    pub(crate) profile: PathBuf,
}

/// Builds everything that `demo` and the integration tests start.
pub(crate) fn build(workspace: &Workspace) -> Result<Artifacts> {
    install_adapter_target(workspace)?;
    let adapters = [
        "ordergate-adapter-rest",
        "ordergate-adapter-sap",
        "ordergate-adapter-oracle",
        "ordergate-zoo",
        "adapter-of-contract-1-0-0",
    ];
    let adapters = adapters.map(|package| ["-p", package]);
    run(workspace.cargo(["build"]).args(adapters.as_flattened()).args(["--target", ADAPTER_TARGET, "--profile", "adapter"]))?;
    // The whole workspace, so that programs and tests share one build of their dependencies.
    run(&mut workspace.cargo(["build", "--workspace", "--bins"]))?;
    let found = Artifacts {
        host: workspace.target.join("debug/ordergate"),
        backend: workspace.target.join("debug/demo-backend"),
        adapter: workspace.target.join(ADAPTER_TARGET).join("adapter/ordergate_adapter_rest.wasm"),
        zoo: workspace.target.join(ADAPTER_TARGET).join("adapter/ordergate_zoo.wasm"),
        sap: workspace.target.join(ADAPTER_TARGET).join("adapter/ordergate_adapter_sap.wasm"),
        s4: workspace.target.join("debug/s4-backend"),
        oracle: workspace.target.join(ADAPTER_TARGET).join("adapter/ordergate_adapter_oracle.wasm"),
        adf: workspace.target.join("debug/adf-backend"),
        profile: workspace.root.join("adapters/rest/profiles/demo.toml"),
    };
    let programs = [&found.host, &found.backend, &found.s4, &found.adf];
    let adapters = [&found.adapter, &found.zoo, &found.sap, &found.oracle];
    for path in programs.into_iter().chain(adapters).chain([&found.profile]) {
        if !path.is_file() {
            bail!("the build left no file {}", path.display());
        }
    }
    Ok(found)
}

fn install_adapter_target(workspace: &Workspace) -> Result<()> {
    if adapter_target_is_installed(workspace)? {
        return Ok(());
    }
    if workspace.network() == Network::Offline {
        bail!(
            "the compilation target {ADAPTER_TARGET} is missing: run `rustup target add {ADAPTER_TARGET}`, or leave out --offline"
        );
    }
    run(Command::new("rustup").current_dir(&workspace.root).args(["target", "add", ADAPTER_TARGET])).with_context(|| {
        format!("adapters need the compilation target {ADAPTER_TARGET}; with Rust from https://rustup.rs it installs by itself")
    })
}

fn adapter_target_is_installed(workspace: &Workspace) -> Result<bool> {
    let output = Command::new("rustc")
        .current_dir(&workspace.root)
        .args(["--print", "target-libdir", "--target", ADAPTER_TARGET])
        .output()
        .context("cannot run rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success() && PathBuf::from(folder).is_dir())
}
