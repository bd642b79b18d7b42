//! The languages that there is an SDK for, and what differs between them.

use clap::ValueEnum;

use super::files::{Embedded, JS_SDK, JS_TEMPLATE, PYTHON_SDK, PYTHON_TEMPLATE, RUST_SDK, RUST_TEMPLATE};
use super::name::Name;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli::component) enum Language {
    Rust,
    Js,
    Python,
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::Js => "JavaScript",
            Self::Python => "Python",
        })
    }
}

impl Language {
    pub(in crate::cli::component) fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// The file by which its package manager knows a folder.
    pub(in crate::cli::component) fn manifest(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Js => "package.json",
            Self::Python => "requirements.txt",
        }
    }

    pub(super) fn template(self) -> &'static [Embedded] {
        match self {
            Self::Rust => RUST_TEMPLATE,
            Self::Js => JS_TEMPLATE,
            Self::Python => PYTHON_TEMPLATE,
        }
    }

    pub(super) fn sdk(self) -> &'static [Embedded] {
        match self {
            Self::Rust => RUST_SDK,
            Self::Js => JS_SDK,
            Self::Python => PYTHON_SDK,
        }
    }

    /// Where the component lies once it is built.
    pub(super) fn component(self, name: &Name) -> String {
        match self {
            Self::Rust => format!("target/wasm32-wasip2/release/{}.wasm", name.snake_case()),
            Self::Js | Self::Python => format!("dist/{}.wasm", name.as_str()),
        }
    }

    /// What a host needs to be told about components in this language.
    pub(super) fn limits(self) -> &'static str {
        match self {
            Self::Rust | Self::Js => "",
            Self::Python => {
                "\n# CPython is 18 MB, which may take minutes to compile on a small or busy machine; once for each file.\nlimits = { compile_secs = 300 }"
            }
        }
    }

    /// How it is built, in its folder.
    pub(super) fn steps(self, name: &Name) -> Vec<String> {
        let owned = |steps: &[&str]| steps.iter().map(ToString::to_string).collect::<Vec<_>>();
        match self {
            Self::Rust => owned(&["rustup target add wasm32-wasip2", "cargo build --release --target wasm32-wasip2"]),
            Self::Js => owned(&["npm install", "npm run build"]),
            Self::Python => {
                let build = format!(".venv/bin/ordergate-build src/adapter.py {}", self.component(name));
                [owned(&["python3 -m venv .venv", ".venv/bin/pip install -r requirements.txt"]), vec![build]].concat()
            }
        }
    }
}
