//! What is written into a new adapter's folder, carried in the program: templates, SDKs and the contract, as they were when it was built.

/// A file, by its path in a folder of this repository.
#[derive(Clone, Copy, Debug)]
pub(super) struct Embedded {
    pub folder: &'static str,
    pub path: &'static str,
    pub text: &'static str,
}

macro_rules! embedded {
    ($folder:literal: $($path:literal,)*) => {
        &[$(Embedded {
            folder: $folder,
            path: $path,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../", $folder, "/", $path)),
        }),*]
    };
}

/// The contract.
pub(super) const CONTRACT: &[Embedded] = embedded![
    "wit":
    "availability.wit",
    "checkout.wit",
    "descriptor.wit",
    "health.wit",
    "inbound.wit",
    "lifecycle.wit",
    "log.wit",
    "orders.wit",
    "pricing.wit",
    "quotes.wit",
    "session.wit",
    "settings.wit",
    "transport.wit",
    "types.wit",
    "world.wit",
];

/// For every language.
pub(super) const COMMON: &[Embedded] = embedded![
    "sdk/templates/common":
    "conformance.toml",
    "ordergate.toml",
];

/// The adapter in Rust.
pub(super) const RUST_TEMPLATE: &[Embedded] = embedded![
    "sdk/templates/rust":
    ".gitignore",
    "Cargo.toml",
    "README.md",
    "src/lib.rs",
    "src/mapping.rs",
    "src/refusal.rs",
    "src/tests.rs",
    "src/wire.rs",
];

/// The SDK for Rust.
pub(super) const RUST_SDK: &[Embedded] = embedded![
    "sdk/rust":
    "Cargo.toml",
    "README.md",
    "src/adapter.rs",
    "src/bindings.rs",
    "src/export.rs",
    "src/failure.rs",
    "src/halving.rs",
    "src/handover.rs",
    "src/heap.rs",
    "src/host.rs",
    "src/http.rs",
    "src/http/status.rs",
    "src/json.rs",
    "src/json/draft.rs",
    "src/json/entity.rs",
    "src/lib.rs",
    "src/log.rs",
    "src/markup.rs",
    "src/money.rs",
    "src/operation.rs",
    "src/percent.rs",
    "src/session.rs",
    "src/settings.rs",
    "src/testing.rs",
    "src/units.rs",
];

/// The adapter in JavaScript.
pub(super) const JS_TEMPLATE: &[Embedded] = embedded![
    "sdk/templates/js":
    ".gitignore",
    "README.md",
    "package-lock.json",
    "package.json",
    "src/adapter.js",
    "src/mapping.js",
    "src/refusal.js",
    "test/adapter.test.js",
];

/// The SDK for JavaScript, without its tests.
pub(super) const JS_SDK: &[Embedded] = embedded![
    "sdk/js":
    "README.md",
    "build/build.js",
    "build/contract.js",
    "build/entry.js",
    "build/main.js",
    "package.json",
    "src/component.js",
    "src/decimal.js",
    "src/each.js",
    "src/failure.js",
    "src/host.js",
    "src/http.js",
    "src/index.d.ts",
    "src/index.js",
    "src/json.js",
    "src/operations.js",
    "src/percent.js",
    "src/records/availability.d.ts",
    "src/records/checkout.d.ts",
    "src/records/descriptor.d.ts",
    "src/records/inbound.d.ts",
    "src/records/orders.d.ts",
    "src/records/pricing.d.ts",
    "src/records/quotes.d.ts",
    "src/records/types.d.ts",
    "src/running.js",
    "src/shape.js",
    "src/status.js",
    "src/testing.d.ts",
    "src/testing.js",
    "src/utf8.js",
];

/// The adapter in Python.
pub(super) const PYTHON_TEMPLATE: &[Embedded] = embedded![
    "sdk/templates/python":
    ".gitignore",
    "README.md",
    "requirements.txt",
    "src/adapter.py",
    "src/mapping.py",
    "src/refusal.py",
    "tests/test_adapter.py",
];

/// The SDK for Python, without its tests.
pub(super) const PYTHON_SDK: &[Embedded] = embedded![
    "sdk/python":
    "README.md",
    "ordergate_sdk/__init__.py",
    "ordergate_sdk/adapter.py",
    "ordergate_sdk/build.py",
    "ordergate_sdk/checking.py",
    "ordergate_sdk/component.py",
    "ordergate_sdk/decimals.py",
    "ordergate_sdk/each.py",
    "ordergate_sdk/failure.py",
    "ordergate_sdk/host.py",
    "ordergate_sdk/http.py",
    "ordergate_sdk/operations.py",
    "ordergate_sdk/percent.py",
    "ordergate_sdk/records/__init__.py",
    "ordergate_sdk/records/availability.py",
    "ordergate_sdk/records/checkout.py",
    "ordergate_sdk/records/descriptor.py",
    "ordergate_sdk/records/inbound.py",
    "ordergate_sdk/records/orders.py",
    "ordergate_sdk/records/pricing.py",
    "ordergate_sdk/records/quotes.py",
    "ordergate_sdk/records/types.py",
    "ordergate_sdk/running.py",
    "ordergate_sdk/status.py",
    "ordergate_sdk/testing.py",
    "pyproject.toml",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Made by tools, not written.
    const MADE: [&str; 3] = ["node_modules", "__pycache__", "ordergate_sdk.egg-info"];

    fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let is_made = MADE.iter().any(|made| entry.file_name() == *made);
            match entry.path() {
                _ if is_made => {}
                path if path.is_dir() => files(&path, found),
                path => {
                    found.insert(path);
                }
            }
        }
    }

    #[test]
    fn every_file_of_templates_sdks_and_contract_is_carried_along() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (embedded, tests) in [
            (CONTRACT, None),
            (COMMON, None),
            (RUST_TEMPLATE, None),
            (RUST_SDK, None),
            (JS_TEMPLATE, None),
            (JS_SDK, Some("test")),
            (PYTHON_TEMPLATE, None),
            (PYTHON_SDK, Some("tests")),
        ] {
            let folder = root.join(embedded[0].folder);
            let mut there = BTreeSet::new();
            files(&folder, &mut there);
            there.retain(|file| tests.is_none_or(|tests| !file.starts_with(folder.join(tests))));
            let carried: BTreeSet<_> = embedded.iter().map(|file| folder.join(file.path)).collect();
            assert_eq!(carried, there, "{}", embedded[0].folder);
        }
    }
}
