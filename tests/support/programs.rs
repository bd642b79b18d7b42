//! Where the built programs lie. The tests start what was built, they do not build: `cargo xtask test` does that first.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// The generic REST adapter, a component.
pub fn adapter_file() -> PathBuf {
    existing(target().join("wasm32-wasip2/adapter/ordergate_adapter_rest.wasm"))
}

/// The hostile adapter, a component.
pub fn zoo_file() -> PathBuf {
    existing(target().join("wasm32-wasip2/adapter/ordergate_zoo.wasm"))
}

/// The SAP adapter, a component.
pub fn sap_file() -> PathBuf {
    existing(target().join("wasm32-wasip2/adapter/ordergate_adapter_sap.wasm"))
}

/// The Oracle adapter, a component.
pub fn oracle_file() -> PathBuf {
    existing(target().join("wasm32-wasip2/adapter/ordergate_adapter_oracle.wasm"))
}

/// The adapter that `ordergate adapter new` writes in a language, built by its package manager, a component.
pub fn authored_file(language: &str) -> PathBuf {
    existing(match language {
        "rust" => target().join("wasm32-wasip2/adapter/my_adapter.wasm"),
        _ => target().join("authors").join(language).join("dist/my-adapter.wasm"),
    })
}

/// The same with common mistakes in it, of which the setting `wrong` chooses one (`tests/wrong`), a component.
pub fn wrong_file(language: &str) -> PathBuf {
    existing(match language {
        "rust" => target().join("wasm32-wasip2/adapter/wrong_adapter.wasm"),
        _ => target().join("authors").join(format!("wrong-{language}")).join("dist/wrong-adapter.wasm"),
    })
}

/// An adapter that was built against the contract's version 1.0.0 (`tests/contracts`), a component.
pub fn first_contract_file() -> PathBuf {
    existing(target().join("wasm32-wasip2/adapter/adapter_of_contract_1_0_0.wasm"))
}

/// The REST adapter's settings for the demo back end.
pub fn demo_profile() -> PathBuf {
    existing(repository().join("adapters/rest/profiles/demo.toml"))
}

/// The REST adapter's settings for Tryton.
pub(crate) fn tryton_profile() -> PathBuf {
    existing(repository().join("adapters/rest/profiles/tryton.toml"))
}

/// The REST adapter's settings for the service that is described by OpenAPI.
pub(crate) fn depot_profile() -> PathBuf {
    existing(repository().join("adapters/rest/profiles/depot.toml"))
}

/// Where Tryton is installed, with the database of a small company.
pub(crate) fn tryton() -> PathBuf {
    let made = existing(target().join("tryton/made-of"));
    made.parent().expect("it lies in a folder").to_owned()
}

/// Compiled adapters, shared by all hosts of a test run, so that only the first compiles.
pub fn adapter_cache() -> PathBuf {
    target().join("tmp/adapter-cache")
}

pub(crate) fn host_program() -> PathBuf {
    existing(programs().join("ordergate"))
}

pub(crate) fn backend_program() -> PathBuf {
    existing(programs().join("demo-backend"))
}

pub(crate) fn s4_program() -> PathBuf {
    existing(programs().join("s4-backend"))
}

pub(crate) fn adf_program() -> PathBuf {
    existing(programs().join("adf-backend"))
}

/// The folder with the built programs: this one is in its `deps`.
fn programs() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    this.ancestors().nth(2).expect("a test program lies in target/PROFILE/deps").to_owned()
}

fn target() -> PathBuf {
    programs().parent().expect("target/PROFILE has a parent").to_owned()
}

fn existing(file: PathBuf) -> PathBuf {
    assert!(file.is_file(), "{} is not there: run `cargo xtask test`, which builds it first", file.display());
    file
}
